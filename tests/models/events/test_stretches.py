"""Hits become stretches: one thing with a beginning and an end."""

from __future__ import annotations

import polars as pl
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st

from core.schema import empty
from models.events import stretches

QUIET_S, END_S = 100, 10_000
OPEN = stretches.open_schema(("most",), ("last",))
clocks = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(1, 40).map(lambda k: k * 25)), max_size=20
)


def hits(found: list[tuple[str, int]]) -> pl.DataFrame:
    """A hit a subject and tick."""
    rows = [
        (name, [name], name, "ais", s * 1_000_000, s * 1_000_000, s, 121.0, 29.0, s % 70, s)
        for name, s in sorted(set(found))
    ]
    schema = {**stretches.HIT, "most": pl.Float64(), "last": pl.Float64()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def run(found: pl.DataFrame, ends: list[int], least: int = 3) -> tuple[pl.DataFrame, pl.DataFrame]:
    open_, was, said = empty(OPEN), 0, []
    for end in ends:
        batch = found.filter(pl.col("clock_s") > was, pl.col("clock_s") <= end)
        open_, told = stretches.advance(
            open_, batch, end, QUIET_S, pl.col("hits") >= least, most=["most"], last=["last"]
        )
        said.append(told)
        was = end
    return pl.concat(said), open_


def test_three_hits_begin_and_quiet_ends() -> None:
    said, open_ = run(hits([("a", 100), ("a", 150), ("a", 249), ("a", 300)]), [END_S])
    assert said.select("phase", "clock_s", "hits").rows() == [("began", 249, 3), ("ended", 400, 4)]
    assert said["from_us"].to_list() == [100_000_000] * 2
    assert said["to_us"].to_list() == [None, 300_000_000]
    assert open_.is_empty()


def test_a_hit_after_the_quiet_is_another_stretch() -> None:
    said, _ = run(hits([("a", 100), ("a", 200)]), [END_S], least=1)
    assert said.select("phase", "clock_s").rows() == [
        ("began", 100), ("ended", 200), ("began", 200), ("ended", 300),
    ]  # fmt: skip


def test_what_never_was_enough_is_not_said() -> None:
    said, open_ = run(hits([("a", 100), ("a", 150), ("b", 160)]), [END_S])
    assert said.is_empty()
    assert open_.is_empty()


def test_the_greatest_and_the_last_are_kept() -> None:
    said, _ = run(hits([("a", 125), ("a", 200), ("a", 275)]), [END_S], least=1)
    assert said.select("most", "last").rows() == [(55.0, 125.0), (65.0, 275.0)]


@examples(100)
@given(clocks, st.lists(st.integers(0, 1200), max_size=6))
def test_cuts_do_not_show(found: list[tuple[str, int]], cuts: list[int]) -> None:
    rows = hits(found)
    end = max(cuts, default=END_S)
    whole, open_ = run(rows, [end])
    cut, cut_open = run(rows, sorted({*cuts, end}))
    order = ["clock_s", "subject", "from_us", "phase"]
    assert cut.sort(order).to_dicts() == whole.to_dicts()
    assert cut_open.equals(open_)
