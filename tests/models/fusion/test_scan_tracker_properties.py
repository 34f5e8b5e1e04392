"""Cut, order and company: what must not change a bit of what a scan tracker says."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
import polars as pl
import pytest
from example_counts import TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st

from core.settings import ScanSettings
from models.fusion.scan_tracker import ScanOutput, ScanState, advance
from models.fusion.scans import Scan, View

pytestmark = pytest.mark.timeout(TIMEOUT_S)
SETTINGS = ScanSettings(damping_per_s=1e-3)
WIDE_M = 2000.0


def story(seed: int, turns: int = 12, boats: int = 12) -> list[Scan]:
    """Boats that cross each other's ways, misses, clutter, and two sensors in turn."""
    rng = np.random.default_rng(seed)
    x, v = rng.uniform(0, WIDE_M, (boats, 2)), rng.normal(0, 8, (boats, 2))
    scans, t_us = [], 0
    for k in range(turns):
        step_us = int(rng.integers(1, 6_000_000))
        t_us += step_us
        x = x + v * (step_us / 1e6)
        seen = x[rng.random(boats) < 0.8]
        clutter = rng.uniform(0, WIDE_M, (int(rng.poisson(6)), 2))
        xy = np.concatenate([seen + rng.normal(0, 15, seen.shape), clutter])
        angle = rng.uniform(0, 7, len(xy))
        along = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        view = View(0.0, 0.0, WIDE_M) if k % 3 == 0 else None
        var = rng.uniform(50, 900, (2, len(xy)))
        large = {"further": 0.5, "extent_m": 30.0} if k % 2 else {}
        hides = {"visible_s": 20.0, "hidden_s": 4.0} if k % 4 else {}
        scans.append(Scan(f"R{k % 3}", t_us, xy, along, *var, 0.8, 1.5e-6, view, **large, **hides))
    return scans


def saved(state: ScanState) -> dict[str, bytes]:
    files = {}
    for name, frame in state.frames().items():
        buffer = BytesIO()
        frame.write_ipc(buffer)
        files[name] = buffer.getvalue()
    return files


def loaded(files: dict[str, bytes]) -> ScanState:
    return ScanState.load({name: pl.read_ipc(BytesIO(data)) for name, data in files.items()})


def said(out: ScanOutput) -> tuple[bytes, ...]:
    tracks = out.tracks.frame().write_ipc(None).getvalue()
    return (tracks, out.numbers.tobytes(), out.ended.tobytes(), str(out.refused).encode())


def run(scans: list[Scan], cuts: set[int] = frozenset()) -> tuple[list[tuple[bytes, ...]], object]:
    state, out = ScanState.initial(), []
    for k, each in enumerate(scans):
        if k in cuts:
            state = loaded(saved(state))
        state, made = advance(state, each, SETTINGS)
        out.append(said(made))
    return out, saved(state)


@examples(25)
@given(st.integers(0, 2**32 - 1), st.sets(st.integers(0, 11)))
def test_saving_and_loading_anywhere_gives_the_same_bytes(seed: int, cuts: set[int]) -> None:
    scans = story(seed)
    assert run(scans, cuts) == run(scans)


@examples(25)
@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_the_order_of_plots_within_a_scan_changes_nothing(seed: int, dice: int) -> None:
    rng = np.random.default_rng(dice)
    state, other = ScanState.initial(), ScanState.initial()
    for each in story(seed):
        p = rng.permutation(len(each.xy))
        columns = ("xy", "along", "along_var", "across_var")
        mixed = replace(each, **{name: getattr(each, name)[p] for name in columns})
        state, out = advance(state, each, SETTINGS)
        other, again = advance(other, mixed, SETTINGS)
        assert saved(state) == saved(other)
        assert out.numbers[p].tolist() == again.numbers.tolist()


@examples(15)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_what_happens_far_away_changes_no_bit_here(seed: int, boats: int) -> None:
    here, there = story(seed), story(seed + 1, boats=boats)
    alone, both = ScanState.initial(), ScanState.initial()
    for near, far in zip(here, there, strict=True):
        join = {
            name: np.concatenate([getattr(near, name), getattr(far, name) + away])
            for name, away in (
                ("xy", [1e5, 1e5]), ("along", 0.0), ("along_var", 0.0), ("across_var", 0.0)
            )
        }  # fmt: skip
        wide = replace(near, **join, view=None)
        narrow = replace(near, view=None)
        alone, one = advance(alone, narrow, SETTINGS)
        both, two = advance(both, wide, SETTINGS)
        mine = two.tracks.take(two.tracks.states.x[:, 0] < 5e4)
        assert mine.states.x.tobytes() == one.tracks.states.x.tobytes()
        assert mine.states.p.tobytes() == one.tracks.states.p.tobytes()
