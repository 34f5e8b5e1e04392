"""Circle spoofing: rings, and everything else that turns."""

from __future__ import annotations

import event_runs
import numpy as np
import polars as pl
import pytest
from event_runs import NOTHING_FUSED, detail
from example_counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from made_tracks import T0_S, Fix, rows

from core.settings import EventSettings
from models.events import circle_spoofing
from models.events.circle_spoofing import CircleState, covers_270, fit
from models.tracks.fold import TrackOutput

SETTINGS = EventSettings()
KN_MS = 1852 / 3600
GONE = T0_S + 40 * 3600


def say(frame: pl.DataFrame, *ends: int, own: EventSettings = SETTINGS) -> pl.DataFrame:
    def step(
        state: CircleState, tracks: TrackOutput, _was: int, until: int
    ) -> tuple[CircleState, pl.DataFrame]:
        return circle_spoofing.advance(state, tracks, NOTHING_FUSED, until, own)

    return event_runs.run(frame, [*ends, GONE], CircleState.initial(), CircleState.load, step)[0]


def ring(
    radius_m: float,
    kn: float,
    hours: float,
    *,
    step_s: float = 10,
    noise_m: float = 0.0,
    sense: int = 1,
) -> list[Fix]:
    """Round and round."""
    rng = np.random.default_rng(3)
    t = np.arange(0.0, hours * 3600, step_s)
    at = sense * t * kn * KN_MS / radius_m
    east, north = (f(at) * radius_m + rng.normal(0, noise_m, len(t)) for f in (np.cos, np.sin))
    return [(float(a), float(b), float(c), kn) for a, b, c in zip(t, east, north, strict=True)]


@pytest.mark.parametrize(
    ("radius_m", "kn", "step_s", "noise"),
    [
        (1000, 20, 10, 0.0),  # Point Reyes: constant 20 kn
        (1000, 20, 30, 0.03),
        (300, 12, 10, 0.02),
        (120, 8, 10, 0.02),
        (5000, 20, 30, 0.02),
        (9500, 20, 30, 0.0),
        (500, 10, 60, 0.03),
    ],
)
def test_a_ring_is_found_whatever_its_size_speed_and_interval(
    radius_m: float, kn: float, step_s: float, noise: float
) -> None:
    lap_h = 2 * np.pi * radius_m / (kn * KN_MS) / 3600
    path = ring(radius_m, kn, 6 * lap_h, step_s=step_s, noise_m=noise * radius_m, sense=-1)
    said = say(rows(path))
    assert said["phase"].to_list() == ["began", "ended"]
    first = detail(said.row(0, named=True))
    assert first["radius_m"] == pytest.approx(radius_m, rel=0.1)
    assert first["knots"] == pytest.approx(kn, rel=0.1)
    assert first["centre_lon"] == pytest.approx(121.9, abs=0.15 * radius_m / 97_000)
    assert said["level"].to_list() == ["watch", "watch"]
    began_h = (said["clock_s"][0] - T0_S) / 3600
    assert 1.9 < began_h / lap_h < 4.5
    assert detail(said.row(1, named=True))["laps"] == pytest.approx(6, abs=0.8)


def test_under_a_tenth_of_a_kilometre_it_swings() -> None:
    assert say(rows(ring(85, 4, 2))).is_empty()
    assert say(rows(ring(180, 0.4, 30, step_s=180))).is_empty()


def test_beyond_ten_kilometres_it_is_no_ring() -> None:
    assert say(rows(ring(10_600, 30, 5, step_s=30))).is_empty()


def purse_seine(laps: float, kn: float = 9.0) -> list[Fix]:
    """Sets its net once round, then lies at it for an hour, and sails on."""
    lap_s = 2 * np.pi * 180 / (kn * KN_MS)
    path = ring(180, kn, laps * lap_s / 3600)
    t, east, north, _ = path[-1]
    lies: list[Fix] = [(t + 60 * i, east + i % 3, north, 0.4) for i in range(1, 60)]
    goes: list[Fix] = [(t + 3600 + 10 * i, east + 45 * i, north, 9.0) for i in range(200)]
    comes: list[Fix] = [(10.0 * i, 180.0, -45.0 * (60 - i), 9.0) for i in range(60)]
    return [*comes, *((600 + t, e, n, v) for t, e, n, v in [*path, *lies, *goes])]


def test_a_purse_seiner_goes_round_its_net_once() -> None:
    assert say(rows(purse_seine(1.3))).is_empty()
    found = say(rows(purse_seine(1.3)), own=EventSettings(circle_laps=0.7))
    assert found["phase"].to_list() == ["began", "ended"]  # the bare rule of methods 1.3


def test_a_ferry_is_no_ring() -> None:
    rng = np.random.default_rng(5)
    path: list[Fix] = []
    for trip in range(6):
        for i in range(90):
            along = i if trip % 2 == 0 else 90 - i
            east = 60.0 * along + float(rng.normal(0, 5))
            path.append((trip * 1500.0 + 10 * i, east, 20.0 * (along % 7), 11.0))
        path += [(trip * 1500.0 + 900 + 60 * i, path[-1][1], 0.0, 0.1) for i in range(9)]
    assert say(rows(path)).is_empty()


def test_legs_along_a_coast_are_no_ring() -> None:
    path, at = [], np.zeros(2)
    for leg in range(24):
        way = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)][leg % 4]) * 50.0
        for _ in range(40 if leg % 2 else 15):
            at = at + way
            path.append((10.0 * len(path), float(at[0]), float(at[1]), 9.7))
    assert say(rows(path)).is_empty()


def test_uneven_speed_is_a_boat_at_work() -> None:
    rng = np.random.default_rng(1)
    speed = 6.0 * (1 + 0.6 * np.sign(np.sin(np.arange(900) / 9))) + rng.normal(0, 0.5, 900)
    at = np.cumsum(speed * KN_MS * 10) / 300
    path = [
        (10.0 * i, 300 * float(np.cos(a)), 300 * float(np.sin(a)), float(v))
        for i, (a, v) in enumerate(zip(at, speed, strict=True))
    ]
    assert say(rows(path)).is_empty()


def test_several_on_rings_at_once_weigh_more() -> None:
    boats = [rows(ring(1000, 20, 1), f"mmsi:41200000{k}") for k in range(3)]
    said = say(pl.concat(boats), *range(T0_S, T0_S + 4000, 500))
    began = said.filter(pl.col("phase") == "began")
    assert [detail(row)["together"] for row in began.iter_rows(named=True)] == [2, 2, 2]
    assert began["nats"].to_list() == [4.0] * 3
    assert say(boats[0])["nats"].to_list() == [3.0, 3.0]


def test_a_ring_is_said_once_whatever_the_batches() -> None:
    frame = rows(ring(1000, 20, 1.5, noise_m=20))
    ends = [*range(T0_S, T0_S + 6000, 77)]
    assert event_runs.same(say(frame, *ends), say(frame))


@settings(max_examples=100, deadline=None)
@given(st.floats(-2e4, 2e4), st.floats(-2e4, 2e4), st.floats(100, 1e4), st.integers(0, 99))
def test_a_circle_is_fitted_to_its_own_points(x: float, y: float, radius: float, seed: int) -> None:
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi, (1, 16))
    found = fit(x + radius * np.cos(angle), y + radius * np.sin(angle))
    if np.ptp(angle) > 1:
        want = (x, y, radius, 0.0)
        for got, right in zip(found, want, strict=True):
            assert got[0] == pytest.approx(right, abs=1e-4 * radius)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 359), min_size=1, max_size=16))
def test_coverage_is_the_ring_less_its_largest_gap(degrees: list[int]) -> None:
    known = sorted(set(degrees))
    gaps = [(b - a) % 360 or 360 for a, b in zip(known, [*known[1:], known[0]], strict=True)]
    angle = np.radians(np.array([degrees], np.float64))
    if max(gaps) != 90:  # at exactly a quarter the cosine's last bit decides
        assert covers_270(np.cos(angle), np.sin(angle))[0] == (max(gaps) < 90)


@examples(6)
@given(
    st.tuples(st.floats(150, 3000), st.floats(6, 25), st.integers(0, 9)),
    st.lists(st.integers(T0_S, T0_S + 9000), max_size=5),
    st.integers(0, 9000),
)
def test_cuts_do_not_show_and_a_tick_knows_nothing_of_the_future(
    way: tuple[float, float, int], cuts: list[int], end_s: int
) -> None:
    radius_m, kn, seed = way
    rng = np.random.default_rng(seed)
    path = ring(radius_m, kn, 2.5, step_s=10, noise_m=0.01 * radius_m)
    kept = [fix for fix in path if rng.random() < 0.8]
    whole = say(rows(kept))
    assert event_runs.same(say(rows(kept), *sorted(set(cuts))), whole)
    short = rows([fix for fix in kept if fix[0] <= end_s] or kept[:1])
    by_then = pl.col("clock_s") <= T0_S + end_s
    assert event_runs.same(say(short).filter(by_then), whole.filter(by_then))
