"""Which sensors of the land side looked at a pier: what was not looked at gives no evidence.

A camera that sends keep-alives looks while they come; one that speaks of sightings only is believed
to look for a day after it was heard last. No camera looks while the whole feed is silent, and dock
cameras see nothing in a fog that is announced. Terminals are looked at where the pier has a road
and the vehicles' feed lives; plates where a road camera near it does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

import numpy as np
import polars as pl

from core.settings import LandSettings
from geo.site import Site
from models.landings.ground import Int, LandGround
from models.landings.schema import COVERAGE
from models.tracks.positions import SECOND_US, ceil_s

CAMERA: Final = "camera"
VEHICLES: Final = "vehicles"
ANPR: Final = "anpr"
FOG: Final = "fog"
_CAMERAS: Final = "feed:cameras"
_TERMINALS: Final = "feed:vehicles"
_LASTING: Final = 2**62  # a fog whose end nobody has announced

#: Who was heard last when; `limit_s` of silence later it is taken for down.
HEARD: Final = pl.Schema(
    {
        "name": pl.String(),  # "camera:<id>", "feed:cameras", "feed:vehicles"
        "last_s": pl.Int64(),
        "limit_s": pl.Int64(),
        "up": pl.Boolean(),
    }
)
#: What is covered, and since when.
COVERED: Final = pl.Schema({"pier": pl.Int64(), "object": pl.String(), "from_us": pl.Int64()})
Edge = tuple[int, str, bool]  # the tick, who, whether it came up
Pair = tuple[int, str]


def advance(
    heard: pl.DataFrame,
    covered: pl.DataFrame,
    rows: pl.DataFrame,
    was_s: int,
    until_s: int,
    site: Site,
    ground: LandGround,
    settings: LandSettings,
) -> tuple[pl.DataFrame, pl.DataFrame, list[dict[str, Any]]]:
    """Take LAND_ROW rows and the time up to `until_s`.

    Returns
    -------
    Who was heard, what is covered, and rows of FACT.
    """
    after, edges = _edges(heard, _ticks(rows, ground, settings), until_s)
    fogs = _fogs(site, was_s, until_s)
    up = set(heard.filter("up")["name"])
    foggy = sum(from_ <= was_s < to for from_, to in _spells(site))
    state = {(pier, what): from_us for pier, what, from_us in covered.iter_rows()}
    said: list[dict[str, Any]] = []
    if not edges and not fogs:
        return after, covered, said
    reaches = _Reaches.of(ground)
    turns = sorted([*edges, *fogs], key=lambda edge: edge[0])
    for tick_s, group in groupby(turns, key=lambda edge: edge[0]):
        touched: set[Pair] = set()
        for _, name, rises in group:
            if name == FOG:
                foggy += 1 if rises else -1
            elif rises:
                up.add(name)
            else:
                up.discard(name)
            touched |= reaches.touched(name)
        for pair in sorted(touched):
            on = reaches.on(pair, up, foggy > 0)
            if on and pair not in state:
                state[pair] = tick_s * SECOND_US
                said.append(_fact(pair, state[pair], None, tick_s))
            elif not on and pair in state:
                said.append(_fact(pair, state.pop(pair), tick_s * SECOND_US, tick_s))
    left = [(pier, what, from_us) for (pier, what), from_us in sorted(state.items())]
    return after, pl.DataFrame(left, schema=COVERED, orient="row"), said


def _ticks(
    rows: pl.DataFrame, ground: LandGround, settings: LandSettings
) -> dict[str, tuple[Int, Int]]:
    """Ticks at which each was heard, in order, and after which silence it would be down."""
    if rows.is_empty():
        return {}
    cameras = rows.filter(pl.col("sensor") == "camera")
    keeps = pl.col("keeps").fill_null(False)
    limit_s = pl.when(keeps).then(settings.keepalive_s).otherwise(settings.camera_alive_s)
    ones = cameras.group_by("source").agg("clock_s", limit_s.cast(pl.Int64).alias("limit_s"))
    out = {
        f"camera:{source}": (np.array(ticks, np.int64), np.array(limits, np.int64))
        for source, ticks, limits in ones.iter_rows()
        if source in ground.docks or source in ground.at_roads
    }
    for name, sensors, least_s in (
        (_CAMERAS, ("camera", "barrier"), settings.camera_feed_s),
        (_TERMINALS, ("vehicle",), settings.vehicle_feed_s),
    ):
        mine = rows["clock_s"].filter(rows["sensor"].is_in(sensors)).to_numpy()
        if len(mine):
            out[name] = (mine, np.full(len(mine), least_s, np.int64))
    return out


def _edges(
    heard: pl.DataFrame, ticks: dict[str, tuple[Int, Int]], until_s: int
) -> tuple[pl.DataFrame, list[Edge]]:
    """Who was heard last when, and the ticks at which each came up and went down.

    A camera that has once sent a keep-alive is expected to go on.
    """
    known = {name: (last_s, limit_s, up) for name, last_s, limit_s, up in heard.iter_rows()}
    edges: list[Edge] = []
    for name in sorted({*known, *ticks}):
        last_s, limit_s, up = known.get(name, (0, _LASTING, False))
        if name in ticks:
            at, limits = ticks[name]
            limits = np.minimum.accumulate(np.concatenate([[limit_s], limits]))
            down = np.concatenate([[last_s], at]) + limits
            down[0] = down[0] if up else 0
            for gap in np.flatnonzero(at > down[:-1]).tolist():
                if up or gap:
                    edges.append((int(down[gap]), name, False))
                edges.append((int(at[gap]), name, True))
            last_s, limit_s, up = int(at[-1]), int(limits[-1]), True
        if up and last_s + limit_s <= until_s:
            edges.append((last_s + limit_s, name, False))
            up = False
        known[name] = (last_s, limit_s, up)
    after = [(name, *known[name]) for name in sorted(known)]
    return pl.DataFrame(after, schema=HEARD, orient="row"), edges


@lru_cache(maxsize=8)
def _spells(site: Site) -> list[tuple[int, int]]:
    """Announced fogs in ticks: from, to (not included)."""
    fogs = site.regimes.filter(pl.col("kind") == FOG)
    ticks = fogs.select(ceil_s(pl.col(name).dt.epoch("us")) for name in ("from", "to"))
    return [(from_, _LASTING if to is None else to) for from_, to in ticks.iter_rows()]


def _fogs(site: Site, was_s: int, until_s: int) -> list[Edge]:
    spells = _spells(site)
    edges = [(from_, FOG, True) for from_, _ in spells] + [(to, FOG, False) for _, to in spells]
    return [edge for edge in edges if was_s < edge[0] <= until_s]


class _Reaches:
    """Which piers each source looks at."""

    def __init__(self, ground: LandGround) -> None:
        self._docks: dict[int, set[str]] = {}
        for camera, pier in ground.docks.items():
            self._docks.setdefault(pier, set()).add(f"camera:{camera}")
        self._roads: dict[int, set[str]] = {}
        for camera, pier in ground.roads.select("source", "pier").iter_rows():
            self._roads.setdefault(pier, set()).add(f"camera:{camera}")
        self._accessible = set(ground.accesses.pier.tolist())
        self._of: dict[str, set[Pair]] = {}
        for what, held in ((CAMERA, self._docks), (ANPR, self._roads)):
            for pier, cameras in held.items():
                for camera in cameras:
                    self._of.setdefault(camera, set()).add((pier, what))
        docks = {(pier, CAMERA) for pier in self._docks}
        self._of[FOG] = docks
        self._of[_CAMERAS] = docks | {(pier, ANPR) for pier in self._roads}
        self._of[_TERMINALS] = {(pier, VEHICLES) for pier in self._accessible}

    @staticmethod
    @lru_cache(maxsize=8)
    def of(ground: LandGround) -> _Reaches:
        """Those of a ground; made once."""
        return _Reaches(ground)

    def touched(self, name: str) -> set[Pair]:
        """What may change with it."""
        return self._of.get(name, set())

    def on(self, pair: Pair, up: set[str], foggy: bool) -> bool:
        """Whether it is looked at."""
        pier, what = pair
        if what == VEHICLES:
            return _TERMINALS in up
        held: Mapping[int, set[str]] = self._docks if what == CAMERA else self._roads
        clear = what == ANPR or not foggy
        return clear and _CAMERAS in up and not up.isdisjoint(held[pier])


def _fact(pair: Pair, from_us: int, to_us: int | None, clock_s: int) -> dict[str, Any]:
    pier, what = pair
    return {
        "pier": pier,
        "kind": COVERAGE,
        "object": what,
        "target": None,
        "from_us": from_us,
        "to_us": to_us,
        "clock_s": clock_s,
        "probability": 1.0,
        "sensor": "vehicle" if what == VEHICLES else "camera",
        "source": None,
        "detail": json.dumps({}),
    }
