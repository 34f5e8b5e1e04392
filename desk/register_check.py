"""What to check beside the register of vessels, out of a run in the store."""

from __future__ import annotations

import json
from datetime import datetime

import geopandas as gpd
import polars as pl

from core.times import unix_us
from desk.frames import points, times
from models.events.ship_numbers import beacons_name
from models.events.unregistered import CONFLICT, checklist
from store.desk_reads import DeskReads


def to_check(reads: DeskReads, run_id: int, at: datetime, unseen_days: int) -> gpd.GeoDataFrame:
    """The three lists of `models.events.unregistered` as points; see `Desk.to_check`."""
    latest = reads.latest_positions(run_id)
    seen = latest.select(
        "target", "name", pl.col("observed_at").dt.epoch("us").alias("t_us"), "lon", "lat"
    )
    beacons = pl.concat(
        [
            _who_and_code(reads.settled_events(run_id, "gear_beacon"))["target"],
            seen.filter(beacons_name(pl.col("name")).fill_null(False))["target"],
        ]
    )
    first = reads.first_heard(run_id)
    found = checklist(
        seen,
        reads.register(run_id),
        _who_and_code(reads.settled_events(run_id, "identity_conflict")),
        beacons,
        since_us=unix_us(first or at),
        at_us=unix_us(at),
        unseen_days=unseen_days,
    )
    frame = points(found.drop("last_us"))
    seen_at = found.select(pl.from_epoch("last_us", "us").dt.to_string("iso:strict"))
    frame.insert(6, "last_seen_at", times(seen_at.to_series().to_pandas() + "Z"))
    return frame


def _who_and_code(events: pl.DataFrame) -> pl.DataFrame:
    rows = [
        (target, json.loads(detail).get("code"))
        for targets, detail in events.select("targets", "detail").iter_rows()
        for target in json.loads(targets)
    ]
    return pl.DataFrame(rows, schema=CONFLICT, orient="row")
