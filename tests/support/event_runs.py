"""Detectors of events over batches, saved and loaded at each cut, and what they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any, Protocol

import polars as pl

from core.schema import empty
from core.settings import TrackSettings
from models.fusion.schema import FIX, LINK, REGISTRATION, FusionOutput
from models.tracks.fold import TrackOutput, TrackState
from models.tracks.fold import advance as advance_tracks

TRACKS = TrackSettings()
NOTHING_FUSED = FusionOutput(empty(FIX), empty(LINK), empty(REGISTRATION))


class State(Protocol):
    """What every detector's state can do."""

    def frames(self) -> dict[str, pl.DataFrame]: ...


#: (state, tracks, rows visible since the last batch, until) -> (state, happenings)
Step = Callable[[Any, TrackOutput, int, int], tuple[Any, pl.DataFrame]]


def saved(state: State) -> dict[str, pl.DataFrame]:
    """The frames of a state as they come back from disk."""
    files = {}
    for name, frame in state.frames().items():
        buffer = BytesIO()
        frame.write_ipc(buffer)
        files[name] = pl.read_ipc(BytesIO(buffer.getvalue()))
    return files


def run(
    rows: pl.DataFrame,
    ticks: list[int],
    initial: State,
    load: Callable[[dict[str, pl.DataFrame]], State],
    step: Step,
    settings: TrackSettings = TRACKS,
) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    """What a detector says in batches that end at the ticks, and its last state's frames."""
    tracks, state, was, said = TrackState.initial(), initial, 0, []
    for tick in ticks:
        batch = rows.filter(pl.col("clock_s") > was, pl.col("clock_s") <= tick)
        tracks, out = advance_tracks(tracks, batch, tick, settings)
        state, told = step(load(saved(state)), out, was, tick)
        said.append(told)
        was = tick
    return pl.concat(said), state.frames()


def dicts(frames: dict[str, pl.DataFrame]) -> dict[str, list[dict[str, Any]]]:
    """Frames as plain values, to be compared."""
    return {name: frame.to_dicts() for name, frame in frames.items()}


def same(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    """The same happenings; a tick's own are taken as a set, in one order."""
    order = ["clock_s", "kind", "matter", "from_us", "phase"]
    return one.sort(order).to_dicts() == other.sort(order).to_dicts()


def detail(row: dict[str, Any]) -> dict[str, Any]:
    """The parsed detail of a happening."""
    found: dict[str, Any] = json.loads(row["detail"])
    return found
