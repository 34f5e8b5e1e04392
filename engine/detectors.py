"""The detectors of events that run in each pass over what the tracks and the vessels did.

A registry is a value: a detector is named here with its state and how it is called. Its state is a
frozen dataclass of frames with `initial()`, `frames()` and `load(frames)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Protocol, TypeVar

import polars as pl

from core.schema import empty
from engine.place import Place
from models.events import (
    approaches,
    circle_spoofing,
    dark_vessels,
    gear_beacons,
    identity_conflicts,
    impossible_motion,
    loitering,
    moved_boats,
    on_land,
    rendezvous,
    scouts,
)
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
    beacons: pl.DataFrame = field(default_factory=lambda: empty(gear_beacons.LABEL))
    moved: moved_boats.MovedState = field(default_factory=moved_boats.MovedState.initial)

    @cached_property
    def boats(self) -> FusionOutput:
        """The vessels without gear beacons, and without what radar alone sees and never moved."""
        if self.fused.fixes.is_empty():  # at all ticks but those of instants
            return self.fused
        fixes = moved_boats.boats(self.fused.fixes, self.moved)
        asked = fixes.select(pl.col("target").alias("track"), "clock_s")
        named = gear_beacons.labelled(asked, self.beacons)
        return replace(self.fused, fixes=fixes.filter(~named))


S = TypeVar("S")
Step = tuple[S, pl.DataFrame]


@dataclass(frozen=True)
class Detector:
    """One detector: its state's class, and its step on what was seen."""

    name: str
    state: Any
    step: Callable[[Any, Seen], tuple[Any, pl.DataFrame]]


def _approaches(state: approaches.State, seen: Seen) -> Step[approaches.State]:
    place = seen.place
    return approaches.advance(
        state, seen.tracks, seen.boats, seen.until_s, place.site, place.settings.events
    )


def _beacons(state: gear_beacons.BeaconState, seen: Seen) -> Step[gear_beacons.BeaconState]:
    settings = seen.place.settings.events
    return gear_beacons.advance(state, seen.tracks, seen.fused, seen.until_s, seen.claims, settings)


def _circles(state: circle_spoofing.CircleState, seen: Seen) -> Step[circle_spoofing.CircleState]:
    settings = seen.place.settings.events
    return circle_spoofing.advance(state, seen.tracks, seen.fused, seen.until_s, settings)


def _dark(state: dark_vessels.DarkState, seen: Seen) -> Step[dark_vessels.DarkState]:
    place = seen.place
    return dark_vessels.advance(
        state, seen.tracks, seen.fused, seen.until_s, place.site, place.lookout,
        place.settings.events,
    )  # fmt: skip


def _conflicts(
    state: identity_conflicts.ConflictState, seen: Seen
) -> Step[identity_conflicts.ConflictState]:
    place = seen.place
    return identity_conflicts.advance(
        state, seen.tracks, seen.fused, seen.until_s, seen.claims, place.register,
        place.settings.events, place.lookout,
    )  # fmt: skip


def _impossible(
    state: impossible_motion.ImpossibleState, seen: Seen
) -> Step[impossible_motion.ImpossibleState]:
    settings = seen.place.settings.events
    return impossible_motion.advance(state, seen.tracks, seen.fused, seen.until_s, settings)


def _loitering(state: loitering.State, seen: Seen) -> Step[loitering.State]:
    place = seen.place
    return loitering.advance(
        state, seen.tracks, seen.boats, seen.until_s, place.site, place.settings.events
    )


def _on_land(state: on_land.LandState, seen: Seen) -> Step[on_land.LandState]:
    site, settings = seen.place.site, seen.place.settings.events
    return on_land.advance(
        state, seen.tracks, seen.fused, seen.until_s, site.land, site.piers, seen.beacons, settings
    )


def _rendezvous(state: rendezvous.State, seen: Seen) -> Step[rendezvous.State]:
    place = seen.place
    return rendezvous.advance(
        state, seen.tracks, seen.boats, seen.until_s, place.site, place.settings.events
    )


def _scouts(state: scouts.State, seen: Seen) -> Step[scouts.State]:
    place = seen.place
    return scouts.advance(
        state, seen.tracks, seen.boats, seen.until_s, place.site, place.settings.events
    )


def _moved(state: moved_boats.MovedState, seen: Seen) -> Step[moved_boats.MovedState]:
    settings = seen.place.settings.events
    after = moved_boats.advance(state, seen.fused.fixes, seen.until_s, settings)
    return after, empty(HAPPENING)


#: The first two label what is no boat; the others know it.
BEACONS: Final = Detector("gear_beacons", gear_beacons.BeaconState, _beacons)
MOVED: Final = Detector("moved_boats", moved_boats.MovedState, _moved)
DETECTORS: Final = (
    BEACONS,
    MOVED,
    Detector("approaches", approaches.State, _approaches),
    Detector("circle_spoofing", circle_spoofing.CircleState, _circles),
    Detector("dark_vessels", dark_vessels.DarkState, _dark),
    Detector("identity_conflicts", identity_conflicts.ConflictState, _conflicts),
    Detector("impossible_motion", impossible_motion.ImpossibleState, _impossible),
    Detector("loitering", loitering.State, _loitering),
    Detector("on_land", on_land.LandState, _on_land),
    Detector("rendezvous", rendezvous.State, _rendezvous),
    Detector("scouts", scouts.State, _scouts),
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
    after: dict[str, Kept] = {}
    said = []
    for detector in DETECTORS:
        state, found = detector.step(states[detector.name], seen)
        after[detector.name] = state
        if detector is BEACONS:
            seen = replace(seen, beacons=gear_beacons.labels(state))
        elif detector is MOVED:
            seen = replace(seen, moved=state)
        if len(found):
            said.append(found.select(HAPPENING.names()).cast(HAPPENING))
    order = ["clock_s", "kind", "matter", "from_us", "phase"]
    return after, pl.concat(said).sort(order) if said else empty(HAPPENING)
