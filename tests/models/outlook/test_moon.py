"""The moon, against astral."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from astral import Observer
from astral.moon import elevation, phase

from models.outlook.moon import moon


def test_the_moon_stands_where_astral_has_it_to_a_degree() -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    times = [start + timedelta(hours=7 * k) for k in range(1500)]
    high, _ = moon(121.9, 29.2, np.array([t.replace(tzinfo=None) for t in times], "M8[us]"))
    theirs = np.array([elevation(Observer(29.2, 121.9), t) for t in times])
    assert np.abs(high - theirs).max() < 1.5  # theirs is without parallax
    assert np.median(np.abs(high - theirs)) < 0.9


def test_the_lit_share_follows_the_phase() -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    times = [start + timedelta(days=k) for k in range(700)]
    _, lit = moon(121.9, 29.2, np.array([t.replace(tzinfo=None) for t in times], "M8[us]"))
    turn = np.array([phase(t) for t in times]) / 28.0  # 0 new, 14 full
    assert np.abs(lit - (1 - np.cos(2 * np.pi * turn)) / 2).max() < 0.12


@pytest.mark.parametrize(
    ("at", "lit"),
    [("2026-03-03T11:38", 1.0), ("2026-03-19T01:23", 0.0), ("2026-02-17T12:01", 0.0),
     ("2025-09-07T18:09", 1.0), ("2026-03-11T09:38", 0.5)],
)  # fmt: skip
def test_known_phases_are_met(at: str, lit: float) -> None:
    """New, full and last-quarter moons of the published tables."""
    assert moon(121.9, 29.2, np.array([at], "M8[us]"))[1][0] == pytest.approx(lit, abs=0.015)
