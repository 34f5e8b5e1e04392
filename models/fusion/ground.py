"""The ground that fusion stands on: the plane, where radars are, what the register knows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.plane import NAUTICAL_MILE_M, MetricPlane
from geo.site import Site

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: Kinds of source: AIS, BeiDou, then each radar of the site, then any other radar.
AIS_KIND: Final = 0
BEIDOU_KIND: Final = 1
RADARS_FROM: Final = 2
KN_MS: Final = NAUTICAL_MILE_M / 3600
_RAD: Final = np.pi / 180.0


@dataclass(frozen=True, eq=False)
class Ground:
    """What fusion needs of a site.

    Attributes
    ----------
    radar_xy
        Shape (radars + 1, 2): where they stand; NaN for a radar that the site does not have.
    reach_m
        Of each radar; infinite where the site does not say.
    partner
        By `mmsi:…` and by `beidou:…`: the other number of the same vessel in the register, ""
        where it has none there; numbers of several vessels are left out.
    """

    plane: MetricPlane
    radars: tuple[str, ...]
    radar_xy: Float
    reach_m: tuple[float, ...]
    partner: dict[str, str]

    @property
    def kinds(self) -> int:
        """How many kinds of source there are."""
        return RADARS_FROM + len(self.radars) + 1

    @cached_property
    def number(self) -> dict[str, int]:
        """A number for each name in `partner`; −1 for ""."""
        names = sorted({*self.partner, *self.partner.values()} - {""})
        return {"": -1} | {name: i for i, name in enumerate(names)}

    def kind_of(self) -> pl.Expr:
        """The kind of rows with `sensor` and `source`."""
        numbers = {name: RADARS_FROM + i for i, name in enumerate(self.radars)}
        other = RADARS_FROM + len(self.radars)
        radar = (
            pl.col("source").replace_strict(numbers, default=other, return_dtype=pl.Int64)
            if numbers
            else pl.lit(other, pl.Int64)
        )
        return (
            pl.when(pl.col("sensor") == "ais")
            .then(pl.lit(AIS_KIND, pl.Int64))
            .when(pl.col("sensor") == "beidou")
            .then(pl.lit(BEIDOU_KIND, pl.Int64))
            .otherwise(radar)
        )

    def velocity(self, speed_kn: Float, course_deg: Float, slow_kn: float) -> Float:
        """Metres a second east and north; still where slow without a course, NaN where unknown."""
        turn = course_deg * _RAD
        east, north = np.round(np.sin(turn), 12), np.round(np.cos(turn), 12)
        speed = speed_kn * KN_MS
        still = np.isnan(course_deg) & (speed_kn <= slow_kn)
        return np.stack(
            [np.where(still, 0.0, speed * east), np.where(still, 0.0, speed * north)], axis=1
        )


def ground_of(site: Site) -> Ground:
    """What fusion needs of a site."""
    radars = site.radars.sort("radar_id")
    x, y = site.plane.to_m(radars["lon"].to_numpy(), radars["lat"].to_numpy())
    xy = np.stack([x, y], axis=1)
    nowhere = np.full((1, 2), np.nan)
    return Ground(
        site.plane,
        tuple(radars["radar_id"].to_list()),
        np.concatenate([xy, nowhere]),
        tuple(radars["range_m"].cast(pl.Float64).fill_null(float("inf")).to_list()),
        _partners(site.vessels),
    )


def _partners(vessels: pl.DataFrame) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for mmsi, beidou in vessels.select("mmsi", "beidou_id").iter_rows():
        one = f"mmsi:{mmsi}" if mmsi else ""
        other = f"beidou:{beidou}" if beidou else ""
        for name, partner in ((one, other), (other, one)):
            if name:
                found.setdefault(name, set()).add(partner)
    return {name: next(iter(them)) for name, them in found.items() if len(them) == 1}
