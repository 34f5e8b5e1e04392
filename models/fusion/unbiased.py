"""Echoes without what their radar measures wrong, in the metric plane (see `registration`)."""

from __future__ import annotations

import numpy as np

from models.fusion import residuals
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
    seen = kind >= RADARS_FROM
    if not seen.any():
        return xy, np.zeros(len(xy))
    table = _table(bias, ground)
    radar = np.clip(kind - RADARS_FROM, 0, len(ground.radars))
    d_range, d_bearing, clock, range_sigma, bearing_sigma, clock_sigma, share = table[radar].T
    at = ground.radar_xy[radar]
    away = xy - at
    east, north = residuals.without(away[:, 0], away[:, 1], d_range, d_bearing)
    velocity = np.nan_to_num(velocity)
    lag = velocity * clock[:, None]
    late = (velocity[:, 0] ** 2 + velocity[:, 1] ** 2) * (clock_sigma * clock_sigma)
    moved = np.stack([east, north], axis=1) + at + lag
    far = np.sqrt(away[:, 0] * away[:, 0] + away[:, 1] * away[:, 1])
    ahead, aside = np.maximum(range_sigma, share * far), far * bearing_sigma
    known = np.isfinite(far)
    left = np.where(known, ahead * ahead + aside * aside, UNKNOWN[0] * UNKNOWN[0]) + late
    return np.where((seen & known)[:, None], moved, xy), np.where(seen, left, 0.0)


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
