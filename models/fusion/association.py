"""Which source tracks are of one vessel: pairs scored over a window of common instants.

At each instant both tracks are predicted with their own growth of covariance (methods 2.1). The
score of an instant is d² + ln|S| of place and velocity; a pair's is the mean over its window, and
`stranger` is the score at which another vessel, that the other sensor does not see, is as likely.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from core.compiled import compiled
from core.settings import FusionSettings
from models.fusion.filters import SECOND_US, Bool, Estimates, Float, Int
from models.fusion.neighbours import Ends, west_to_east, within
from models.fusion.register import APART, Registered, relation
from models.fusion.sources import Sources, position

FAR_OFF: Final = 15.0  # an instant speaks against a pair by so much at most
FORGET: Final = 4  # misses in a row after which a pair is no longer followed
UNDER_WAY_MS: Final = 1.0

Held = tuple[Int, Float, Bool, Float]
_NUMBERS: Final = ("first", "second", "count", "heard", "runs", "misses", "moving")
_STATE: Final = (
    "first", "second", "scores", "gated", "count", "heard", "bias", "runs", "misses", "moving",
)  # fmt: skip
Tracks = tuple[Int, Int, Int, Bool, Int, Float]
Places = tuple[Float, Float]


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
    numbers
        Shape (7, n), by row: `first` and `second`, their serials; `count`, common instants so far,
        at most the window; `heard`, who was heard anew since the newest: 1 the first, 2 the second;
        `runs` and `misses`, instants in a row in the gate, and out of it; `moving`, common instants
        in the gate at which both were under way.
    scores, gated
        Shape (n, window): score of the last common instants, and whether it was in the gate; the
        newest last. A common instant is one by which both have been heard anew; until the next,
        the newest is brought up to date.
    bias
        Shape (n,): the part of S that is the same at every instant: what radars measure wrong,
        and antenna from echo.
    """

    numbers: Int
    scores: Float
    gated: Bool
    bias: Float

    @staticmethod
    def none(window: int) -> Pairs:
        """No pair."""
        windows = np.zeros((0, window)), np.zeros((0, window), np.bool_)
        return Pairs(np.zeros((len(_NUMBERS), 0), np.int64), *windows, np.zeros(0))

    @property
    def held(self) -> Held:
        """The columns."""
        return self.numbers, self.scores, self.gated, self.bias

    @property
    def misses(self) -> Int:
        """Instants in a row out of the gate."""
        return np.asarray(self.numbers[_NUMBERS.index("misses")], np.int64)

    def frame(self) -> pl.DataFrame:
        """For the state."""
        window = self.scores.shape[1]
        wide = {"scores": self.scores, "gated": self.gated, "bias": self.bias}
        columns = wide | dict(zip(_NUMBERS, self.numbers, strict=True))
        schema = {
            **dict.fromkeys(_STATE, pl.Int64()),
            "scores": pl.Array(pl.Float64(), window),
            "gated": pl.Array(pl.Boolean(), window),
            "bias": pl.Float64(),
        }
        return pl.DataFrame({name: columns[name] for name in _STATE}, schema=schema)

    @staticmethod
    def load(frame: pl.DataFrame, window: int) -> Pairs:
        """From the state."""
        if not len(frame) or frame["scores"].dtype != pl.Array(pl.Float64(), window):
            return Pairs.none(window)
        shape = len(frame), window
        return Pairs(
            np.array([frame[name].to_numpy() for name in _NUMBERS]),
            np.array(frame["scores"].to_numpy().reshape(shape), np.float64),
            np.array(frame["gated"].to_numpy().reshape(shape), np.bool_),
            np.array(frame["bias"].to_numpy()),
        )


def follow(
    pairs: Pairs, sources: Sources, now: Estimates, t_s: int, settings: FusionSettings
) -> tuple[Pairs, Ends]:
    """The pairs after an instant, and where their two tracks stand among the sources.

    Parameters
    ----------
    now
        The sources' places at the instant.
    """
    names = ("serial", "seen_s", "stopped", "vessel", "bias_var")
    serial, seen_s, stopped, vessel, bias_var = (sources[name] for name in names)
    (one, two), numbers, scores, gated, bias = _follow(
        pairs.held,
        (serial, sources.places.t_us, seen_s, stopped, vessel, bias_var),
        sources.registered, (now.x, now.p), t_s, settings.longest_gap_s,
        (*_extents(settings), settings.gate, stranger(settings) + FAR_OFF),
    )  # fmt: skip
    return Pairs(numbers, scores, gated, bias), (one, two)


@compiled
def _moves(x: Float, stopped: bool) -> bool:
    """Whether a track is under way."""
    return not stopped and x[2] * x[2] + x[3] * x[3] > UNDER_WAY_MS * UNDER_WAY_MS


@compiled
def _apart(
    x1: Float, x2: Float, p1: Float, p2: Float, bias1: float, bias2: float,
    noise: tuple[float, ...], s: Float, z: Float,
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
def _rows(pairs: Held, rows: Int, more: int) -> Held:
    """A copy of some of the pairs, with as many more behind them that have no instant yet."""
    numbers, scores, gated, bias = pairs
    n, window = len(rows) + more, scores.shape[1]
    new = np.zeros((len(numbers), n), np.int64)
    new_scores, new_gated = np.zeros((n, window)), np.zeros((n, window), np.bool_)
    new_bias = np.zeros(n)
    for k, i in enumerate(rows):
        for j in range(len(numbers)):
            new[j, k] = numbers[j, i]
        for j in range(window):
            new_scores[k, j], new_gated[k, j] = scores[i, j], gated[i, j]
        new_bias[k] = bias[i]
    return new, new_scores, new_gated, new_bias


@compiled
def _ends(pairs: Held, serial: Int) -> tuple[Int, Int, Int]:
    """The pairs of which both tracks are there, and where these stand."""
    first, second, k = pairs[0][0], pairs[0][1], 0
    rows, one, two = np.empty((3, len(first)), np.int64)
    for i in range(len(first)):
        a, b = position(serial, first[i]), position(serial, second[i])
        if min(a, b) >= 0:
            rows[k], one[k], two[k] = i, a, b
            k += 1
    return rows[:k], one[:k], two[:k]


@compiled
def _begun(
    near: Ends, known: Ends, tracks: Tracks, registered: Registered, where: Places,
    noise: tuple[float, ...],
) -> Int:  # fmt: skip
    """Those that are not known yet and would be followed on, by the first, then the second.

    They come as first × number of tracks + second. At a berth an MMSI lies beside many a BeiDou
    address: those that the register has apart are not followed.
    """
    _, _, _, stopped, vessel, bias_var = tracks
    x, p = where
    n = len(vessel)
    have = np.sort(known[0] * n + known[1])
    keys, k = np.empty(len(near[0]), np.int64), 0
    s, z = np.empty((4, 4)), np.empty(4)
    for a, b in zip(near[0], near[1]):  # noqa: B905 - Numba knows no `strict`
        if (stopped[a] or stopped[b]) and relation(registered, a, b) == APART:
            continue
        key = a * n + b
        if position(have, key) >= 0:
            continue
        d2, _, _ = _apart(x[a], x[b], p[a], p[b], bias_var[a], bias_var[b], noise, s, z)
        if d2 <= noise[2] or (vessel[a] >= 0 and vessel[a] == vessel[b]):
            keys[k] = key
            k += 1
    return np.sort(keys[:k])


@compiled
def _push(
    ends: Ends, heard_of: tuple[Bool, Bool], tracks: Tracks, where: Places,
    noise: tuple[float, ...], pairs: Held,
) -> Bool:  # fmt: skip
    """Put an instant into the windows of the pairs, in place; which of them are followed on.

    `heard_of`: which tracks are present, and which were heard anew. All else: see `_follow`.
    """
    one, two = ends
    present, anew = heard_of
    _, _, _, stopped, vessel, bias_var = tracks
    x, p = where
    numbers, scores, gated, bias = pairs
    _, _, count, heard, runs, misses, moving = numbers
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


@compiled
def _follow(
    pairs: Held, tracks: Tracks, registered: Registered, where: Places, t_s: int,
    longest_gap_s: int, noise: tuple[float, ...],
) -> tuple[Int, Int, Float, Bool, Float]:  # fmt: skip
    """The pairs whose tracks are both there, and new ones behind them, after an instant.

    First where their tracks stand, shape (2, n), then the columns of `Pairs`.

    Parameters
    ----------
    tracks
        Of all: serial; time and instant of the newest row; whether they lie still; vessel; m² of
        their radars' bias.
    where
        Of all: states (n, 4) and covariances (n, 4, 4).
    noise
        Half of the variance that a vessel's extent gives, in m²; of tracker's lag, in m²/s²; the
        gate; the worst score of an instant.
    """
    (serial, t_us, seen_s, _, _, bias_var), (x, p), n = tracks, where, len(tracks[0])
    present, anew, spread = np.empty(n, np.bool_), np.empty(n, np.bool_), np.empty(n)
    for i in range(n):
        present[i] = t_s * SECOND_US - t_us[i] <= longest_gap_s * SECOND_US
        anew[i] = seen_s[i] == t_s
        spread[i] = math.sqrt(max(p[i, 0, 0], p[i, 1, 1]) + bias_var[i])
    near = within(x, registered[0], spread, anew, west_to_east(x, registered[0], present))
    rows, one, two = _ends(pairs, serial)
    begun = _begun(near, (one, two), tracks, registered, where, noise)
    held = _rows(pairs, rows, len(begun))
    ends = np.empty((2, len(rows) + len(begun)), np.int64)
    for k in range(ends.shape[1]):
        if k < len(rows):
            ends[0, k], ends[1, k] = one[k], two[k]
        else:
            ends[0, k], ends[1, k] = divmod(begun[k - len(rows)], n)
            held[0][0, k], held[0][1, k] = serial[ends[0, k]], serial[ends[1, k]]
    followed = _push((ends[0], ends[1]), (present, anew), tracks, where, noise, held)
    if not followed.all():
        on = followed.nonzero()[0]
        held = _rows(held, on, 0)
        for k, row in enumerate(on):
            ends[0, k], ends[1, k] = ends[0, row], ends[1, row]
        ends = ends[:, : len(on)].copy()
    return ends, held[0], held[1], held[2], held[3]


def noise(sources: Sources, now: Estimates, at: Int, settings: FusionSettings) -> Float:
    """Covariances (n, 4, 4) of tracks at an instant, with what their radar may measure wrong."""
    p, (extent, lag) = now.p[at], _extents(settings)
    bias = sources["bias_var"][at] + extent
    p[:, 0, 0] += bias
    p[:, 1, 1] += bias
    p[:, 2, 2] += lag
    p[:, 3, 3] += lag
    return p
