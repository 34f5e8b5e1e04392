"""Gear beacons: labelled by what they say and how they drift, and boats as soon as they sail."""

from __future__ import annotations

from typing import Any

import event_runs
import numpy as np
import polars as pl
import pytest
from event_runs import NOTHING_FUSED, detail
from made_tracks import T0_S, Fix, rows

from core.settings import EventSettings
from models.events import gear_beacons
from models.events.gear_beacons import BeaconState, labelled, labels
from models.events.identity_claims import CLAIM
from models.events.ship_numbers import beacons_name, no_ships_number
from models.tracks.fold import TrackOutput

SETTINGS = EventSettings()
KN_MS = 1852 / 3600
GONE = T0_S + 60 * 3600
BEACON = "mmsi:412000777"


def claim(
    name: str | None, length_m: float | None, at_s: int = 5, who: str = BEACON
) -> tuple[Any, ...]:
    at = T0_S + at_s
    return who, at * 1_000_000, at, name, None, None, length_m


def drift(n: int, *, step_s: int = 120, kn: float = 0.8, begin_s: int = 0) -> list[Fix]:
    """A drift northward, so many rows."""
    return [(begin_s + step_s * i, 0.0, kn * KN_MS * (begin_s + step_s * i), kn) for i in range(n)]


def say(
    frame: pl.DataFrame, claims: list[tuple[Any, ...]], *ends: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What was said, and the labels in the end."""
    told = pl.DataFrame(claims, schema=CLAIM, orient="row")

    def step(
        state: BeaconState, tracks: TrackOutput, was: int, until: int
    ) -> tuple[BeaconState, pl.DataFrame]:
        new = told.filter(pl.col("clock_s") > was, pl.col("clock_s") <= until)
        return gear_beacons.advance(state, tracks, NOTHING_FUSED, until, new, SETTINGS)

    begun = BeaconState.initial()
    said, frames = event_runs.run(frame, list(ends) or [GONE], begun, BeaconState.load, step)
    return said, labels(BeaconState.load(frames))


NAMED = [claim("0123-85%", None)]


def test_a_named_thing_that_drifts_for_an_hour_is_a_beacon() -> None:
    said, _ = say(rows(drift(60), BEACON), NAMED)
    assert said["phase"].to_list() == ["began", "ended"]
    first = said.row(0, named=True)
    assert first["clock_s"] == T0_S + 3600
    assert first["from_us"] == T0_S * 1_000_000
    assert detail(first)["signs"] == ["name", "interval"]
    assert (first["level"], first["nats"]) == (None, None)
    assert said.row(1, named=True)["clock_s"] == T0_S + 59 * 120 + 25 * 3600


def test_an_hour_less_a_row_is_too_short() -> None:
    assert say(rows(drift(30), BEACON), NAMED)[0].is_empty()


def test_a_number_that_no_country_gives_is_a_sign() -> None:
    said, _ = say(rows(drift(60, step_s=180), "mmsi:400123456"), [])
    assert detail(said.row(0, named=True))["signs"] == ["number"]


def test_without_a_name_its_rhythm_tells_it_after_four_hours() -> None:
    said, _ = say(rows(drift(180), BEACON), [claim(None, None)])
    assert said.row(0, named=True)["clock_s"] == T0_S + 4 * 3600
    assert detail(said.row(0, named=True))["signs"] == ["interval"]


@pytest.mark.parametrize("step_s", [30, 60, 180, 360])
def test_the_rhythm_of_ships_is_no_sign(step_s: int) -> None:
    assert say(rows(drift(6 * 3600 // step_s, step_s=step_s), BEACON), [])[0].is_empty()


def test_a_boat_at_anchor_with_a_beacons_rhythm_is_no_beacon() -> None:
    rng = np.random.default_rng(1)
    lying: list[Fix] = [(120.0 * i, *rng.normal(0, 20, 2), 0.1) for i in range(300)]
    assert say(rows(lying, BEACON), [])[0].is_empty()


def test_who_claims_a_boats_length_is_a_boat() -> None:
    assert say(rows(drift(60), BEACON), [claim("0123-85%", 24.0)])[0].is_empty()


def test_a_boat_that_poses_as_a_beacon_is_one_no_longer_when_it_sails() -> None:
    sails: list[Fix] = [(7200.0 + 60 * i, 0.0, 2900.0 + 300 * i, 9.7) for i in range(30)]
    frame = rows([*drift(60), *sails], BEACON)
    said, found = say(frame, NAMED, T0_S + 7100, T0_S + 9000)
    assert said["phase"].to_list() == ["began", "ended"]
    assert said.row(1, named=True)["clock_s"] == T0_S + 7200
    asked = pl.DataFrame(
        {"track": [BEACON] * 4, "clock_s": [T0_S + s for s in (3599, 3600, 7199, 7200)]}
    )
    assert labelled(asked, found).to_list() == [False, True, True, False]


def test_labels_are_given_once_whatever_the_batches() -> None:
    frame = rows(drift(60), BEACON)
    whole, _ = say(frame, NAMED, GONE)
    cut, _ = say(frame, NAMED, *range(T0_S, T0_S + 8000, 333), GONE)
    assert event_runs.same(cut, whole)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("0123-85%", True),
        ("ZHEYU 07-12.4V", True),
        ("NET 3", True),
        ("网位仪12", True),
        ("BUOY12", True),
        ("ZHEXIANGYU 05123", False),
        ("MAGNET", False),
        ("NETTUNO", False),
        ("V 12", False),
        ("OLIVIA", False),
    ],
)
def test_names_of_beacons(name: str, found: bool) -> None:
    assert pl.select(beacons_name(pl.lit(name))).item() is found


def test_numbers_of_ships_begin_with_a_countrys_digits() -> None:
    targets = pl.DataFrame({"t": ["mmsi:412345678", "mmsi:400123456", "beidou:4001234"]})
    assert targets.select(no_ships_number(pl.col("t")))["t"].to_list() == [False, True, False]
