"""The detectors of events that run in each pass over what the tracks and the vessels did.

A registry is a value: a detector is named here with its state and how it is called. Its state is a
frozen dataclass of frames with `initial()`, `frames()` and `load(frames)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import polars as pl

from engine.place import Place
from models.events import gear_beacons, impossible_motion
from models.fusion.schema import HAPPENING, FusionOutput
from models.tracks.fold import TrackOutput


class Kept(Protocol):
    """What a detector remembers."""

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, sorted, to be saved."""
        ...


States = Mapping[str, Kept]


@dataclass(frozen=True)
class Seen:
    """What a batch led to in one pass, for detectors to look at."""

    tracks: TrackOutput
    fused: FusionOutput
    until_s: int
    claims: pl.DataFrame  # `models.events.identity_claims.CLAIM`: what became visible
    place: Place


@dataclass(frozen=True)
class Detector:
    """One detector: its state's class, and its step on what was seen."""

    name: str
    state: Any
    step: Callable[[Any, Seen], tuple[Any, pl.DataFrame]]


def _beacons(
    state: gear_beacons.BeaconState, seen: Seen
) -> tuple[gear_beacons.BeaconState, pl.DataFrame]:
    settings = seen.place.settings.events
    return gear_beacons.advance(state, seen.tracks, seen.fused, seen.until_s, seen.claims, settings)


def _impossible(
    state: impossible_motion.ImpossibleState, seen: Seen
) -> tuple[impossible_motion.ImpossibleState, pl.DataFrame]:
    settings = seen.place.settings.events
    return impossible_motion.advance(state, seen.tracks, seen.fused, seen.until_s, settings)


DETECTORS: Final = (
    Detector("gear_beacons", gear_beacons.BeaconState, _beacons),
    Detector("impossible_motion", impossible_motion.ImpossibleState, _impossible),
)


def initial() -> dict[str, Kept]:
    """Nothing seen yet."""
    return {detector.name: detector.state.initial() for detector in DETECTORS}


def frames(states: States) -> dict[str, pl.DataFrame]:
    """All states by `<detector>.<frame>`, to be saved."""
    return {
        f"{name}.{frame}": table
        for name, state in states.items()
        for frame, table in state.frames().items()
    }


def load(saved: Mapping[str, pl.DataFrame]) -> dict[str, Kept]:
    """From what `frames` gave."""
    return {detector.name: detector.state.load(of(saved, detector.name)) for detector in DETECTORS}


def of(saved: Mapping[str, pl.DataFrame], name: str) -> dict[str, pl.DataFrame]:
    """The frames that begin with a name and a dot, without these."""
    head = f"{name}."
    return {key.removeprefix(head): table for key, table in saved.items() if key.startswith(head)}


def advance(states: States, seen: Seen) -> tuple[dict[str, Kept], pl.DataFrame]:
    """Let every detector look; the happenings (`HAPPENING`) in an order that no cut changes."""
    after, said = {}, []
    for detector in DETECTORS:
        after[detector.name], found = detector.step(states[detector.name], seen)
        said.append(found.select(HAPPENING.names()).cast(HAPPENING))
    order = ["clock_s", "kind", "matter", "from_us", "phase"]
    return after, pl.concat(said).sort(order)
