"""One run: what arrived goes through the engine, and what it says to files and store."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from alerts.envelope import line
from core.decisions import KINDS
from engine.feeds import unjudged
from engine.fold import EngineState, Output, Settle, advance, at_once
from engine.health import health
from engine.passes import settled_until_s
from engine.permits import USED
from engine.place import Place
from geo.piers import Piers
from geo.site import MODEL_FILES
from models.fusion.schema import FusionOutput
from pipeline.beforehand import Beforehand
from pipeline.bonds import bonds
from pipeline.outputs import Outputs, put_aside
from pipeline.saved import read_state, unusable
from pipeline.segments import OpenSegments
from pipeline.slices import Slice
from pipeline.tally import Tally

EVENT_FIELDS = ("event_id", "kind", "from", "to", "lon", "lat", "targets", "pier_id", "detail")
HEALTH_EVERY_S = 10
STATE_VERSION = f"{version('pierwatch')}/10"  # the number grows with the state's form
STATIONS = ("ais", "radar")  # whose sources are few: when each was heard is counted
_ABOUT, _OPEN = "run.json", "segments.open"
_OURS = (_ABOUT, _OPEN)  # the rest of a saved state is the engine's


#: Site files in whose place the package's own stand; `versions` names those.
DEFAULTED = frozenset(MODEL_FILES)


class Sink(Protocol):  # its methods are the store's
    """What a run writes to: the store, or the spool in front of it."""

    def write_observations(self, run_id: int, frame: pl.DataFrame) -> Any: ...
    def write_identities(self, run_id: int, frame: pl.DataFrame) -> Any: ...
    def write_segments(self, run_id: int, frame: pl.DataFrame) -> Any: ...
    def write_events(self, run_id: int, events: list[dict[str, Any]]) -> Any: ...
    def write_alerts(self, run_id: int, alerts: list[dict[str, Any]]) -> Any: ...
    def write_messages(self, run_id: int, frame: pl.DataFrame) -> Any: ...
    def write_receptions(self, run_id: int, frame: pl.DataFrame) -> Any: ...
    def write_feed_health(self, run_id: int, frame: pl.DataFrame) -> Any: ...
    def write_refusals(self, run_id: int, rows: list[dict[str, Any]]) -> Any: ...
    def write_doubts(self, run_id: int, frame: pl.DataFrame) -> Any: ...
    def write_latest_fixes(self, run_id: int, frame: pl.DataFrame) -> Any: ...
    def write_outlooks(self, run_id: int, rows: list[dict[str, Any]]) -> Any: ...
    def write_night_reports(self, run_id: int, rows: list[dict[str, Any]]) -> Any: ...
    def write_fixes(self, run_id: int, frame: pl.DataFrame) -> Any: ...
    def write_links(self, run_id: int, frame: pl.DataFrame) -> Any: ...
    def write_bonds(self, run_id: int, frame: pl.DataFrame) -> Any: ...
    def set_tick(
        self, run_id: int, tick: datetime, counts: dict[str, dict[str, int]] | None = None
    ) -> Any: ...


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
    saved
        What `saved` gave for an earlier run, which is continued.
    continued
        Go on in the earlier run's files too, as `live` does; else they begin empty.
    from_s
        A run that is made anew from an archive begins at this tick; the earlier run's files are
        put aside, for what they said since then is said again.
    """

    def __init__(
        self,
        place: Place,
        out: Path | None = None,
        sink: Sink | None = None,
        run_id: int = 0,
        *,
        saved: Mapping[str, bytes] | None = None,
        continued: bool = False,
        from_s: int | None = None,
    ) -> None:
        self.place, self.sink, self.run_id = place, sink, run_id
        self.state = EngineState.initial()
        self.tally = Tally()
        self.said: Counter[str] = Counter()
        self.seen: set[str] = set()
        self.heard_s: dict[tuple[str, str], int] = {}  # by station, when it was heard last
        self.on_alert: Callable[[dict[str, Any]], None] = lambda _: None
        self.on_vessels: Callable[[FusionOutput], None] = lambda _: None  # as settled
        self.settle: Settle = at_once
        self.decided = 0  # the highest number of a decision that was taken
        self.serial: Any = None  # what the sink called the last tick's batch
        self.beforehand = Beforehand(sink, run_id)
        self._segments = OpenSegments()
        about = self._resume(saved) if saved else {}
        self.beforehand.taken(self.state.feeds, self.state.tick_s)
        self.from_s = from_s or 0
        if from_s is not None and out is not None:
            put_aside(out)
        self._outputs = Outputs(out, continued=continued, lengths=about.get("out"))

    def _resume(self, saved: Mapping[str, bytes]) -> dict[str, Any]:
        about: dict[str, Any] = json.loads(saved[_ABOUT])
        if about["site"] != self.place.site.name:
            raise ValueError(f"one of the site {about['site']}")
        if about["version"] != STATE_VERSION:
            raise ValueError(f"one of version {about['version']}, not {STATE_VERSION}")
        self.state = _engine_of(saved)
        self._segments = OpenSegments.load(saved[_OPEN])
        self.said, self.seen = Counter(about["said"]), set(about["seen"])
        self.decided = about["decided"]
        return about

    def saved(self) -> dict[str, bytes]:
        """The run's state, from which another goes on as if there had been no end."""
        about = {
            "site": self.place.site.name,
            "version": STATE_VERSION,
            "said": dict(sorted(self.said.items())),
            "seen": sorted(self.seen),
            "decided": self.decided,
            "out": self._outputs.lengths(),
        }
        text = json.dumps(about, ensure_ascii=False).encode()
        return {**self.state.save(), _OPEN: self._segments.save(), _ABOUT: text}

    def close(self, piece: Slice) -> None:
        """The slice that `take` is called with next is whole: its rows need not wait for that."""
        if piece.until_s > self.state.tick_s:
            self.beforehand.close(piece.batch())

    def take(self, piece: Slice) -> None:
        """Take what arrived up to a tick; store and files are written before the state moves on."""
        self.beforehand.begin()
        batch = piece.batch()
        state, output = advance(self.state, batch, self.place, self.settle)
        self._count(piece, output)
        lines = self._segments.take(output.rows, settled_until_s(piece.until_s))
        if self.sink is not None:
            self._store(self.sink, piece, output, lines)
            if not state.fast.vessels.clock.equals(self.state.fast.vessels.clock):
                self.sink.write_bonds(self.run_id, bonds(state.fast.vessels))
            if piece.until_s // HEALTH_EVERY_S > self.state.tick_s // HEALTH_EVERY_S:
                self._tell_health(self.sink, state)
            tick = datetime.fromtimestamp(piece.until_s, UTC)
            self.serial = self.sink.set_tick(self.run_id, tick, self.feed_counts())
        self._outputs.append("alerts.jsonl", [line(alert) for alert in output.alerts])
        self._outputs.append("events.jsonl", [event_line(event) for event in output.events])
        self._outputs.append("outlooks.jsonl", [noon_line(one) for one in output.outlooks])
        ended = [noon_line(one) for one in output.night_reports]
        self._outputs.append("night_reports.jsonl", ended)
        self.on_vessels(output.vessels)
        for alert in output.alerts:
            self.on_alert(alert)
        self.state = state
        self.beforehand.taken(state.feeds, state.tick_s)

    def _count(self, piece: Slice, output: Output) -> None:
        said = self.said
        for name, n in (
            ("observations", len(output.observations)), ("identities", len(piece.identities)),
            ("messages", len(piece.messages)), ("doubts", len(output.doubts)),
            ("decisions", len(piece.decisions)),
        ):  # fmt: skip
            said[name] += n
        said.update(f"decision_{kind}" for kind in piece.decisions["kind"])
        self.decided = max([self.decided, *piece.decisions["decision_id"].drop_nulls()])
        said.update(f"alert_{alert['status']}" for alert in output.alerts)
        said.update(f"event_{event['kind']}" for event in output.events)
        for (source,), rows in output.refusals.group_by("source", maintain_order=True):
            self.tally.refuse(str(source or ""), rows)
        stations = pl.col("sensor").is_in(STATIONS) & pl.col("source").is_not_null()
        last = piece.heard.filter(stations).group_by("sensor", "source").agg(pl.max("tick_s"))
        self.heard_s.update({(sensor, source): at_s for sensor, source, at_s in last.iter_rows()})
        self.seen.update(output.observations["target"].drop_nulls().unique().to_list())

    def _store(self, sink: Sink, piece: Slice, output: Output, lines: pl.DataFrame) -> None:
        for write, frame in (
            (sink.write_observations, self.beforehand.rest("observations", output.observations)),
            (sink.write_identities, self.beforehand.rest("identities", piece.identities)),
            (sink.write_messages, piece.messages),
            (sink.write_receptions, output.receptions),
            (sink.write_segments, lines),
            (sink.write_doubts, output.doubts),
            (sink.write_latest_fixes, output.fast.fixes),
            (sink.write_fixes, output.vessels.fixes),
            (sink.write_links, output.vessels.links),
        ):
            if len(frame):
                write(self.run_id, frame)
        if output.events:
            sink.write_events(self.run_id, output.events)
        if output.alerts:
            sink.write_alerts(self.run_id, output.alerts)
        if output.outlooks:
            sink.write_outlooks(self.run_id, output.outlooks)
        if output.night_reports:
            sink.write_night_reports(self.run_id, output.night_reports)

    def _tell_health(self, sink: Sink, state: EngineState) -> None:
        sink.write_feed_health(self.run_id, health(state))
        if self.tally.refused:
            sink.write_refusals(self.run_id, self.tally.rows())

    def _release(self) -> None:
        kept, refused = unjudged(self.state.feeds)
        for (source,), rows in refused.group_by("source", maintain_order=True):
            self.tally.refuse(str(source or ""), rows)
        self.said["observations"] += len(kept)
        self.seen.update(kept["target"].drop_nulls().unique().to_list())
        if self.sink is not None and len(kept):
            self.sink.write_observations(self.run_id, kept)

    def feed_counts(self) -> dict[str, dict[str, int]]:
        """By sensor's folder: frames by kind, refused ones by reason, when stations were heard."""
        found = self.tally.frames()
        for (feed, reason), n in sorted(self.tally.refused.items()):
            if "/" in feed:
                counts = found.setdefault(feed.split("/")[0], {})
                counts[f"refused_{reason}"] = counts.get(f"refused_{reason}", 0) + n
        for (sensor, source), at_s in self.heard_s.items():
            found.setdefault(sensor, {})[f"heard_{source}"] = at_s
        if "ais" in found:
            found["ais"]["late"] = self.state.late
        return found

    def summary(self) -> dict[str, Any]:
        """What `summary.json` says: no clock of the machine, so that it repeats to the byte."""
        site = self.place.site
        tick = datetime.fromtimestamp(self.state.tick_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "site": site.name,
            "exercise": self.place.exercise,
            "last_tick": tick if self.state.tick_s else None,
            "frames": self.tally.frames(),
            "refused": self.tally.refusals(),
            "targets": len(self.seen),
            "late": self.state.late,
            "said": dict(sorted(self.said.items())),
            "decisions_not_used_yet": self._not_used(),
            "learned": self._learned(),
            "versions": {
                "pierwatch": version("pierwatch"),
                "judgements": self.place.judgements.version,
                "judgements_default": site.judgements is None,
                "evidence": self.place.likelihoods.version,
                "evidence_default": site.evidence is None,
                "calibration": self.place.calibration.version,
                "calibration_default": site.calibration is None,
                "outlook": self.place.outlook and self.place.outlook.version,
                "outlook_default": site.outlook is None,
            },
            "not_covered": sorted(set(site.not_covered) - DEFAULTED),
        }

    def _learned(self) -> dict[str, Any]:
        """Nights that were learned from, and how the last week moved away from those before."""
        normal = self.state.nights.normal
        moved = [{"code": code, **params} for code, params in normal.anomaly.drift().words()]
        return {
            "nights": normal.nights,
            "landings_judged": len(normal.anomaly.rows),
            "drift": moved,
        }

    def _not_used(self) -> dict[str, int]:
        """Decisions of kinds that the engine does not use yet, by kind: they are kept for it."""
        kinds = sorted(KINDS.keys() - set(USED))
        counts = {kind: self.said[f"decision_{kind}"] for kind in kinds}
        return {kind: n for kind, n in counts.items() if n}

    def finish(self, more: Mapping[str, Any] | None = None, *, over: bool = False) -> None:
        """Write `summary.json`, with `more` in it, and the sample of refused frames.

        Where it is `over` and nobody goes on from the state, what waits for a clock to be judged is
        stored as it came, or refused.
        """
        if over:
            self._release()
        if self.sink is not None:
            lines = self._segments.rest()
            if len(lines):
                self.sink.write_segments(self.run_id, lines)
            self._tell_health(self.sink, self.state)
        self._outputs.finish({**self.summary(), **(more or {})}, self.tally.samples)


def saved_engine(folder: Path | None) -> EngineState:
    """The engine of a state that a run saved in a folder; a new one where there is none.

    Raises
    ------
    RecordingError
        It cannot be read, or is of another version.
    """
    saved = read_state(folder)
    if folder is None or saved is None:
        return EngineState.initial()
    try:
        return _engine_of(saved)
    except (KeyError, ValueError) as error:
        raise unusable(folder, str(error)) from error


def _engine_of(saved: Mapping[str, bytes]) -> EngineState:
    return EngineState.load({name: data for name, data in saved.items() if name not in _OURS})


def event_line(event: dict[str, Any]) -> str:
    """One line of `events.jsonl` without its end."""
    ordered = {name: event[name] for name in EVENT_FIELDS}
    return json.dumps(ordered, ensure_ascii=False, separators=(", ", ": "))


def noon_line(told: dict[str, Any]) -> str:
    """One line of `outlooks.jsonl` or `night_reports.jsonl` without its end."""
    return json.dumps(told, ensure_ascii=False, separators=(", ", ": "))


def write_site(sink: Any, run_id: int, place: Place) -> None:
    """Write the piers and registers of the run's site."""
    piers: Piers = place.site.piers
    sink.write_piers(run_id, piers)
    sink.write_registers(run_id, place.site.vessels, place.site.vehicles)
