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

from core.settings import FusionSettings
from models.fusion.filters import Bool, Estimates, Float, Int, back, mahalanobis, turn
from models.fusion.ground import Ground
from models.fusion.neighbours import Ends, neighbours
from models.fusion.sources import Sources

FAR_OFF: Final = 15.0  # an instant speaks against a pair by so much at most
FORGET: Final = 4  # misses in a row after which a pair is no longer followed
UNDER_WAY_MS: Final = 1.0


def stranger(settings: FusionSettings) -> float:
    """The score at which a track may as well be of a vessel that only its own sensor sees."""
    each_m2 = settings.strangers_per_km2 * 1e-6
    each_ms2 = 1.0 / (2.0 * math.pi * settings.stranger_speed_ms**2)
    return -2.0 * math.log((2.0 * math.pi) ** 2 * each_m2 * each_ms2)


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

    @staticmethod
    def none(window: int) -> Pairs:
        """No pair."""
        return Pairs.new(np.zeros(0, np.int64), np.zeros(0, np.int64), window)

    @staticmethod
    def new(first: Int, second: Int, window: int) -> Pairs:
        """Pairs that have no instant yet."""
        n = len(first)
        wide, none = np.zeros((n, window), np.bool_), np.zeros(n, np.int64)
        scores = np.zeros((n, window))
        return Pairs(first, second, scores, wide, none, none, np.zeros(n), none, none, none)

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
        return pl.DataFrame(
            {f.name: getattr(self, f.name) for f in fields(self)},
            schema={f.name: kinds.get(f.name, pl.Int64()) for f in fields(self)},
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
        }
        return Pairs(**columns)

    def score(self) -> Float:
        """Mean over the window, shape (n,); what is not yet in it is 0."""
        total = np.cumsum(self.scores, axis=1)[:, -1]  # one after the other, whatever n is
        return np.asarray(total / np.maximum(self.count, 1), np.float64)

    def share(self) -> Float:
        """Of the window in the gate."""
        inside = np.count_nonzero(self.gated, axis=1)
        return np.asarray(inside / np.maximum(self.count, 1), np.float64)

    def independent(self) -> Float:
        """How many independent instants the window is worth: n of correlation ρ, n/(1+(n−1)ρ)."""
        n = np.maximum(self.count, 1)
        return np.asarray(n / (1.0 + (n - 1) * self.bias), np.float64)


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
    begun = neighbours(sources, now, present, anew, ground)
    if not len(pairs) and not len(begun[0]):
        return pairs, begun
    one, two = sources.index(pairs.first), sources.index(pairs.second)
    there = (one >= 0) & (two >= 0)
    if not there.all():
        pairs, one, two = pairs.at(there), one[there], two[there]
    known = pairs.first * _SHIFT + pairs.second
    keys = sources["serial"][begun[0]] * _SHIFT + sources["serial"][begun[1]]
    fresh = _new(keys, known)
    if fresh.any():
        one, two = (np.concatenate([a, b[fresh]]) for a, b in zip((one, two), begun, strict=True))
        pairs = _with(pairs, sources, one, two)
    counts = (present[one] & present[two] & (anew[one] | anew[two])).nonzero()[0]
    compared = apart(sources, now, one[counts], two[counts], settings)
    _push(pairs, counts, compared, (one, two), anew, _moves(sources, now), settings)
    vessel = sources["vessel"][one]
    mates = (sources["vessel"][two] == vessel) & (vessel >= 0)
    followed = (pairs.misses < FORGET) & (pairs.count > 0) & (pairs.gated.any(axis=1))
    followed |= mates
    if not followed.all():
        pairs, one, two = pairs.at(followed), one[followed], two[followed]
    return pairs, (one, two)


_SHIFT: Final = 1 << 31


def _new(keys: Int, known: Int) -> Bool:
    """Which keys are not known yet."""
    if not len(known):
        return np.ones(len(keys), np.bool_)
    known = np.sort(known)
    at = np.minimum(known.searchsorted(keys), len(known) - 1)
    return np.asarray(known[at] != keys, np.bool_)


def _with(pairs: Pairs, sources: Sources, one: Int, two: Int) -> Pairs:
    """The pairs with empty windows behind them for those of `one`, `two` that are new."""
    old, serial = len(pairs), sources["serial"]
    added = Pairs.new(serial[one[old:]], serial[two[old:]], pairs.scores.shape[1])
    return Pairs(
        **{
            f.name: np.concatenate([getattr(pairs, f.name), getattr(added, f.name)])
            for f in fields(Pairs)
        }
    )


def _push(
    pairs: Pairs,
    at: Int,
    apart_: tuple[Float, Float, Float],
    ends: tuple[Int, Int],
    anew: Bool,
    moves: Bool,
    settings: FusionSettings,
) -> None:
    """Put an instant into the windows of the pairs `at`."""
    one, two = ends[0][at], ends[1][at]
    d2, ln_s, bias = apart_
    inside = d2 <= settings.gate
    score = np.minimum(np.round(d2 + ln_s, 6), stranger(settings) + FAR_OFF)
    heard = pairs.heard[at] | (anew[one] * 1) | (anew[two] * 2)
    common = (heard == 3) | (pairs.count[at] == 0)
    pairs.heard[at] = np.where(common, 0, heard)
    pushed = at[common]
    pairs.scores[pushed, :-1] = pairs.scores[pushed, 1:]
    pairs.gated[pushed, :-1] = pairs.gated[pushed, 1:]
    pairs.scores[at, -1], pairs.gated[at, -1] = score, inside
    window = pairs.scores.shape[1]
    pairs.count[pushed] = np.minimum(pairs.count[pushed] + 1, window)
    pairs.bias[at] = bias
    pairs.runs[at] = np.where(inside, pairs.runs[at] + 1, 0)
    pairs.misses[at] = np.where(inside, 0, pairs.misses[at] + 1)
    pairs.moving[at] += inside & common & moves[one] & moves[two]


def _moves(sources: Sources, now: Estimates) -> Bool:
    v = now.x[:, 2:]
    fast = v[:, 0] * v[:, 0] + v[:, 1] * v[:, 1] > UNDER_WAY_MS * UNDER_WAY_MS
    return np.asarray(fast & ~sources["stopped"], np.bool_)


def noise(sources: Sources, now: Estimates, at: Int, settings: FusionSettings) -> Float:
    """Covariances (n, 4, 4) of tracks at an instant, with what their radar may measure wrong."""
    p = back(turn(now.p).take(at, axis=2))
    bias = sources["bias_var"][at] + 0.5 * settings.extent_m * settings.extent_m
    lag = 0.5 * settings.speed_extent_ms * settings.speed_extent_ms
    p[:, 0, 0] += bias
    p[:, 1, 1] += bias
    p[:, 2, 2] += lag
    p[:, 3, 3] += lag
    return p


def apart(
    sources: Sources, now: Estimates, one: Int, two: Int, settings: FusionSettings
) -> tuple[Float, Float, Float]:
    """Squared Mahalanobis distance of place and velocity, ln|S|, and the lasting part of S."""
    s = noise(sources, now, one, settings) + noise(sources, now, two, settings)
    extent = settings.extent_m * settings.extent_m
    lasting = sources["bias_var"][one] + sources["bias_var"][two] + extent
    d2, ln_s = mahalanobis(now.x[one] - now.x[two], s)
    return d2, ln_s, 2.0 * lasting / (s[:, 0, 0] + s[:, 1, 1])
