"""Errors are sentences with a code; the schemas say what travels."""

from __future__ import annotations

import pickle

import polars as pl
import pytest

from core import errors
from core.schema import IDENTITY, LATENESS_S, OBSERVATION, SENSORS, arriving, empty


def test_an_error_says_where_what_was_expected_what_came_and_who_must_act() -> None:
    error = errors.SiteError(
        "piers.geojson, row 3", expected="a polygon", came="a point", act="Draw it."
    )
    assert str(error) == "piers.geojson, row 3: expected a polygon, got a point. Draw it."
    assert (error.where, error.came) == ("piers.geojson, row 3", "a point")


def test_what_is_wrong_from_outside_ends_with_code_two_and_the_rest_with_codes_of_their_own() -> (
    None
):
    inputs = (errors.SiteError, errors.RecordingError, errors.SettingsError)
    assert {kind.exit_code for kind in inputs} == {2}
    others = [errors.SetupError, errors.StoreError, errors.JudgementError]
    assert len({kind.exit_code for kind in others} | {1, 2}) == 5
    assert issubclass(errors.StoreUnavailable, errors.StoreError)


def test_every_error_of_the_house_has_one_root() -> None:
    kinds = [
        k for k in vars(errors).values() if isinstance(k, type) and k.__module__ == "core.errors"
    ]
    assert len(kinds) >= 9
    assert all(issubclass(kind, errors.PierwatchError) for kind in kinds)


def test_another_process_raises_an_error_as_it_was_raised_here() -> None:
    error = errors.SiteError("piers.geojson", expected="a polygon", came="a point", act="Draw it.")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_every_sensor_has_its_allowed_lateness() -> None:
    assert set(LATENESS_S) == set(SENSORS)


@pytest.mark.parametrize("schema", [OBSERVATION, IDENTITY])
def test_a_frame_on_its_way_carries_its_arrival_and_line(schema: pl.Schema) -> None:
    travelling = empty(arriving(schema))
    assert travelling.columns == [*schema.names(), "arrived_at", "line"]
    assert travelling.is_empty()
