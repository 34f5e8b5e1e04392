"""Rows of plain numbers: what is not known is masked, never invented."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from made_candidates import candidates
from polars.testing import assert_frame_equal

from models.anomaly.features import FEATURES, ROW, VALUES, checked, in_order, matrix, medians

LENGTH = VALUES.index("length_m")


def rows(*lengths: float | None) -> pl.DataFrame:
    made = candidates(1, len(lengths))
    return made.with_columns(pl.Series("length_m", lengths, pl.Float64))


def test_what_is_not_known_is_the_median_and_is_counted_never_nought() -> None:
    some = rows(10.0, None, 30.0, 50.0)
    middle = medians(some)
    assert middle[LENGTH] == 30.0
    numbers = matrix(some, middle)
    assert numbers[:, LENGTH].tolist() == [10.0, 30.0, 30.0, 50.0]
    unknown = some.select(pl.sum_horizontal(pl.col(FEATURES).is_null())).to_series()
    assert numbers[:, -1].tolist() == unknown.to_list()
    known = matrix(some.with_columns(pl.lit(30.0).alias("length_m")), middle)
    assert (numbers[:, -1] - known[:, -1]).tolist() == [0.0, 1.0, 0.0, 0.0]


def test_a_feature_that_was_never_known_is_a_constant_even_where_it_is_known_tonight() -> None:
    middle = medians(rows(None, None, None))
    assert math.isnan(middle[LENGTH])
    assert matrix(rows(12.0, 4000.0), middle)[:, LENGTH].tolist() == [0.0, 0.0]


def test_how_many_sensors_looked_is_counted() -> None:
    made = candidates(1, 1, covered_ais=1.0, covered_radar=1.0, covered_camera=0.0,
                      covered_vehicles=0.0, covered_anpr=1.0)  # fmt: skip
    assert matrix(made, medians(made))[0, -2] == 3.0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300])
def test_a_number_that_cannot_be_is_not_known(value: float) -> None:
    assert checked(rows(value, 9.0))["length_m"].to_list() == [None, 9.0]
    assert np.isfinite(matrix(checked(rows(value)), medians(checked(rows(9.0))))).all()


def test_rows_are_ordered_by_key_whatever_order_they_came_in_one_row_a_key() -> None:
    made = candidates(2, 20, versions=3)
    twice = pl.concat([made, made.with_columns(pl.lit(99.0).alias("length_m"))])
    expected = in_order(twice)
    assert len(expected) == len(made)
    for seed in range(5):
        assert_frame_equal(in_order(twice.sample(fraction=1.0, shuffle=True, seed=seed)), expected)
    minus = pl.concat([rows(0.0), rows(-0.0)])
    for both in (minus, minus[::-1]):
        assert math.copysign(1.0, in_order(both)["length_m"][0]) == 1.0


@pytest.mark.parametrize(("column", "word"), [("pier_class", "busy"), ("regime", None)])
def test_a_stratum_that_is_none_is_refused(column: str, word: str | None) -> None:
    made = candidates(1, 1).with_columns(pl.lit(word, pl.String).alias(column))
    with pytest.raises(ValueError, match=column):
        checked(made)


def test_what_another_frame_holds_besides_is_left_out() -> None:
    more = candidates(1, 3).with_columns(pl.lit("x").alias("note"))
    assert checked(more).schema == ROW
