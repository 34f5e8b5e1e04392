"""Echoes without what their radar measures wrong, in the metric plane (see `registration`)."""

from __future__ import annotations

import numpy as np

from core.compiled import compiled
from models.fusion.filters import Float, Int
from models.fusion.ground import RADARS_FROM, Ground
from models.fusion.radar_bias import PRIOR, RegistrationState
from models.fusion.registration import UNKNOWN
from models.fusion.residuals import without


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
    return all_placed(kind, xy, velocity, table(bias, ground), ground.radar_xy)


@compiled
def placed(
    radar: int, xy: Float, velocity: Float, table: Float, radar_xy: Float
) -> tuple[float, float, float]:
    """A radar's echo by the table of radars: what it measures too much is turned and pulled back.

    East and north in metres, and the variance that is left in m².
    """
    radar = min(radar, len(radar_xy) - 1)
    d_range, sine, clock = table[radar, 0], table[radar, 1], table[radar, 2]
    range_sigma, bearing_sigma, clock_sigma = table[radar, 3], table[radar, 4], table[radar, 5]
    ve, vn = velocity[0], velocity[1]
    ve, vn = 0.0 if np.isnan(ve) else ve, 0.0 if np.isnan(vn) else vn
    left = (ve * ve + vn * vn) * (clock_sigma * clock_sigma)
    east, north = xy[0] - radar_xy[radar, 0], xy[1] - radar_xy[radar, 1]
    far = np.sqrt(east * east + north * north)
    if not np.isfinite(far):
        return xy[0], xy[1], left + UNKNOWN[0] * UNKNOWN[0]
    x, y = without(east, north, d_range, sine)
    ahead, aside = max(range_sigma, table[radar, 6] * far), far * bearing_sigma
    x, y = x + radar_xy[radar, 0] + ve * clock, y + radar_xy[radar, 1] + vn * clock
    return x, y, left + (ahead * ahead + aside * aside)


@compiled
def all_placed(
    kind: Int, xy: Float, velocity: Float, table: Float, radar_xy: Float
) -> tuple[Float, Float]:
    """`placed` of many rows, for pictures and measurements; fusion takes them one by one."""
    moved, left = xy.copy(), np.zeros(len(xy))
    for k in range(len(xy)):
        radar = kind[k] - RADARS_FROM
        if radar >= 0:
            moved[k, 0], moved[k, 1], left[k] = placed(radar, xy[k], velocity[k], table, radar_xy)
    return moved, left


def table(bias: RegistrationState, ground: Ground) -> Float:
    """Of each radar: range, bearing, clock; the sigma of each; the range's share."""
    unknown = (0.0, 0.0, 0.0, UNKNOWN[0], UNKNOWN[2], PRIOR[2], UNKNOWN[1])
    rows = []
    for name in (*ground.radars, ""):
        held = bias.radars.get(name)
        estimate = held.estimate if held else None
        known = estimate and (*estimate.value, *estimate.sigma, 0.0)
        rows.append(known or unknown)
    return np.array(rows)
