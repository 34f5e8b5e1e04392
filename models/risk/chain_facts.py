"""What the chain of a landing says in plain values: lorries, camera, bar.

A lorry is counted once, however often it was seen, with the probability that it belongs here; one
that stood at the quay is not counted as passing by as well. What is probable adds up in the order
of the names, so that the order of the links changes nothing. A lorry that stood there before any
of a landing's would have come is parked there, and belongs to nobody.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from models.landings.links import BARRED_BY, LEFT_WITH, MET_BY, SEEN_BY
from models.landings.members import plate
from models.landings.schema import CAMERA_TRUCK, TRUCK_PASS, TRUCK_WAIT, Landing, Link

#: Sensors that see lorries at the quay, and on the road.
AT_THE_QUAY, ON_THE_ROAD = frozenset({"vehicles", "camera"}), "anpr"
_SURE = 0.5  # a lorry that is named among those that severity weighs


def chain_facts(
    landing: Landing,
    classes: Mapping[str, str] | None = None,
    *,
    has_bar: bool = False,
    earliest_min: float = -120.0,
) -> dict[str, Any]:
    """Fields of `LandingFacts` that follow from a landing's links and coverage.

    Parameters
    ----------
    classes
        Class of each goods vehicle of the register, by plate or terminal as links name them.
    has_bar
        Whether the pier has a height-limit bar whose state is reported: then it is down while
        nobody says otherwise.
    earliest_min
        Minutes after berthing at which the first of a landing's lorries come (methods 3.1).
    """
    met = [
        k for k in landing.links if k.kind in (MET_BY, LEFT_WITH) and k.lag_s >= earliest_min * 60
    ]
    stood, passed = _each_once(met, TRUCK_WAIT), _each_once(met, TRUCK_PASS)
    left = _each_once([link for link in met if link.kind == LEFT_WITH], TRUCK_WAIT)
    filmed = max((k.probability for k in met if _fact(k) == CAMERA_TRUCK), default=0.0)
    at_quay = [k for k in met if _fact(k) in (TRUCK_WAIT, CAMERA_TRUCK)]
    raised = (k for k in landing.links if k.kind == BARRED_BY)
    last = max(raised, key=lambda k: (k.from_us, k.object), default=None)
    state = None if last is None else last.detail.get("state", "raised")
    return {
        "trucks": max(_total(stood), filmed),
        "trucks_covered": bool(landing.coverage & AT_THE_QUAY),
        "trucks_passing": _total({k: p for k, p in passed.items() if k not in stood}),
        "roads_covered": ON_THE_ROAD in landing.coverage,
        "truck_lag_min": min((k.lag_s / 60 for k in at_quay), default=None),
        "truck_classes": _classes(stood, classes or {}),
        "trucks_seen_by": tuple(sorted({k.sensor for k in at_quay})),
        "left_with": _total(left),
        "camera_boat": _camera(landing),
        "barrier": state or ("lowered" if has_bar else None),
    }


def _fact(link: Link) -> str | None:
    kind: str | None = link.detail.get("fact")
    return kind


def _each_once(links: list[Link], kind: str) -> dict[str, float]:
    """The probability of each vehicle, by its name."""
    found: dict[str, float] = {}
    for link in links:
        if _fact(link) == kind:
            name = plate(link.target or link.object)
            found[name] = max(found.get(name, 0.0), link.probability)
    return found


def _total(found: Mapping[str, float]) -> float:
    return round(math.fsum(found.values()), 4)


def _classes(stood: Mapping[str, float], classes: Mapping[str, str]) -> tuple[str, ...]:
    """One class for each lorry that probably belongs here; none at all where one is not known."""
    named = [classes.get(name) for name, p in sorted(stood.items()) if p >= _SURE]
    known = tuple(name for name in named if name is not None)
    return known if len(known) == len(named) else ()


def _camera(landing: Landing) -> bool | None:
    """Whether a dock camera saw a boat; before anybody berthed there is nothing to see."""
    if any(link.kind == SEEN_BY for link in landing.links):
        return True
    berthed = landing.berth_from_us is not None
    return False if berthed and "camera" in landing.coverage else None
