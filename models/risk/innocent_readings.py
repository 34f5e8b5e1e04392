"""The nearest innocent reading: what else may have been seen, and what would decide it.

Each reading of the table is scored by how common it is among innocent calls at night and by the
features of the landing that fit it or speak against it. The scores rank readings; they are no
evidence, for the evidence weighs the same facts already.

Source: methods 3.2 (explanation output), nuisances of 7.1; every number is the table's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from models.risk.evidence import hundredths
from models.risk.evidence_table import EvidenceTable
from models.risk.landing_facts import LandingFacts, pier_class

SERVICE: Final = ("law_enforcement", "passenger", "service")
FISHING: Final = ("fishing", "aquaculture")
#: So many lorries are "one", and more are "several"; probabilities are summed.
_ONE, _SEVERAL = 0.5, 1.5


@dataclass(frozen=True)
class InnocentReading:
    """One innocent explanation.

    `nats` is ln(share of innocent calls) plus what the features add; `probability` is its share
    among the readings, given that it was innocent. `fits` and `against` are features, the
    weightiest first; `confirm` and `refute` are what an officer can find out.
    """

    code: str
    nats: float
    probability: float
    fits: tuple[str, ...]
    against: tuple[str, ...]
    confirm: tuple[str, ...]
    refute: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As it stands beside an alert."""
        listed = {n: list(getattr(self, n)) for n in ("fits", "against", "confirm", "refute")}
        return {
            "code": self.code,
            "nats": self.nats,
            "probability": self.probability,
            **listed,
        }


def innocent_readings(table: EvidenceTable, facts: LandingFacts) -> list[InnocentReading]:
    """All readings, the nearest first; equal ones by code."""
    held = features(table, facts)
    scored = []
    for code, reading in table.readings.items():
        worth = {name: nats for name, nats in reading.nats.items() if name in held}
        total = math.fsum([math.log(reading.share), *worth.values()])
        scored.append((code, total, worth, reading))
    whole = math.fsum(math.exp(total) for _, total, _, _ in scored)
    found = [
        InnocentReading(
            code,
            hundredths(total) / 100,
            round(math.exp(total) / whole, 3),
            _ordered(worth, 1),
            _ordered(worth, -1),
            reading.confirm,
            reading.refute,
        )
        for code, total, worth, reading in scored
    ]
    return sorted(found, key=lambda r: (-r.nats, r.code))


def _ordered(worth: dict[str, float], sign: int) -> tuple[str, ...]:
    mine = [(name, sign * nats) for name, nats in worth.items() if sign * nats > 0]
    return tuple(name for name, _ in sorted(mine, key=lambda item: (-item[1], item[0])))


def features(table: EvidenceTable, facts: LandingFacts) -> frozenset[str]:
    """Those of `readings_table.FEATURES` that hold; what is not known does not."""
    kind, manner = pier_class(table, facts), facts.manner or ""
    named = not facts.unseen and not facts.doubtful_name
    usual = table.landing.small_repeats.usual_visits
    bands = table.dwell.from_min
    stay = facts.dwell_min
    holds = {
        "announced": facts.announced,
        "at_home": named and facts.at_home,
        "fishing": named and facts.vessel_type in FISHING,
        "has_service": named and facts.vessel_type in SERVICE,
        "registered": named and facts.in_register is True,
        "unregistered": named and facts.in_register is False,
        "dark": manner.startswith("silent"),
        "radar_only": manner == "radar_only",
        "idle_pier": kind == "idle",
        "busy_pier": kind == "active",
        "one_truck": _ONE <= facts.trucks < _SEVERAL,
        "several_trucks": facts.trucks >= _SEVERAL,
        "left_with_trucks": facts.left_with >= _ONE,
        "rough_weather": facts.rough,
        "short_stay": stay is not None and facts.dwell_over and stay < bands[1],
        "long_stay": stay is not None and stay >= bands[-2],
        "came_before": facts.small_repeats is not None and facts.small_repeats > usual,
        "recurs": facts.burst is not None
        or (facts.follows is not None and facts.follows.times > 1.0),
        "boat_on_camera": facts.camera_boat is True,
        "nobody_on_camera": facts.camera_boat is False,
        "unseen": facts.unseen,
    }
    return frozenset(name for name, holds_so in holds.items() if holds_so)
