"""Calls for help: at once, above everything, over when the terminal says so."""

from __future__ import annotations

from typing import Any

from feed_rows import T0_S, frame, row

from models.feeds.quarantine import arrived
from models.feeds.sos import MOST_OPEN, Calls, Said, take

SOS = '{"sentence":"BDDWR","sos":true}'
CALM = '{"sentence":"BDDWR"}'


def called(rows: list[dict[str, Any]], until: float = 1e5) -> list[Said]:
    return take(Calls(), arrived(frame(rows), frame([])), T0_S + int(until))[1]


def boat(at: float, detail: str = SOS, **more: Any) -> dict[str, Any]:
    return row(at, "beidou", "B1", detail=detail, **more)


def ticks(said: list[Said]) -> list[tuple[int, bool]]:
    return [(tick - T0_S, what is not None) for tick, _, what in said]


def test_a_call_is_told_at_the_tick_of_its_arrival() -> None:
    said = called([boat(0, CALM), boat(7.5)])
    assert ticks(said) == [(8, True)]
    assert said[0][1] == "beidou:0242407"
    what = said[0][2]
    assert what is not None
    assert (what["lon"], what["lat"]) == (121.9, 29.2)


def test_it_is_told_again_every_ten_minutes_and_when_it_has_moved() -> None:
    rows = [boat(60.0 * i, lon=121.9 + (0.006 if i >= 3 else 0.0)) for i in range(15)]
    assert ticks(called(rows)) == [(0, True), (180, True), (780, True)]


def test_it_is_over_when_the_terminal_has_said_otherwise_for_ten_stretches() -> None:
    rows = [boat(0), *(boat(60.0 + 60 * i, CALM) for i in range(12))]
    assert ticks(called(rows)) == [(0, True), (660, False)]


def test_a_sentence_without_such_a_field_says_nothing() -> None:
    rows = [boat(0), *(boat(60.0 + 60 * i, '{"sentence":"BDRMC"}') for i in range(30))]
    assert ticks(called(rows)) == [(0, True)]


def test_one_who_falls_silent_has_not_been_saved() -> None:
    assert ticks(called([boat(0)], until=100_000)) == [(0, True)]


def test_a_driver_s_button_without_a_place_counts() -> None:
    said = called([row(0, "vehicle", "T1", detail='{"sos":true}', lon=None, lat=None)])
    assert said[0][2] is not None
    assert said[0][2]["lon"] is None


def test_a_beacon_is_a_call_and_a_tested_one_says_so() -> None:
    mob = row(0, target="mmsi:972123456", detail='{"type":1,"status":14}')
    test = row(0, target="mmsi:970123456", detail='{"type":1}')
    ship = row(0, target="mmsi:412000001", detail='{"type":1,"status":14}')
    said = called([mob, test, ship])
    tested = {target: what and what["params"]["test"] for _, target, what in said}
    assert tested == {"mmsi:970123456": True, "mmsi:972123456": False}


def test_a_row_given_again_or_late_changes_nothing() -> None:
    rows = [boat(0), boat(30)]
    later = [{**each, "arrived_at": each["arrived_at"] + 900_000_000} for each in rows]
    assert called([*rows, *later]) == called(rows)


def test_of_a_flood_the_rest_are_doubts() -> None:
    rows = [boat(i / 100, target=f"beidou:{i:07}") for i in range(MOST_OPEN + 50)]
    calls, said, crowd = take(Calls(), arrived(frame(rows), frame([])), T0_S + 100)
    assert (len(calls.open), len(said), len(crowd)) == (MOST_OPEN, MOST_OPEN, 50)
