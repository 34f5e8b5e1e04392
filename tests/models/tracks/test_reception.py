"""Reception: learned from the stream itself, cell by cell, with nothing of the future in it."""

from __future__ import annotations

import polars as pl
from made_tracks import EAST_DEG_M, SHIP, T0_S, Fix, every, over_batches, rows, take

from models.tracks import reception

HOUR_S = 3600


def judged(frame: pl.DataFrame, until_s: int, name: str = "mmsi:412000001") -> dict[str, int]:
    """What was known of reception when the silence of a vessel was called."""
    out = take(frame, until_s)[1].called.filter(pl.col("target") == name)
    return dict(out.select("heard", "expected", "others").row(0, named=True))


def neighbour(fixes: list[Fix], east_m: float = 0.0, name: str = "mmsi:412000009") -> pl.DataFrame:
    return rows([(t, east_m, n, v) for t, _, n, v in fixes], name)


def test_reception_is_the_share_of_the_expected_messages_that_was_heard() -> None:
    """Every 90 s where 30 s is due: one in three."""
    before = neighbour(every(90, 80, begin_s=-7200, speed_kn=6.0))
    ship = rows(every(30, 10, begin_s=HOUR_S, speed_kn=6.0))
    found = judged(pl.concat([before, ship]), HOUR_S * 2)
    assert found == {"heard": 79, "expected": 79 * 3, "others": 0}


def test_only_hours_that_were_over_are_read() -> None:
    before = neighbour(every(30, 120, begin_s=0, speed_kn=6.0))
    ship = rows(every(30, 10, begin_s=1200, speed_kn=6.0))
    found = judged(pl.concat([before, ship]), HOUR_S)  # called at 35 minutes of the same hour
    assert (found["heard"], found["expected"]) == (0, 0)
    assert found["others"] > 0


def test_a_silence_itself_is_not_counted_as_bad_reception() -> None:
    gone = neighbour([*every(30, 10, begin_s=-7200, speed_kn=6.0), (-1800, 0.0, 0.0, 6.0)])
    ship = rows(every(30, 10, begin_s=HOUR_S, speed_kn=6.0))
    found = judged(pl.concat([gone, ship]), HOUR_S * 2)
    assert found == {"heard": 9, "expected": 9, "others": 0}


def test_others_are_heard_in_the_cell_or_beside_it_and_not_farther() -> None:
    cell_m = 0.05 * EAST_DEG_M
    ship = neighbour(every(30, 20, speed_kn=6.0), 0.5 * cell_m, "mmsi:412000001")
    for cells, heard in ((0, True), (1, True), (2, False), (-1, True), (-2, False)):
        near = neighbour(every(60, 60, speed_kn=0.0), (cells + 0.5) * cell_m)
        assert (judged(pl.concat([ship, near]), 1200)["others"] > 0) == heard, cells


def test_where_nobody_is_heard_meanwhile_the_receiver_was_deaf() -> None:
    ship = rows(every(30, 20, speed_kn=6.0))
    before = neighbour(every(60, 10, speed_kn=0.0))  # ends as the ship's silence begins
    assert judged(pl.concat([ship, before]), 1200)["others"] == 0


def test_of_a_silence_only_the_time_counts_in_which_others_were_heard() -> None:
    """Silent for 50 minutes, the receiver deaf for the last 30 of them."""
    ship = rows([*every(30, 20, speed_kn=6.0), (3600.0, 0.0, 0.0, 6.0)])
    near = neighbour([f for f in every(60, 90, speed_kn=0.0) if not 1800 <= f[0] < 3600])
    found = take(pl.concat([ship, near]), 5400)[1].silences.filter(pl.col("target") == SHIP)
    row = found.row(0, named=True)
    assert (row["to_us"] - row["from_us"]) // 1_000_000 == 3600 - 570
    assert 900 <= row["covered_in_all_s"] <= 1200
    assert row["covered_s"] <= row["covered_in_all_s"], "less was known when it was called"
    parts = over_batches(pl.concat([ship, near]), [600, 1199, 1800, 3599, 3601, 5400])[0]
    assert parts.silences.equals(take(pl.concat([ship, near]), 5400)[0].silences)


def test_a_vessels_own_last_row_is_no_other_that_is_heard() -> None:
    """A row that arrived late, or at a fraction of a second, is visible after it was observed."""
    part = rows([(299.5, 0.0, 0.0, 6.0)])
    assert judged(part, 1200)["others"] == 0
    late = rows([(299.0, 0.0, 0.0, 6.0)]).with_columns(pl.col("clock_s") + 100)
    assert judged(late, 1200)["others"] == 0


def test_what_is_learned_is_the_same_in_any_batches_and_is_forgotten_in_time() -> None:
    frame = pl.concat([neighbour(every(60, 300, speed_kn=0.0)), rows(every(30, 100, speed_kn=6.0))])
    whole, _ = take(frame, 18_000)
    parts, _ = over_batches(frame, [59, 60, 3599, 3600, 3601, 9000, 18_000])
    assert parts.cells.equals(whole.cells)
    assert parts.bins.equals(whole.bins)
    later, _ = take(frame[:0], 9 * HOUR_S + 18_000, state=whole)
    assert later.bins.is_empty()
    assert not later.cells.is_empty()
    much_later, _ = take(frame[:0], 15 * 86400, state=later)
    assert much_later.cells.is_empty()


def test_cells_count_by_hour_as_integers() -> None:
    state, _ = take(neighbour(every(60, 120, speed_kn=0.0)), 7200)
    counted = state.cells.sort("hour").select("hour", "heard", "expected").rows()
    hour = T0_S // HOUR_S
    assert counted == [(hour, 59, 59), (hour + 1, 60, 60)]


def test_stations_hear_a_place_where_most_of_what_is_sent_there_was_heard_lately() -> None:
    cells = take(neighbour(every(60, 120, speed_kn=0.0)), 7200)[0].cells
    x, y = cells.select("x", "y").row(0)
    lon, lat = (x + 0.5) / reception.CELLS_PER_DEG, (y + 0.5) / reception.CELLS_PER_DEG
    assert reception.hears(cells, lon, lat, T0_S + 7200)
    assert not reception.hears(cells, lon, lat, T0_S + HOUR_S // 2), "no hour is over"
    assert not reception.hears(cells, lon + 0.05, lat, T0_S + 7200), "nobody was heard there"
    assert not reception.hears(cells, lon, lat, T0_S + 9 * 86400), "long ago"


def test_stations_that_lose_most_of_it_do_not_hear_a_place() -> None:
    cells = take(neighbour(every(900, 40, speed_kn=6.0)), 36_000)[0].cells
    x, y = cells.select("x", "y").row(0)
    assert cells["expected"].sum() > reception.HEARS_LEAST
    lon, lat = (x + 0.5) / reception.CELLS_PER_DEG, (y + 0.5) / reception.CELLS_PER_DEG
    assert not reception.hears(cells, lon, lat, T0_S + 36_000)


def test_a_place_on_a_cells_edge_is_in_the_same_cell_alone_and_among_many() -> None:
    edge = pl.DataFrame({"lon": [121.85, 121.9, 122.05], "lat": [29.15, 29.2, 29.35]})
    edge = edge.with_columns(pl.lit("mmsi:412000001").alias("target"))
    _, x, y = reception._cell()
    together = edge.select(x, y)
    alone = pl.concat([edge[i : i + 1].select(x, y) for i in range(len(edge))])
    assert together.equals(alone)
