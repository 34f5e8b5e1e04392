"""Dark vessels: radar sees a boat, and no transponder speaks for it.

Two forms. *never_identified*: no transponder was ever heard of it; many sampans carry none, so
this is worth little. *went_dark*: its transponder is silent for long while its track goes on, worth
the surprise of the silence (methods 1.2). Both want a boat: seen at `dark_instants` instants since,
under way for most of ten among the last of these, away from where it lay (`dark_counts`), on the
water, where AIS would be heard, and with no transponder nearby that may be its own but has no echo
yet (ambiguous stays ambiguous). "Dark" is not yet suspicious (methods 2.1): people are told only
where it lies at a pier or heads for one by night. Where no radar that sees it is registered, it
counts less and says so.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.schema import empty
from core.settings import EventSettings
from geo.site import Site
from geo.visibility import Lookout
from models.events import dark_counts, echo_kinds
from models.events.ais_reach import CLASS_A_S, Reach, learn
from models.events.dark_cases import (
    CALLED,
    COUNT,
    HELD,
    NEVER,
    REGISTERED,
    WENT,
    Case,
    DarkState,
)
from models.events.dark_places import NAMED, NOWHERE, heads_for, may_be_named
from models.events.fix_rows import Rows
from models.events.instants import (
    GONE_S,
    Bool,
    Instant,
    Int,
    Queue,
    Roster,
    newer,
    said,
    us,
)
from models.events.speakers import Speakers
from models.fusion.schema import HAPPENING, RADAR, FusionOutput
from models.tracks.fold import TrackOutput
from models.tracks.positions import SECOND_US
from models.tracks.silences import gap_s, surprise_nats

__all__ = ["DarkState", "advance", "labels", "verdicts"]

SILENCE_CAP_NATS: Final = 5.0  # methods 1.2
MEMORY_S: Final = 36 * 3600  # of silences and what radar said of them
MOST_CANDIDATES: Final = 2_000  # looked at in an instant; a flood of echoes is no fleet
_ASK_S: Final = 300  # how often it is asked whether a case heads for a pier


def advance(
    state: DarkState,
    tracks: TrackOutput,
    fused: FusionOutput,
    until_s: int,
    site: Site,
    radars: Lookout,
    settings: EventSettings,
) -> tuple[DarkState, pl.DataFrame]:
    """Take the instants up to tick `until_s`.

    Parameters
    ----------
    radars
        `Lookout.of(site.radars, site.land)`; it is made once, it holds rasters.

    Returns
    -------
    The state, and `HAPPENING` of kind `dark_vessel`. `ended`: it was lost, or spoke (again);
    `withdrawn`: a transponder that had spoken all along turned out to be its own.
    """
    small = learn(state.held["small"], tracks.linked, settings.dark_lost_s)
    state = DarkState(state.until_s, {**state.held, "small": small})
    fixes = newer(fused.fixes, state.until_s, until_s)
    quiet = all(frame.is_empty() for frame in (fixes, fused.links, tracks.called))
    due = state.held["open"]["last_s"] <= until_s - settings.dark_lost_s
    if quiet and fused.registrations.is_empty() and not due.any():
        return DarkState(until_s, state.held), empty(HAPPENING)
    watch = _Watch(state, tracks, fused, fixes, site, radars, settings)
    for at in Rows.of(fixes, watch.roster).instants():
        watch.expire(at.clock_s - 1)
        watch.take(at)
    watch.expire(until_s)
    last_s = int(fixes["clock_s"][-1]) if len(fixes) else 0
    lives = state.held["lives"]
    if len(fixes):
        lives = echo_kinds.advance(lives, fixes, last_s)
    return watch.state(until_s, last_s, lives), said(watch.happened)


def labels(state: DarkState, settings: EventSettings) -> pl.DataFrame:
    """`vessel` and `label` of what radar saw within the hour; see `echo_kinds.labels`."""
    return echo_kinds.labels(state.held["lives"], settings)


def verdicts(state: DarkState) -> pl.DataFrame:
    """What radar says of the silences of 36 hours (`VERDICT`).

    `goes_on`: the vessel's echo goes on without its transponder; `sees_nothing`: a radar looks
    there and sees nothing either, so it is no switching off that radar confirms; `not_covered`: no
    radar looks there.
    """
    return state.held["verdicts"]


class _Watch:
    """The state as arrays and dicts while a batch is taken."""

    def __init__(
        self,
        state: DarkState,
        tracks: TrackOutput,
        fused: FusionOutput,
        fixes: pl.DataFrame,
        site: Site,
        radars: Lookout,
        settings: EventSettings,
    ) -> None:
        self._site, self._radars, self._settings = site, radars, settings
        held = state.held
        counts = held["counts"]
        self.roster = Roster.of(counts["vessel"], held["open"]["vessel"], fixes["vessel"])
        self._names: list[str] = self.roster.names.to_list()
        kept = self.roster.numbers(counts["vessel"])
        self._of: dict[str, NDArray[Any]] = {}
        for name, dtype in COUNT.items():
            if name != "vessel":
                column = np.full(len(self.roster), -1, np.dtype(dtype.to_python()))
                column[kept] = counts[name].to_numpy()
                self._of[name] = column
        self._reach = Reach(held, tracks.cells, Lookout.of(site.stations), settings, fixes)
        self._members: dict[str, dict[str, tuple[str, str, str, int]]] = defaultdict(dict)
        for vessel, track, *who in held["members"].iter_rows():
            self._members[vessel][track] = (who[0], who[1], who[2], who[3])
        self._speakers = Speakers(held["speakers"], fixes["target"], settings.dark_lost_s)
        self._taken = 0
        self._quiet = {row[0]: row[1:] for row in held["quiet"].iter_rows()}
        self._speakers.listen_for(self._quiet)
        self._verdicts = [*held["verdicts"].iter_rows()]
        self._words: dict[str, str] = dict(held["words"].iter_rows())
        cases = zip(self.roster.numbers(held["open"]["vessel"]), held["open"]["case"], strict=True)
        self._open = {int(who): Case.load(case) for who, case in cases}
        self._is_open = np.zeros(len(self.roster), np.bool_)
        self._is_open[list(self._open)] = True
        self._links = Queue(fused.links.sort("clock_s", "phase", "vessel", "track"), "clock_s")
        self._told = Queue(fused.registrations.sort("clock_s", "radar_id"), "clock_s")
        called = tracks.called.filter(~pl.col("target").str.starts_with("radar:"))
        called = pl.concat([held["waiting"], called.select(CALLED.names())])
        self._called = Queue(called.sort("called_s", "track"), "called_s")
        self.happened: list[dict[str, object]] = []

    def take(self, at: Instant) -> None:
        """One instant."""
        there_s = self._of["there_s"][at.who]
        gone = at.who[(there_s >= 0) & (there_s <= at.clock_s - GONE_S)]
        if len(gone):
            for column in self._of.values():
                column[gone] = -1
        speaker = self._speakers.of_row[self._taken : self._taken + len(at.who)]
        self._taken += len(at.who)
        named, by_radar = (at.heard & NAMED) != 0, (at.heard & RADAR) != 0
        self._hear_of(at.clock_s)
        self._fall_silent(at)
        dark_counts.count(self._of, at, named, by_radar, self._settings)
        self._speak(at, speaker, named)
        if self._open:
            self._update(at, by_radar)
        self._begin(at, by_radar)

    def _hear_of(self, tick_s: int) -> None:
        """What links and registrations said up to a tick."""
        for row in self._links.until(tick_s):
            held = self._members[row["vessel"]]
            if row["phase"] == "left":
                held.pop(row["track"], None)
            else:
                told = (row["target"], row["sensor"], row["source"] or "", row["clock_s"])
                held[row["track"]] = told
        for row in self._told.until(tick_s):
            self._words[row["radar_id"]] = row["state"]

    def _fall_silent(self, at: Instant) -> None:
        """Silences that were called since the last instant, and what radar says of them."""
        rows = self._called.until(at.clock_s)
        if not rows:
            return
        number = {target: i for i, target in enumerate(at.target.tolist())}
        for row in rows:
            long_s = gap_s(row["from_us"], us(row["called_s"]))
            nats = surprise_nats(
                long_s, row["covered_s"], row["interval_s"], row["heard"], row["expected"],
                SILENCE_CAP_NATS,
            )  # fmt: skip
            small = row["interval_s"] not in CLASS_A_S
            self._quiet[row["target"]] = (row["from_us"], row["called_s"], nats, small)
            self._speakers.listen_for([row["target"]])
            radars = int(self._radars.watching(row["lon"], row["lat"]))
            i = number.get(row["target"])
            if i is not None and self._sees(int(at.who[i]), at, i):
                verdict = "goes_on"
            else:
                verdict = "sees_nothing" if radars else "not_covered"
            mine = (row["track"], row["from_us"], row["called_s"], verdict, radars)
            self._verdicts.append(mine)

    def _sees(self, who: int, at: Instant, row: int) -> bool:
        """Whether radar sees a vessel now, or did within its patience."""
        lost_s = self._settings.dark_lost_s
        seen_s = int(self._of["seen_s"][who])
        return bool(at.heard[row] & RADAR) or (seen_s >= 0 and at.clock_s - seen_s < lost_s)

    def _speak(self, at: Instant, speaker: Int, named: Bool) -> None:
        """Transponders that are heard: they end silences, and cases."""
        self._speakers.hear(speaker[named], at.clock_s)
        for target in self._speakers.awaited(speaker[named]):
            self._quiet.pop(target, None)
        if not self._open:
            return
        for row in np.flatnonzero(named & self._is_open[at.who]).tolist():
            case = self._close(int(at.who[row]))
            spoke_before = self._speakers.since_s(int(speaker[row])) <= case.from_s
            explained = case.form == NEVER and spoke_before
            phase = "withdrawn" if explained else "ended"
            self.happened.append(case.happening(at.clock_s, phase, identity=at.target[row]))

    def _close(self, who: int) -> Case:
        self._is_open[who] = False
        return self._open.pop(who)

    def _update(self, at: Instant, by_radar: Bool) -> None:
        """Where the open cases are, and whether people are to be told now."""
        rows = []
        for row in np.flatnonzero(by_radar & self._is_open[at.who]).tolist():
            case = self._open[int(at.who[row])]
            case.lon, case.lat, case.last_s = float(at.lon[row]), float(at.lat[row]), at.clock_s
            case.told["instants"] = int(self._of["seen"][at.who[row]])
            if case.level is None and at.clock_s % _ASK_S == 0:
                rows.append(row)
        if not rows:
            return
        asked = at.take(np.array(rows, np.int64))
        for who, pier in zip(
            asked.who.tolist(), heads_for(asked, self._site, self._settings).tolist(), strict=True
        ):
            if pier != NOWHERE:
                case = self._open[who]
                case.level, case.pier = "watch", pier if pier >= 0 else None
                self.happened.append(case.happening(at.clock_s, "changed"))

    def _begin(self, at: Instant, by_radar: Bool) -> None:
        """Vessels that are dark from this instant on."""
        of, rule, site = self._of, self._settings, self._site
        rows = np.flatnonzero(by_radar & (of["from_s"][at.who] >= 0) & ~self._is_open[at.who])
        dark_counts.follow(of, at, rows, rule)
        rows = rows[dark_counts.came(of, at.who[rows], rule)][:MOST_CANDIDATES]
        if not len(rows):
            return
        hears = [self._silent(at, row) for row in rows.tolist()]
        shares = {
            row: share for row, (able, share) in zip(rows.tolist(), hears, strict=True) if able
        }
        rows = np.array([*shares], np.int64)
        rows = rows[~may_be_named(at, rows, self._seers, rule)] if len(rows) else rows
        if site.land is not None and len(rows):
            rows = rows[~site.land.contains(at.lon[rows], at.lat[rows])]
        for row in rows.tolist():
            case = self._case(at, row, shares[row])
            self._open[int(at.who[row])] = case
            self._is_open[at.who[row]] = True
            near = int(heads_for(at.take(np.array([row])), site, rule)[0])
            if near != NOWHERE:
                case.level, case.pier = "watch", near if near >= 0 else None
            self.happened.append(case.happening(at.clock_s, "began"))

    def _seers(self, who: int) -> set[str]:
        """The radars that have a track in a vessel."""
        held = self._members.get(self._names[who], {})
        return {source for _, sensor, source, _ in held.values() if sensor == "radar"}

    def _silence(self, at: Instant, row: int) -> tuple[Any, ...] | None:
        quiet = self._quiet.get(str(at.target[row]))
        return quiet if quiet is not None and quiet[0] > us(at.clock_s - MEMORY_S) else None

    def _silent(self, at: Instant, row: int) -> tuple[bool, float | None]:
        """Whether a candidate would be heard, and the share of messages that are."""
        quiet = self._silence(at, row)
        if at.members[row] & NAMED and quiet is None:
            return False, None  # no silence has been called
        if quiet is not None and us(at.clock_s - self._settings.dark_silent_s) < quiet[0]:
            return False, None
        small = quiet is None or bool(quiet[3])
        return self._reach.hears(float(at.lon[row]), float(at.lat[row]), at.clock_s, small=small)

    def _case(self, at: Instant, row: int, share: float | None) -> Case:
        """The case of a candidate that is not innocent of hiding."""
        who, of = int(at.who[row]), self._of
        lon, lat = float(at.lon[row]), float(at.lat[row])
        from_s, target = int(of["from_s"][who]), str(at.target[row])
        from_us, nats, form = us(from_s), self._settings.dark_nats, NEVER
        told: dict[str, Any] = {"reception": share, "instants": int(of["seen"][who])}
        quiet = self._silence(at, row)
        if quiet is not None:
            form, from_us = WENT, int(quiet[0])
            nats = nats if quiet[2] is None else float(quiet[2])
            told["silent_min"] = round((us(at.clock_s) - from_us) / (60 * SECOND_US), 1)
        vessel = self._names[who]
        members = self._members.get(vessel, {})
        seen_by = {t: (m[0], m[2]) for t, m in members.items() if m[1] == "radar"}
        sources = sorted({source.removeprefix("radar:") for _, source in seen_by.values()})
        registered = any(self._words.get(source) == REGISTERED for source in sources)
        weight = 1.0 if registered else self._settings.dark_unregistered
        own = {target} if target and (form == WENT or not seen_by) else set()
        targets = sorted({t for t, _ in seen_by.values()} | own)
        by_target = {m[0]: t for t, m in sorted(members.items(), reverse=True)}
        speed = round(float(at.speed_kn[row]), 1) if np.isfinite(at.speed_kn[row]) else None
        told |= {
            "registered": registered,
            "speed_kn": speed,
            "travelled_m": round(float(of["went_m"][who])),
        }
        return Case(
            vessel, form, target if form == WENT else targets[0],
            by_target.get(targets[0], targets[0]), targets,
            [f"radar:{source}" for source in sources] or ["radar"], from_us, from_s, at.clock_s,
            lon, lat, round(nats * weight, 2), told=told,
        )  # fmt: skip

    def expire(self, tick_s: int) -> None:
        """End cases of which radar has seen nothing for too long."""
        lost_s = self._settings.dark_lost_s
        for who, case in sorted(self._open.items()):
            if case.last_s + lost_s <= tick_s:
                self.happened.append(case.happening(case.last_s + lost_s, "ended"))
                self._close(who)

    def state(self, until_s: int, last_s: int, lives: pl.DataFrame) -> DarkState:
        """What is to be remembered, forgotten as of the last instant of the batch (0: of none)."""
        self._hear_of(until_s)
        counts = pl.DataFrame({"vessel": self.roster.names, **self._of}, schema=COUNT)
        counts = counts.filter(pl.col("there_s") > max(last_s - GONE_S, -1))
        alive = set(counts["vessel"])
        members = [
            (vessel, track, *who)
            for vessel, held in sorted(self._members.items())
            for track, who in sorted(held.items())
            if vessel in alive or who[3] > last_s - GONE_S
        ]
        since_s, old_s = last_s - self._settings.dark_lost_s, last_s - MEMORY_S
        rows: dict[str, list[tuple[Any, ...]]] = {
            "members": members,
            "waiting": [tuple(row.values()) for row in self._called.left()],
            "quiet": [(t, *row) for t, row in sorted(self._quiet.items()) if row[0] > us(old_s)],
            "verdicts": [row for row in self._verdicts if row[2] > old_s],
            "words": sorted(self._words.items()),
            "open": sorted((case.vessel, case.last_s, case.dump()) for case in self._open.values()),
        }
        held = {name: pl.DataFrame(r, schema=HELD[name], orient="row") for name, r in rows.items()}
        speakers = self._speakers.frame(since_s)
        own = {"counts": counts, "speakers": speakers, "lives": lives}
        return DarkState(until_s, {**held, **own, **self._reach.frames(last_s)})
