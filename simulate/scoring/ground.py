"""Where a pier, a landing or an alert lies: centres, and whether two are the same place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import SiteError
from geo.plane import distance_m
from geo.site import Site
from simulate.scoring.reading import Row

#: Piers whose centres are no farther apart are one place to the scorer (contract).
SAME_PLACE_M: Final = 300.0
#: What a landing or an alert away from every listed pier is filed under.
NO_PIER: Final = "—"


@dataclass(frozen=True)
class Spot:
    """A place: its pier, if it has one, and its centre."""

    pier_id: str | None
    lon: float
    lat: float


class Ground:
    """The piers of a site by their names."""

    def __init__(self, site: Site) -> None:
        if not len(site.piers):
            raise SiteError(
                "piers.geojson", expected="the piers that alerts are scored at", came="none",
                act="Put the file into the recording's site folder.",
            )  # fmt: skip
        self.timezone = site.timezone
        self.pier_count = len(site.piers)
        columns = site.piers.table.select("pier_id", "lon", "lat", "township").iter_rows()
        self._piers = {pier: (lon, lat, township) for pier, lon, lat, township in columns}

    def spot(self, row: Row) -> Spot:
        """Where a row is: its pier's centre, or its own `lon`, `lat` where `pier_id` is null.

        Raises
        ------
        RecordingError
            The site has no such pier, or the row has neither pier nor place.
        """
        pier_id = row.text_or_none("pier_id")
        if pier_id is None:
            return Spot(None, row.number("lon", -180, 180), row.number("lat", -90, 90))
        if pier_id not in self._piers:
            raise row.wrong("pier_id", "a pier of the recording's piers.geojson")
        lon, lat, _ = self._piers[pier_id]
        return Spot(pier_id, lon, lat)

    def spot_or_none(self, row: Row) -> Spot | None:
        """Where a row is; None where it names neither a pier nor a place."""
        given = any(row.fields.get(name) is not None for name in ("pier_id", "lon", "lat"))
        return self.spot(row) if given else None

    def township(self, spot: Spot) -> str:
        """The township of a spot's pier."""
        if spot.pier_id is None:
            return NO_PIER
        return self._piers[spot.pier_id][2] or NO_PIER


class Spots:
    """Many spots at once, for one to be compared with."""

    def __init__(self, spots: Sequence[Spot]) -> None:
        self._lon = np.array([spot.lon for spot in spots], np.float64)
        self._lat = np.array([spot.lat for spot in spots], np.float64)
        self._pier = np.array([spot.pier_id or "" for spot in spots], np.str_)

    def at(self, spot: Spot, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which of some rows are at a spot: at the same pier, or within 300 m from centre to
        centre."""
        lon, lat = np.full(len(rows), spot.lon), np.full(len(rows), spot.lat)
        near = distance_m(lon, lat, self._lon[rows], self._lat[rows]) <= SAME_PLACE_M
        if spot.pier_id is not None:
            near |= self._pier[rows] == spot.pier_id
        return rows[near]
