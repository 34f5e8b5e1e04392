"""Lines of tracks for the map."""

from __future__ import annotations

from itertools import pairwise

import polars as pl
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st

from pipeline.segments import OpenSegments

HOUR_S = 3600


def rows(*of: tuple[str, int]) -> pl.DataFrame:
    """Tracks' rows at seconds; each stands as far east as it is old."""
    return pl.DataFrame(
        [(track, f"mmsi:{track}", s * 1_000_000, s / 1e5, 29.0) for track, s in of],
        schema={"track": pl.String, "target": pl.String, "t_us": pl.Int64, "lon": pl.Float64,
                "lat": pl.Float64},
        orient="row",
    )  # fmt: skip


def drawn(*given_lines: pl.DataFrame) -> list[tuple[str, list[int]]]:
    """Targets and seconds of lines."""
    return sorted(
        (target, [round(lon * 1e5) for lon in lons])
        for lines in given_lines
        if len(lines)
        for target, lons in lines.select("target", "lon").iter_rows()
    )


def test_a_piece_of_ten_minutes_is_given_once_it_has_settled():
    open_ = OpenSegments()
    assert not len(open_.take(rows(("a", 10), ("a", 590), ("a", 610)), 599))
    assert drawn(open_.take(rows(), 600)) == [("mmsi:a", [10, 590])]
    assert not len(open_.take(rows(), 615)), "only once"


def test_a_piece_begins_where_the_one_before_ended():
    open_ = OpenSegments()
    open_.take(rows(("a", 10), ("a", 590)), 600)
    assert drawn(open_.take(rows(("a", 700)), 1200)) == [("mmsi:a", [590, 700])]
    assert drawn(open_.take(rows(("a", 1700)), 1800)) == [("mmsi:a", [700, 1700])]


def test_a_silence_of_more_than_an_hour_is_no_line():
    open_ = OpenSegments()
    open_.take(rows(("a", 10), ("a", 590)), 600)
    assert not len(open_.take(rows(("a", 591 + HOUR_S)), 2 * HOUR_S)), "591 s are no line alone"
    later = open_.take(rows(("a", 2 * HOUR_S)), 3 * HOUR_S)
    assert drawn(later) == [("mmsi:a", [591 + HOUR_S, 2 * HOUR_S])]


def test_a_silence_within_the_hour_is_bridged_though_other_pieces_ended_in_it():
    open_ = OpenSegments()
    given_lines = [open_.take(rows(("a", 10), ("b", 10)), 600)]
    given_lines += [open_.take(rows(("b", s)), s + 1) for s in (700, 1300, 1900)]
    given_lines.append(open_.take(rows(("a", 2000)), 2400))
    assert ("mmsi:a", [10, 2000]) in drawn(*given_lines)


def test_what_is_open_at_the_end_is_given():
    open_ = OpenSegments()
    open_.take(rows(("a", 10), ("a", 590), ("b", 700)), 600)
    open_.take(rows(("a", 605)), 605)
    assert drawn(open_.rest()) == [("mmsi:a", [590, 605])], "one point is no line"


HEARD = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 4 * HOUR_S)), max_size=40, unique=True
)


@examples(50)
@given(HEARD, st.sets(st.integers(0, 4 * HOUR_S).map(lambda s: s // 15 * 15), max_size=8))
def test_the_lines_are_the_same_however_the_time_is_cut_and_saved(heard, cuts):
    """Every two neighbours of a track not an hour apart are joined, once."""
    open_, found, from_s = OpenSegments(), [], 0
    for until_s in [*sorted(cuts), 4 * HOUR_S + 1]:
        some = rows(*((track, s) for track, s in heard if from_s <= s < until_s))
        found.append(open_.take(some, until_s))
        open_, from_s = OpenSegments.load(open_.save()), until_s
    found.append(open_.rest())
    joined = [(target, pair) for target, line in drawn(*found) for pair in pairwise(line)]
    times = {track: sorted(s for t, s in heard if t == track) for track in "ab"}
    asked = [
        (f"mmsi:{track}", (a, b))
        for track, its in times.items()
        for a, b in pairwise(its)
        if b - a <= HOUR_S or a // 600 == b // 600
    ]
    assert sorted(joined) == sorted(asked)
