"""Feeds as bad as a coast has them, by seed: every sensor, clocks off, feeds that stop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from engine_scenes import place
from feed_rows import T0_S, again, alive, facts, frame, row
from shapely import box

from core.schema import HEARD
from engine.fold import Batch, EngineState, Output, advance
from engine.place import Place
from geo.land import Land

END_S = 2 * 3600
_SENSORS = ("ais", "beidou", "radar", "vehicle", "camera")
_FOLDER = {"vehicle": "vehicles", "camera": "cameras"}
_LON = 121.9
WILD_LON = (round(_LON + 0.5, 6), round(_LON - 0.05, 6))
_OFFS = (0.0, 0.0, 0.0, 28800.0, 400.0, -7200.0, 55.0)


@dataclass(frozen=True)
class Feeds:
    """All that a batch may hold, by arrival."""

    observations: pl.DataFrame
    ahead: pl.DataFrame
    heard: pl.DataFrame
    facts: pl.DataFrame
    alive: pl.DataFrame
    heard_again: pl.DataFrame

    def between(self, after_s: int, until_s: int) -> Batch:
        """What arrived after one tick and until another."""

        def part(rows: pl.DataFrame) -> pl.DataFrame:
            at = pl.col("tick_s")
            if "arrived_at" in rows.columns:
                at = -(-pl.col("arrived_at").dt.epoch("us") // 1_000_000)
            return rows.filter(at > after_s, at <= until_s)

        return Batch(
            part(self.observations), until_s, ahead=part(self.ahead), heard=part(self.heard),
            facts=part(self.facts), heard_again=part(self.heard_again), alive=part(self.alive),
        )  # fmt: skip


@cache
def coast() -> Place:
    """The place of the scenes with a square of land to the west of the piers."""
    there = place()
    land = Land([box(121.8, 29.2, 121.9, 29.4)], there.site.plane)
    return replace(there, site=replace(there.site, land=land))


def feeds(seed: int) -> Feeds:
    """Some sources of every sensor over three hours."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    shown, told_again = [], []
    for i in range(int(rng.integers(2, 9))):
        sensor = str(rng.choice(_SENSORS))
        rows += _source(rng, sensor, f"{sensor[0].upper()}{i}")
        if sensor == "camera" and rng.random() < 0.7:
            shown.append(alive(range(int(rng.integers(0, 60)), 5000, 90), f"C{i}"))
        if sensor == "ais":
            told_again.append(again(range(0, 9000, 700), f"A{i}", 121.93, 29.21))
    early = [r for r in rows if r["observed_at"] <= r["received_at"] + 60_000_000]
    late = [r for r in rows if r["observed_at"] > r["received_at"] + 60_000_000]
    heard = _heard(rows, shown)
    configured = [(0, "silent_after_s", f, 300.0) for f in ("ais", "vehicles")]
    told = [*configured, (5000, "disk_used_share", "", 0.86), (5400, "disk_used_share", "", 0.81)]
    if rng.random() < 0.4:
        told.append((int(rng.integers(6000, 7000)), "down_s", "", 600.0))
    return Feeds(
        frame(early), frame(late), heard, facts(*told),
        pl.concat(shown) if shown else alive([], ""),
        pl.concat(told_again) if told_again else again([], "", 0.0, 0.0),
    )  # fmt: skip


def _source(rng: np.random.Generator, sensor: str, source: str) -> list[dict[str, Any]]:
    """One source's rows: a clock, perhaps another later; an end and a return; a call for help."""
    step = int(rng.choice([5, 20, 60, 200]))
    ticks = np.arange(int(rng.integers(0, 900)), END_S, step) + rng.integers(0, 3) / 4
    stops = int(rng.integers(1000, END_S)), int(rng.integers(300, 6000))
    keep = (ticks < stops[0]) | (ticks > sum(stops))
    turn = int(rng.integers(1000, 3 * END_S))
    off = float(rng.choice(_OFFS)), float(rng.choice(_OFFS))
    lag = float(rng.choice([0.0, 3.0, 800.0]))
    help_from = int(rng.integers(0, 4 * END_S))
    out = []
    for at in ticks[keep].tolist():
        late = float(rng.uniform(0, lag)) + (700.0 if rng.random() < 0.02 else 0.0)
        sos = sensor in ("beidou", "vehicle") and help_from <= at < help_from + 900
        wild = rng.random() < 0.03
        out.append(
            row(
                at, sensor, source, off_s=off[at > turn] - late,
                lon=float(rng.choice(WILD_LON)) if wild else round(_LON + 1e-5 * at, 6),
                lat=round(29.21 + float(rng.choice([0.0, 1e-4])), 6),
                speed_kn=float(rng.choice([200.0, 5.0])) if wild else 5.0,
                detail='{"sentence":"BDDWR","sos":true}' if sos else '{"sentence":"BDDWR"}',
                target=f"{'mmsi:41200000' if sensor == 'ais' else sensor + ':'}{source[1:]}",
            )
        )  # fmt: skip
        if rng.random() < 0.03:
            out.append({**out[-1], "key": rng.bytes(16)})
    return out


def _heard(rows: list[dict[str, Any]], shown: list[pl.DataFrame]) -> pl.DataFrame:
    said = [
        (f, f, r["source"], -(-r["arrived_at"] // 1_000_000), 1)
        for r in rows
        for f in (_FOLDER.get(r["sensor"], r["sensor"]),)
    ]
    for frame_ in shown:
        said += [
            ("cameras", "cameras", source, int(at.timestamp()), 1) for source, at in frame_.rows()
        ]
    made = pl.DataFrame(said, schema=HEARD, orient="row")
    by = ["feed", "sensor", "source", "tick_s"]
    return made.group_by(by).agg(pl.col("frames").sum()).sort(by)


def taken(
    scene: Feeds,
    ticks: list[int],
    *,
    save: bool = False,
    start: tuple[EngineState, int] | None = None,
) -> tuple[EngineState, list[Output]]:
    """The engine over a scene in batches that end so many seconds after T0.

    `start` is a state, and how many seconds after T0 it is.
    """
    state, begin_s = start or (EngineState.initial(), -T0_S)
    outs, was = [], T0_S + begin_s
    for tick in ticks:
        if save:
            state = EngineState.load(state.save())
        state, out = advance(state, scene.between(was, T0_S + tick), coast())
        outs.append(out)
        was = T0_S + tick
    return state, outs
