"""Which piers a boat in the dark may reach within half an hour: thin lines on the map. Pure.

The record of it is the event `approach`, which is written once it is over. The screen asks the same
model (`models.events.pier_reach`) of the boats as they stand now. No alert comes of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl

from core.settings import EventSettings
from geo.site import Site
from models.events.approaches import HOMEWARD, LONGEST_S
from models.events.pier_reach import Going, reach
from store.vessels import DARK, SILENT_S

Json = dict[str, Any]
#: Piers of a boat that are drawn, and how probable each must be: more would be a fan that says
#: nothing.
MOST, LEAST = 4, 0.05
_BLIND: Final = ("radar", DARK)  # sensors of `store.vessels.VESSEL_NOW` without a voice


def approaching(
    site: Site | None, vessels: pl.DataFrame, tick: datetime | None, settings: EventSettings
) -> list[Json]:
    """Boats that are silent or that radar alone sees, with the piers they may be going to.

    Parameters
    ----------
    vessels
        `store.vessels.VESSEL_NOW`.
    tick
        The data's clock.

    Returns
    -------
    GeoJSON lines from a boat to a pier with `target`, `silent_min`, `pier_id` and `probability`,
    boat after boat, the most probable pier first.
    """
    if site is None or tick is None or not len(site.piers):
        return []
    silence_s = (pl.lit(tick) - pl.col("observed_at")).dt.total_microseconds() / 1e6
    blind = pl.col("sensor").is_in(_BLIND)
    silent = silence_s.is_between(SILENT_S["under_way"], LONGEST_S)
    boats = (
        vessels.with_columns(pl.max_horizontal(silence_s, 0.0).alias("silence_s"))
        .filter((blind | silent) & (pl.col("speed_kn") >= settings.approach_kn))
        .drop_nulls(["lon", "lat", "course_deg"])
    )
    if boats.is_empty():
        return []
    motion = ("lon", "lat", "speed_kn", "course_deg", "silence_s")
    found = reach(Going(*(boats[name].to_numpy() for name in motion)), site, settings)
    table = site.piers.table.select("pier_id", "lon", "lat")
    out = []
    for at in np.flatnonzero(found.any_pier >= HOMEWARD).tolist():
        mine = np.flatnonzero((found.row == at) & (found.chance >= LEAST))[:MOST]
        boat = boats.row(at, named=True)
        out += [
            _line(boat, table.row(int(found.pier[i])), float(found.chance[i]))
            for i in mine.tolist()
        ]
    return out


def _line(boat: Json, pier: tuple[Any, ...], chance: float) -> Json:
    pier_id, lon, lat = pier
    said = {
        "target": boat["target"], "silent_min": round(boat["silence_s"] / 60), "pier_id": pier_id,
        "probability": round(chance, 3),
    }  # fmt: skip
    ends = [[boat["lon"], boat["lat"]], [lon, lat]]
    line = {"type": "LineString", "coordinates": ends}
    return {"type": "Feature", "properties": said, "geometry": line}
