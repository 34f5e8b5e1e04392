"""How many lorries stand at a pier by night anyway: counted by hours, faded, spared landings."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from core.schema import empty
from models.baseline import lorries
from models.tracks.positions import SECOND_US

HOUR_US = 3600 * SECOND_US
DARK = 9
HOURS = [k * HOUR_US for k in range(12, 12 + DARK)]
NO_VISIT = pl.DataFrame(schema={"pier": pl.Int64(), "t_us": pl.Int64()})


def stops(*rows: tuple[int, str, float, float]) -> pl.DataFrame:
    """Pier, vehicle, the hour at which it came, and how surely it is of this pier."""
    held = [(pier, name, int(at * HOUR_US), int(at * 3600), p) for pier, name, at, p in rows]
    return pl.DataFrame(held, schema=lorries.STOP, orient="row")


def night(
    rows: pl.DataFrame, hours: list[int] = HOURS, visits: pl.DataFrame = NO_VISIT
) -> dict[int, tuple[float, ...]]:
    told = lorries.of_night(rows, hours, DARK, 3, visits, 0.25)
    return {pier: tuple(shares) for pier, *shares in told.iter_rows()}


def test_a_night_without_lorries_is_one_night_without_lorries() -> None:
    assert night(stops()) == {k: pytest.approx((1.0, 0.0, 0.0, 0.0)) for k in range(3)}


def test_a_lorry_is_counted_in_the_hours_in_which_a_boat_would_have_had_it() -> None:
    found = night(stops((1, "plate:A", 15.0, 1.0)))  # 14:30 - 1.5 h to 16:30, and 13:30 + 1.92 h
    assert found[1] == pytest.approx((5 / 9, 4 / 9, 0.0, 0.0))
    assert found[0] == pytest.approx((1.0, 0.0, 0.0, 0.0))


def test_three_and_more_are_one_class_and_one_lorry_counts_once() -> None:
    many = [(1, f"plate:{k}", 16.0, 1.0) for k in range(5)]
    again = [(1, "plate:0", 16.2, 1.0)]
    assert night(stops(*many, *again))[1][3] == pytest.approx(4 / 9)
    assert night(stops((1, "plate:0", 16.0, 1.0), *again))[1][2] == 0.0


def test_what_is_hardly_of_this_pier_is_not_counted() -> None:
    assert night(stops((1, "plate:A", 15.0, 0.4)))[1][0] == pytest.approx(1.0)


def test_a_later_word_on_a_stop_replaces_the_earlier() -> None:
    found = night(stops((1, "plate:A", 15.0, 0.9), (1, "plate:A", 15.0, 0.1)))
    assert found[1][0] == pytest.approx(1.0)


def test_hours_that_nobody_looked_at_count_for_nothing() -> None:
    assert night(stops(), HOURS[:3])[0] == pytest.approx((1 / 3, 0.0, 0.0, 0.0))
    assert night(stops(), []) == {}


def test_an_hour_about_a_suspicious_visit_counts_a_quarter() -> None:
    """A landing's own lorries would else make the next ones usual."""
    here = stops(*((1, f"plate:{k}", 15.0, 1.0) for k in range(4)))
    visits = pl.DataFrame({"pier": [1], "t_us": [15 * HOUR_US]})
    found = night(here, visits=visits)
    assert found[1][3] == pytest.approx(night(here)[1][3] / 4)
    assert sum(found[0]) == pytest.approx(1.0)


def test_a_night_counts_half_after_sixty() -> None:
    one = lorries.of_night(stops((1, "plate:A", 15.0, 1.0)), HOURS, DARK, 3, NO_VISIT, 0.25)
    held = lorries.learn(empty(lorries.LORRIES), one)
    for _ in range(60):
        held = lorries.learn(held, empty(lorries.LORRIES))
    assert_frame_equal(held.drop("pier") * 2, one.drop("pier"), abs_tol=1e-9)


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from("ABCDE"), st.floats(9, 24), st.floats(0, 1)),
        max_size=9,
        unique_by=lambda row: row[:3],
    ),
    st.randoms(use_true_random=False),
)
def test_every_pier_has_one_night_and_the_order_changes_nothing(
    rows: list[tuple[int, str, float, float]], order: object
) -> None:
    found = night(stops(*rows))
    assert sorted(found) == [0, 1, 2]
    assert all(sum(shares) == pytest.approx(1.0) for shares in found.values())
    order.shuffle(rows)  # type: ignore[attr-defined]
    assert night(stops(*rows)) == found
