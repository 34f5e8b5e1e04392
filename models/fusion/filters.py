"""Kalman filters of many tracks at once: predict, update, gate, fuse.

A state is `x, y, vx, vy` in the site's metric plane, moved by an Ornstein-Uhlenbeck velocity
(damping 0 is constant velocity; methods 2.1). Everything is written element by element, so that
what comes out for a track does not depend on how many others are in the arrays: no matrix product,
no sum over rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    def none() -> Estimates:
        """No track."""
        return Estimates(np.zeros((0, 4)), np.zeros((0, 4, 4)), np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.t_us)

    def take(self, which: Int | Bool) -> Estimates:
        """A copy of some of them."""
        return Estimates(self.x[which], self.p[which], self.t_us[which])

    def put(self, which: Int, other: Estimates) -> None:
        """Write others over some of them."""
        self.x[which], self.p[which], self.t_us[which] = other.x, other.p, other.t_us


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
        return Measurements(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def begin(seen: Measurements, speed_sigma_ms: float) -> Estimates:
    """States that rest on one measurement; what moves how fast is known to `speed_sigma_ms`."""
    n = len(seen.t_us)
    x, p = np.zeros((n, 4)), np.zeros((n, 4, 4))
    x[:, :2] = seen.xy
    p[:, :2, :2] = turned(seen.along, seen.along_var, seen.across_var)
    p[:, 2, 2] = p[:, 3, 3] = speed_sigma_ms * speed_sigma_ms
    state = Estimates(x, p, seen.t_us.copy())
    return _with_velocity(state, seen)


def turned(along: Float, along_var: Float, across_var: Float) -> Float:
    """Covariances (n, 2, 2) of noise whose first axis is `along`."""
    e, n = along[:, 0], along[:, 1]
    out = np.empty((len(e), 2, 2))
    out[:, 0, 0] = along_var * (e * e) + across_var * (n * n)
    out[:, 1, 1] = along_var * (n * n) + across_var * (e * e)
    out[:, 0, 1] = out[:, 1, 0] = (along_var - across_var) * (e * n)
    return out


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
    rate = np.zeros_like(dt) + damping
    free = rate <= 0.0
    by = np.where(free, 1.0, rate)
    keep = np.exp(-by * dt)
    lost = 1.0 - keep
    shift, both = lost / by, lost * (1.0 + keep)
    wide = np.maximum(dt - 2.0 * shift + both / (2.0 * by), 0.0) / (by * by)
    noise = (
        q * np.where(free, dt * dt * dt / 3.0, wide),
        q * np.where(free, dt * dt, shift * shift) / 2.0,
        q * np.where(free, dt, both / (2.0 * by)),
    )
    keep, shift = np.where(free, 1.0, keep), np.where(free, dt, shift)
    a, e = shift[:, None], keep[:, None]
    x = np.empty_like(states.x)
    x[:, :2] = states.x[:, :2] + a * states.x[:, 2:]
    x[:, 2:] = e * states.x[:, 2:]
    a, e = shift[:, None, None], keep[:, None, None]
    place, cross, speed = states.p[:, :2, :2], states.p[:, :2, 2:], states.p[:, 2:, 2:]
    p = np.empty_like(states.p)
    p[:, :2, :2] = place + a * (cross + cross.transpose(0, 2, 1)) + (a * a) * speed
    p[:, :2, 2:] = e * (cross + a * speed)
    p[:, 2:, 2:] = (e * e) * speed
    for i in (0, 1):
        p[:, i, i] += noise[0]
        p[:, i, i + 2] += noise[1]
        p[:, i + 2, i + 2] += noise[2]
    p[:, 2:, :2] = p[:, :2, 2:].transpose(0, 2, 1)
    return Estimates(x, p, np.maximum(states.t_us, to_us))


def update(states: Estimates, seen: Measurements) -> Estimates:
    """The states, predicted to the times of their measurements, after these."""
    east, north = seen.along[:, 0], seen.along[:, 1]
    nothing = np.zeros_like(east)
    along = (east, north, nothing, nothing)
    across = (-north, east, nothing, nothing)
    x, p = states.x, states.p
    for h, var in ((along, seen.along_var), (across, seen.across_var)):
        z = h[0] * seen.xy[:, 0] + h[1] * seen.xy[:, 1]
        x, p = _scalar(x, p, h, z, var)
    return _with_velocity(Estimates(x, p, seen.t_us.copy()), seen)


def _with_velocity(states: Estimates, seen: Measurements) -> Estimates:
    one, nothing = np.ones(len(states)), np.zeros(len(states))
    x, p = states.x, states.p
    for i, h in enumerate(((nothing, nothing, one, nothing), (nothing, nothing, nothing, one))):
        x, p = _scalar(x, p, h, seen.velocity[:, i], seen.velocity_var)
    return Estimates(x, p, states.t_us)


def _scalar(x: Float, p: Float, h: tuple[Float, ...], z: Float, var: Float) -> tuple[Float, Float]:
    """The update by one number `z = h·x + noise`."""
    g = p[:, :, 0] * h[0][:, None]
    for j in (1, 2, 3):
        g = g + p[:, :, j] * h[j][:, None]
    s = var + ((h[0] * g[:, 0] + h[1] * g[:, 1]) + (h[2] * g[:, 2] + h[3] * g[:, 3]))
    new = z - ((h[0] * x[:, 0] + h[1] * x[:, 1]) + (h[2] * x[:, 2] + h[3] * x[:, 3]))
    x = x + g * (new / s)[:, None]
    return x, p - (g[:, :, None] * g[:, None, :]) / s[:, None, None]


def inverse(s: Float) -> Float:
    """Inverses of symmetric positive matrices (n, 2, 2) or (n, 4, 4), written out."""
    out = np.empty_like(s)
    if s.shape[1] == 2:
        det = s[:, 0, 0] * s[:, 1, 1] - s[:, 0, 1] * s[:, 0, 1]
        out[:, 0, 0], out[:, 1, 1] = s[:, 1, 1] / det, s[:, 0, 0] / det
        out[:, 0, 1] = out[:, 1, 0] = -s[:, 0, 1] / det
        return out
    a, b, d = s[:, :2, :2], s[:, :2, 2:], s[:, 2:, 2:]
    first = inverse(a)
    across = _product(first, b)  # A⁻¹B
    rest = inverse(d - _product(b.transpose(0, 2, 1), across))
    side = _product(across, rest)
    corner = first + _product(side, across.transpose(0, 2, 1))
    out[:, :2, :2] = 0.5 * (corner + corner.transpose(0, 2, 1))
    out[:, :2, 2:] = -side
    out[:, 2:, :2] = -side.transpose(0, 2, 1)
    out[:, 2:, 2:] = rest
    return out


def _product(a: Float, b: Float) -> Float:
    """Products of matrices (n, 2, 2)."""
    return a[:, :, 0, None] * b[:, None, 0, :] + a[:, :, 1, None] * b[:, None, 1, :]


def mahalanobis(apart: Float, s: Float) -> tuple[Float, Float]:
    """Squared Mahalanobis distances and ln|S|, shapes (n,), of (n, d) under (n, d, d).

    >>> d2, _ = mahalanobis(np.array([[30.0, 40.0]]), 500.0 * np.eye(2)[None])
    >>> d2.tolist()
    [5.0]
    """
    a, z = s.copy(), apart.copy()
    d = s.shape[1]
    d2, volume = np.zeros(len(z)), np.ones(len(z))
    for i in range(d):
        pivot = a[:, i, i]
        volume = volume * pivot
        d2 = d2 + z[:, i] * z[:, i] / pivot
        for j in range(i + 1, d):
            by = a[:, j, i] / pivot
            z[:, j] = z[:, j] - by * z[:, i]
            for k in range(i + 1, j + 1):
                a[:, j, k] = a[:, j, k] - by * a[:, k, i]
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
    omega = _least_trace(inverse(p1[:, :2, :2]), inverse(p2[:, :2, :2]))
    x, p = fused(x1, p1, x2, p2, omega)
    return x, p, omega


def fused(x1: Float, p1: Float, x2: Float, p2: Float, omega: Float) -> tuple[Float, Float]:
    """Covariance intersection with given weights (n,) of the first."""
    w1, w2 = omega[:, None, None] * inverse(p1), (1.0 - omega)[:, None, None] * inverse(p2)
    p = inverse(w1 + w2)
    return _times(p, _times(w1, x1) + _times(w2, x2)), p


def _times(matrix: Float, vector: Float) -> Float:
    """Matrices (n, d, d) by vectors (n, d), in a fixed order."""
    out = matrix[:, :, 0] * vector[:, 0, None]
    for j in range(1, vector.shape[1]):
        out = out + matrix[:, :, j] * vector[:, j, None]
    return out


def _least_trace(i1: Float, i2: Float) -> Float:
    """The weight at which the trace of the inverse of `ω i1 + (1 − ω) i2` (n, 2, 2) is least.

    The trace is a linear function of ω over its determinant, a quadratic one: its derivative
    vanishes at the roots of a quadratic.
    """
    a0, b0, d0 = i2[:, 0, 0], i2[:, 0, 1], i2[:, 1, 1]
    a1, b1, d1 = i1[:, 0, 0] - a0, i1[:, 0, 1] - b0, i1[:, 1, 1] - d0
    s0, s1 = a0 + d0, a1 + d1
    c0, c1, c2 = a0 * d0 - b0 * b0, a0 * d1 + a1 * d0 - 2.0 * b0 * b1, a1 * d1 - b1 * b1
    square, linear, plain = s1 * c2, 2.0 * s0 * c2, s0 * c1 - s1 * c0
    root = np.sqrt(np.maximum(linear * linear - 4.0 * square * plain, 0.0))
    near = np.where(linear >= 0.0, -0.5 * (linear + root), -0.5 * (linear - root))
    best = np.zeros(len(i1))
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
