"""Which source tracks are of one vessel: pairs scored over a window of common instants.

At each instant both tracks are predicted with their own growth of covariance (methods 2.1). The
score of an instant is d² + ln|S| of place and velocity; a pair's is the mean over its window, and
`stranger` is the score at which another vessel, that the other sensor does not see, is as likely.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import polars as pl

from core.compiled import compiled
from core.settings import FusionSettings
from models.fusion.filters import Bool, Estimates, Float, Int
from models.fusion.ground import AIS_KIND, BEIDOU_KIND, Ground
from models.fusion.neighbours import Ends, neighbours
from models.fusion.register import APART, OPEN, relation
from models.fusion.sources import Sources

FAR_OFF: Final = 15.0  # an instant speaks against a pair by so much at most
FORGET: Final = 4  # misses in a row after which a pair is no longer followed
UNDER_WAY_MS: Final = 1.0
NOT_ASKED: Final = -1  # the register, so far

Tracks = tuple[Bool, Bool, Bool, Int, Float]
Places = tuple[Float, Float]
Windows = tuple[Float, Bool, Int, Int, Float, Int, Int, Int]


def stranger(settings: FusionSettings) -> float:
    """The score at which a track may as well be of a vessel that only its own sensor sees."""
    each_m2 = settings.strangers_per_km2 * 1e-6
    each_ms2 = 1.0 / (2.0 * math.pi * settings.stranger_speed_ms**2)
    return -2.0 * math.log((2.0 * math.pi) ** 2 * each_m2 * each_ms2)


def _extents(settings: FusionSettings) -> tuple[float, float]:
    """A track's half of the variances that a vessel's extent gives, m², and a tracker's lag."""
    extent_m, lag_ms = settings.extent_m, settings.speed_extent_ms
    return 0.5 * extent_m * extent_m, 0.5 * lag_ms * lag_ms


@dataclass
class Pairs:
    """Pairs of source tracks that were near each other, the lower kind first.

    Attributes
    ----------
    first, second
        Shape (n,): serials.
    scores, gated
        Shape (n, window): score of the last common instants, and whether it was in the gate; the
        newest last. A common instant is one by which both have been heard anew; until the next,
        the newest is brought up to date.
    count
        Common instants so far, at most the window.
    heard
        Who was heard anew since the newest: 1 the first, 2 the second.
    bias
        Shape (n,): the part of S that is the same at every instant: what radars measure wrong,
        and antenna from echo.
    runs, misses
        Instants in a row in the gate, and out of it.
    moving
        Common instants in the gate at which both were under way.
    register
        What it says of them: `models.fusion.register`; asked anew after a load.
    """

    first: Int
    second: Int
    scores: Float
    gated: Bool
    count: Int
    heard: Int
    bias: Float
    runs: Int
    misses: Int
    moving: Int
    register: Int

    @staticmethod
    def none(window: int) -> Pairs:
        """No pair."""
        return Pairs.new(np.zeros(0, np.int64), np.zeros(0, np.int64), window)

    @staticmethod
    def new(first: Int, second: Int, window: int) -> Pairs:
        """Pairs that have no instant yet."""
        n = len(first)
        scores, gated = np.zeros((n, window)), np.zeros((n, window), np.bool_)
        count, heard, runs, misses, moving = np.zeros((5, n), np.int64)
        bias, register = np.zeros(n), np.full(n, NOT_ASKED)
        return Pairs(
            first, second, scores, gated, count, heard, bias, runs, misses, moving, register
        )

    def __len__(self) -> int:
        return len(self.first)

    def at(self, which: Int | Bool) -> Pairs:
        """Some of them."""
        return Pairs(*(getattr(self, f.name)[which] for f in fields(self)))

    def frame(self) -> pl.DataFrame:
        """For the state."""
        window = self.scores.shape[1]
        kinds: dict[str, pl.DataType] = {
            "scores": pl.Array(pl.Float64(), window),
            "gated": pl.Array(pl.Boolean(), window),
            "bias": pl.Float64(),
        }
        names = [f.name for f in fields(self) if f.name != "register"]
        return pl.DataFrame(
            {name: getattr(self, name) for name in names},
            schema={name: kinds.get(name, pl.Int64()) for name in names},
        )

    @staticmethod
    def load(frame: pl.DataFrame, window: int) -> Pairs:
        """From the state."""
        if not len(frame) or frame["scores"].dtype != pl.Array(pl.Float64(), window):
            return Pairs.none(window)
        wide = {"scores": np.float64, "gated": np.bool_}
        columns = {
            f.name: frame[f.name].to_numpy().reshape((len(frame), window)).astype(wide[f.name])
            if f.name in wide
            else frame[f.name].to_numpy().copy()
            for f in fields(Pairs)
            if f.name != "register"
        }
        return Pairs(**columns, register=np.full(len(frame), NOT_ASKED))

    def windows(self) -> Windows:
        """What an instant changes."""
        counts = (self.runs, self.misses, self.moving)
        return (self.scores, self.gated, self.count, self.heard, self.bias, *counts)


def follow(
    pairs: Pairs,
    sources: Sources,
    now: Estimates,
    t_s: int,
    ground: Ground,
    settings: FusionSettings,
) -> tuple[Pairs, Ends]:
    """The pairs after an instant, and where their two tracks stand among the sources.

    Parameters
    ----------
    now
        The sources' places at the instant.
    """
    present = sources.age_s(t_s) <= settings.longest_gap_s
    anew = sources["seen_s"] == t_s
    ends = sources.index(pairs.first), sources.index(pairs.second)
    there = (ends[0] >= 0) & (ends[1] >= 0)
    if not there.all():
        pairs, ends = pairs.at(there), (ends[0][there], ends[1][there])
    tracks = (present, anew, sources["stopped"], sources["vessel"], sources["bias_var"])
    where = (np.ascontiguousarray(now.x), np.ascontiguousarray(now.p))
    noise = np.array([*_extents(settings), settings.gate, stranger(settings) + FAR_OFF])
    begun = _new(neighbours(sources, now, present, anew), ends, tracks, where, noise)
    if len(begun[0]):
        pairs, ends = _with(pairs, ends, sources, begun, ground)
    if not len(pairs):
        return pairs, ends
    asked = (pairs.register == NOT_ASKED).nonzero()[0]
    if len(asked):
        pairs.register[asked] = _asked((ends[0][asked], ends[1][asked]), sources, ground)
    followed = _push(ends, tracks, where, noise, pairs.windows())
    if not followed.all():
        pairs, ends = pairs.at(followed), (ends[0][followed], ends[1][followed])
    return pairs, ends


def _asked(ends: Ends, sources: Sources, ground: Ground) -> Int:
    """What the register says of each pair; `OPEN` of those that are not AIS with BeiDou."""
    said, kind = np.full(len(ends[0]), OPEN), sources["kind"]
    named = ((kind[ends[0]] == AIS_KIND) & (kind[ends[1]] == BEIDOU_KIND)).nonzero()[0]
    if len(named):
        said[named] = relation(sources, ends[0][named], ends[1][named], ground)
    return said


def _with(
    pairs: Pairs, ends: Ends, sources: Sources, begun: Ends, ground: Ground
) -> tuple[Pairs, Ends]:
    """The pairs with empty windows behind them for those that begin.

    At a berth an MMSI lies beside many a BeiDou address: those that the register has apart do not.
    """
    serial, stopped = sources["serial"], sources["stopped"]
    said = _asked(begun, sources, ground)
    good = (said != APART) | ~(stopped[begun[0]] | stopped[begun[1]])
    if not good.any():
        return pairs, ends
    begun = begun[0][good], begun[1][good]
    added = Pairs.new(serial[begun[0]], serial[begun[1]], pairs.scores.shape[1])
    added.register = said[good]
    both = {
        f.name: np.concatenate([getattr(pairs, f.name), getattr(added, f.name)])
        for f in fields(Pairs)
    }
    one, two = (np.concatenate(which) for which in zip(ends, begun, strict=True))
    return Pairs(**both), (one, two)


@compiled
def _moves(x: Float, stopped: bool) -> bool:
    """Whether a track is under way."""
    return not stopped and x[2] * x[2] + x[3] * x[3] > UNDER_WAY_MS * UNDER_WAY_MS


@compiled
def _apart(
    x1: Float, x2: Float, p1: Float, p2: Float, bias1: float, bias2: float, noise: Float,
    s: Float, z: Float,
) -> tuple[float, float, float]:  # fmt: skip
    """Squared Mahalanobis distance of place and velocity, ln|S|, and the lasting part of S.

    `s` (4, 4) and `z` (4,) are room to work in.
    """
    for i in range(4):
        z[i] = x1[i] - x2[i]
        for j in range(i + 1):
            s[i, j] = p1[i, j] + p2[i, j]
        own1, own2 = (bias1 + noise[0], bias2 + noise[0]) if i < 2 else (noise[1], noise[1])
        s[i, i] = (p1[i, i] + own1) + (p2[i, i] + own2)
    lasting = 2.0 * (bias1 + bias2 + 2.0 * noise[0]) / (s[0, 0] + s[1, 1])
    d2, volume = 0.0, 1.0
    for i in range(4):
        pivot = s[i, i]
        volume *= pivot
        d2 += z[i] * z[i] / pivot
        for j in range(i + 1, 4):
            by = s[j, i] / pivot
            z[j] -= by * z[i]
            for k in range(i + 1, j + 1):
                s[j, k] -= by * s[k, i]
    return d2, math.log(volume), lasting


@compiled
def _new(begun: Ends, known: Ends, tracks: Tracks, where: Places, noise: Float) -> Ends:
    """Those that are not known yet and would be followed on, by the first, then the second.

    What `tracks`, `where` and `noise` are says `_push`.
    """
    _, _, _, vessel, bias_var = tracks
    x, p = where
    n = max(len(vessel), 1)
    have = np.sort(known[0] * n + known[1])
    keys, k = np.empty(len(begun[0]), np.int64), 0
    s, z = np.empty((4, 4)), np.empty(4)
    for a, b in zip(begun[0], begun[1]):  # noqa: B905 - Numba knows no `strict`
        key = a * n + b
        at = np.searchsorted(have, key)
        if at < len(have) and have[at] == key:
            continue
        d2, _, _ = _apart(x[a], x[b], p[a], p[b], bias_var[a], bias_var[b], noise, s, z)
        if d2 <= noise[2] or (vessel[a] >= 0 and vessel[a] == vessel[b]):
            keys[k] = key
            k += 1
    keys = np.sort(keys[:k])
    return keys // n, keys % n


@compiled
def _push(ends: Ends, tracks: Tracks, where: Places, noise: Float, windows: Windows) -> Bool:
    """Put an instant into the windows of the pairs, in place; which of them are followed on.

    Parameters
    ----------
    tracks
        Of all: whether they are present, heard anew, lie still; vessel; m² of their radars' bias.
    where
        Of all: states (n, 4) and covariances (n, 4, 4).
    noise
        Half of the variance that a vessel's extent gives, in m²; of tracker's lag, in m²/s²; the
        gate; the worst score of an instant.
    """
    one, two = ends
    present, anew, stopped, vessel, bias_var = tracks
    x, p = where
    scores, gated, count, heard, bias, runs, misses, moving = windows
    window = scores.shape[1]
    s, z = np.empty((4, 4)), np.empty(4)
    followed = np.empty(len(one), np.bool_)
    for i in range(len(one)):
        a, b = one[i], two[i]
        if present[a] and present[b] and (anew[a] or anew[b]):
            d2, ln_s, lasting = _apart(
                x[a], x[b], p[a], p[b], bias_var[a], bias_var[b], noise, s, z
            )
            inside = d2 <= noise[2]
            now = heard[i] | (1 if anew[a] else 0) | (2 if anew[b] else 0)
            common = now == 3 or count[i] == 0
            heard[i] = 0 if common else now
            if common:
                for k in range(window - 1):
                    scores[i, k], gated[i, k] = scores[i, k + 1], gated[i, k + 1]
                count[i] = min(count[i] + 1, window)
            scores[i, -1] = min(np.rint((d2 + ln_s) * 1e6) / 1e6, noise[3])
            gated[i, -1], bias[i] = inside, lasting
            runs[i] = runs[i] + 1 if inside else 0
            misses[i] = 0 if inside else misses[i] + 1
            if inside and common and _moves(x[a], stopped[a]) and _moves(x[b], stopped[b]):
                moving[i] += 1
        mates = vessel[a] >= 0 and vessel[a] == vessel[b]
        hopeful = misses[i] < FORGET and count[i] > 0 and gated[i].any()
        followed[i] = mates or hopeful
    return followed


def noise(sources: Sources, now: Estimates, at: Int, settings: FusionSettings) -> Float:
    """Covariances (n, 4, 4) of tracks at an instant, with what their radar may measure wrong."""
    p, (extent, lag) = now.p[at], _extents(settings)
    bias = sources["bias_var"][at] + extent
    p[:, 0, 0] += bias
    p[:, 1, 1] += bias
    p[:, 2, 2] += lag
    p[:, 3, 3] += lag
    return p
