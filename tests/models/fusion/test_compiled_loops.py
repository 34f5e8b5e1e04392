"""The loops of an instant as they are compiled do what their plain forms do, on made-up rows."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from models.fusion import filters, fixes, lives, taking, unbiased
from models.fusion.ground import RADARS_FROM

KINDS = RADARS_FROM + 3
RADAR_XY = np.array([[0.0, 0.0], [9_000.0, 500.0], [np.nan, np.nan]])
AGILE = (0.1, 1e-4, 7.5e-4, 1 / 60)
NOW_S = 2_000_000
SECOND_US = filters.SECOND_US


def states(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    root = rng.normal(size=(n, 4, 4)) * np.array([60.0, 60.0, 1.0, 1.0])[:, None]
    cov = np.einsum("nij,nkj->nik", root, root) + np.diag([25.0, 25.0, 0.1, 0.1])
    return rng.normal(size=(n, 4)) * (5_000.0, 5_000.0, 4.0, 4.0), cov


def taken(rng: np.random.Generator) -> tuple[Any, ...]:
    """Rows of a dozen tracks: some old, some wild, some of tracks that have none yet.

    The numbers of their tracks are the serials, but for one that is not held.
    """
    n, k = 12, 60
    x, p = states(rng, n)
    at = np.sort(rng.integers(-1, n, k))
    serial_of = np.append(np.arange(n), -1)
    t_us = (NOW_S - rng.integers(20, 200, n)) * SECOND_US
    row_us = np.sort((NOW_S - rng.integers(0, 60, k)) * SECOND_US)
    xy = x[at, :2] + rng.normal(size=(k, 2)) * rng.choice([30.0, 3_000.0], (k, 1), p=[0.8, 0.2])
    velocity = rng.normal(size=(k, 2)) * 4.0
    velocity[rng.random(k) < 0.3] = np.nan
    held = (x, p, t_us, rng.integers(0, 3, n), rng.random(n) < 0.3, np.zeros(n), t_us // SECOND_US)
    noise = (100.0, 400.0, 0.01, 0.25, 1.0, 10.0, 30.0)
    flags = (rng.random(k) < 0.1, rng.random(k) < 0.3)
    rows = (serial_of, at, rng.integers(0, KINDS, k), row_us, xy, velocity, *flags)
    return (*held, np.arange(n), (0, k), *rows, NOW_S, bias(rng), RADAR_XY, noise, AGILE)


def bias(rng: np.random.Generator) -> np.ndarray:
    """A table of radars: see `models.fusion.unbiased`."""
    return np.abs(rng.normal(size=(3, 7))) * (80.0, 0.02, 10.0, 30.0, 0.01, 5.0, 0.01)


def fused(rng: np.random.Generator) -> tuple[Any, ...]:
    """A dozen vessels of forty tracks, some old, some of no vessel; several of one kind in some."""
    n, k = 12, 40
    vessel, kind = rng.integers(-1, n, k), rng.integers(0, KINDS, k)
    by_vessel = fixes._by_vessel(vessel, np.arange(n), kind, KINDS)
    x, p = states(rng, n)
    now_x, now_p = states(rng, k)
    heard_us = (NOW_S - rng.choice([0, 20, 100, 900], k)) * SECOND_US
    times = (np.full(n, NOW_S - 30) * SECOND_US, np.zeros(n, np.int64))
    vessels = (x, p, *times, rng.random(n) < 0.3, np.arange(n))
    seen_s = NOW_S - rng.integers(0, 2, k) * 30
    flags = (rng.random(k) < 0.3, rng.random(k) < 0.7)
    tracks = (kind, seen_s, heard_us, *flags, np.arange(k))
    now = (now_x, now_p, rng.random(k) * 900.0)
    return vessels, tracks, now, by_vessel, NOW_S, 600, AGILE


def over(rng: np.random.Generator) -> tuple[Any, ...]:
    n, k, now_us = 12, 40, NOW_S * SECOND_US
    ages_us = rng.choice([60, 299, 301, 601, 90_000], n + k) * SECOND_US
    vessel, kind = rng.integers(-1, n, k), rng.integers(0, KINDS, k)
    return (
        vessel,
        np.arange(n),
        kind,
        now_us - ages_us[:k],
        now_us - ages_us[k:],
        now_us,
        (86_400, 600, 21_600, 300),
    )


def biased(rng: np.random.Generator) -> tuple[Any, ...]:
    k, table = 40, bias(rng)
    velocity = rng.normal(size=(k, 2)) * 4.0
    velocity[::7] = np.nan
    return rng.integers(0, KINDS, k), rng.normal(size=(k, 2)) * 5_000.0, velocity, table, RADAR_XY


@pytest.mark.parametrize(
    ("loop", "made"),
    [
        (taking._take, taken),
        (fixes._fuse, fused),
        (lives._over, over),
        (unbiased.all_placed, biased),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_a_compiled_loop_does_what_its_plain_form_does(
    loop: Any, made: Callable[[np.random.Generator], tuple[Any, ...]], seed: int
) -> None:
    one, two = made(np.random.default_rng(seed)), made(np.random.default_rng(seed))
    compiled, plain = loop(*one), loop.py_func(*two)
    names = list(inspect.signature(loop.py_func).parameters)
    changed = zip([*names, "what it gives"], [*one, compiled], [*two, plain], strict=True)
    for name, a, b in changed:
        for mine, theirs in zip(
            a if isinstance(a, tuple) else (a,), b if isinstance(b, tuple) else (b,), strict=True
        ):
            if mine is not None:
                np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-9, err_msg=name)


def test_the_made_up_rows_go_every_way() -> None:
    given = taken(np.random.default_rng(0))
    before = [column.copy() for column in given[:7]]
    taking._take(*given)
    count, was = given[3], before[3]
    assert [(count > was + 1).any(), (count == was).any()] == [True, True]
    assert (given[2] >= before[2]).all()
    said, _, sigma_m = fixes._fuse(*fused(np.random.default_rng(0)))
    assert set(said[fixes.NUMBERS.index("coasting")].tolist()) == {0, 1}
    assert np.isfinite(sigma_m).all()
    ended = lives._over(*over(np.random.default_rng(0)))
    assert [set(flags.tolist()) for flags in ended] == [{False, True}] * 2
