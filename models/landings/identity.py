"""Which vessel a source track is of, and by what names a vessel went: the memory of a day.

A boat that falls silent on its way to a pier is seen there by radar alone, or by nobody's name.
Fusion goes on with the vessel, so that its earlier names are known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

#: A name heard of a vessel within so long is still believed to be its own.
NAMED_S: Final = 24 * 3600
#: So long a radar's track is remembered once it left its vessel: its calls are over by then.
RADAR_S: Final = 2 * 3600

MEMBER: Final = pl.Schema(
    {
        "track": pl.String(),
        "vessel": pl.String(),
        "target": pl.String(),
        "sensor": pl.String(),
        "left_s": pl.Int64(),  # null: it is of the vessel
        "probability": pl.Float64(),
    }
)
NAME: Final = pl.Schema(
    {"vessel": pl.String(), "target": pl.String(), "until_s": pl.Int64()}  # null: it speaks
)


@dataclass(frozen=True)
class Member:
    """The vessel that a source track is, or was last, of."""

    vessel: str
    target: str
    sensor: str
    left_s: int | None
    probability: float

    def remembered(self, tick_s: int) -> bool:
        """Whether it still counts."""
        keeps_s = RADAR_S if self.sensor == "radar" else NAMED_S
        return self.left_s is None or self.left_s + keeps_s > tick_s


@dataclass(frozen=True)
class Memory:
    """Tracks with their vessels, and vessels with their names: values are never changed."""

    tracks: Mapping[str, Member] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)

    def of(self, track: str, tick_s: int) -> Member | None:
        """The vessel that a track is of as of a tick; None where nobody said."""
        found = self.tracks.get(track)
        return found if found is not None and found.remembered(tick_s) else None

    def targets(self, vessel: str, tick_s: int) -> tuple[str, ...]:
        """By what AIS and BeiDou names a vessel went within the last day, sorted."""
        names = self.names.get(vessel)
        if not names:
            return ()
        return tuple(sorted(n for n, to_s in names.items() if _believed(to_s, tick_s)))

    def forget(self, tick_s: int) -> Memory:
        """Without what does not count any more."""
        names = {}
        for vessel, told in self.names.items():
            kept = {n: to_s for n, to_s in told.items() if _believed(to_s, tick_s)}
            if kept:
                names[vessel] = kept
        return Memory({k: m for k, m in self.tracks.items() if m.remembered(tick_s)}, names)

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        members = [{"track": k, **vars(m)} for k, m in sorted(self.tracks.items())]
        names = [
            {"vessel": v, "target": n, "until_s": to_s}
            for v, told in sorted(self.names.items())
            for n, to_s in sorted(told.items())
        ]
        return {
            "members": pl.DataFrame(members, schema=MEMBER),
            "names": pl.DataFrame(names, schema=NAME),
        }

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> Memory:
        """From what `frames` gave."""
        tracks = {r.pop("track"): Member(**r) for r in frames["members"].iter_rows(named=True)}
        names: dict[str, dict[str, int | None]] = {}
        for row in frames["names"].iter_rows(named=True):
            names.setdefault(row["vessel"], {})[row["target"]] = row["until_s"]
        return Memory(tracks, names)


class Learning:
    """A memory lying open while the links of a batch are taken."""

    def __init__(self, memory: Memory) -> None:
        self.tracks = dict(memory.tracks)
        self.names = {vessel: dict(told) for vessel, told in memory.names.items()}
        self._crew: dict[str, set[str]] = {}  # the live tracks of each vessel
        self._bearers: dict[str, set[str]] = {}  # the vessels that had a name
        for track, member in self.tracks.items():
            if member.left_s is None:
                self._crew.setdefault(member.vessel, set()).add(track)
        for vessel, told in self.names.items():
            for name in told:
                self._bearers.setdefault(name, set()).add(vessel)

    def memory(self) -> Memory:
        """What was learned, as a value; this object is not used afterwards."""
        return Memory(self.tracks, self.names)

    def take(self, links: list[dict[str, Any]], tick_s: int) -> set[str]:
        """Take the rows of one tick; the tracks and vessels of which something is new."""
        new: set[str] = set()
        joined = []
        for row in links:
            left = row["phase"] == "left"
            if row["phase"] == "joined":
                joined.append(row)
            if self._put(row, tick_s if left else None) or row["phase"] == "joined":
                new |= {row["track"], row["vessel"]}
        for row in joined:
            new |= self._elsewhere(row)
        return new

    def _put(self, row: dict[str, Any], left_s: int | None) -> bool:
        """Note a track in its vessel; whether the vessel has a name that it had not."""
        track, vessel, target = row["track"], row["vessel"], row["target"]
        was = self.tracks.get(track)
        probability = row["probability"]
        if left_s is not None and was is not None:
            if was.vessel != vessel:  # it is of another by now
                return False
            probability = was.probability
        if was is not None and was.left_s is None and was.vessel != vessel:
            self._crew.get(was.vessel, set()).discard(track)
        self.tracks[track] = Member(vessel, target, row["sensor"], left_s, probability)
        crew = self._crew.setdefault(vessel, set())
        crew.discard(track) if left_s is not None else crew.add(track)
        if row["sensor"] == "radar":
            return False
        told = self.names.setdefault(vessel, {})
        new = target not in told
        told[target] = left_s
        self._bearers.setdefault(target, set()).add(vessel)
        return new

    def _elsewhere(self, row: dict[str, Any]) -> set[str]:
        """Vessels that are not who they seemed: the name speaks in another while they are seen."""
        if row["sensor"] == "radar":
            return set()
        target, now = row["target"], self.tracks[row["track"]].vessel
        refuted = set()
        for vessel in sorted(self._bearers.get(target, ())):
            others = (t for t in self._crew.get(vessel, ()) if self.tracks[t].target != target)
            if vessel != now and any(True for _ in others):
                self.names[vessel].pop(target, None)
                refuted.add(vessel)
        self._bearers[target] = self._bearers.get(target, set()) - refuted
        return refuted


def _believed(until_s: int | None, tick_s: int) -> bool:
    return until_s is None or until_s + NAMED_S > tick_s
