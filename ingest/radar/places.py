"""Where the radars stand, and where that puts what they see."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from pyproj import Geod

from ingest.nmea.fields import Floats
from ingest.nmea.text import Bools, Ints

#: One standard deviation of a target's range and bearing. Radars for ships must be within 30 m
#: or 1 % of the range scale, and within 1° (IMO MSC.192(79)): taken as two standard deviations.
#: The bias of a radar is not in it.
RANGE_SIGMA_M: Final = 15.0
RANGE_SIGMA_SHARE: Final = 0.005
BEARING_SIGMA_DEG: Final = 0.5
BEYOND: Final = 1.2  # times the radar's range; what is farther was not seen by it
DEFAULT_PERIOD_S: Final = 12.0  # where the site gives none: a slow antenna, so that tracks hold

_EARTH: Final = Geod(ellps="WGS84")


class Radars:
    """The radars of a site as columns, one more row for those it does not have.

    Parameters
    ----------
    table
        `radar_id`, `lon`, `lat`; `range_m`, `period_s`, `zero_deg` as far as known (the site's
        `radars`). A radar without `zero_deg` counts relative bearings from north.
    """

    def __init__(self, table: pl.DataFrame) -> None:
        n = table.height

        def column(name: str, otherwise: float) -> Floats:
            if name not in table.columns:
                return np.full(n + 1, otherwise)
            known = table[name].cast(pl.Float64).fill_null(otherwise).to_numpy()
            return np.append(known, otherwise)

        self._index = {name: row for row, name in enumerate(table["radar_id"].to_list())}
        self.lon, self.lat = column("lon", np.nan), column("lat", np.nan)
        self.range_m = column("range_m", np.inf)
        self.period_s = column("period_s", DEFAULT_PERIOD_S)
        self.zero_deg = column("zero_deg", 0.0)

    def rows(self, names: list[str | None]) -> Ints:
        """The row of each name; the last for an unknown one."""
        last = len(self.lon) - 1
        return np.array([self._index.get(name or "", last) for name in names], np.int64)

    def known(self, radar: Ints) -> Bools:
        """Whether the site has them."""
        there: Bools = radar < len(self.lon) - 1
        return there

    def destinations(
        self, radar: Ints, range_m: Floats, bearing_deg: Floats
    ) -> tuple[Floats, Floats]:
        """Longitude and latitude on the geodesic from each radar; bearings are true."""
        if not len(radar):
            return np.zeros(0), np.zeros(0)
        lon, lat, _ = _EARTH.fwd(self.lon[radar], self.lat[radar], bearing_deg, range_m)
        return np.asarray(lon), np.asarray(lat)

    def ranges_m(self, radar: Ints, lon: Floats, lat: Floats) -> Floats:
        """How far places are from their radars."""
        if not len(radar):
            return np.zeros(0)
        return np.asarray(_EARTH.inv(self.lon[radar], self.lat[radar], lon, lat)[2])


def sigma_m(range_m: Floats) -> Floats:
    """One standard deviation along either axis: the root mean square of range and bearing noise.

    >>> sigma_m(np.array([1_000.0, 20_000.0])).round(0).tolist()
    [12.0, 142.0]
    """
    along = np.maximum(RANGE_SIGMA_M, RANGE_SIGMA_SHARE * range_m)
    across = range_m * np.radians(BEARING_SIGMA_DEG)
    sigma: Floats = np.sqrt((along * along + across * across) / 2)
    return sigma
