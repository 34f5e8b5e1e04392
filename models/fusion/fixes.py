"""Where vessels are at an instant: their source tracks fused, or predicted through silence."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.schema import empty
from models.fusion.filters import (
    SECOND_US,
    Bool,
    Estimates,
    Float,
    Int,
    back,
    intersected,
    inverted,
    larger_axis_m,
    least_trace,
    turn,
)
from models.fusion.ground import BEIDOU_KIND, KN_MS, RADARS_FROM, Ground
from models.fusion.schema import AIS, BEIDOU, FIX, RADAR
from models.fusion.taking import Groups
from models.fusion.vessels import Scene

Columns = dict[str, NDArray[Any]]
#: Intervals after which a source is overdue: three of class B or BeiDou moored (methods 7.2),
#: of class B under way, of a radar's output.
OVERDUE_MOORED_S: Final = 540
OVERDUE_S: Final = 90
OVERDUE_RADAR_S: Final = 30
HARDLY_KN: Final = 0.5


def fuse(scene: Scene) -> Columns:
    """Bring the vessels to the instant, and say where each is: columns of `FIX`, by vessel.

    `vessel` and `target` are serials, of the vessel and of the source that speaks for it.
    """
    sources, vessels, age_s = scene.sources, scene.vessels, scene.age_s
    owned = (sources["vessel"] >= 0).nonzero()[0]
    kind, t_us = sources["kind"][owned], sources.places.t_us[owned]
    home = vessels.index(sources["vessel"][owned])
    place = vessels.places = _placed(scene, owned, home * scene.ground.kinds + kind)
    np.maximum.at(vessels["row_us"], home, t_us)
    freshest = np.lexsort((-kind, t_us))
    vessels["stopped"][home[freshest]] = sources["stopped"][owned[freshest]]
    order = np.lexsort((-t_us, kind, home))  # the speaker of each vessel comes first
    of = home[order]
    begins = (np.concatenate([[True], of[1:] != of[:-1]])[: len(of)]).nonzero()[0]
    at, of, mine = owned[order], of[begins], kind[order]
    bit = np.where(mine >= RADARS_FROM, RADAR, np.where(mine == BEIDOU_KIND, BEIDOU, AIS))
    heard, members, speaker = np.zeros((3, len(vessels)), np.int64)
    coasting = np.ones(len(vessels), np.bool_)
    now = sources["seen_s"][at] == scene.t_s
    heard[of] = np.bitwise_or.reduceat(np.where(now, bit, 0), begins)
    members[of] = np.bitwise_or.reduceat(np.where(scene.live[at], bit, 0), begins)
    overdue = _overdue(mine, age_s[at], sources["stopped"][at])
    coasting[of] = np.logical_and.reduceat(overdue, begins)
    speaker[of] = at[begins]
    quiet_s = -((vessels["row_us"] - scene.t_s * SECOND_US) // SECOND_US)
    return {
        "vessel": vessels["serial"],
        "clock_s": np.full(len(vessels), scene.t_s, np.int64),
        "x": place.x,
        "sigma_m": larger_axis_m(place.p),
        "age_s": np.maximum(quiet_s, 0),
        "heard": heard,
        "members": members,
        "target": sources["serial"][speaker],
        "coasting": coasting,
    }


def _placed(scene: Scene, owned: Int, slot: Int) -> Estimates:
    """Each vessel's place: covariance intersection of its useful tracks, kind after kind.

    `slot` is each track's vessel and kind as one number; of several in one the last counts.
    """
    vessels, kinds = scene.vessels, scene.ground.kinds
    useful = (scene.age_s[owned] <= scene.settings.longest_gap_s).nonzero()[0]
    useful = useful[np.argsort(slot[useful], kind="stable")]
    slots = slot[useful]
    useful = useful[np.concatenate([slots[1:] != slots[:-1], [True]])[: len(slots)]]
    into, at = slot[useful] // kinds, owned[useful]
    x, p = scene.now.x.T.take(at, axis=1), turn(scene.now.p).take(at, axis=2)
    p.reshape(16, len(at))[0:6:5] += scene.sources["bias_var"][at]
    out = Estimates.of(len(vessels))
    out.t_us[:] = scene.t_s * SECOND_US
    begins = np.concatenate([[True], into[1:] != into[:-1]])[: len(into)].nonzero()[0]
    out.x[into[begins]], out.p[into[begins]] = x.T[begins], back(p)[begins]
    _intersect(out, into, begins, x, p)
    unseen = np.ones(len(vessels), np.bool_)
    unseen[into] = False
    silent = unseen.nonzero()[0]
    if len(silent):
        out.put(silent, vessels.at(scene.t_s, scene.settings, silent))
    return out


def _intersect(out: Estimates, into: Int, begins: Int, x: Float, p: Float) -> None:
    """Write into `out` the places of those that several of `x` (4, n), `p` (4, 4, n) speak of.

    `into` gives each one's row of `out`, in order, and `begins` the first of each row.
    """
    batch = Groups.of(begins, len(into), least=2)
    if not len(batch.first):
        return
    x, p = x.take(batch.order, axis=1), p.take(batch.order, axis=2)
    every, plane = inverted(p), inverted(p[:2, :2])
    n = batch.sizes[0]
    mean, spread = x[:, :n].copy(), p[:, :, :n].copy()
    low = n
    for k, n in enumerate(batch.sizes[1:]):
        mine, mine_plane = every[:, :, :n], plane[:, :, :n]
        if k:
            mine, mine_plane = inverted(spread[:, :, :n]), inverted(spread[:2, :2, :n])
        next_ = slice(low, low + n)
        omega = least_trace(mine_plane, plane[:, :, next_])
        mean[:, :n], spread[:, :, :n] = intersected(
            mean[:, :n], mine, x[:, next_], every[:, :, next_], omega
        )
        low += n
    rows = into[batch.first]
    out.x[rows], out.p[rows] = mean.T, back(spread)


def _overdue(kind: Int, age_s: Int, stopped: Bool) -> Bool:
    patient = stopped | (kind == BEIDOU_KIND)
    limit = np.where(patient, OVERDUE_MOORED_S, OVERDUE_S)
    return age_s > np.where(kind >= RADARS_FROM, OVERDUE_RADAR_S, limit)


def frame(
    parts: list[Columns], named: dict[int, str], targets: dict[int, str], ground: Ground
) -> pl.DataFrame:
    """The instants together, in degrees and knots, rounded as they are said: `FIX`.

    `named` and `targets` have the words of the serials of vessels and of sources.
    """
    if not parts:
        return empty(FIX)
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    x = whole.pop("x")
    lon, lat = ground.plane.to_deg(x[:, 0], x[:, 1])
    speed = np.sqrt(x[:, 2] * x[:, 2] + x[:, 3] * x[:, 3]) * (1.0 / KN_MS)
    course = np.round(np.arctan2(x[:, 2], x[:, 3]) * (180.0 / np.pi), 1)
    columns: dict[str, Any] = whole | {
        "vessel": _words(whole["vessel"], named),
        "target": _words(whole["target"], targets),
        "lon": np.round(lon, 6),
        "lat": np.round(lat, 6),
        "sigma_m": np.round(whole["sigma_m"], 1),
        "speed_kn": np.round(speed, 2),
        "course_deg": np.where(
            speed < HARDLY_KN, np.nan, np.where(course < 0, course + 360, course)
        ),
    }
    told = pl.DataFrame({name: columns[name] for name in FIX}, schema=FIX)
    return told.with_columns(pl.col("course_deg").fill_nan(None)).sort("clock_s", "vessel")


def _words(serials: Int, words: dict[int, str]) -> pl.Series:
    """The word of each serial."""
    known = np.array(sorted(words), np.int64)
    text = pl.Series([words[serial] for serial in known.tolist()], dtype=pl.String())
    return text.gather(np.searchsorted(known, serials))
