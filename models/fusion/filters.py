"""Kalman filters of tracks: predict, update, gate, fuse.

A state is `x, y, vx, vy` in the site's metric plane, moved by an Ornstein-Uhlenbeck velocity
(damping 0 is constant velocity; methods 2.1). The steps of one track (`carry`, `correct`, `start`,
`intersect`) are compiled, as are the loops over tracks around them here and in `taking` and
`fixes`; what comes out for a track does not depend on how many others are in the arrays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.compiled import compiled

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

#: χ² at 95, 99, 99.7 and 99.9 % (methods 2.1).
CHI2_2 = (5.991, 9.210, 11.618, 13.816)
CHI2_4 = (9.488, 13.277, 16.014, 18.467)

SECOND_US = 1_000_000
NOT_MEASURED = 1e15  # a variance so large that a measurement says nothing


@dataclass
class Estimates:
    """States of n tracks.

    Attributes
    ----------
    x
        Shape (n, 4): metres east and north in the plane, metres a second.
    p
        Shape (n, 4, 4): its covariance.
    t_us
        Shape (n,): for when.
    """

    x: Float
    p: Float
    t_us: Int

    @staticmethod
    def of(n: int) -> Estimates:
        """Room for n tracks: zeros."""
        return Estimates(np.zeros((n, 4)), np.zeros((n, 4, 4)), np.zeros(n, np.int64))

    def __len__(self) -> int:
        return len(self.t_us)

    def copy(self) -> Estimates:
        """The same, to be changed."""
        return Estimates(self.x.copy(), self.p.copy(), self.t_us.copy())

    def take(self, which: Int | Bool) -> Estimates:
        """A copy of some of them."""
        return Estimates(self.x[which], self.p[which], self.t_us[which])

    def put(self, which: Int, other: Estimates) -> None:
        """Write others over some of them."""
        self.x[which], self.p[which], self.t_us[which] = other.x, other.p, other.t_us

    def with_(self, other: Estimates) -> Estimates:
        """Others behind them."""
        x, p = np.concatenate([self.x, other.x]), np.concatenate([self.p, other.p])
        return Estimates(x, p, np.concatenate([self.t_us, other.t_us]))


@dataclass
class Measurements:
    """One measurement of each of n tracks: a place, and a velocity where there is one.

    Attributes
    ----------
    xy, velocity
        Shape (n, 2): metres, metres a second.
    along
        Shape (n, 2): unit vector of the first axis of its noise (from a radar to its target).
    along_var, across_var, velocity_var
        Shape (n,): m², m², m²/s²; `NOT_MEASURED` where there is no velocity.
    t_us
        Shape (n,).
    """

    xy: Float
    along: Float
    along_var: Float
    across_var: Float
    velocity: Float
    velocity_var: Float
    t_us: Int

    def take(self, which: Int | Bool) -> Measurements:
        """Some of them."""
        return Measurements(
            self.xy[which], self.along[which], self.along_var[which], self.across_var[which],
            self.velocity[which], self.velocity_var[which], self.t_us[which],
        )  # fmt: skip

    def row(self) -> Float:
        """As what `correct` takes: shape (n, 9)."""
        return np.column_stack(
            [self.xy, self.along, self.along_var, self.across_var, self.velocity, self.velocity_var]
        )


def begin(seen: Measurements, speed_sigma_ms: float) -> Estimates:
    """States that rest on one measurement; what moves how fast is known to `speed_sigma_ms`."""
    states = Estimates.of(len(seen.t_us))
    _begin(states.x, states.p, seen.row(), speed_sigma_ms)
    states.t_us[:] = seen.t_us
    return states


def predict(states: Estimates, to_us: Int, q: Float, damping: Float | float) -> Estimates:
    """The states at other times, their covariances grown.

    Parameters
    ----------
    to_us
        Shape (n,); a time before the state's leaves it as it is.
    q
        Shape (n,): spectral density of the acceleration, m²/s³.
    damping
        Of the velocity, 1/s, for each or for all; 0 for constant velocity.
    """
    after = Estimates(states.x.copy(), states.p.copy(), np.maximum(states.t_us, to_us))
    dt_s = np.maximum(to_us - states.t_us, 0) / SECOND_US
    _predict(after.x, after.p, dt_s, q, np.zeros(len(states)) + damping)
    return after


def update(states: Estimates, seen: Measurements) -> Estimates:
    """The states, predicted to the times of their measurements, after these."""
    after = Estimates(states.x.copy(), states.p.copy(), seen.t_us.copy())
    _update(after.x, after.p, seen.row())
    return after


def turned(along: Float, along_var: Float, across_var: Float) -> Float:
    """Covariances (n, 2, 2) of noise whose first axis is `along`."""
    e, n = along[:, 0], along[:, 1]
    out = np.empty((len(e), 2, 2))
    ee, nn = e * e, n * n
    out[:, 0, 0] = along_var * ee + across_var * nn
    out[:, 1, 1] = along_var * nn + across_var * ee
    out[:, 0, 1] = out[:, 1, 0] = (along_var - across_var) * (e * n)
    return out


def mahalanobis(apart: Float, s: Float) -> tuple[Float, Float]:
    """Squared Mahalanobis distances and ln|S|, shapes (n,), of (n, d) under (n, d, d).

    >>> d2, _ = mahalanobis(np.array([[30.0, 40.0]]), 500.0 * np.eye(2)[None])
    >>> d2.tolist()
    [5.0]
    """
    return _mahalanobis(np.ascontiguousarray(apart), np.array(s, order="C"))


@compiled
def larger_axis_m(p: Float) -> Float:
    """The larger half-axis of the 1-sigma ellipse of the place, shape (n,), of (n, 4, 4)."""
    out = np.empty(len(p))
    for k in range(len(p)):
        mean, half = 0.5 * (p[k, 0, 0] + p[k, 1, 1]), 0.5 * (p[k, 0, 0] - p[k, 1, 1])
        out[k] = math.sqrt(mean + math.sqrt(half * half + p[k, 0, 1] * p[k, 0, 1]))
    return out


@compiled
def carry(x: Float, p: Float, dt_s: float, q: float, rate: float) -> None:
    """Move a state (4,) with its covariance (4, 4) on by `dt_s`, in place: see `predict`."""
    keep, shift, place, both, speed = 1.0, dt_s, dt_s * dt_s * dt_s / 3.0, dt_s * dt_s, dt_s
    if rate > 0.0:
        keep = math.exp(-rate * dt_s)
        lost = 1.0 - keep
        shift = lost / rate
        speed = lost * (1.0 + keep) / (2.0 * rate)
        place = max(dt_s - 2.0 * shift + speed, 0.0) / (rate * rate)
        both = shift * shift
    for i in range(2):
        x[i] += shift * x[2 + i]
        x[2 + i] *= keep
    for i in range(2):
        for j in range(i, 2):
            p[i, j] += shift * (p[i, 2 + j] + p[j, 2 + i]) + shift * shift * p[2 + i, 2 + j]
            p[j, i] = p[i, j]
    for i in range(2):
        for j in range(2):
            p[i, 2 + j] = keep * (p[i, 2 + j] + shift * p[2 + i, 2 + j])
            p[2 + j, i] = p[i, 2 + j]
    for i in range(2):
        for j in range(2):
            p[2 + i, 2 + j] *= keep * keep
    for i in range(2):
        p[i, i] += q * place
        p[i, 2 + i] += q * both / 2.0
        p[2 + i, i] += q * both / 2.0
        p[2 + i, 2 + i] += q * speed


@compiled
def correct(x: Float, p: Float, seen: Float) -> None:
    """The update of a state (4,) with its covariance (4, 4), in place.

    `seen` (9,): place, first axis of its noise, variances along and across it, velocity and the
    variance of each of its components.
    """
    for axis in range(2):
        a, b = (seen[2], seen[3]) if axis == 0 else (-seen[3], seen[2])
        new = (a * seen[0] + b * seen[1]) - (a * x[0] + b * x[1])
        _scalar(x, p, a, b, 0, new, seen[4 + axis])
    for i in range(2):
        _scalar(x, p, 1.0 - i, 0.0 + i, 2, seen[6 + i] - x[2 + i], seen[8])


@compiled
def _scalar(
    x: Float, p: Float, a: float, b: float, first: int, new: float, variance: float
) -> None:
    """The update by a number, `new` off: `a` and `b` times the two of the state from `first` on."""
    g0, g1 = p[0, first] * a + p[0, first + 1] * b, p[1, first] * a + p[1, first + 1] * b
    g2, g3 = p[2, first] * a + p[2, first + 1] * b, p[3, first] * a + p[3, first + 1] * b
    g = (g0, g1, g2, g3)
    s = variance + (a * g[first] + b * g[first + 1])
    for i in range(4):
        x[i] += g[i] * (new / s)
        for j in range(4):
            p[i, j] -= g[i] * g[j] / s


@compiled
def start(x: Float, p: Float, seen: Float, speed_sigma_ms: float) -> None:
    """A state (4,) and its covariance (4, 4) that rest on one measurement (9,): see `correct`."""
    e, n, along_var, across_var = seen[2], seen[3], seen[4], seen[5]
    x[0], x[1], x[2], x[3] = seen[0], seen[1], 0.0, 0.0
    p[:] = 0.0
    p[0, 0] = along_var * (e * e) + across_var * (n * n)
    p[1, 1] = along_var * (n * n) + across_var * (e * e)
    p[0, 1] = p[1, 0] = (along_var - across_var) * (e * n)
    p[2, 2] = p[3, 3] = speed_sigma_ms * speed_sigma_ms
    for i in range(2):
        _scalar(x, p, 1.0 - i, 0.0 + i, 2, seen[6 + i] - x[2 + i], seen[8])


@compiled
def intersect(x: Float, p: Float, x2: Float, p2: Float) -> float:
    """Fuse estimates whose correlation is unknown (Julier & Uhlmann 1997), into the first.

    The weight is chosen so that the trace of the place's covariance (the first two rows) is least.

    Parameters
    ----------
    x, x2
        Shape (d,), d of 2 or more.
    p, p2
        Shape (d, d).

    Returns
    -------
    The weight of the first.
    """
    omega = _least_trace(p[0, 0], p[0, 1], p[1, 1], p2[0, 0], p2[0, 1], p2[1, 1])
    d = len(x)
    other = p2.copy()
    invert(p)
    invert(other)
    sums = np.zeros(d)
    for i in range(d):
        for j in range(d):
            own, theirs = omega * p[i, j], (1.0 - omega) * other[i, j]
            sums[i] += own * x[j] + theirs * x2[j]
            p[i, j] = own + theirs
    invert(p)
    for i in range(d):
        x[i] = 0.0
        for j in range(d):
            x[i] += p[i, j] * sums[j]
    return omega


@compiled
def invert(a: Float) -> None:
    """The inverse of a symmetric positive matrix (d, d), in place: swept pivot by pivot."""
    d = len(a)
    for k in range(d):
        by = 1.0 / a[k, k]
        for i in range(d):
            for j in range(i, d):
                if i != k and j != k:
                    a[i, j] = a[j, i] = a[i, j] - a[i, k] * a[j, k] * by
        for i in range(d):
            a[i, k] = a[k, i] = a[i, k] * by
        a[k, k] = -by
    for i in range(d):
        for j in range(d):
            a[i, j] = -a[i, j]


@compiled
def _least_trace(xx1: float, xy1: float, yy1: float, xx2: float, xy2: float, yy2: float) -> float:
    """The weight ω at which the trace of the intersection of two covariances (2, 2) is least.

    The trace of the inverse of ω i1 + (1 − ω) i2 is a linear function of ω over its determinant, a
    quadratic one: its derivative vanishes at the roots of a quadratic.
    """
    det1, det2 = xx1 * yy1 - xy1 * xy1, xx2 * yy2 - xy2 * xy2
    a0, b0, d0 = yy2 / det2, -xy2 / det2, xx2 / det2
    a1, b1, d1 = yy1 / det1 - a0, -xy1 / det1 - b0, xx1 / det1 - d0
    s0, s1 = a0 + d0, a1 + d1
    c0, c1, c2 = a0 * d0 - b0 * b0, a0 * d1 + a1 * d0 - 2.0 * b0 * b1, a1 * d1 - b1 * b1
    square, linear, plain = s1 * c2, 2.0 * s0 * c2, s0 * c1 - s1 * c0
    root = math.sqrt(max(linear * linear - 4.0 * square * plain, 0.0))
    near = -0.5 * (linear + root) if linear >= 0.0 else -0.5 * (linear - root)
    best, least = 0.0, s0 / c0
    for over, under in ((near, square), (plain, near), (1.0, 1.0)):
        w = over / under if abs(under) > 1e-300 else 0.0
        if 0.0 <= w <= 1.0:
            trace = (s0 + s1 * w) / (c0 + w * (c1 + w * c2))
            if trace < least:
                best, least = w, trace
    return best


@compiled
def _begin(x: Float, p: Float, seen: Float, speed_sigma_ms: float) -> None:
    for k in range(len(x)):
        start(x[k], p[k], seen[k], speed_sigma_ms)


@compiled
def _predict(x: Float, p: Float, dt_s: Float, q: Float, rate: Float) -> None:
    for k in range(len(x)):
        carry(x[k], p[k], dt_s[k], q[k], rate[k])


@compiled
def _update(x: Float, p: Float, seen: Float) -> None:
    for k in range(len(x)):
        correct(x[k], p[k], seen[k])


@compiled
def _mahalanobis(apart: Float, s: Float) -> tuple[Float, Float]:
    """Overwrites `s`: by elimination, the pivots of which are the variances left."""
    n, d = apart.shape
    d2, ln_s = np.zeros(n), np.empty(n)
    for k in range(n):
        z, a, volume = apart[k].copy(), s[k], 1.0
        for i in range(d):
            volume *= a[i, i]
            d2[k] += z[i] * z[i] / a[i, i]
            for j in range(i + 1, d):
                by = a[j, i] / a[i, i]
                z[j] -= by * z[i]
                for m in range(i + 1, d):
                    a[j, m] -= by * a[m, i]
        ln_s[k] = math.log(volume)
    return d2, ln_s
