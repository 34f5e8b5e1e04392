"""AIS says that a vessel is here, and a radar that would see it sees nothing (methods 1.3).

Counted are covered instants: the radar is registered, the place is in its sight, and it sees at
least three other vessels that are as far or farther and no longer than this one claims to be. What
is unseen because boats of its size are not seen there, because the radar is deaf, or because it
lies at a quay in the shore's own echo, does not count: it must be under way. An echo near the place
that may be its own ends the count, matched or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.settings import EventSettings
from geo.plane import distance_m
from geo.visibility import Lookout
from models.events.instants import Roster
from models.fusion.schema import AIS, RADAR, FusionOutput
from models.tracks.positions import SECOND_US

#: Covered instants of a target without an echo at a radar.
MISSED: Final = pl.Schema(
    {
        "target": pl.String(),
        "radar": pl.String(),
        "n": pl.Int64(),
        "from_s": pl.Int64(),
        "last_s": pl.Int64(),
    }
)
#: Radar tracks in vessels.
ECHO: Final = pl.Schema({"vessel": pl.String(), "track": pl.String(), "radar": pl.String()})
#: The first length that each target claimed.
LENGTH: Final = pl.Schema({"target": pl.String(), "length_m": pl.Float64(), "clock_s": pl.Int64()})
REGISTERED: Final = pl.Schema({"radar": pl.String()})
LEAST_OTHERS: Final = 3
UNDER_WAY_KN: Final = 2.7  # RTEC; methods 1.1
GATE_M: Final = 300.0  # and three sigmas of both: an echo so near may be its own
PAUSE_S: Final = 600  # after so long uncovered the count begins anew
MOST_LENGTHS: Final = 20_000  # newest first; met by a flood only
MOST_PAIRS: Final = 1_000_000  # at once: bounds the memory of an hour of a crowded sea
DEG_M: Final = 110_000.0  # no degree of latitude is shorter

Int = NDArray[np.int64]
Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Row = dict[str, Any]


def learn(lengths: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """Count in the lengths that were claimed for the first time."""
    new = claims.filter(pl.col("length_m") > 0).select(LENGTH.names())
    if new.is_empty():
        return lengths
    both = pl.concat([lengths, new]).sort("clock_s", "target", "length_m")
    firsts = both.unique("target", keep="first", maintain_order=True)
    return firsts[-MOST_LENGTHS:].sort("target")


@dataclass(frozen=True)
class _Rows:
    """The fixes of a batch by (clock, vessel)."""

    clock_s: Int
    begin: Int  # of each row's instant, as a row
    end: Int
    lon: Float
    lat: Float
    sigma_m: Float
    length_m: Float  # NaN where none was claimed by then
    spoken: Bool  # AIS is heard, and its length is known
    echo: Bool  # a radar is heard
    under_way: Bool
    vessel: pl.Series
    target: pl.Series

    @staticmethod
    def of(fixes: pl.DataFrame, lengths: pl.DataFrame) -> _Rows:
        fixes = fixes.sort("clock_s", "vessel")
        claimed = lengths.select("target", "length_m", pl.col("clock_s").alias("since_s"))
        said = fixes.select("target", "clock_s").join(
            claimed, on="target", how="left", maintain_order="left"
        )
        known = pl.when(pl.col("since_s") <= pl.col("clock_s")).then("length_m")
        length = said.select(known.fill_null(np.nan)).to_series().to_numpy()
        clock = fixes["clock_s"].to_numpy()
        heard = fixes["heard"].fill_null(0).to_numpy()
        lon, lat, sigma = (fixes[c].fill_null(np.nan).to_numpy() for c in ("lon", "lat", "sigma_m"))
        return _Rows(
            clock,
            np.searchsorted(clock, clock, "left"),
            np.searchsorted(clock, clock, "right"),
            lon,
            lat,
            sigma,
            length,
            ((heard & AIS) != 0) & np.isfinite(length),
            (heard & RADAR) != 0,
            fixes["speed_kn"].fill_null(0.0).to_numpy() >= UNDER_WAY_KN,
            fixes["vessel"],
            fixes["target"],
        )

    def beside(self, asked: Int, marks: Int, test: Callable[[Int, Int], Bool]) -> Int:
        """How many of the rows `marks` of its own instant pass a test with each row asked."""
        first, last = (np.searchsorted(marks, edge[asked]) for edge in (self.begin, self.end))
        counts, n = np.zeros(len(asked), np.int64), np.cumsum(last - first)
        at = 0
        while at < len(asked):
            before = n[at] - (last[at] - first[at])
            to = max(int(np.searchsorted(n, before + MOST_PAIRS, "right")), at + 1)
            one = np.repeat(np.arange(at, to), (last - first)[at:to])
            nth = np.arange(len(one)) - np.repeat(
                (n - (last - first))[at:to] - before, (last - first)[at:to]
            )
            good = test(asked[one], marks[first[one] + nth])
            counts += np.bincount(one[good], minlength=len(asked))
            at = to
        return counts

    def near(self, one: Int, other: Int) -> Bool:
        """Pairs of rows that may be one vessel."""
        gate_m = GATE_M + 3.0 * (self.sigma_m[one] + self.sigma_m[other])
        found = np.abs(self.lat[one] - self.lat[other]) * DEG_M <= gate_m
        k = np.flatnonzero(found)
        a, b = one[k], other[k]
        metres = distance_m(self.lon[a], self.lat[a], self.lon[b], self.lat[b])
        found[k] = metres <= gate_m[k]
        return np.asarray(found, np.bool_)


class Radars:
    """What the radars of a site show.

    Parameters
    ----------
    echoes, registered, missed
        `ECHO`, `REGISTERED`, `MISSED`.
    lengths
        `LENGTH`, the claims of this batch included.
    lookout
        The radars' horizons.
    """

    def __init__(
        self,
        echoes: pl.DataFrame,
        registered: pl.DataFrame,
        missed: pl.DataFrame,
        lengths: pl.DataFrame,
        lookout: Lookout,
        settings: EventSettings,
    ) -> None:
        self._tracks = {(vessel, track): radar for vessel, track, radar in echoes.iter_rows()}
        self._registered = set(registered["radar"])
        self._missed = {(row[0], row[1]): row[2:] for row in missed.iter_rows()}
        self._lengths, self._lookout, self._settings = lengths, lookout, settings

    def take(self, fused: FusionOutput) -> list[Row]:
        """Take the instants of a batch.

        Returns
        -------
        Hits: `target`, `radar`, `clock_s`, `t_us`, `from_us`, `lon`, `lat`, `instants`.
        """
        rows = _Rows.of(fused.fixes, self._lengths)
        hits: list[Row] = []
        for name, (looks, aboard) in sorted(self._follow(fused, rows).items()):
            hits += self._unseen(name, rows, looks & rows.spoken, looks & aboard & rows.echo)
        return sorted(hits, key=lambda hit: (hit["clock_s"], hit["radar"]))

    def frames(self, until_s: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """`ECHO`, `REGISTERED` and `MISSED` for the next batch."""
        echoes = [(*key, radar) for key, radar in self._tracks.items()]
        missed = [
            (*key, *held) for key, held in self._missed.items() if held[2] > until_s - PAUSE_S
        ]
        tables = ((echoes, ECHO), ([(r,) for r in self._registered], REGISTERED), (missed, MISSED))
        made = (pl.DataFrame(rows, schema=schema, orient="row") for rows, schema in tables)
        echo, known, missing = (frame.sort(frame.columns) for frame in made)
        return echo, known, missing

    def _follow(self, fused: FusionOutput, rows: _Rows) -> dict[str, tuple[Bool, Bool]]:
        """Take the links and registrations.

        For each radar that is registered at some instant: at which rows it was, and which rows are
        of a vessel that it has a track in.
        """
        links = fused.links.filter(pl.col("sensor") == "radar")
        links = links.sort("clock_s", pl.col("phase") != "left", "vessel", "track")
        changes = [*links.select("clock_s", "phase", "vessel", "track", "source").iter_rows()]
        told = fused.registrations.sort("clock_s", "radar_id")
        states = [*told.select("clock_s", "radar_id", "state").iter_rows()]
        roster = Roster.of(rows.vessel)
        who = roster.numbers(rows.vessel)
        number = {name: i for i, name in enumerate(roster.names.to_list())}
        has: dict[str, Int] = {}
        for (vessel, _), radar in self._tracks.items():
            _add(has, radar, number.get(vessel), len(number))
        found: dict[str, tuple[Bool, Bool]] = {}
        at = k = j = 0
        for clock_s in sorted({row[0] for row in (*changes, *states)}):
            to = int(np.searchsorted(rows.clock_s, clock_s))
            self._note(found, has, who, at, to)
            at = to
            while k < len(changes) and changes[k][0] == clock_s:
                _, phase, vessel, track, source = changes[k]
                was = self._tracks.pop((vessel, track), None)
                if was is not None:
                    _add(has, was, number.get(vessel), len(number), -1)
                if phase != "left":
                    radar = self._tracks[vessel, track] = (source or "").removeprefix("radar:")
                    _add(has, radar, number.get(vessel), len(number))
                k += 1
            while j < len(states) and states[j][0] == clock_s:
                known = states[j][2] == "registered"
                (self._registered.add if known else self._registered.discard)(states[j][1])
                j += 1
        self._note(found, has, who, at, len(who))
        return found

    def _note(
        self, found: dict[str, tuple[Bool, Bool]], has: dict[str, Int], who: Int, at: int, to: int
    ) -> None:
        """What holds of the radars from one row to another."""
        if at == to:
            return
        for name in self._registered & has.keys() & self._lookout.horizons.keys():
            if name not in found:
                found[name] = np.zeros(len(who), np.bool_), np.zeros(len(who), np.bool_)
            looks, aboard = found[name]
            looks[at:to] = True
            aboard[at:to] = has[name][who[at:to]] > 0

    def _unseen(self, name: str, rows: _Rows, spoken: Bool, echo: Bool) -> list[Row]:
        """Who is missing at a radar; `spoken` and `echo` are rows at which it is registered."""
        horizon = self._lookout.horizons[name]
        known, marks = np.flatnonzero(echo & np.isfinite(rows.length_m)), np.flatnonzero(echo)
        rest = spoken & ~echo
        ask = np.flatnonzero(rest & rows.under_way)
        enough = np.searchsorted(known, rows.end[ask]) - np.searchsorted(known, rows.begin[ask])
        ask = ask[enough >= LEAST_OTHERS]
        ask = ask[horizon.sees(rows.lon[ask], rows.lat[ask])]
        away = np.full(len(rest), np.nan)
        both = np.concatenate([known, ask])
        away[both] = distance_m(horizon.lon, horizon.lat, rows.lon[both], rows.lat[both])

        def alike(one: Int, other: Int) -> Bool:
            length = rows.length_m
            return np.asarray((away[other] >= away[one]) & (length[other] <= length[one]), np.bool_)

        ask = ask[rows.beside(ask, known, alike) >= LEAST_OTHERS]
        missing = ask[rows.beside(ask, marks, rows.near) == 0]
        counted = {target for target, radar in self._missed if radar == name}
        counted |= set(rows.target.gather(missing))
        if not counted:
            return []
        targets = pl.Series(sorted(counted), dtype=pl.String).implode()
        mine = rows.target.is_in(targets).fill_null(False).to_numpy()
        ask = np.flatnonzero(rest & mine)
        ask = ask[horizon.sees(rows.lon[ask], rows.lat[ask])]
        own = ask[rows.beside(ask, marks, rows.near) > 0]
        seen = np.concatenate([np.flatnonzero(spoken & echo & mine), own])
        return list(self._walk(name, rows, seen, missing))

    def _walk(self, name: str, rows: _Rows, seen: Int, missing: Int) -> Iterator[Row]:
        """Instant by instant, over the rows that begin a count, go on with it or end it."""
        both = np.concatenate([seen, missing])
        lost = np.repeat([False, True], [len(seen), len(missing)])
        order = np.lexsort((both, lost, rows.clock_s[both]))
        for row, unseen in zip(both[order].tolist(), lost[order].tolist(), strict=True):
            target = rows.target[row]
            if not unseen:
                self._missed.pop((target, name), None)
                continue
            hit = self._count(target, name, int(rows.clock_s[row]))
            if hit is not None:
                yield {**hit, "lon": float(rows.lon[row]), "lat": float(rows.lat[row])}

    def _count(self, target: str, radar: str, at_s: int) -> Row | None:
        n, from_s, last_s = self._missed.get((target, radar), (0, at_s, at_s))
        if at_s - last_s >= PAUSE_S:
            n, from_s = 0, at_s
        self._missed[target, radar] = (n + 1, from_s, at_s)
        if n + 1 < self._settings.echo_scans:
            return None
        own = {"target": target, "radar": radar, "clock_s": at_s, "instants": n + 1}
        return {**own, "t_us": at_s * SECOND_US, "from_us": from_s * SECOND_US}


def _add(has: dict[str, Int], radar: str, vessel: int | None, size: int, one: int = 1) -> None:
    """Count a track of a radar in a vessel of the batch."""
    if radar not in has:
        has[radar] = np.zeros(size, np.int64)
    if vessel is not None:
        has[radar][vessel] += one
