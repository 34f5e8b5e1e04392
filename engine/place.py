"""The place as the engine needs it: the site with its likelihoods, judgements and settings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from core.settings import Settings
from geo.plane import distance_m, moved
from geo.site import Site
from geo.visibility import Lookout
from models.baseline.bursts import NEIGHBOUR_M
from models.events.register_conflicts import Register
from models.landings.goods import Goods
from models.outlook.table import OutlookTable
from models.risk.calibration import IDENTITY, Calibration
from models.risk.evidence_table import EvidenceTable
from models.risk.judgements import Judgements
from models.risk.likelihood import prior_nats

#: Weather (`regimes.csv`) in which whoever falls silent may be in distress.
ROUGH: Final = frozenset({"gale", "typhoon", "typhoon_shelter"})
#: How far off a pier a boat is still seen by radar before it lies in the echo of the shore.
_OFF_M: Final = 400.0
#: How far from a pier's access a road camera may lie on the way of its lorries.
ROAD_M: Final = 10_000.0
#: A regime: its kind, from when to when in microseconds; None: until further notice.
Spell = tuple[str, int, int | None]


class Announced(NamedTuple):
    """Night work at a pier: for a vessel of the register, or for one lorry; for any call where
    neither is named."""

    from_: datetime
    to: datetime
    vessel_id: str | None = None
    plate: str | None = None


@dataclass(frozen=True)
class Place:
    """A site, and what is believed there.

    `exercise` is true for everything that rests on simulated, replayed or demonstration data.
    """

    site: Site
    likelihoods: EvidenceTable
    judgements: Judgements
    settings: Settings
    exercise: bool
    calibration: Calibration = IDENTITY
    outlook: OutlookTable | None = None  # None: no outlook is made
    zone: ZoneInfo = field(init=False)
    prior_nats: float = field(init=False)
    pier_rows: list[dict[str, Any]] = field(init=False)
    vessels: dict[str, dict[str, Any]] = field(init=False)  # by MMSI, and by BeiDou address
    shared: frozenset[str] = field(init=False)  # numbers of several vessels of the register
    permits: dict[str, list[Announced]] = field(init=False)  # by pier
    radars: dict[str, float] = field(init=False)  # seconds of a turn, by "radar:<id>"

    def __post_init__(self) -> None:
        vessels = self.site.vessels
        rows_of: dict[str, list[dict[str, Any]]] = {}
        for row in vessels.iter_rows(named=True):
            for prefix, number in (("mmsi", row["mmsi"]), ("beidou", row["beidou_id"])):
                if number:
                    rows_of.setdefault(f"{prefix}:{number}", []).append(row)
        by_target = {target: found[0] for target, found in rows_of.items() if len(found) == 1}
        shared = frozenset(rows_of.keys() - by_target.keys())
        rows = list(self.site.piers.table.iter_rows(named=True)) if len(self.site.piers) else []
        permits: dict[str, list[Announced]] = {}
        for row in self.site.permits.iter_rows(named=True):
            told = Announced(row["from"], row["to"], row["vessel_id"], row["plate"])
            permits.setdefault(row["pier_id"], []).append(told)
        turns = self.site.radars.select("radar_id", "period_s").drop_nulls().iter_rows()
        for name, value in (
            ("permits", permits),
            ("radars", {f"radar:{radar}": turn_s for radar, turn_s in turns}),
            ("shared", shared),
            ("zone", ZoneInfo(self.site.timezone)),
            ("prior_nats", prior_nats(self.site.landings_per_100_pier_nights)),
            ("pier_rows", rows),
            ("vessels", by_target),
        ):
            object.__setattr__(self, name, value)

    @cached_property
    def lookout(self) -> Lookout:
        """What the site's radars can see over land; made at first use, for it holds rasters."""
        return Lookout.of(self.site.radars, self.site.land)

    @cached_property
    def register(self) -> Register:
        """The site's vessels by what they are heard as."""
        return Register(self.site.vessels)

    @cached_property
    def idle_piers(self) -> int:
        """How many piers are idle by the register."""
        return sum(row["status"] == "idle" for row in self.pier_rows)

    @cached_property
    def barred(self) -> frozenset[int]:
        """Piers with a height-limit bar."""
        ids = set(self.site.bars["pier_id"].drop_nulls())
        return frozenset(at for at, row in enumerate(self.pier_rows) if row["pier_id"] in ids)

    @cached_property
    def lorries(self) -> dict[str, str]:
        """Class of each goods vehicle of the register, by plate."""
        known = Goods.of(self.site).classes
        return {plate: text for plate, text in known.items() if text is not None}

    @cached_property
    def watched(self) -> list[bool]:
        """By pier: whether a radar would see a boat come to it."""
        return self._looked_at(self.lookout)

    @cached_property
    def heard(self) -> list[bool]:
        """By pier: whether it lies within the range of a station that hears transponders."""
        return self._looked_at(Lookout.of(self.site.stations))

    def _looked_at(self, lookout: Lookout) -> list[bool]:
        turn = np.arange(8) * (2 * np.pi / 8)
        out = []
        for row in self.pier_rows:
            lon, lat = moved(row["lon"], row["lat"], _OFF_M * np.sin(turn), _OFF_M * np.cos(turn))
            out.append(bool(lookout.watching(lon, lat).any()))
        return out

    @cached_property
    def neighbours(self) -> list[list[int]]:
        """By pier: the others within 5 km."""
        lon = np.array([row["lon"] for row in self.pier_rows])
        lat = np.array([row["lat"] for row in self.pier_rows])
        out = []
        for at in range(len(lon)):
            near = distance_m(lon[at], lat[at], lon, lat) <= NEIGHBOUR_M
            out.append([int(k) for k in np.flatnonzero(near) if k != at])
        return out

    @cached_property
    def pier_by_id(self) -> dict[str, dict[str, Any]]:
        """The rows of the pier table by the register's number."""
        return {row["pier_id"]: row for row in self.pier_rows}

    @cached_property
    def unused_nearby(self) -> list[list[str]]:
        """By pier: those within 5 km that the register does not call active, the nearest first."""
        out = []
        for at, near in enumerate(self.neighbours):
            idle = [self.pier_rows[k] for k in near if self.pier_rows[k]["status"] != "active"]
            here = self.pier_rows[at]
            out.append([row["pier_id"] for row in _nearest(here["lon"], here["lat"], idle)])
        return out

    @cached_property
    def road_cameras(self) -> list[list[str]]:
        """By pier: road cameras within 10 km of where the road reaches it, the nearest first."""
        table = self.site.cameras.filter(pl.col("kind") == "road")
        cameras = list(table.select("camera_id", "lon", "lat").iter_rows(named=True))
        out = []
        for row in self.pier_rows:
            lon, lat = row["access_lon"], row["access_lat"]
            if lon is None:
                lon, lat = row["lon"], row["lat"]
            near = _nearest(lon, lat, cameras, ROAD_M)
            out.append([camera["camera_id"] for camera in near])
        return out

    @cached_property
    def spells(self) -> list[Spell]:
        """What was declared."""
        table = self.site.regimes.select("kind", pl.col("from", "to").dt.epoch("us"))
        return [(kind, from_, to) for kind, from_, to in table.iter_rows()]

    def regimes_at(self, at_us: int) -> list[str]:
        """The kinds that were declared for a time, by name."""
        found = {
            kind
            for kind, from_, to in self.spells
            if from_ <= at_us and (to is None or at_us <= to)
        }
        return sorted(found)

    def declaring(self, spells: tuple[Spell, ...]) -> Place:
        """This place with spells that officers declared; the one made last is kept, for it is
        asked for at every tick and what it knows of land and radars takes a second to work out."""
        if not spells:
            return self
        held: tuple[tuple[Spell, ...], Place] | None = self.__dict__.get("_declaring")
        if held is None or held[0] != spells:
            known = self.site.regimes
            declared = pl.DataFrame(spells, ["kind", "from", "to"], orient="row").select(
                "kind",
                *(pl.col(name).cast(pl.Int64).cast(known.schema[name]) for name in ("from", "to")),
            )
            site = replace(self.site, regimes=pl.concat([known, declared], how="diagonal"))
            held = spells, replace(self, site=site)
            object.__setattr__(self, "_declaring", held)
        return held[1]

    def rough_at(self, at_us: int) -> bool:
        """Whether a gale or a typhoon was announced for a time."""
        return not ROUGH.isdisjoint(self.regimes_at(at_us))


def _nearest(
    lon: float, lat: float, rows: list[dict[str, Any]], within_m: float = np.inf
) -> list[dict[str, Any]]:
    """Rows with `lon` and `lat`, by how near they lie; of two alike the first."""
    lons, lats = (np.array([row[name] for row in rows], np.float64) for name in ("lon", "lat"))
    far = distance_m(lon, lat, lons, lats)
    order = np.argsort(far, kind="stable").tolist()
    return [rows[at] for at in order if far[at] <= within_m]
