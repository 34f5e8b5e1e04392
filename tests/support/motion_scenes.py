"""Seas as bad as fusion may hand them on: stories that try what a detector of motion can get wrong.

A scene is a list of stories, each a boat or two drawn from a seed, so that a failing one shrinks to
the story that matters.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import strategies as st
from made_fixes import STEP_S, T0_S, Boat, fixes, sailing, site

from geo.site import Site
from models.fusion.schema import AIS, BEIDOU, RADAR

#: 20 minutes before midnight in UTC, and before midnight on the coast.
STARTS_S = (-1200, 8 * 3600 - 1200)
FIRST_S, LAST_S = T0_S - 2400, T0_S + 15 * 3600
Story = tuple[str, int]
KINDS = ("meets", "lies", "calls", "follows", "passes", "breaks")
stories: st.SearchStrategy[list[Story]] = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 999)), min_size=1, max_size=4
)
cuts = st.lists(st.integers(FIRST_S, LAST_S), max_size=6) | st.lists(
    st.integers(FIRST_S, FIRST_S + 3 * 3600), max_size=6
)
PIERS = (("P1", 0.0, -20.0), ("P2", 900.0, -20.0), ("P3", 6000.0, -20.0))
SHORE = ((-20_000.0, 0.0, 20_000.0, 8000.0),)


def cove() -> Site:
    """Three piers on a straight shore."""
    return site(PIERS, SHORE)


def scene(parts: list[Story]) -> pl.DataFrame:
    """The fixes of some stories."""
    boats = [boat for i, (kind, seed) in enumerate(parts) for boat in _story(i, kind, seed)]
    frame = fixes(*boats)
    rng = np.random.default_rng([seed for _, seed in parts])
    mute = pl.when(pl.Series(rng.random(len(frame)) < 0.02)).then(None).otherwise("speed_kn")
    heard = pl.Series(rng.random(len(frame)) >= 0.01)
    return frame.with_columns(mute.alias("speed_kn")).filter(heard)


def _story(index: int, kind: str, seed: int) -> list[Boat]:
    rng = np.random.default_rng([index, KINDS.index(kind), seed])
    begin = int(rng.choice(STARTS_S)) + int(rng.integers(0, 40)) * STEP_S
    x = float(rng.choice([0.0, 10.0, 900.0, 2500.0, 6000.0]))
    y = -float(rng.choice([20.0, 60.0, 260.0, 1100.0, 2900.0, 5000.0]))
    lasts = int(rng.choice([570, 870, 900, 930, 1770, 1800, 1830, 7170, 7230]))
    members = [int(m) for m in rng.choice([AIS, RADAR, AIS | RADAR, BEIDOU], 2)]
    one, two = (f"v{index}{which}" for which in "ab")
    targets = [f"mmsi:41200{index}00{i}" if m & AIS else f"radar:R1:{index}{i}"
               for i, m in enumerate(members)]  # fmt: skip
    far = (x + float(rng.integers(-3000, 3000)), y - 12_000.0)
    leave = begin + 3600 + lasts
    hole = int(rng.integers(begin, leave))
    silent = ((hole, hole + int(rng.choice([60, 300, 330, 1200]))),)

    def come(apart: float, later: int = 0) -> Boat:
        path = sailing(
            (begin + later, far[0], far[1]), (begin + 3540 + later, x + 200, y),
            (begin + 3600 + later, x + apart, y), (leave + 1 + later, x + apart, y),
            (leave + 1801 + later, *far),
        )  # fmt: skip
        first = later == 0
        return Boat(one if first else two, path, targets[not first], members[not first],
                    begin + later, leave + 1800 + later, silent)  # fmt: skip

    if kind == "meets":  # mostly clear of piers
        y = y if rng.random() < 0.2 else min(y, -1100.0)
        still = sailing((begin, x, y), (leave, x, y))
        other = Boat(two, still, targets[1], members[1], begin - 900, leave + 2400)
        return [come(float(rng.choice([20.0, 99.0, 101.0, 240.0]))), other]
    if kind == "lies":
        drift = sailing((begin, x, y), (leave, x + lasts * float(rng.choice([0, 0.5, 1.0])), y))
        return [Boat(one, drift, targets[0], members[0], begin, leave + 600, silent)]
    if kind == "follows":  # to a pier, the second in the dark; a third comes from elsewhere
        x, y, targets, members = 10.0, -40.0, ["mmsi:412000077", "radar:R1:8"], [AIS, RADAR]
        far, silent = (far[0], -12_000.0), ()
        other = sailing((begin, 9000.0, -5000.0), (begin + 1800, 6010.0, -40.0))
        third = Boat(f"v{index}c", other, "mmsi:412000078", AIS, begin, begin + 3000)
        lag = int(rng.choice([540, 600, 1800, 7200, 7260]))
        return [come(0.0), come(30.0, lag), third]
    if kind == "passes":
        path = sailing((begin, -15_000.0, y), (begin + 5400, 15_000.0, y))
        return [Boat(one, path, targets[0], members[0], begin, begin + 5400, silent)]
    if kind == "breaks":  # the same name again after hours, elsewhere
        again = Boat(one, come(0.0).place, targets[1], members[1], leave + 7230, leave + 9000)
        return [come(0.0), again]
    return [come(0.0)]
