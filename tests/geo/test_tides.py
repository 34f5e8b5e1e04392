"""Tides, against pyTMD's prediction of the same constants (kanmen_pytmd.json, made once)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from geo.tides import _UTIDE_NAMES, Constituent, Tide, known_constituent

JULY, AUGUST = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)
MAIN = tuple(
    Constituent(*row)
    for row in [("M2", 1.877, 22.3), ("S2", 0.679, 54.7), ("K1", 0.3, 98.6), ("O1", 0.229, 69.5)]
)


def tide(**changes: object) -> Tide:
    plain = {
        "station": "Kanmen", "lon": 121.282, "lat": 28.088, "z0_m": 3.5,
        "time_offset_min": 0.0, "range_factor": 1.0, "constituents": MAIN,
    }  # fmt: skip
    return Tide(**{**plain, **changes})


@pytest.fixture(scope="module")
def kanmen(shared_data: Path) -> Tide:
    station = json.loads((shared_data / "tide" / "kanmen.json").read_text(encoding="utf-8"))
    listed = station["harmonic_constituents"]
    assert [item["name"] for item in listed if not known_constituent(item["name"])] == []
    items = tuple(Constituent(i["name"], i["amplitude"], i["phase"]) for i in listed)
    assert len(items) == 50
    return tide(z0_m=0.0, constituents=items)


@pytest.fixture(scope="module")
def oracle() -> tuple[np.ndarray, np.ndarray]:
    answer = json.loads(Path(__file__).with_name("kanmen_pytmd.json").read_text(encoding="utf-8"))
    assert answer["left_out"] == []
    height = np.array(answer["height_mm"]) / 1000.0
    start = np.datetime64(answer["from"].rstrip("Z"), "us")
    return start + np.arange(len(height)) * np.timedelta64(answer["step_min"], "m"), height


@pytest.mark.shared
def test_heights_of_a_month_lie_within_a_decimetre_of_pytmd(
    kanmen: Tide, oracle: tuple[np.ndarray, np.ndarray]
) -> None:
    times, expected = oracle
    assert np.ptp(expected) > 5.0
    assert np.abs(kanmen.height_m(times) - expected).max() < 0.1  # asked for: 0.25


@pytest.mark.shared
def test_high_waters_of_a_month_lie_within_5_minutes_of_pytmd(
    kanmen: Tide, oracle: tuple[np.ndarray, np.ndarray]
) -> None:
    _, h = oracle
    top = np.flatnonzero((h[1:-1] >= h[:-2]) & (h[1:-1] > h[2:])) + 1
    bend = h[top - 1] - 2 * h[top] + h[top + 1]
    minutes = top * 10 + 5 * (h[top - 1] - h[top + 1]) / bend
    found = kanmen.high_waters(JULY, AUGUST)
    ours = np.array([(at - JULY) / timedelta(minutes=1) for at, _ in found])
    assert len(ours) == len(minutes) == 60
    assert np.abs(ours - minutes).max() < 5.0  # asked for: 10


def test_the_constituents_that_are_known_are_those_of_utide() -> None:
    from utide.harmonics import const  # and all of scipy.signal, for this test alone

    names = {str(name).strip() for name in const.name}
    assert names == _UTIDE_NAMES


def test_high_waters_are_the_tops_of_the_heights() -> None:
    at_minutes = np.datetime64("2026-07-01", "us") + np.arange(7 * 1440) * np.timedelta64(1, "m")
    heights = tide().height_m(at_minutes)
    found = tide().high_waters(JULY, JULY + timedelta(days=7))
    assert len(found) == 14
    for at, height in found:
        i = round((at - JULY) / timedelta(minutes=1))
        around = heights[max(0, i - 120) : i + 120]
        assert height == pytest.approx(around.max(), abs=0.002)


def test_neighbouring_windows_share_the_high_waters_out_between_them() -> None:
    whole = tide().high_waters(JULY, AUGUST)
    cuts = [JULY, JULY + timedelta(days=3, minutes=7, seconds=11), whole[9][0], AUGUST]
    parts = [tide().high_waters(a, b) for a, b in pairwise(cuts)]
    assert [water for part in parts for water in part] == whole
    assert parts[2][0] == whole[9]


def test_a_height_does_not_depend_on_what_else_is_asked() -> None:
    times = np.datetime64("2026-02-20", "us") + np.arange(900) * np.timedelta64(5003, "s")
    whole = tide().height_m(times)
    assert whole.tolist() == [float(tide().height_m(t)) for t in times]


def test_no_step_between_weeks_is_larger_than_two_millimetres() -> None:
    weeks = np.arange(2900, 3000) * 7 * 86400  # any week's first second, since 1970
    before, after = (
        tide().height_m((weeks + k).astype("datetime64[s]").astype("M8[us]")) for k in (-1, 0)
    )
    assert np.abs(after - before).max() <= 0.002


def test_the_site_s_offset_delays_and_its_factor_stretches_about_mean_sea_level() -> None:
    times = np.datetime64("2026-07-01", "us") + np.arange(500) * np.timedelta64(10, "m")
    plain = tide().height_m(times)
    late = tide(time_offset_min=90.0).height_m(times + np.timedelta64(90, "m"))
    assert late.tolist() == plain.tolist()
    wide = tide(range_factor=1.2).height_m(times)
    np.testing.assert_allclose(wide - 3.5, 1.2 * (plain - 3.5), atol=0.002)


def test_an_unknown_time_has_no_height_and_any_shape_is_kept() -> None:
    heights = tide().height_m(np.array([["NaT", "2026-07-01T00:00"]], "M8[us]"))
    assert heights.shape == (1, 2)
    assert np.isnan(heights[0, 0])
    assert np.isfinite(heights[0, 1])
