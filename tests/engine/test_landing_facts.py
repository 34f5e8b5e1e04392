"""How a boat was heard on its way, from the calls of its landing."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from engine_scenes import place

from engine.landing_facts import Silence, Silences, ais_withheld, nameless, silence_of
from models.landings.links import SEEN_BY
from models.landings.schema import Landing, Link
from models.tracks.reception import CELLS, CELLS_PER_DEG, HOUR_S

BERTH_US = 1_790_000_000_000_000


def call(target: str) -> dict[str, Any]:
    return {
        "track": target, "target": target, "quiet_from_us": None, "quiet_to_us": None,
        "dark_from_us": None, "entry_seen": True,
    }  # fmt: skip


def berthed(heard: tuple[str, ...], names: tuple[str, ...], pier: int = 0) -> Landing:
    """A visit of which some transponders tell, of a boat that has these names."""
    return Landing(
        pier, BERTH_US, BERTH_US // 10**6, heard[0], tuple(call(name) for name in heard), None,
        names, BERTH_US, None, "berthed", (), frozenset(), over=False, lost=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("heard", "names", "expected"),
    [
        (("beidou:1",), ("beidou:1",), Silence(0.0, 0.0)),
        (("beidou:1", "mmsi:2"), ("beidou:1", "mmsi:2"), Silence(0.0, 0.0)),
        (("beidou:1",), ("beidou:1", "mmsi:2"), Silence()),
    ],
)
def test_who_left_its_ais_out_was_not_heard_all_the_way(
    heard: tuple[str, ...], names: tuple[str, ...], expected: Silence
) -> None:
    landing = berthed(heard, names)
    assert silence_of(landing, BERTH_US, Silences({}), place()) == expected


def filmed(pier: int, kind: str = SEEN_BY) -> Landing:
    """A visit that only a dock camera tells of."""
    link = Link(kind, "C1", None, BERTH_US, None, 0.8, 0, (), "camera", "C1", {"n": 3})
    return Landing(
        pier, BERTH_US, BERTH_US // 10**6, "camera:C1", (), None, (), BERTH_US, None, "berthed",
        (link,), frozenset({"camera"}), over=False, lost=False,
    )  # fmt: skip


def heard_at(pier: dict[str, Any], heard: int, expected: int) -> pl.DataFrame:
    """Reception of an hour ago in the cell of a pier."""
    x, y = (math.floor(pier[axis] * CELLS_PER_DEG) for axis in ("lon", "lat"))
    hour = BERTH_US // 10**6 // HOUR_S - 1
    row = ("ais", x, y, hour, heard, expected)
    return pl.DataFrame([row], schema=CELLS, orient="row")


def test_a_boat_on_camera_sends_nothing_only_where_stations_hear_others_and_no_radar_looks() -> (
    None
):
    there = place()
    apart = next(i for i, seen in enumerate(there.watched) if not seen)
    cells = heard_at(there.pier_rows[apart], 90, 100)
    assert nameless(filmed(apart), cells, there)
    assert not nameless(filmed(apart), heard_at(there.pier_rows[apart], 10, 100), there)
    assert not nameless(filmed(apart), cells.clear(), there)
    assert not nameless(filmed(apart, "met_by"), cells, there), "no camera saw it"
    assert not nameless(replace(filmed(apart), targets=("mmsi:1",)), cells, there)
    assert not nameless(replace(filmed(apart), calls=(call("radar:R1:1"),)), cells, there)
    for pier, seen in enumerate(there.watched):
        if seen:
            assert not nameless(filmed(pier), heard_at(there.pier_rows[pier], 90, 100), there)


def test_ais_is_withheld_by_who_has_it_and_answers_to_beidou_alone_where_stations_hear_others() -> (
    None
):
    there = place()
    cells = heard_at(there.pier_rows[0], 90, 100)
    owner = {"vessel_id": "V1", "mmsi": "412000001"}
    alone = berthed(("beidou:1",), ("beidou:1",))
    assert ais_withheld(alone, owner, cells, there)
    echo = berthed(("beidou:1", "radar:R1:3"), ("beidou:1", "radar:R1:3"))
    assert ais_withheld(echo, owner, cells, there), "a radar that sees it says nothing of AIS"
    assert not ais_withheld(alone, owner, heard_at(there.pier_rows[0], 10, 100), there)
    assert not ais_withheld(alone, {**owner, "mmsi": None}, cells, there), "it has no AIS"
    assert not ais_withheld(alone, None, cells, there), "nobody knows whether it has AIS"
    assert not ais_withheld(berthed(("beidou:1",), ("beidou:1", "mmsi:2")), owner, cells, there)
    assert not ais_withheld(berthed(("radar:R1:3",), ("radar:R1:3",)), owner, cells, there)
