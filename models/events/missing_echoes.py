"""AIS says that a vessel is here, and a radar that would see it sees nothing (methods 1.3).

Counted are covered instants: the radar is registered, the place is in its sight, and it sees at
least three other vessels that are as far or farther and no longer than this one claims to be. What
is unseen because boats of its size are not seen there, because the radar is deaf, or because it
lies at a quay in the shore's own echo, does not count: it must be under way. An echo near the place
that may be its own ends the count, matched or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.settings import EventSettings
from geo.plane import distance_m
from geo.visibility import Horizon, Lookout
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


class Radars:
    """What the radars of a site show, instant after instant.

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
        self._lengths = {row[0]: row[1:] for row in lengths.iter_rows()}
        self._lookout, self._settings = lookout, settings

    def take(self, fused: FusionOutput) -> list[Row]:
        """Take the instants of a batch.

        Returns
        -------
        Hits: `target`, `radar`, `clock_s`, `t_us`, `from_us`, `lon`, `lat`, `instants`.
        """
        links = fused.links.filter(pl.col("sensor") == "radar")
        links = links.sort("clock_s", pl.col("phase") != "left", "vessel", "track")
        changes = [*links.select("clock_s", "phase", "vessel", "track", "source").iter_rows()]
        told = fused.registrations.sort("clock_s", "radar_id")
        states = [*told.select("clock_s", "radar_id", "state").iter_rows()]
        hits: list[Row] = []
        ordered = fused.fixes.sort("clock_s", "vessel")
        for fixes in ordered.partition_by("clock_s", maintain_order=True):
            at_s = int(fixes["clock_s"][0])
            while changes and changes[0][0] <= at_s:
                self._link(*changes.pop(0)[1:])
            while states and states[0][0] <= at_s:
                self._state(*states.pop(0)[1:])
            hits += self._instant(at_s, fixes)
        for change in changes:
            self._link(*change[1:])
        for state in states:
            self._state(*state[1:])
        return hits

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

    def _link(self, phase: str, vessel: str, track: str, source: str | None) -> None:
        if phase == "left":
            self._tracks.pop((vessel, track), None)
        else:
            self._tracks[vessel, track] = (source or "").removeprefix("radar:")

    def _state(self, radar: str, state: str) -> None:
        (self._registered.add if state == "registered" else self._registered.discard)(radar)

    def _instant(self, at_s: int, fixes: pl.DataFrame) -> Iterator[Row]:
        names = [name for name in sorted(self._registered) if name in self._lookout.horizons]
        if not names:
            return
        lon, lat, sigma = (fixes[c].fill_null(np.nan).to_numpy() for c in ("lon", "lat", "sigma_m"))
        heard = fixes["heard"].to_numpy()
        said = [self._lengths.get(target, (np.nan, 0)) for target in fixes["target"]]
        length = np.array([value if since_s <= at_s else np.nan for value, since_s in said])
        spoken = ((heard & AIS) != 0) & np.isfinite(length)
        under_way = fixes["speed_kn"].fill_null(0.0).to_numpy() >= UNDER_WAY_KN
        vessels = fixes["vessel"].to_list()
        aboard: dict[str, set[str]] = {name: set() for name in names}
        for (vessel, _), radar in self._tracks.items():
            if radar in aboard:
                aboard[radar].add(vessel)
        for name in names:
            linked = np.array([vessel in aboard[name] for vessel in vessels], bool)
            echo = linked & ((heard & RADAR) != 0)
            missing, seen = self._missing(
                self._lookout.horizons[name], (lon, lat, sigma, length), spoken, echo
            )
            for i in np.flatnonzero(seen):
                self._missed.pop((fixes["target"][int(i)], name), None)
            for i in np.flatnonzero(missing & under_way):
                hit = self._count(fixes["target"][int(i)], name, at_s)
                if hit is not None:
                    yield {**hit, "lon": float(lon[i]), "lat": float(lat[i])}

    def _missing(
        self, radar: Horizon, where: tuple[Float, Float, Float, Float], spoken: Bool, echo: Bool
    ) -> tuple[Bool, Bool]:
        """Who is missing at a radar that covers it, and who has an echo that may be its own."""
        lon, lat, sigma, length = where
        away = distance_m(radar.lon, radar.lat, lon, lat)
        seen = spoken & echo
        rest = np.flatnonzero(spoken & ~echo & radar.sees(lon, lat))
        marks, known = np.flatnonzero(echo), np.flatnonzero(echo & np.isfinite(length))
        gap = distance_m(lon[rest, None], lat[rest, None], lon[None, marks], lat[None, marks])
        near = gap <= GATE_M + 3.0 * (sigma[rest, None] + sigma[None, marks])
        own = near.any(axis=1)
        alike = (away[None, known] >= away[rest, None]) & (
            length[None, known] <= length[rest, None]
        )
        covered = alike.sum(axis=1) >= LEAST_OTHERS
        missing = np.zeros(len(lon), bool)
        missing[rest[covered & ~own]] = True
        seen[rest[own]] = True
        return missing, seen

    def _count(self, target: str, radar: str, at_s: int) -> Row | None:
        n, from_s, last_s = self._missed.get((target, radar), (0, at_s, at_s))
        if at_s - last_s >= PAUSE_S:
            n, from_s = 0, at_s
        self._missed[target, radar] = (n + 1, from_s, at_s)
        if n + 1 < self._settings.echo_scans:
            return None
        own = {"target": target, "radar": radar, "clock_s": at_s, "instants": n + 1}
        return {**own, "t_us": at_s * SECOND_US, "from_us": from_s * SECOND_US}
