"""One run: what arrived goes through the engine, and what it says to files and store."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from alerts.envelope import line
from engine.fold import Batch, EngineState, advance
from engine.place import Place
from geo.piers import Piers
from pipeline.arrivals import Tally
from pipeline.segments import OpenSegments

EVENT_FIELDS = ("event_id", "kind", "from", "to", "lon", "lat", "targets", "pier_id", "detail")


#: Site files in whose place the package's own stand; `versions` names those.
DEFAULTED = frozenset({"judgements.toml", "evidence.toml", "calibration.toml"})


class Sink(Protocol):  # its methods are the store's
    """What a run writes to: the store, or the spool in front of it."""

    def write_observations(self, run_id: int, frame: pl.DataFrame) -> Any: ...
    def write_identities(self, run_id: int, frame: pl.DataFrame) -> Any: ...
    def write_segments(self, run_id: int, frame: pl.DataFrame) -> Any: ...
    def write_events(self, run_id: int, events: list[dict[str, Any]]) -> Any: ...
    def write_alerts(self, run_id: int, alerts: list[dict[str, Any]]) -> Any: ...
    def set_tick(
        self, run_id: int, tick: datetime, counts: dict[str, dict[str, int]] | None = None
    ) -> Any: ...


@dataclass
class Runner:
    """Holds the engine's state and counts what came out.

    Parameters
    ----------
    place
        Where, and what is believed there.
    out
        The folder of `alerts.jsonl` and `events.jsonl`, or None.
    sink, run_id
        The store, or None.
    """

    place: Place
    out: Path | None = None
    sink: Sink | None = None
    run_id: int = 0
    state: EngineState = field(default_factory=EngineState.initial)
    tally: Tally = field(default_factory=Tally)
    said: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    first_tick_s: int | None = None
    on_alert: Callable[[dict[str, Any]], None] = lambda _: None
    _segments: OpenSegments = field(default_factory=OpenSegments)

    def __post_init__(self) -> None:
        if self.out is not None:
            self.out.mkdir(parents=True, exist_ok=True)
            for name in ("alerts.jsonl", "events.jsonl"):
                (self.out / name).write_bytes(b"")

    def take(self, observations: pl.DataFrame, identities: pl.DataFrame, until_s: int) -> None:
        """Take what arrived up to a tick; store and files are written before the state moves on."""
        state, output = advance(self.state, Batch(observations, until_s), self.place)
        if self.first_tick_s is None:
            self.first_tick_s = until_s
        self._count(observations, identities, output.alerts, output.events)
        lines = self._segments.take(output.rows, until_s)
        self._store(observations, identities, output.alerts, output.events, lines, until_s)
        self._append("alerts.jsonl", [line(alert) for alert in output.alerts])
        self._append("events.jsonl", [event_line(event) for event in output.events])
        for alert in output.alerts:
            self.on_alert(alert)
        self.state = state

    def _count(
        self,
        observations: pl.DataFrame,
        identities: pl.DataFrame,
        alerts: list[dict[str, Any]],
        events: list[dict[str, Any]],
    ) -> None:
        self.said["observations"] += len(observations)
        self.said["identities"] += len(identities)
        self.said.update(f"alert_{alert['status']}" for alert in alerts)
        self.said.update(f"event_{event['kind']}" for event in events)
        self.seen.update(observations["target"].drop_nulls().unique().to_list())

    def _store(
        self,
        observations: pl.DataFrame,
        identities: pl.DataFrame,
        alerts: list[dict[str, Any]],
        events: list[dict[str, Any]],
        lines: pl.DataFrame,
        until_s: int,
    ) -> None:
        if self.sink is None:
            return
        if len(observations):
            self.sink.write_observations(self.run_id, observations)
        if len(identities):
            self.sink.write_identities(self.run_id, identities)
        if len(lines):
            self.sink.write_segments(self.run_id, lines)
        if events:
            self.sink.write_events(self.run_id, events)
        if alerts:
            self.sink.write_alerts(self.run_id, alerts)
        tick = datetime.fromtimestamp(until_s, UTC)
        self.sink.set_tick(self.run_id, tick, {"ais": self.feed_counts()})

    def feed_counts(self) -> dict[str, int]:
        """Frames by kind, and refused ones by reason."""
        refused: Counter[str] = Counter()
        for (_, reason), n in self.tally.refused.items():
            refused[f"refused_{reason}"] += n
        return {**self.tally.counts, **refused, "late": self.state.late}

    def _append(self, name: str, lines: list[str]) -> None:
        if self.out is not None and lines:
            with (self.out / name).open("a", encoding="utf-8") as file:
                file.writelines(text + "\n" for text in lines)

    def summary(self) -> dict[str, Any]:
        """What `summary.json` says: no clock of the machine, so that it repeats to the byte."""
        site = self.place.site
        refused: dict[str, dict[str, int]] = {}
        for (source, reason), n in sorted(self.tally.refused.items()):
            refused.setdefault(source, {})[reason] = n
        tick = datetime.fromtimestamp(self.state.tick_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "site": site.name,
            "exercise": self.place.exercise,
            "last_tick": tick if self.state.tick_s else None,
            "frames": dict(sorted(self.tally.counts.items())),
            "refused": refused,
            "targets": len(self.seen),
            "late": self.state.late,
            "said": dict(sorted(self.said.items())),
            "versions": {
                "pierwatch": version("pierwatch"),
                "judgements": self.place.judgements.version,
                "judgements_default": site.judgements is None,
                "evidence": self.place.likelihoods.version,
                "evidence_default": site.evidence is None,
                "calibration": None,
            },
            "not_covered": sorted(set(site.not_covered) - DEFAULTED),
        }

    def finish(self) -> None:
        """Write `summary.json` and the sample of refused frames."""
        if self.sink is not None:
            lines = self._segments.rest()
            if len(lines):
                self.sink.write_segments(self.run_id, lines)
        if self.out is not None:
            text = json.dumps(self.summary(), ensure_ascii=False, indent=2)
            (self.out / "summary.json").write_text(text + "\n", "utf-8")
            samples = sorted(self.tally.samples, key=lambda s: json.dumps(s, sort_keys=True))
            refused = "".join(json.dumps(s, ensure_ascii=False) + "\n" for s in samples)
            (self.out / "refused.jsonl").write_text(refused, "utf-8")


def event_line(event: dict[str, Any]) -> str:
    """One line of `events.jsonl` without its end."""
    ordered = {name: event[name] for name in EVENT_FIELDS}
    return json.dumps(ordered, ensure_ascii=False, separators=(", ", ": "))


def write_site(sink: Any, run_id: int, place: Place) -> None:
    """Write the piers and registers of the run's site."""
    piers: Piers = place.site.piers
    sink.write_piers(run_id, piers)
    sink.write_registers(run_id, place.site.vessels, place.site.vehicles)
