"""The named reads: everything that screens, analysts and the pipeline ask of the store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import text

from core.schema import UTC_TIME
from store.columns import fetch
from store.session import Session

LATEST_POSITION = pl.Schema(
    {
        "target": pl.String(),
        "name": pl.String(),  # as claimed; the register's where nothing was
        "sensor": pl.String(),
        "ship_type": pl.Int64(),  # AIS code, as claimed
        "register_type": pl.String(),  # the register's own word, null where it does not know it
        "length_m": pl.Float64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "speed_kn": pl.Float64(),
        "course_deg": pl.Float64(),
        "heading_deg": pl.Float64(),
        "observed_at": UTC_TIME,
    }
)
TRACK = pl.Schema(
    {
        "observed_at": UTC_TIME,
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "speed_kn": pl.Float64(),
        "course_deg": pl.Float64(),
    }
)
#: Goods vehicles are shown near piers only, and that is not this read's to decide.
VESSEL_SENSORS = ("ais", "beidou", "radar")

#: What a target claims to be, else what the register says, beside `claims_of`.
CLAIMED = SQL(
    "coalesce(i.name, r.name) AS name, i.ship_type, r.type AS register_type, "
    "coalesce(i.length_m, r.length_m) AS length_m"
)


def claims_of(target: str) -> Composed:
    """The joins that `CLAIMED` reads from, for a column of targets."""
    return SQL("""
    LEFT JOIN latest_identity i ON i.run_id = %(run_id)s AND i.target = {0}
    LEFT JOIN (SELECT DISTINCT ON (target) target, name, type, length_m
               FROM vessel,
                    LATERAL (VALUES ('mmsi:' || mmsi), ('beidou:' || beidou_id)) AS known (target)
               WHERE run_id = %(run_id)s AND target IS NOT NULL
               ORDER BY target, vessel_id) r ON r.target = {0}""").format(
        Identifier(*target.split("."))
    )


_LATEST = SQL("""
    SELECT p.target, {}, p.sensor,
           p.lon, p.lat, p.speed_kn, p.course_deg, p.heading_deg, p.observed_at
    FROM latest_position p {}
    WHERE p.run_id = %(run_id)s AND p.sensor = ANY(%(sensors)s)
      AND (%(since)s::timestamptz IS NULL OR p.received_at > %(since)s)""").format(
    CLAIMED, claims_of("p.target")
)

_TRACK = SQL("""
    SELECT observed_at, lon, lat, speed_kn, course_deg FROM observation
    WHERE run_id = %(run_id)s AND target = %(target)s
      AND observed_at >= %(from)s AND observed_at < %(to)s
      AND received_at >= %(from)s::timestamptz - interval '60 s'
      AND lon IS NOT NULL AND lat IS NOT NULL
    ORDER BY observed_at, key""")


class Reads(Session):
    """The reading half of the store."""

    def current_run(self) -> dict[str, Any] | None:
        """The run that was opened last: `run_id`, `kind`, `name`, `site`, `simulated`, `tick`, …"""
        found = self.runs(limit=1)
        return found[0] if found else None

    def runs(self, limit: int = 100) -> list[dict[str, Any]]:
        """The runs, the one opened last first."""
        return self._rows(
            "list the runs",
            "SELECT run_id, kind, name, site, simulated, digest, title_zh, title_en, timezone, "
            "tick FROM run ORDER BY opened_serial DESC LIMIT :limit",
            limit=limit,
        )

    def latest_positions(
        self,
        run_id: int,
        since: datetime | None = None,
        sensors: Sequence[str] = VESSEL_SENSORS,
    ) -> pl.DataFrame:
        """The last known position of every target, by target: columns of `LATEST_POSITION`.

        Parameters
        ----------
        run_id
            The run.
        since
            Only those whose position was received later.
        sensors
            Which sensors' targets.
        """
        parameters = {"run_id": run_id, "since": since, "sensors": list(sensors)}
        with self.cursor("read the latest positions") as cursor:
            return fetch(cursor, _LATEST, parameters, LATEST_POSITION).sort("target")

    def track(self, run_id: int, target: str, from_: datetime, to: datetime) -> pl.DataFrame:
        """One target's positions in [from_, to), by time: columns of `TRACK`."""
        parameters = {"run_id": run_id, "target": target, "from": from_, "to": to}
        with self.cursor("read a track") as cursor:
            return fetch(cursor, _TRACK, parameters, TRACK)

    def alerts(
        self, run_id: int, since: datetime | None = None, limit: int = 1000
    ) -> list[dict[str, Any]]:
        """The latest revision of each alert, in the contract's envelope, newest first.

        Parameters
        ----------
        run_id
            The run.
        since
            Only those whose latest revision was issued later.
        limit
            At most so many.
        """
        rows = self._rows(
            "read the alerts",
            "SELECT envelope FROM (SELECT DISTINCT ON (alert_id) envelope, issued_at, serial "
            " FROM alert WHERE run_id = :run_id ORDER BY alert_id, revision DESC) newest "
            "WHERE (CAST(:since AS timestamptz) IS NULL OR issued_at > :since) "
            "ORDER BY issued_at DESC, serial DESC LIMIT :limit",
            run_id=run_id, since=since, limit=limit,
        )  # fmt: skip
        return [row["envelope"] for row in rows]

    def alert_revisions(self, run_id: int, alert_id: str) -> list[dict[str, Any]]:
        """Every revision of one alert in the contract's envelope, first to last."""
        rows = self._rows(
            "read an alert",
            "SELECT envelope FROM alert WHERE run_id = :run_id AND alert_id = :alert_id "
            "ORDER BY revision",
            run_id=run_id, alert_id=alert_id,
        )  # fmt: skip
        return [row["envelope"] for row in rows]

    def alerts_after(
        self, run_id: int, serial: int, limit: int = 1000
    ) -> list[tuple[int, dict[str, Any]]]:
        """Revisions behind a serial number, with their own, in order: for a stream to resume at."""
        rows = self._rows(
            "read new alerts",
            "SELECT serial, envelope FROM alert WHERE run_id = :run_id AND serial > :serial "
            "ORDER BY serial LIMIT :limit",
            run_id=run_id, serial=serial, limit=limit,
        )  # fmt: skip
        return [(row["serial"], row["envelope"]) for row in rows]

    def piers(self, run_id: int) -> list[dict[str, Any]]:
        """The run's piers as GeoJSON features; the properties are the table's other columns."""
        rows = self._rows(
            "read the piers",
            "SELECT st_asgeojson(geom, 6) AS geometry, to_jsonb(pier) - 'geom' - 'run_id' AS about "
            "FROM pier WHERE run_id = :run_id ORDER BY pier_id",
            run_id=run_id,
        )
        return [
            {
                "type": "Feature",
                "id": row["about"]["pier_id"],
                "geometry": json.loads(row["geometry"]),
                "properties": row["about"],
            }
            for row in rows
        ]

    def feed_counts(self, run_id: int) -> dict[str, dict[str, int]]:
        """By feed, the frames counted by kind and by reason of refusal."""
        counts: dict[str, dict[str, int]] = {}
        for row in self._rows(
            "read the feeds' counts",
            "SELECT feed, counter, n FROM feed_count WHERE run_id = :run_id ORDER BY feed, counter",
            run_id=run_id,
        ):
            counts.setdefault(row["feed"], {})[row["counter"]] = row["n"]
        return counts

    def _rows(self, doing: str, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        with self.transaction(doing) as connection:
            found = connection.execute(text(statement), parameters)
            return [dict(row) for row in found.mappings()]
