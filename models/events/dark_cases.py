"""The cases of `dark_vessels`: what is kept of them, and how they are told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import polars as pl

from core.schema import empty
from models.events.ais_reach import Reach
from models.events.echo_kinds import LIFE
from models.events.instants import said, us
from models.events.speakers import SPEAKER
from models.tracks.silences import SILENCE

KIND: Final = "dark_vessel"
NEVER, WENT = "never_identified", "went_dark"
REGISTERED: Final = "registered"

#: What is counted of every vessel since a transponder spoke for it last.
COUNT: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "there_s": pl.Int64(),  # the last instant with a fix
        "seen_s": pl.Int64(),  # seen by radar; -1: never
        "named_s": pl.Int64(),  # a transponder was heard; -1: never
        "from_s": pl.Int64(),  # since when radar alone sees it; -1: it does not
        "lon": pl.Float64(),  # where it lay last, else where that was
        "lat": pl.Float64(),
        "seen": pl.Int64(),  # instants since
        "went": pl.Int64(),  # how many there were when it was last far off, under way; -1: never
        "went_m": pl.Float64(),  # how far that was
        "moving": pl.Int64(),  # a bit for each of the last instants: under way like a boat
    }
)
#: Source tracks in vessels, as links said.
MEMBER: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "track": pl.String(),
        "target": pl.String(),
        "sensor": pl.String(),
        "source": pl.String(),
        "said_s": pl.Int64(),
    }
)
#: Silences that were called and have not ended, with what they are worth.
QUIET: Final = pl.Schema(
    {
        "target": pl.String(),
        "from_us": pl.Int64(),
        "called_s": pl.Int64(),
        "nats": pl.Float64(),  # null: reception is not known
        "small": pl.Boolean(),  # its transponder may be of class B
    }
)
#: Silences that were called after the last instant.
CALLED: Final = pl.Schema(
    {
        name: SILENCE[name]
        for name in (
            *("track", "target", "from_us", "called_s", "lon", "lat", "covered_s"),
            *("interval_s", "heard", "expected"),
        )
    }
)
#: What radar says of a silence when it was called: "goes_on", "sees_nothing", "not_covered".
VERDICT: Final = pl.Schema(
    {
        "track": pl.String(),
        "from_us": pl.Int64(),
        "called_s": pl.Int64(),
        "verdict": pl.String(),
        "radars": pl.Int64(),  # that look there
    }
)
WORD: Final = pl.Schema({"radar_id": pl.String(), "word": pl.String()})


@dataclass
class Case:
    """A dark vessel that was told and goes on; `told` are parameters for people."""

    vessel: str
    form: str
    matter: str
    track: str
    targets: list[str]
    sources: list[str]
    from_us: int
    from_s: int
    last_s: int
    lon: float
    lat: float
    nats: float
    level: str | None = None
    pier: int | None = None
    told: dict[str, Any] = field(default_factory=dict)

    def happening(self, clock_s: int, phase: str, **more: object) -> dict[str, object]:
        """A row of `HAPPENING`."""
        over = phase in ("ended", "withdrawn")
        told = {**self.told, **more, "form": self.form}
        if over:
            told["minutes"] = round((us(self.last_s) - self.from_us) / 60_000_000, 1)
        return {
            "kind": KIND,
            "matter": self.matter,
            "clock_s": clock_s,
            "phase": phase,
            "targets": self.targets,
            "track": self.track,
            "from_us": self.from_us,
            "to_us": us(self.last_s) if over else None,
            "lon": round(self.lon, 6),
            "lat": round(self.lat, 6),
            "pier": self.pier,
            "level": self.level,
            "nats": self.nats,
            "detail": json.dumps(told, ensure_ascii=False, sort_keys=True),
            "sources": self.sources,
        }

    def dump(self) -> str:
        """To be saved."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @staticmethod
    def load(text: str) -> Case:
        """As it was saved."""
        return Case(**json.loads(text))


OPEN: Final = pl.Schema({"vessel": pl.String(), "last_s": pl.Int64(), "case": pl.String()})


#: The frames of a state, by name; those of `Reach` beside them.
HELD: Final = {
    "counts": COUNT,
    "members": MEMBER,
    "speakers": SPEAKER,
    "waiting": CALLED,
    "quiet": QUIET,
    "verdicts": VERDICT,
    "words": WORD,
    "open": OPEN,
    "lives": LIFE,
}


@dataclass(frozen=True)
class DarkState:
    """Everything that the next instant needs to know of the past; `held` are frames by name."""

    until_s: int
    held: Mapping[str, pl.DataFrame]

    @staticmethod
    def initial() -> DarkState:
        """Nothing seen yet."""
        return DarkState(0, {**{name: empty(s) for name, s in HELD.items()}, **Reach.nothing()})

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved: the same bytes however the input was cut."""
        return {**self.held, "clock": pl.DataFrame({"until_s": [self.until_s]})}

    def going_on(self) -> pl.DataFrame:
        """The cases that are not over, as `HAPPENING` of phase "changed"."""
        cases = map(Case.load, self.held["open"]["case"])
        return said(case.happening(case.last_s, "changed") for case in cases)

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> DarkState:
        """As it was saved."""
        held = {name: frame for name, frame in frames.items() if name != "clock"}
        return DarkState(int(frames["clock"]["until_s"].item()), held)
