"""What is packed is what is read back; a picture and its changes are the next picture."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.frames import CLASSES, HEADER, NONE, SENSORS, WIRE, packed, unpacked
from dashboard.picture import Picture, messages, pictured
from store.reads import LATEST_POSITION

AT = datetime(2026, 3, 1, 17, 0, tzinfo=UTC)


def positions(*rows: dict[str, object]) -> pl.DataFrame:
    base = {"sensor": "ais", "lon": 121.9, "lat": 29.1, "observed_at": AT, "speed_kn": 3.25}
    return pl.DataFrame([{**base, **row} for row in rows], schema=LATEST_POSITION)


def state(run_id: int = 1, at: datetime = AT) -> dict[str, object]:
    return {"run_id": run_id, "at_ms": at.timestamp() * 1000}


def frames(sent: list[str | bytes]) -> list[bytes]:
    return [message for message in sent if isinstance(message, bytes)]


def test_a_position_comes_back_within_half_a_unit_of_the_last_place():
    report = {"target": "mmsi:1", "lon": 121.98765432, "lat": -29.12345678, "course_deg": 359.94,
              "ship_type": 79, "heading_deg": None}  # fmt: skip
    (frame,) = frames(messages(Picture(), pictured(Picture(), state(), positions(report))))
    read = unpacked(frame)
    assert read.run_id == 1
    assert read.all_rows
    assert read.arrays["lon"][0] / 1e7 == pytest.approx(121.98765432, abs=0.5e-7)
    assert read.arrays["lat"][0] / 1e7 == pytest.approx(-29.12345678, abs=0.5e-7)
    assert read.arrays["course"][0] == 3599
    assert read.arrays["heading"][0] == NONE
    assert read.arrays["speed"][0] == 32
    assert CLASSES[int(read.arrays["flags"][0]) & 15] == "cargo"


def test_the_register_knows_better_than_the_claim_what_a_vessel_is():
    report = {"target": "mmsi:1", "ship_type": 70, "register_type": "law_enforcement"}
    now = pictured(Picture(), state(), positions(report))
    assert CLASSES[int(now.arrays["flags"][0]) & 15] == "service"


def test_a_road_vehicle_never_reaches_the_screen_by_name():
    now = pictured(Picture(), state(), positions({"target": "plate:浙B12345", "sensor": "vehicle"}))
    assert now.names.is_empty()


def test_a_frame_cut_anywhere_is_refused():
    arrays = {name: np.zeros(3, dtype) for name, dtype in WIRE}
    frame = packed(1, 0.0, arrays, all_rows=True)
    assert len(frame) == HEADER.size + 3 * 19
    for cut in range(len(frame)):
        with pytest.raises(ValueError, match="frame"):
            unpacked(frame[:cut])


def test_only_what_was_reported_since_is_sent_and_a_new_run_is_sent_whole():
    first = pictured(Picture(), state(), positions({"target": "mmsi:1"}, {"target": "mmsi:2"}))
    later = AT + timedelta(seconds=9)
    moved = positions({"target": "mmsi:1"}, {"target": "mmsi:2", "observed_at": later})
    second = pictured(first, state(at=later), moved)
    (change,) = frames(messages(first, second))
    assert unpacked(change).arrays["row"].tolist() == [
        second.names["target"].to_list().index("mmsi:2")
    ]
    other = pictured(second, state(run_id=2), positions({"target": "mmsi:9"}))
    (whole,) = frames(messages(second, other))
    assert unpacked(whole).all_rows
    assert other.names.rows() == [("mmsi:9", "", None)]


def test_a_vessel_that_is_not_shown_any_more_leaves_and_one_that_goes_dark_changes():
    two = positions({"target": "mmsi:1"}, {"target": "radar:R1:7", "sensor": "radar"})
    first = pictured(Picture(), state(), two)
    other = positions({"target": "mmsi:1"}, {"target": "radar:R1:8", "sensor": "radar"})
    second = pictured(first, state(), other)
    (whole,) = frames(messages(first, second))
    assert unpacked(whole).all_rows
    assert sorted(unpacked(whole).arrays["row"].tolist()) == [0, 2]
    dark = positions({"target": "mmsi:1", "sensor": "dark"}, {"target": "radar:R1:8"})
    (change,) = frames(messages(second, pictured(second, state(), dark)))
    assert not unpacked(change).all_rows
    row = unpacked(change).arrays["row"].tolist().index(0)
    assert SENSORS[unpacked(change).arrays["flags"][row] >> 4] == "dark"


def test_where_nothing_changed_the_clock_still_comes():
    first = pictured(Picture(), state(), positions({"target": "mmsi:1"}))
    second = pictured(first, state(at=AT + timedelta(seconds=1)), positions({"target": "mmsi:1"}))
    sent = messages(first, second)
    assert [json.loads(m)["kind"] for m in sent if isinstance(m, str)] == ["state"]
    (frame,) = frames(sent)
    assert len(unpacked(frame).arrays["row"]) == 0
    assert unpacked(frame).at_ms == (AT + timedelta(seconds=1)).timestamp() * 1000


@st.composite
def worlds(draw: st.DrawFn) -> list[pl.DataFrame]:
    """Latest positions as a store would give them, time after time: vessels never go away."""
    known: dict[str, dict[str, object]] = {}
    frames_ = []
    for step in range(draw(st.integers(1, 5))):
        for vessel in draw(st.lists(st.integers(1, 6), max_size=4)):
            known[f"mmsi:{vessel}"] = {
                "target": f"mmsi:{vessel}",
                "name": draw(st.sampled_from([None, "浙渔", "SEA"])),
                "lon": draw(st.floats(-180, 180)),
                "observed_at": AT + timedelta(seconds=step),
            }
        frames_.append(positions(*known.values()))
    return frames_


@given(worlds(), st.data())
def test_a_client_that_skips_pictures_ends_with_the_same_one(
    world: list[pl.DataFrame], data: st.DataObject
):
    now, seen = Picture(), Picture()
    vessels: dict[int, int] = {}
    names: dict[int, list[object]] = {}
    for step, frame in enumerate(world):
        now = pictured(now, state(at=AT + timedelta(seconds=step)), frame)
        if step < len(world) - 1 and data.draw(st.booleans()):
            continue
        for message in messages(seen, now):
            if isinstance(message, bytes):
                read = unpacked(message)
                kept = {} if read.all_rows else vessels
                vessels = kept | dict(
                    zip(read.arrays["row"].tolist(), read.arrays["lon"].tolist(), strict=True)
                )
            elif json.loads(message)["kind"] == "names":
                names |= {row: about for row, *about in json.loads(message)["rows"]}
        seen = now
    assert vessels == dict(zip(now.arrays["row"].tolist(), now.arrays["lon"].tolist(), strict=True))
    assert [tuple(names[i]) for i in sorted(names)] == now.names.rows()
