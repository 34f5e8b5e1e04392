"""Sun and night, against astral."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from astral import Observer
from astral.sun import dawn, dusk, elevation

from geo.daylight import is_night, sun_elevation_deg


def test_the_sun_stands_where_astral_has_it_to_a_fiftieth_of_a_degree() -> None:
    rng = np.random.default_rng(3)
    n = 1500
    lon, lat = rng.uniform(-180, 180, n), rng.uniform(-89, 89, n)
    seconds = rng.integers(0, 50 * 365 * 86400, n)
    times = np.datetime64("1990-01-01", "us") + seconds.astype("m8[s]")
    expected = [
        elevation(Observer(y, x), t.item().replace(tzinfo=UTC), with_refraction=False)
        for x, y, t in zip(lon, lat, times, strict=True)
    ]
    assert np.abs(sun_elevation_deg(lon, lat, times) - expected).max() < 0.02


def test_night_begins_and_ends_with_astral_s_civil_twilight_through_the_year() -> None:
    pier = Observer(29.2, 121.9)
    for day in range(0, 365, 13):
        date = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)).date()
        for begins, sign in ((dusk(pier, date), 1), (dawn(pier, date), -1)):
            margin = timedelta(minutes=1)
            moments = np.array(
                [(begins + k * sign * margin).replace(tzinfo=None) for k in (-1, 1)], "M8[us]"
            )
            assert is_night(121.9, 29.2, moments).tolist() == [False, True]


def test_a_moment_s_night_does_not_depend_on_its_batch() -> None:
    times = np.datetime64("2026-03-01", "us") + np.arange(997) * np.timedelta64(97, "s")
    lon = np.linspace(121, 123, 997)
    whole = sun_elevation_deg(lon, 29.2, times)
    alone = [float(sun_elevation_deg(x, 29.2, t)) for x, t in zip(lon, times, strict=True)]
    assert whole.tolist() == alone


def test_an_unknown_time_or_place_is_neither_elevation_nor_night() -> None:
    times = np.array(["NaT", "2026-03-01T17:00"], "M8[us]")
    assert np.isnan(sun_elevation_deg([121.9, np.nan], 29.2, times)).all()
    assert not is_night([121.9, np.nan], 29.2, times).any()


def test_night_can_be_asked_for_at_another_depth_of_the_sun() -> None:
    after_sunset = np.array(["2026-03-01T10:10"], "M8[us]")  # 18:10 local, the sun at -4°
    assert not is_night(121.9, 29.2, after_sunset)[0]
    assert is_night(121.9, 29.2, after_sunset, below_deg=-0.833)[0]
