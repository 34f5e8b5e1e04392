"""What a radar could see of a vessel: its echo by size, sea, range, rain and land.

Probabilities of detection after methods 7.2: 0.9 of a ship, 0.6 to 0.8 of a wooden boat within
3 miles, 0.3 to 0.5 in sea state 4 and above; a coastal radar has the larger aerial.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulate.fleet import Boat
from simulate.night import Night
from simulate.place import Place
from simulate.scene import Rain
from simulate.sensors.shadows import Shadows, shadows_of

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

ANTENNA_S = 3.0  # one turn; outputs that are rarer add the turns up
_HALF_RANGE_M = 8_000.0  # at which 1 m² is seen every other time
_BLOCKING_M = 400.0  # of land in the way hide what is behind; lower skerries and spits do not
_SHORE_M, _SHORE_SHARE = 60.0, 0.004  # what is nearer to land is lost in its echo


@dataclass(frozen=True, eq=False)
class Radar:
    """A coastal radar.

    Attributes
    ----------
    lon, lat, xy_m
        Where it stands.
    period_s
        Between two outputs of its tracks.
    """

    name: str
    lon: float
    lat: float
    xy_m: Float
    range_m: float
    period_s: float
    place: Place

    @property
    def shadows(self) -> Shadows:
        """Its shadows."""
        return shadows_of(self.place, self.lon, self.lat, self.range_m)

    @property
    def turns(self) -> int:
        """Turns of the antenna to an output."""
        return max(round(self.period_s / ANTENNA_S), 1)

    def away_m(self, xy_m: Float) -> Float:
        """Distance of places of shape (n, 2)."""
        dx, dy = xy_m[:, 0] - self.xy_m[0], xy_m[:, 1] - self.xy_m[1]
        return np.asarray(np.sqrt(dx * dx + dy * dy), np.float64)

    def open_to(self, xy_m: Float) -> Bool:
        """Which places lie in range, off the shore's echo and in no shadow of land."""
        away = self.away_m(xy_m)
        off = self.place.waters.distance_m(xy_m[:, 0], xy_m[:, 1])
        near_shore = off < _SHORE_M + _SHORE_SHARE * away
        hidden = self.shadows.land_m(xy_m) > _BLOCKING_M
        return np.asarray((away < self.range_m) & ~near_shore & ~hidden, np.bool_)


def radars(place: Place) -> list[Radar]:
    """The radars of a place's site."""
    out = []
    for row in place.site.radars.to_dicts():
        lon, lat = float(row["lon"]), float(row["lat"])
        x, y = (float(v) for v in place.plane.to_m(lon, lat))
        out.append(
            Radar(
                str(row["radar_id"]), lon, lat, np.array([x, y]),
                float(row["range_m"] or 25_000.0), float(row["period_s"] or 3.0), place,
            )
        )  # fmt: skip
    return out


def detection(
    radar: Radar, boat: Boat, xy_m: Float, at_s: Float, night: Night, rains: Sequence[Rain]
) -> Float:
    """Shape (n,): the chance that an output finds the boat at places and times."""
    base = 0.72 if boat.wooden else 0.93
    rough = max(night.sea_state - 2, 0)
    base *= max(1.0 - rough * (0.16 if boat.wooden else 0.03), 0.3)
    half_m = _HALF_RANGE_M * float(np.sqrt(np.sqrt(max(boat.radar_m2, 0.1))))
    ratio = radar.away_m(xy_m) / half_m
    fourth = ratio * ratio * ratio * ratio
    share = base / (1.0 + fourth * fourth)
    for rain in rains:
        share = np.where(inside(rain, xy_m, at_s), share * (0.35 if boat.wooden else 0.7), share)
    share = np.where(radar.open_to(xy_m), share, 0.0)
    missed = np.ones(len(share))
    for _ in range(radar.turns):
        missed = missed * (1.0 - share)
    return np.round(1.0 - missed, 6)


def inside(rain: Rain, xy_m: Float, at_s: Float) -> Bool:
    """Which places lie in the shower at their times."""
    age = at_s - rain.from_s
    dx = xy_m[:, 0] - (rain.xy_m[0] + rain.drift_mps[0] * age)
    dy = xy_m[:, 1] - (rain.xy_m[1] + rain.drift_mps[1] * age)
    falling = (age >= 0) & (at_s < rain.to_s)
    return np.asarray(falling & (dx * dx + dy * dy < rain.radius_m * rain.radius_m), np.bool_)
