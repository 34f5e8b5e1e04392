"""How unusual a landing is among those of the nights before: its row, its judgement, its nights.

What is told to `models.anomaly` are plain numbers of a landing in every version that the settled
pass judged at night; a night is learned when it is closed, half an hour after noon. How fast and
how straight a boat came in, and what scouted for it, no landing says yet: these stay unknown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from core.times import day_number
from engine.place import Place
from models.anomaly.features import COVERED, PIER_CLASSES, REGIMES, ROW, VALUES, known
from models.anomaly.fold import Anomaly, close_night, without
from models.landings.schema import Landing
from models.risk.landing_facts import LandingFacts, observed, pier_class
from models.risk.pier_use import visit_chance
from models.tracks.positions import SECOND_US

Row = dict[str, Any]
#: What a kind of `regimes.csv` is to a landing; what is named here first wins.
_REGIME: Final = {
    "gale": "storm_shelter",
    "typhoon": "storm_shelter",
    "typhoon_shelter": "storm_shelter",
    "festival": "festival",
    "moratorium": "moratorium",
    "fishing_moratorium": "moratorium",
}
_OF_A_GEAR: Final = "moratorium_"  # one is enough: it keeps a part of the fleet at home


def row_of(landing: Landing, facts: LandingFacts, begun_us: int, place: Place) -> Row:
    """A checked row of `models.anomaly.features.ROW` by name, without its night."""
    began = datetime.fromtimestamp(begun_us / SECOND_US, UTC).astimezone(place.zone)
    hour_h = began.hour + began.minute / 60
    numbers = dict.fromkeys(VALUES) | {
        "hour_h": hour_h - 24 if hour_h > 12 else hour_h,
        "dwell_min": facts.dwell_min,
        "silence_min": facts.silent_min,
        "length_m": facts.length_m,
        "surprise_nats": _surprise(facts, place),
        "tide_margin_m": facts.margin_m,
        "high_water_h": facts.hours_from_high_water,  # before or after: the facts do not tell
        "trucks": facts.trucks if facts.trucks_covered or facts.trucks else None,
        "truck_lag_min": facts.truck_lag_min,
        "radar_only": None if facts.unseen else float(facts.radar_only),
    }
    looks = {
        "covered_ais": place.heard[landing.pier],
        "covered_radar": place.watched[landing.pier],
        **{name: name.removeprefix("covered_") in landing.coverage for name in COVERED[2:]},
    }
    kind = pier_class(place.likelihoods, facts)
    return {
        "pier": landing.pier,
        "from_us": landing.from_us,
        "subject": landing.subject,
        "clock_s": landing.clock_s,
        "pier_class": kind if kind in PIER_CLASSES else "low",
        "regime": regime(place, begun_us),
        **{name: known(value) for name, value in numbers.items()},
        **{name: float(looks[name]) for name in COVERED},
    }


def _surprise(facts: LandingFacts, place: Place) -> float:
    """Of a visit here tonight, in nats."""
    visits, nights = observed(facts)
    chance = visit_chance(place.likelihoods, facts.pier_status, visits, nights)
    return -math.log(max(chance, 1e-12))


def regime(place: Place, at_us: int) -> str:
    """What was declared for a time: a kind of weather, season or feast; calm where nothing was."""
    declared = {
        "moratorium" if kind.startswith(_OF_A_GEAR) else kind for kind in place.regimes_at(at_us)
    }
    return next((word for kind, word in _REGIME.items() if kind in declared), REGIMES[0])


def beside(facts: LandingFacts, row: Mapping[str, Any], anomaly: Anomaly) -> LandingFacts:
    """The facts with how unusual they are; as they were while nothing is learned."""
    found = anomaly.judge_one(row)
    if found.p is None:
        return facts
    return replace(facts, anomaly_nats=found.nats, anomaly=found.params())


def with_rows(held: pl.DataFrame, found: list[Row]) -> pl.DataFrame:
    """ROW with rows added that have their nights."""
    if not found:
        return held
    return pl.concat([held, pl.DataFrame(found, schema=ROW, orient="row")])


def learn(
    anomaly: Anomaly, night: int, judged: pl.DataFrame, proved: Iterable[tuple[int, int]],
    place: Place,
) -> tuple[Anomaly, Anomaly]:  # fmt: skip
    """Close a night.

    Parameters
    ----------
    proved
        Pier and berthing of landings that were proved (`Labels.proved`).

    Returns
    -------
    What was said of all its pier-nights, to be reported; and what is learned: without those of
    landings that were proved.
    """
    closed = close_night(anomaly, night, judged.filter(pl.col("night") == night))
    cases = [(pier, night_of(berth_us, place)) for pier, berth_us in proved]
    if not cases:
        return closed, closed
    return closed, without(closed, pl.DataFrame(cases, ["pier", "night"], orient="row"))


def night_of(at_us: int, place: Place) -> int:
    """The evening's date of a time's night, in days since 1970."""
    local = datetime.fromtimestamp(at_us / SECOND_US, UTC).astimezone(place.zone)
    return day_number(local.date()) - (local.hour < 12)
