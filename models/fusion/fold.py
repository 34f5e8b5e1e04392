"""Vessels as one step of the fold: rows of source tracks in, vessels and their links out.

Everything happens at instants, the multiples of `settings.step_s`: rows wait for the first instant
at which they are visible, so that it does not matter how the input was cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.compiled import compiled
from core.schema import empty
from core.settings import FusionSettings
from geo.site import Site
from models.fusion import association, fixes, linking, lives, registration
from models.fusion.association import Pairs
from models.fusion.filters import SECOND_US, Float, Int, larger_axis_m
from models.fusion.ground import AIS_KIND, RADARS_FROM, Ground, ground_of
from models.fusion.radar_bias import RegistrationState
from models.fusion.schema import LINK, REGISTRATION, FusionOutput
from models.fusion.sources import SOURCE, Rows, Sources, found
from models.fusion.taking import begun, take
from models.fusion.unbiased import table
from models.fusion.vessels import VESSEL, Scene, Vessels

#: Columns of `TrackOutput.linked` that fusion reads.
ROW: Final = pl.Schema(
    {
        "track": pl.String(),
        "target": pl.String(),
        "sensor": pl.String(),
        "source": pl.String(),
        "t_us": pl.Int64(),
        "clock_s": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "speed_kn": pl.Float64(),
        "course_deg": pl.Float64(),
        "fresh": pl.Boolean(),
        "stopped": pl.Boolean(),
    }
)
#: The last instant, the next free serial, and rows of tracks that found no room.
CLOCK: Final = pl.Schema({"clock_s": pl.Int64(), "serial": pl.Int64(), "refused": pl.Int64()})
_ORDER: Final = ["instant_s", "track", "t_us", "lon", "lat"]
_BIAS: Final = "registration."


@dataclass(frozen=True)
class FusionState:
    """Everything that the next instant needs to know of the past, as frames.

    `pending` are rows that wait for their instant, as they came, with at least the columns `ROW`.
    """

    pending: tuple[pl.DataFrame, ...]
    sources: pl.DataFrame
    vessels: pl.DataFrame
    pairs: pl.DataFrame
    clock: pl.DataFrame
    registration: RegistrationState

    @staticmethod
    def initial() -> FusionState:
        """Nothing seen yet."""
        clock = pl.DataFrame({"clock_s": [0], "serial": [0], "refused": [0]}, schema=CLOCK)
        held = ((), empty(SOURCE), empty(VESSEL), Pairs.none(1).frame(), clock)
        return FusionState(*held, RegistrationState.initial())

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved: the same bytes however the input was cut."""
        bias = self.registration.frames()
        return {
            "pending": _together(self.pending).sort("track", "t_us", "clock_s"),
            "sources": self.sources,
            "vessels": self.vessels,
            "pairs": self.pairs,
            "clock": self.clock,
            **{f"{_BIAS}{name}": frame for name, frame in bias.items()},
        }

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> FusionState:
        """The state from the frames that `frames` gave."""
        bias = {n.removeprefix(_BIAS): f for n, f in frames.items() if n.startswith(_BIAS)}
        pending, sources, vessels = (frames[name] for name in ("pending", "sources", "vessels"))
        held = ((pending,), sources, vessels, frames["pairs"], frames["clock"])
        return FusionState(*held, RegistrationState.load(bias))

    @property
    def refused(self) -> int:
        """Rows of tracks beyond `settings.most_tracks` so far."""
        return int(self.clock["refused"][0])


def advance(
    state: FusionState, rows: pl.DataFrame, until_s: int, site: Site, settings: FusionSettings
) -> tuple[FusionState, FusionOutput]:
    """Take the rows visible by tick `until_s`, and say where vessels are at the instants passed.

    Parameters
    ----------
    rows
        The new rows of `models.tracks` (`TrackOutput.linked`, not kept): at least the columns of
        `ROW`, in any order, with `clock_s` after the last batch's `until_s`.
    until_s
        The last tick of this batch. Instants are its multiples of `settings.step_s`.
    site
        Gives the plane, the radars' places and turns, and the register of vessels.
    """
    pending = (*state.pending, rows) if len(rows) else state.pending
    step_s = settings.step_s
    last_s = until_s // step_s * step_s
    was_s, serial, refused = state.clock.row(0)
    if last_s <= was_s:
        return replace(state, pending=pending), FusionOutput.nothing()
    waiting, due = _together(pending), pl.col("clock_s") <= last_s
    ground = _ground(site)
    run = _Run(state, waiting.filter(due), ground, settings)
    run.serial, run.refused = serial, refused
    for t_s in run.instants(was_s, last_s):
        run.step(t_s)
    clock = pl.DataFrame(
        {"clock_s": [last_s], "serial": [run.serial], "refused": [run.refused]}, schema=CLOCK
    )
    after = FusionState(
        (waiting.filter(~due),),
        run.sources.frame(),
        run.vessels.frame(),
        run.pairs.frame(),
        clock,
        run.bias,
    )
    return after, run.output()


@lru_cache(maxsize=4)
def _ground(site: Site) -> Ground:
    return ground_of(site)


def _together(pending: tuple[pl.DataFrame, ...]) -> pl.DataFrame:
    return pl.concat([empty(ROW), *(rows.select(ROW.names()) for rows in pending)])


class _Run:
    """One call of `advance`: the state opened to arrays, and what the instants said."""

    def __init__(
        self,
        state: FusionState,
        rows: pl.DataFrame,
        ground: Ground,
        settings: FusionSettings,
    ) -> None:
        self.ground, self.settings = ground, settings
        self.sources, self.vessels = (
            Sources.load(state.sources, ground),
            Vessels.load(state.vessels),
        )
        window = settings.window
        self.pairs = Pairs.load(state.pairs, window)
        self.bias = state.registration
        self.radars = table(self.bias, ground)
        self.serial = self.refused = 0
        self.named = _by_serial(self.vessels, self.vessels.name)
        self.targets = _by_serial(self.sources, self.sources.text["target"])
        self.fixes: list[fixes.Columns] = []
        self.links: list[dict[str, Any]] = []
        self.doubts: list[dict[str, Any]] = []
        self.registrations: list[dict[str, Any]] = []
        self._open(rows)

    def _open(self, rows: pl.DataFrame) -> None:
        """The rows by instant, track and time, each with a number for its track."""
        step_s = self.settings.step_s
        instant = -(-pl.col("clock_s") // step_s) * step_s
        rows = rows.with_columns(instant.alias("instant_s"), self.ground.kind_of().alias("kind"))
        rows = rows.sort(_ORDER).unique(["track", "t_us"], keep="first", maintain_order=True)
        rows = _thinned(rows)
        names = rows.select("track", "target", "sensor", "source")
        names = names.unique("track", keep="first", maintain_order=True)
        self.names = {name: names[name].to_numpy().astype(object) for name in names.columns}
        codes = names.select("track", pl.int_range(pl.len(), dtype=pl.Int64).alias("code"))
        rows = rows.join(codes, on="track", how="left", maintain_order="left")
        x, y = self.ground.plane.to_m(rows["lon"].to_numpy(), rows["lat"].to_numpy())
        rows = rows.filter(pl.Series(np.isfinite(x) & np.isfinite(y)))
        serial_of = dict(
            zip(self.sources.text["track"].tolist(), self.sources["serial"].tolist(), strict=True)
        )
        held = [serial_of.get(name, -1) for name in self.names["track"].tolist()]
        xy = np.stack([x, y], axis=1)[np.isfinite(x) & np.isfinite(y)]
        self.rows = self._arrays(rows, xy, np.array(held, np.int64))

    def _arrays(self, rows: pl.DataFrame, xy: Float, serial: Int) -> Rows:
        speed, course = (
            rows[name].cast(pl.Float64).to_numpy() for name in ("speed_kn", "course_deg")
        )
        code, kind, t_us, instant_s = (
            np.array(rows[name]) for name in ("code", "kind", "t_us", "instant_s")
        )
        fresh, stopped = (np.array(rows[name].fill_null(False)) for name in ("fresh", "stopped"))
        velocity = self.ground.velocity(speed, course, fixes.HARDLY_KN)
        return Rows(self.names, serial, code, kind, t_us, instant_s, xy, velocity, fresh, stopped)

    def instants(self, was_s: int, last_s: int) -> list[int]:
        """The instants to be done: while nothing lives only those with rows."""
        step_s = self.settings.step_s
        first_s = was_s + step_s
        if not len(self.sources):
            if not len(self.rows.code):
                return []
            first_s = max(first_s, int(self.rows.instant_s[0]))
        return list(range(first_s, last_s + 1, step_s))

    def step(self, t_s: int) -> None:
        """One instant."""
        low, high = np.searchsorted(self.rows.instant_s, [t_s, t_s + 1]).tolist()
        if not len(self.sources) and low == high:
            return
        self._take(low, high, t_s)
        sources, settings = self.sources, self.settings
        scene = Scene(t_s, sources, self.vessels, self.pairs, self.ground, settings, self.serial)
        lives.give_up(scene)
        self._learn(low, high, scene)
        scene.pairs, scene.ends = association.follow(self.pairs, sources, scene.now, t_s, settings)
        linking.part(scene)
        linking.link(scene)
        lives.begin(scene)
        if len(scene.vessels):
            self.fixes.append(fixes.fuse(scene))
        if scene.serial > self.serial:
            self.named |= _by_serial(self.vessels, self.vessels.name, self.serial)
        self.links += scene.links
        self.doubts += linking.doubts(scene)
        self.pairs, self.serial = scene.pairs, scene.serial

    def _take(self, low: int, high: int, t_s: int) -> None:
        """The rows of an instant into the filters, those of radars without their bias."""
        if low == high:
            return
        sources, rows, settings = self.sources, self.rows, self.settings
        since_us = (t_s - settings.longest_gap_s) * SECOND_US
        first, count = begun(sources, rows, (low, high), since_us)
        if len(first):
            room = max(settings.most_tracks - len(sources), 0)
            self.refused += int(count[room:].sum())
            self._found(first[:room])
        take(sources, rows, (low, high), self.radars, t_s, self.ground, settings)

    def _found(self, first: Int) -> None:
        """Begin the tracks of these rows."""
        found(self.sources, self.rows, first, self.serial, self.ground)
        self.targets |= _by_serial(self.sources, self.sources.text["target"], self.serial)
        self.serial += len(first)

    def _learn(self, low: int, high: int, scene: Scene) -> None:
        """What the radars' echoes and the vessels that say where they are tell of the radars."""
        if not registration.due(self.bias, scene.t_s, self.ground, self.settings):
            return
        rows, sources, now = self.rows, scene.sources, scene.now
        seen = _newest_echoes(rows.code, rows.kind, low, high)
        if not len(seen):
            return
        recent = sources.age_s(scene.t_s) <= self.settings.longest_gap_s
        at = ((sources["kind"] < RADARS_FROM) & recent).nonzero()[0]
        references = registration.References(
            sources.text["track"][at],
            sources["kind"][at] == AIS_KIND,
            now.x[at, :2],
            now.x[at, 2:],
            larger_axis_m(now.p[at]),
        )
        echoes = registration.Echoes(
            rows.kind[seen] - RADARS_FROM, rows.xy[seen], rows.velocity[seen], rows.t_us[seen]
        )
        self.bias = registration.learn(
            self.bias, echoes, references, scene.t_s, self.ground, self.settings
        )
        self.radars = table(self.bias, self.ground)
        self.registrations += self.bias.fresh

    def output(self) -> FusionOutput:
        """What the instants said."""
        told = fixes.frame(self.fixes, self.named, self.targets, self.ground, self.doubts)
        links = pl.DataFrame(self.links, schema=LINK)
        registered = pl.DataFrame(self.registrations, schema=REGISTRATION)
        return FusionOutput(told, links, registered)


def _by_serial(
    held: Sources | Vessels, words: NDArray[np.object_], since: int = 0
) -> dict[int, str]:
    """A word for each serial from one on."""
    first = int(np.searchsorted(held["serial"], since))
    return dict(zip(held["serial"][first:].tolist(), words[first:].tolist(), strict=True))


def _thinned(rows: pl.DataFrame) -> pl.DataFrame:
    """Of what a transponder says within an instant the last word; a radar's errors average out.

    A position by satellite is as good alone as with those of the seconds before it, and each costs
    a step of all filters.
    """
    mine = ["track", "instant_s"]
    last = pl.struct(mine).ne_missing(pl.struct(mine).shift(-1))
    fresh = pl.col("fresh").fill_null(False).any().over(mine)
    rows = rows.with_columns(pl.when(last).then(fresh).otherwise("fresh").alias("fresh"))
    return rows.filter(last | (pl.col("sensor") == "radar"))


@compiled
def _newest_echoes(code: Int, kind: Int, low: int, high: int) -> Int:
    """The last row of each radar's target among some rows, which are by target."""
    newest, n = np.empty(high - low, np.int64), 0
    for k in range(low, high):
        if kind[k] >= RADARS_FROM and (k + 1 == high or code[k + 1] != code[k]):
            newest[n] = k
            n += 1
    return newest[:n]
