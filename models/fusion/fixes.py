"""Where vessels are at an instant: their source tracks fused, or predicted through silence."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.compiled import compiled
from core.schema import empty
from models.fusion.filters import SECOND_US, Bool, Float, Int, carry, intersect
from models.fusion.ground import BEIDOU_KIND, KN_MS, RADARS_FROM, Ground
from models.fusion.schema import AIS, BEIDOU, FIX, RADAR
from models.fusion.sources import agility
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
    sources, vessels, settings, t_s = scene.sources, scene.vessels, scene.settings, scene.t_s
    order, first = _by_vessel(
        vessels.home(sources), sources["kind"], len(vessels), scene.ground.kinds
    )
    places, n = vessels.places, len(vessels)
    heard, members, speaker = np.empty((3, n), np.int64)
    coasting, sigma_m = np.empty(n, np.bool_), np.empty(n)
    _fuse(
        places.x, places.p, places.t_us, vessels["row_us"], vessels["stopped"], order, first,
        *(sources[name] for name in ("kind", "seen_s", "stopped", "bias_var")),
        sources.places.t_us, scene.live, scene.now.x, scene.now.p,
        t_s, settings.longest_gap_s, agility(settings),
        heard, members, speaker, coasting, sigma_m,
    )  # fmt: skip
    quiet_s = -((vessels["row_us"] - t_s * SECOND_US) // SECOND_US)
    return {
        "vessel": vessels["serial"],
        "clock_s": np.full(n, t_s, np.int64),
        "x": places.x.copy(),
        "sigma_m": sigma_m,
        "age_s": np.maximum(quiet_s, 0),
        "heard": heard,
        "members": members,
        "target": sources["serial"][speaker],
        "coasting": coasting,
    }


@compiled
def _by_vessel(home: Int, kind: Int, vessels: int, kinds: int) -> tuple[Int, Int]:
    """Source tracks by vessel and kind, and where each kind of each vessel begins among them.

    Shapes (n,), of which those without a vessel (`home` −1) are not meant, and (vessels × kinds
    + 1,).
    """
    first = np.zeros(vessels * kinds + 2, np.int64)
    for i in range(len(home)):
        if home[i] >= 0:
            first[home[i] * kinds + kind[i] + 2] += 1
    for slot in range(1, len(first)):
        first[slot] += first[slot - 1]
    order = np.empty(len(home), np.int64)
    for i in range(len(home)):
        if home[i] >= 0:
            slot = home[i] * kinds + kind[i] + 1
            order[first[slot]] = i
            first[slot] += 1
    return order, first[:-1]


@compiled
def _patience_s(kind: int, stopped: bool) -> int:
    """How old the newest row of a source may be before it is overdue."""
    if kind >= RADARS_FROM:
        return OVERDUE_RADAR_S
    return OVERDUE_MOORED_S if stopped or kind == BEIDOU_KIND else OVERDUE_S


@compiled
def _fuse(
    x: Float,
    p: Float,
    t_us: Int,
    row_us: Int,
    lying: Bool,
    order: Int,
    first: Int,
    kind: Int,
    seen_s: Int,
    stopped: Bool,
    bias_var: Float,
    source_us: Int,
    live: Bool,
    now_x: Float,
    now_p: Float,
    t_s: int,
    longest_gap_s: int,
    agile: tuple[float, ...],
    heard: Int,
    members: Int,
    speaker: Int,
    coasting: Bool,
    sigma_m: Float,
) -> None:
    """Places of vessels by covariance intersection, kind after kind, and who is heard of each.

    The first five arrays are of the vessels and are written, as the last five are; `order` and
    `first` are of `_by_vessel`, what lies between of the source tracks. Of several useful tracks of
    one kind the last counts; the first kind's newest speaks; a vessel without one is predicted.
    """
    n, to_us, spread = len(x), t_s * SECOND_US, np.empty((4, 4))
    kinds = (len(first) - 1) // max(n, 1)
    for v in range(n):
        heard[v], members[v], speaker[v], coasting[v] = 0, 0, 0, True
        placed, freshest, speaks = False, -1, -1
        for slot in range(v * kinds, (v + 1) * kinds):
            useful = -1
            for i in order[first[slot] : first[slot + 1]]:
                bit = RADAR if kind[i] >= RADARS_FROM else BEIDOU if kind[i] == BEIDOU_KIND else AIS
                age_s = -((source_us[i] - to_us) // SECOND_US)
                if seen_s[i] == t_s:
                    heard[v] |= bit
                if live[i]:
                    members[v] |= bit
                if age_s <= _patience_s(kind[i], stopped[i]):
                    coasting[v] = False
                if age_s <= longest_gap_s:
                    useful = i
                if speaks < 0 or (kind[i] == kind[speaks] and source_us[i] > source_us[speaks]):
                    speaks = i
                if (
                    freshest < 0
                    or source_us[i] > source_us[freshest]
                    or (source_us[i] == source_us[freshest] and kind[i] == kind[freshest])
                ):
                    freshest = i
            if useful >= 0:
                spread[:] = now_p[useful]
                spread[0, 0] += bias_var[useful]
                spread[1, 1] += bias_var[useful]
                if placed:
                    intersect(x[v], p[v], now_x[useful], spread)
                else:
                    x[v], p[v], placed = now_x[useful], spread, True
        if not placed:
            rest = 2 if lying[v] else 0
            carry(x[v], p[v], max(to_us - t_us[v], 0) / SECOND_US, agile[rest], agile[rest + 1])
        if freshest >= 0:
            speaker[v], lying[v] = speaks, stopped[freshest]
            row_us[v] = max(row_us[v], source_us[freshest])
        t_us[v] = to_us
        mean, half = 0.5 * (p[v, 0, 0] + p[v, 1, 1]), 0.5 * (p[v, 0, 0] - p[v, 1, 1])
        sigma_m[v] = np.sqrt(mean + np.sqrt(half * half + p[v, 0, 1] * p[v, 0, 1]))


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
