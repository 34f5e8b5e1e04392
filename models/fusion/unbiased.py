"""Echoes without what their radar measures wrong, in the metric plane (see `registration`)."""

from __future__ import annotations

import numpy as np

from core.compiled import compiled
from models.fusion.filters import Float, Int
from models.fusion.ground import RADARS_FROM, Ground
from models.fusion.radar_bias import PRIOR, RegistrationState
from models.fusion.registration import UNKNOWN


def unbiased(
    kind: Int, xy: Float, velocity: Float, bias: RegistrationState, ground: Ground
) -> tuple[Float, Float]:
    """Places as they would be without bias, and what bias may be left in them.

    Parameters
    ----------
    kind
        Shape (n,): of each row; only radars of the site are corrected.
    xy, velocity
        Shape (n, 2).

    Returns
    -------
    Places (n, 2), and variances (n,) in m², large where the radar is not registered.
    """
    return _unbiased(kind, xy, velocity, _table(bias, ground), ground.radar_xy)


@compiled
def _unbiased(
    kind: Int, xy: Float, velocity: Float, table: Float, radar_xy: Float
) -> tuple[Float, Float]:
    """The same by the table of radars: what it measures too much is turned and pulled back."""
    moved, left = xy.copy(), np.zeros(len(xy))
    for k in range(len(xy)):
        if kind[k] < RADARS_FROM:
            continue
        radar = min(kind[k] - RADARS_FROM, len(radar_xy) - 1)
        d_range, sine, clock = table[radar, 0], table[radar, 1], table[radar, 2]
        range_sigma, bearing_sigma, clock_sigma = table[radar, 3], table[radar, 4], table[radar, 5]
        ve, vn = velocity[k, 0], velocity[k, 1]
        ve, vn = 0.0 if np.isnan(ve) else ve, 0.0 if np.isnan(vn) else vn
        left[k] = (ve * ve + vn * vn) * (clock_sigma * clock_sigma)
        east, north = xy[k, 0] - radar_xy[radar, 0], xy[k, 1] - radar_xy[radar, 1]
        far = np.sqrt(east * east + north * north)
        if not np.isfinite(far):
            left[k] += UNKNOWN[0] * UNKNOWN[0]
            continue
        keep = 1.0 - d_range / max(far, 1.0)
        cosine = np.sqrt(1.0 - sine * sine)  # of a small angle, to 1e-4
        moved[k, 0] = keep * (east * cosine - north * sine) + radar_xy[radar, 0] + ve * clock
        moved[k, 1] = keep * (north * cosine + east * sine) + radar_xy[radar, 1] + vn * clock
        ahead, aside = max(range_sigma, table[radar, 6] * far), far * bearing_sigma
        left[k] += ahead * ahead + aside * aside
    return moved, left


def _table(bias: RegistrationState, ground: Ground) -> Float:
    """Of each radar: range, bearing, clock; the sigma of each; the range's share."""
    unknown = (0.0, 0.0, 0.0, UNKNOWN[0], UNKNOWN[2], PRIOR[2], UNKNOWN[1])
    rows = []
    for name in (*ground.radars, ""):
        held = bias.radars.get(name)
        estimate = held.estimate if held else None
        known = estimate and (*estimate.value, *estimate.sigma, 0.0)
        rows.append(known or unknown)
    return np.array(rows)
