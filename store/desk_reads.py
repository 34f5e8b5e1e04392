"""The analysts' reads: positions, lines and events of a run, and nothing that could write.

Goods vehicles are not among them: nobody follows a named one from a notebook (design, decision 6).
"""

from __future__ import annotations

from datetime import datetime

import polars as pl
from psycopg.sql import SQL
from sqlalchemy import text

from core.schema import AFLOAT, UTC_TIME
from store.columns import fetch
from store.reads import VESSEL_SENSORS, Reads

#: West, south, east and north in degrees.
Box = tuple[float, float, float, float]

POSITION = pl.Schema(
    {
        "target": pl.String(),
        "name": pl.String(),  # as claimed
        "sensor": pl.String(),
        "source": pl.String(),
        "observed_at": UTC_TIME,
        "received_at": UTC_TIME,
        "speed_kn": pl.Float64(),
        "course_deg": pl.Float64(),
        "heading_deg": pl.Float64(),
        "sigma_m": pl.Float64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
    }
)
SEGMENT = pl.Schema(
    {
        "segment_id": pl.String(),
        "target": pl.String(),
        "name": pl.String(),
        "segment_from": UTC_TIME,
        "segment_to": UTC_TIME,
        "wkb": pl.String(),  # LINESTRINGM in hexadecimal; the measure is seconds since 1970 UTC
    }
)
EVENT = pl.Schema(
    {
        "event_id": pl.String(),
        "kind": pl.String(),
        "event_from": UTC_TIME,
        "event_to": UTC_TIME,
        "targets": pl.String(),  # a JSON array
        "pier_id": pl.String(),
        "detail": pl.String(),  # a JSON object
        "lon": pl.Float64(),
        "lat": pl.Float64(),
    }
)

VESSEL = pl.Schema(
    {
        **{c: pl.String() for c in ("vessel_id", "name", "mmsi", "beidou_id", "type")},
        "length_m": pl.Float64(),
        "draught_m": pl.Float64(),
        "home_pier": pl.String(),
    }
)

_POSITIONS = SQL("""
    SELECT o.target, i.name, o.sensor, o.source, o.observed_at, o.received_at, o.speed_kn,
           o.course_deg, o.heading_deg, o.sigma_m, o.lon, o.lat
    FROM observation o
    LEFT JOIN latest_identity i ON i.run_id = o.run_id AND i.target = o.target {near}
    WHERE o.run_id = %(run_id)s AND o.sensor = ANY(%(sensors)s)
      AND o.observed_at >= %(from)s AND o.observed_at < %(to)s
      AND o.received_at >= %(from)s::timestamptz - interval '60 s'
      AND o.lon BETWEEN %(west)s AND %(east)s AND o.lat BETWEEN %(south)s AND %(north)s
    ORDER BY o.observed_at, o.key""")

#: The box around the pier goes first: the distance on the ellipsoid is dear.
_NEAR = SQL("""
    JOIN (SELECT geom::geography AS shape, st_buffer(geom::geography, %(within_m)s)::geometry AS box
          FROM pier WHERE run_id = %(run_id)s AND pier_id = %(pier_id)s) p
      ON o.lon BETWEEN st_xmin(p.box) AND st_xmax(p.box)
     AND o.lat BETWEEN st_ymin(p.box) AND st_ymax(p.box)
     AND st_dwithin(p.shape, st_setsrid(st_makepoint(o.lon, o.lat), 4326)::geography, %(within_m)s)
    """)

_SEGMENTS = SQL("""
    SELECT s.segment_id, s.target, i.name, s.segment_from, s.segment_to,
           encode(st_asewkb(s.geom), 'hex') AS wkb
    FROM segment s
    LEFT JOIN latest_identity i ON i.run_id = s.run_id AND i.target = s.target
    WHERE s.run_id = %(run_id)s AND split_part(s.target, ':', 1) || ':' = ANY(%(afloat)s)
      AND s.segment_from < %(to)s AND s.segment_to >= %(from)s
      AND (%(target)s::text IS NULL OR s.target = %(target)s)
      AND s.geom && st_makeenvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
    ORDER BY s.target, s.segment_from, s.segment_id""")

_EVENTS = SQL("""
    SELECT event_id, kind, event_from, event_to, to_json(targets)::text AS targets, pier_id,
           detail::text AS detail, lon, lat
    FROM event
    WHERE run_id = %(run_id)s AND (%(kind)s::text IS NULL OR kind = %(kind)s)
    ORDER BY event_from, event_id""")

_VESSELS = SQL("""
    SELECT vessel_id, name, mmsi, beidou_id, type, length_m, draught_m, home_pier
    FROM vessel WHERE run_id = %(run_id)s ORDER BY vessel_id""")

_FIRST = SQL("SELECT min(segment_from) AS first_at FROM segment WHERE run_id = %(run_id)s")

_EVERYWHERE: Box = (-180.0, -90.0, 180.0, 90.0)


class DeskReads(Reads):
    """A session that has the named reads and these, and no way to write."""

    def positions(
        self,
        run_id: int,
        from_: datetime,
        to: datetime,
        box: Box | None = None,
        pier_id: str | None = None,
        within_m: float = 500.0,
    ) -> pl.DataFrame:
        """What was seen of vessels in [from_, to), by time: columns of `POSITION`.

        Parameters
        ----------
        run_id
            The run.
        from_, to
            Aware; of `observed_at`.
        box
            Only within it.
        pier_id, within_m
            Only so near to this pier's outline, on the ellipsoid.
        """
        parameters = {
            "run_id": run_id, "from": from_, "to": to, "sensors": list(VESSEL_SENSORS),
            "pier_id": pier_id, "within_m": within_m, **_sides(box),
        }  # fmt: skip
        query = _POSITIONS.format(near=_NEAR if pier_id else SQL(""))
        with self.cursor("read positions") as cursor:
            return fetch(cursor, query, parameters, POSITION)

    def segments(
        self,
        run_id: int,
        from_: datetime,
        to: datetime,
        box: Box | None = None,
        target: str | None = None,
    ) -> pl.DataFrame:
        """The lines of vessels that touch a time and a box, uncut: columns of `SEGMENT`."""
        parameters = {
            "run_id": run_id, "from": from_, "to": to, "target": target, "afloat": list(AFLOAT),
            **_sides(box),
        }  # fmt: skip
        with self.cursor("read track segments") as cursor:
            return fetch(cursor, _SEGMENTS, parameters, SEGMENT)

    def settled_events(self, run_id: int, kind: str | None = None) -> pl.DataFrame:
        """The events of a run, of one kind or all, by their start: columns of `EVENT`."""
        with self.cursor("read events") as cursor:
            return fetch(cursor, _EVENTS, {"run_id": run_id, "kind": kind}, EVENT)

    def register(self, run_id: int) -> pl.DataFrame:
        """The vessels that the run's site knows, by `vessel_id`: columns of `VESSEL`."""
        with self.cursor("read the register of vessels") as cursor:
            return fetch(cursor, _VESSELS, {"run_id": run_id}, VESSEL)

    def first_heard(self, run_id: int) -> datetime | None:
        """When the run's first track begins."""
        schema = pl.Schema({"first_at": UTC_TIME})
        with self.cursor("read the beginning of the tracks") as cursor:
            found: datetime | None = fetch(cursor, _FIRST, {"run_id": run_id}, schema).item()
            return found

    def other_sessions(self) -> int:
        """How many others are connected to this database now."""
        with self.transaction("count the sessions") as connection:
            return int(
                connection.scalar(
                    text(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                        "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
                    )
                )
                or 0
            )


def _sides(box: Box | None) -> dict[str, float]:
    return dict(zip(("west", "south", "east", "north"), box or _EVERYWHERE, strict=True))
