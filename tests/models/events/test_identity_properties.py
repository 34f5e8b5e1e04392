"""Cut, Repeat, Prefix and Settle (design, decision 3): of the events of identity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import event_runs
import polars as pl
import pytest
import shapely
from event_runs import NOTHING_FUSED, Step, dicts, same
from example_counts import TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st
from nasty_scenes import FIRST_S, LAST_S, Story, delayed, positions, scene, stories

from core.schema import empty
from core.settings import EventSettings
from geo.land import Land
from geo.piers import Piers
from geo.plane import MetricPlane
from geo.visibility import Lookout
from models.events import (
    circle_spoofing,
    gear_beacons,
    identity_conflicts,
    impossible_motion,
    on_land,
)
from models.events.gear_beacons import LABEL
from models.events.identity_claims import CLAIM
from models.events.register_conflicts import Register
from models.fusion.schema import LINK, FusionOutput
from models.tracks.fold import TrackOutput
from models.tracks.positions import ceil_s

pytestmark = pytest.mark.timeout(TIMEOUT_S)
SETTINGS = EventSettings()
cuts = st.lists(st.integers(FIRST_S, LAST_S), max_size=6)
near_cuts = st.lists(st.integers(FIRST_S, FIRST_S + 4 * 3600), max_size=6)


@dataclass(frozen=True)
class Detector:
    """One detector as the properties need it."""

    initial: Callable[[], Any]
    load: Callable[[dict[str, pl.DataFrame]], Any]
    step: Step


def _impossible(state: Any, tracks: TrackOutput, _was: int, until: int) -> tuple[Any, pl.DataFrame]:
    return impossible_motion.advance(state, tracks, NOTHING_FUSED, until, SETTINGS)


def _circles(state: Any, tracks: TrackOutput, _was: int, until: int) -> tuple[Any, pl.DataFrame]:
    return circle_spoofing.advance(state, tracks, NOTHING_FUSED, until, SETTINGS)


def _land(state: Any, tracks: TrackOutput, _was: int, until: int) -> tuple[Any, pl.DataFrame]:
    sited = (LAND, PIERS, empty(LABEL))
    return on_land.advance(state, tracks, NOTHING_FUSED, until, *sited, SETTINGS)


def _beacons(state: Any, tracks: TrackOutput, was: int, until: int) -> tuple[Any, pl.DataFrame]:
    new = CLAIMS.filter(pl.col("clock_s") > was, pl.col("clock_s") <= until)
    return gear_beacons.advance(state, tracks, NOTHING_FUSED, until, new, SETTINGS)


def _conflicts(state: Any, tracks: TrackOutput, was: int, until: int) -> tuple[Any, pl.DataFrame]:
    new = pl.col("clock_s").is_between(was + 1, until)
    none = FusionOutput.nothing()
    fused = FusionOutput(none.fixes, LINKS.filter(new), none.registrations)
    told = CLAIMS.filter(new)
    return identity_conflicts.advance(
        state, tracks, fused, until, told, REGISTER, SETTINGS, Lookout()
    )


#: Everything east of the piers is land, and two of four vessels claim a beacon's name.
PLANE = MetricPlane(121.9, 29.2)
LAND = Land([shapely.box(121.9, 29.0, 123.0, 29.4)], PLANE)
PIERS = Piers(pl.DataFrame({"pier_id": []}), [], PLANE)
CLAIMS = pl.DataFrame(
    [
        (
            f"mmsi:{412_000_001 + k}", s * 1_000_000, s, "77-80%" if k % 2 else "X", None,
            9074729 if s % 3 else None, 2.0 if k % 2 or s % 2 else 90.0,
        )
        for k in range(4)
        for s in range(FIRST_S, LAST_S, 2_000 + 777 * k)
    ],
    schema=CLAIM,
    orient="row",
)  # fmt: skip
REGISTER = Register(
    pl.DataFrame(
        {
            "vessel_id": ["V1", "V2"],
            "mmsi": ["412000001", None],
            "beidou_id": ["9", "0000002"],
            "length_m": [30.0, 12.0],
        }
    )
)
#: The first vessel and the second, a terminal where the scene has one, join and part all day.
LINKS = pl.DataFrame(
    [
        {
            "vessel": "X", "track": target, "target": target, "sensor": sensor, "source": None,
            "clock_s": s + 30 * k, "phase": "left" if s // 3000 % 2 else "joined", "since_s": s,
            "probability": 0.97, "margin": None, "instants": 5, "reason": "motion",
        }
        for s in range(FIRST_S // 3000 * 3000 + 9000, LAST_S, 3000)
        for k, (target, sensor) in enumerate(
            [("mmsi:412000001", "ais"), ("beidou:0000002", "beidou")]
        )
    ],
    schema=LINK,
)  # fmt: skip
DETECTORS = {
    "circle_spoofing": Detector(
        circle_spoofing.CircleState.initial, circle_spoofing.CircleState.load, _circles
    ),
    "on_land": Detector(on_land.LandState.initial, on_land.LandState.load, _land),
    "identity_conflict": Detector(
        identity_conflicts.ConflictState.initial, identity_conflicts.ConflictState.load, _conflicts
    ),
    "gear_beacon": Detector(
        gear_beacons.BeaconState.initial, gear_beacons.BeaconState.load, _beacons
    ),
    "impossible_motion": Detector(
        impossible_motion.ImpossibleState.initial,
        impossible_motion.ImpossibleState.load,
        _impossible,
    ),
}
each = pytest.mark.parametrize("name", sorted(DETECTORS))


def run(
    name: str, rows: pl.DataFrame, ticks: list[int]
) -> tuple[pl.DataFrame, dict[str, list[dict[str, Any]]]]:
    d = DETECTORS[name]
    said, frames = event_runs.run(rows, ticks, d.initial(), d.load, d.step)
    return said, dicts(frames)


@each
@examples(12)
@given(parts=stories, seed=st.integers(0, 99), ticks=cuts | near_cuts)
def test_any_cuts_say_the_same(name: str, parts: list[Story], seed: int, ticks: list[int]) -> None:
    rows = positions(delayed(scene(parts), seed))
    end = max(ticks, default=LAST_S)
    whole, state = run(name, rows, [end])
    cut, cut_state = run(name, rows, sorted({*ticks, end}))
    assert same(cut, whole)
    assert cut_state == state


@each
@examples(8)
@given(
    parts=stories, seed=st.integers(0, 99), which=st.integers(0, 500), later_s=st.integers(0, 120)
)
def test_rows_given_again_say_nothing_new(
    name: str, parts: list[Story], seed: int, which: int, later_s: int
) -> None:
    rows = positions(delayed(scene(parts), seed))
    some = rows[which % len(rows) : which % len(rows) + 20]
    again = some.with_columns(pl.col("clock_s") + later_s)
    twice, _ = run(name, pl.concat([rows, again]), [LAST_S])
    assert same(twice, run(name, rows, [LAST_S])[0])


@each
@examples(12)
@given(parts=stories, seed=st.integers(0, 99), data=st.data())
def test_input_ended_at_a_tick_says_exactly_what_was_said_by_then(
    name: str, parts: list[Story], seed: int, data: st.DataObject
) -> None:
    rows = positions(delayed(scene(parts), seed))
    whole, _ = run(name, rows, [LAST_S])
    ticks = sorted({FIRST_S, *whole["clock_s"], *(whole["clock_s"] - 1)})
    tick = data.draw(st.sampled_from(ticks))
    short, _ = run(name, rows.filter(pl.col("clock_s") <= tick), [tick])
    assert same(short, whole.filter(pl.col("clock_s") <= tick))


@each
@examples(8)
@given(parts=stories, seeds=st.tuples(st.integers(0, 99), st.integers(0, 99)))
def test_however_rows_were_delayed_the_settled_events_are_the_same(
    name: str, parts: list[Story], seeds: tuple[int, int]
) -> None:
    """The settled pass takes rows in the order of observation, once the lateness is over."""
    told = []
    for seed in seeds:
        came = positions(delayed(scene(parts), seed)).sort("clock_s", "key")
        settled = came.with_columns(ceil_s(pl.col("t_us")).alias("clock_s"))
        told.append(run(name, settled, [LAST_S])[0])
    assert same(*told)


@pytest.mark.parametrize(
    "name", ["impossible_motion", "gear_beacon", "on_land", "identity_conflict"]
)
def test_the_scenes_hold_what_the_properties_are_about(name: str) -> None:
    parts: list[Story] = [(kind, s) for kind in ("wild", "jitter", "heard") for s in range(3)]
    said, _ = run(name, positions(scene(parts)), [LAST_S])
    assert set(said["phase"]) == {"began", "ended"}
