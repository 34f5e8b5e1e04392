"""Kalman filters of many tracks at once: predict, update, gate, fuse.

A state is `x, y, vx, vy` in the site's metric plane, moved by an Ornstein-Uhlenbeck velocity
(damping 0 is constant velocity; methods 2.1). Everything is written element by element, so that
what comes out for a track does not depend on how many others are in the arrays: no matrix product,
no sum over rows.

Shapes are (n, 4) and (n, 4, 4), but memory is the other way round: each number of all tracks lies
together (`states`), so that one operation on it runs through memory. `turn` and `back` go between.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]
#: What `moved` gives, each of shape (n,).
Motion = tuple[Float, Float, Float, Float, Float]

#: χ² at 95, 99, 99.7 and 99.9 % (methods 2.1).
CHI2_2 = (5.991, 9.210, 11.618, 13.816)
CHI2_4 = (9.488, 13.277, 16.014, 18.467)

SECOND_US = 1_000_000
NOT_MEASURED = 1e15  # a variance so large that a measurement says nothing


def turn(a: Float) -> Float:
    """The same numbers with the tracks last: (n, …) as (…, n), a view."""
    return np.moveaxis(a, 0, -1) if a.ndim != 3 else a.transpose(1, 2, 0)


def back(a: Float) -> Float:
    """The same numbers with the tracks first: (…, n) as (n, …), a view."""
    return np.moveaxis(a, -1, 0) if a.ndim != 3 else a.transpose(2, 0, 1)


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
    def none() -> Estimates:
        """No track."""
        return Estimates.of(0)

    @staticmethod
    def of(n: int) -> Estimates:
        """Room for n tracks: zeros, laid out as everything here likes it."""
        return Estimates(np.zeros((4, n)).T, back(np.zeros((4, 4, n))), np.zeros(n, np.int64))

    def __len__(self) -> int:
        return len(self.t_us)

    def take(self, which: Int | Bool) -> Estimates:
        """A copy of some of them."""
        at = which.nonzero()[0] if which.dtype == np.bool_ else which
        x, p = self.x.T.take(at, axis=1), turn(self.p).take(at, axis=2)
        return Estimates(x.T, back(p), self.t_us[at])

    def put(self, which: Int, other: Estimates) -> None:
        """Write others over some of them."""
        self.x[which], self.p[which], self.t_us[which] = other.x, other.p, other.t_us

    def with_(self, other: Estimates) -> Estimates:
        """Others behind them."""
        x = np.concatenate([self.x.T, other.x.T], axis=1)
        p = np.concatenate([turn(self.p), turn(other.p)], axis=2)
        return Estimates(x.T, back(p), np.concatenate([self.t_us, other.t_us]))


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
        return self.part(which)

    def part(self, which: Int | Bool | slice) -> Measurements:
        """Some of them, or those that stand together."""
        return Measurements(
            self.xy[which], self.along[which], self.along_var[which], self.across_var[which],
            self.velocity[which], self.velocity_var[which], self.t_us[which],
        )  # fmt: skip


def begin(seen: Measurements, speed_sigma_ms: float) -> Estimates:
    """States that rest on one measurement; what moves how fast is known to `speed_sigma_ms`."""
    state = Estimates.of(len(seen.t_us))
    state.x[:, :2] = seen.xy
    state.p[:, :2, :2] = turned(seen.along, seen.along_var, seen.across_var)
    state.p[:, 2, 2] = state.p[:, 3, 3] = speed_sigma_ms * speed_sigma_ms
    state.t_us[:] = seen.t_us
    _take_velocity(state.x.T, turn(state.p), seen)
    return state


def turned(along: Float, along_var: Float, across_var: Float) -> Float:
    """Covariances (n, 2, 2) of noise whose first axis is `along`."""
    e, n = along[:, 0], along[:, 1]
    out = np.empty((2, 2, len(e)))
    ee, nn = e * e, n * n
    out[0, 0] = along_var * ee + across_var * nn
    out[1, 1] = along_var * nn + across_var * ee
    out[0, 1] = out[1, 0] = (along_var - across_var) * (e * n)
    return back(out)


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
    dt = np.maximum(to_us - states.t_us, 0) / SECOND_US
    x, p = carried(states.x.T, turn(states.p), moved(dt, q, np.zeros_like(dt) + damping))
    return Estimates(x.T, back(p), np.maximum(states.t_us, to_us))


def carried(was: Float, p_was: Float, by: Motion) -> tuple[Float, Float]:
    """States (4, n) with covariances (4, 4, n) after a motion."""
    keep, shift, *noise = by
    n = len(shift)
    x, p = np.empty((4, n)), np.empty((4, 4, n))
    x[:2] = was[:2] + shift * was[2:]
    x[2:] = keep * was[2:]
    place, cross, speed = p_was[:2, :2], p_was[:2, 2:], p_was[2:, 2:]
    p[:2, :2] = place + shift * (cross + cross.transpose(1, 0, 2)) + (shift * shift) * speed
    p[:2, 2:] = keep * (cross + shift * speed)
    p[2:, 2:] = (keep * keep) * speed
    flat = p.reshape(16, n)
    for first, grown in zip((0, 2, 10), noise, strict=True):
        flat[first : first + 6 : 5] += grown  # the two axes
    p[2:, :2] = p[:2, 2:].transpose(1, 0, 2)
    return x, p


def moved(dt: Float, q: Float, rate: Float) -> Motion:
    """What stays of the velocity, how far it carries; growth of place, of both, of velocity."""
    free = rate <= 0.0
    anyone = bool(free.any())
    by = np.where(free, 1.0, rate) if anyone else rate
    keep = np.exp(-by * dt)
    lost = 1.0 - keep
    shift = lost / by
    speed = lost * (1.0 + keep) / (2.0 * by)
    place = np.maximum(dt - 2.0 * shift + speed, 0.0) / (by * by)
    both = shift * shift
    if anyone:
        place, both = np.where(free, dt * dt * dt / 3.0, place), np.where(free, dt * dt, both)
        speed, keep = np.where(free, dt, speed), np.where(free, 1.0, keep)
        shift = np.where(free, dt, shift)
    return keep, shift, q * place, q * both / 2.0, q * speed


def update(states: Estimates, seen: Measurements) -> Estimates:
    """The states, predicted to the times of their measurements, after these."""
    x, p = np.array(states.x.T, order="C"), np.array(turn(states.p), order="C")
    corrected(x, p, seen)
    return Estimates(x.T, back(p), seen.t_us.copy())


def corrected(x: Float, p: Float, seen: Measurements) -> None:
    """The update of `x` (4, n) and `p` (4, 4, n), in place, by places and what is said of speed."""
    east, north = seen.along.T
    at_x, at_y = seen.xy.T
    for a, b, var in ((east, north, seen.along_var), (-north, east, seen.across_var)):
        g = p[:, 0] * a + p[:, 1] * b
        s = var + (a * g[0] + b * g[1])
        new = (a * at_x + b * at_y) - (a * x[0] + b * x[1])
        _scalar(x, p, g, new, s)
    _take_velocity(x, p, seen)


def _take_velocity(x: Float, p: Float, seen: Measurements) -> None:
    """The update of `x` (4, n) and `p` (4, 4, n), in place, by what is said of the velocity."""
    for i in (0, 1):
        g = p[:, 2 + i]
        _scalar(x, p, g, seen.velocity[:, i] - x[2 + i], seen.velocity_var + g[2 + i])


def _scalar(x: Float, p: Float, g: Float, new: Float, s: Float) -> None:
    """The update, in place, by one number that is `new` off, of variance `s`; `g` is P·h."""
    x += g * (new / s)
    p -= (g[:, None] * g[None]) / s


def inverse(s: Float) -> Float:
    """Inverses of symmetric positive matrices (n, 2, 2) or (n, 4, 4), written out."""
    return back(inverted(turn(s)))


def inverted(s: Float) -> Float:
    """The same of (2, 2, n) or (4, 4, n)."""
    out = np.empty(s.shape)
    if len(s) == 2:
        det = s[0, 0] * s[1, 1] - s[0, 1] * s[0, 1]
        out[0, 0], out[1, 1] = s[1, 1] / det, s[0, 0] / det
        out[0, 1] = out[1, 0] = -s[0, 1] / det
        return out
    a, b, d = s[:2, :2], s[:2, 2:], s[2:, 2:]
    first = inverted(a)
    across = _product(first, b)  # A⁻¹B
    rest = inverted(d - _product(b.transpose(1, 0, 2), across))
    side = _product(across, rest)
    corner = first + _product(side, across.transpose(1, 0, 2))
    out[:2, :2] = 0.5 * (corner + corner.transpose(1, 0, 2))
    np.negative(side, out=out[:2, 2:])
    np.negative(side.transpose(1, 0, 2), out=out[2:, :2])
    out[2:, 2:] = rest
    return out


def _product(a: Float, b: Float) -> Float:
    """Products of matrices (2, 2, n)."""
    return a[:, 0, None] * b[None, 0] + a[:, 1, None] * b[None, 1]


def mahalanobis(apart: Float, s: Float) -> tuple[Float, Float]:
    """Squared Mahalanobis distances and ln|S|, shapes (n,), of (n, d) under (n, d, d).

    >>> d2, _ = mahalanobis(np.array([[30.0, 40.0]]), 500.0 * np.eye(2)[None])
    >>> d2.tolist()
    [5.0]
    """
    a, z = np.array(turn(s), order="C"), np.array(apart.T, order="C")
    d2, volume = np.zeros(z.shape[1]), np.ones(z.shape[1])
    for i in range(len(z)):
        pivot = a[i, i]
        volume = volume * pivot
        d2 = d2 + z[i] * z[i] / pivot
        below = a[i + 1 :, i]
        by = below / pivot
        z[i + 1 :] -= by * z[i]
        a[i + 1 :, i + 1 :] -= by[:, None] * below[None]
    return d2, np.log(volume)


def covariance_intersection(
    x1: Float, p1: Float, x2: Float, p2: Float
) -> tuple[Float, Float, Float]:
    """Fuse estimates whose correlation is unknown (Julier & Uhlmann 1997).

    ω is chosen so that the trace of the place's covariance (the first two rows) is least.

    Parameters
    ----------
    x1, x2
        Shape (n, d).
    p1, p2
        Shape (n, d, d).

    Returns
    -------
    Mean (n, d), covariance (n, d, d), and ω (n,), the weight of the first.
    """
    omega = least_trace(inverted(turn(p1)[:2, :2]), inverted(turn(p2)[:2, :2]))
    x, p = fused(x1, p1, x2, p2, omega)
    return x, p, omega


def fused(x1: Float, p1: Float, x2: Float, p2: Float, omega: Float) -> tuple[Float, Float]:
    """Covariance intersection with given weights (n,) of the first."""
    x, p = intersected(x1.T, inverted(turn(p1)), x2.T, inverted(turn(p2)), omega)
    return x.T, back(p)


def intersected(x1: Float, i1: Float, x2: Float, i2: Float, omega: Float) -> tuple[Float, Float]:
    """The same of (d, n) with inverse covariances (d, d, n)."""
    w1, w2 = omega * i1, (1.0 - omega) * i2
    p = inverted(w1 + w2)
    return _times(p, _times(w1, x1) + _times(w2, x2)), p


def _times(matrix: Float, vector: Float) -> Float:
    """Matrices (d, d, n) by vectors (d, n), in a fixed order."""
    out: Float = matrix[:, 0] * vector[0]
    for j in range(1, len(vector)):
        out = out + matrix[:, j] * vector[j]
    return out


def least_trace(i1: Float, i2: Float) -> Float:
    """The weight at which the trace of the inverse of `ω i1 + (1 − ω) i2` (2, 2, n) is least.

    The trace is a linear function of ω over its determinant, a quadratic one: its derivative
    vanishes at the roots of a quadratic.
    """
    a0, b0, d0 = i2[0, 0], i2[0, 1], i2[1, 1]
    a1, b1, d1 = i1[0, 0] - a0, i1[0, 1] - b0, i1[1, 1] - d0
    s0, s1 = a0 + d0, a1 + d1
    c0, c1, c2 = a0 * d0 - b0 * b0, a0 * d1 + a1 * d0 - 2.0 * b0 * b1, a1 * d1 - b1 * b1
    square, linear, plain = s1 * c2, 2.0 * s0 * c2, s0 * c1 - s1 * c0
    root = np.sqrt(np.maximum(linear * linear - 4.0 * square * plain, 0.0))
    near = np.where(linear >= 0.0, -0.5 * (linear + root), -0.5 * (linear - root))
    best = np.zeros(len(s0))
    least = s0 / c0
    for over, under in ((near, square), (plain, near), (np.ones_like(s0), np.ones_like(s0))):
        there = np.abs(under) > 1e-300
        w = np.where(there, over, 0.0) / np.where(there, under, 1.0)
        w = np.where((w >= 0.0) & (w <= 1.0), w, 0.0)
        trace = (s0 + s1 * w) / (c0 + w * (c1 + w * c2))
        best, least = np.where(trace < least, w, best), np.minimum(trace, least)
    return best


def larger_axis_m(p: Float) -> Float:
    """The larger half-axis of the 1-sigma ellipse of the place, shape (n,)."""
    mean = 0.5 * (p[:, 0, 0] + p[:, 1, 1])
    half = 0.5 * (p[:, 0, 0] - p[:, 1, 1])
    return np.sqrt(mean + np.sqrt(half * half + p[:, 0, 1] * p[:, 0, 1]))
