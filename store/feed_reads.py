"""The reads of the feeds: how they do, what they refuse, where stations hear, what cameras saw."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
from psycopg.sql import SQL
from sqlalchemy import text

from core.schema import FEED_HEALTH, UTC_TIME
from store.columns import fetch
from store.session import Session

#: So near to a pier goods vehicles are shown, unnamed (design, decision 6; methods 3: a truck
#: within 300 m of the pier's access).
NEAR_PIER_M = 300.0

VEHICLE = pl.Schema(
    {
        "pier_id": pl.String(),  # the nearest
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "speed_kn": pl.Float64(),
        "course_deg": pl.Float64(),
        "observed_at": UTC_TIME,
    }
)
SIGHTING = pl.Schema(
    {"sensor": pl.String(), "source": pl.String(), "observed_at": UTC_TIME, "detail": pl.String()}
)
#: A cell by its south-west corner.
RECEPTION_MAP = pl.Schema({"lon": pl.Float64(), "lat": pl.Float64(), "heard": pl.Int64()})

#: Degrees of latitude and longitude that 300 m are at most up to 60° N go first: an index finds
#: them; the distance on the ellipsoid is dear.
_VEHICLES = SQL("""
    SELECT n.pier_id, v.lon, v.lat, v.speed_kn, v.course_deg, v.observed_at
    FROM latest_position v, LATERAL (
        SELECT p.pier_id, st_distance(p.geom::geography, v.geom::geography) AS apart_m
        FROM pier p
        WHERE p.run_id = %(run_id)s AND p.geom && st_expand(v.geom, %(within_m)s / 55000.0)
        ORDER BY apart_m, p.pier_id LIMIT 1) n
    WHERE v.run_id = %(run_id)s AND v.sensor = 'vehicle' AND n.apart_m <= %(within_m)s
      AND (%(since)s::timestamptz IS NULL OR v.observed_at >= %(since)s)""")

_HEALTH = SQL("SELECT {} FROM feed_health WHERE run_id = %(run_id)s ORDER BY feed, source").format(
    SQL(", ").join(map(SQL, FEED_HEALTH.names()))
)
_SIGHTINGS = SQL("""
    SELECT sensor, source, observed_at, detail FROM latest_sighting
    WHERE run_id = %(run_id)s ORDER BY sensor, source""")
_RECEPTION = SQL("""
    SELECT cell_lon AS lon, cell_lat AS lat, sum(heard)::int8 AS heard
    FROM reception
    WHERE run_id = %(run_id)s AND source = %(source)s
      AND hour > %(from)s::timestamptz - interval '1 h' AND hour < %(to)s
    GROUP BY cell_lon, cell_lat ORDER BY cell_lon, cell_lat""")


class FeedReads(Session):
    """The part of the reading half that the feeds have."""

    def latest_vehicles(
        self, run_id: int, since: datetime | None = None, within_m: float = NEAR_PIER_M
    ) -> pl.DataFrame:
        """Goods vehicles near piers, unnamed: columns of `VEHICLE`.

        Parameters
        ----------
        run_id
            The run.
        since
            Only those observed then or later.
        within_m
            Of a pier's outline.
        """
        parameters = {"run_id": run_id, "since": since, "within_m": within_m}
        with self.cursor("read the vehicles near piers") as cursor:
            return fetch(cursor, _VEHICLES, parameters, VEHICLE).sort("pier_id", "lon", "lat")

    def latest_sightings(self, run_id: int) -> pl.DataFrame:
        """What each camera and barrier saw last: columns of `SIGHTING`."""
        with self.cursor("read the latest sightings") as cursor:
            return fetch(cursor, _SIGHTINGS, {"run_id": run_id}, SIGHTING)

    def feed_health(self, run_id: int) -> pl.DataFrame:
        """How every source does: columns of `core.schema.FEED_HEALTH`, by feed and source."""
        with self.cursor("read how the feeds do") as cursor:
            return fetch(cursor, _HEALTH, {"run_id": run_id}, FEED_HEALTH)

    def feed_states(self, run_id: int) -> list[dict[str, Any]]:
        """What the live sources say of themselves, by feed."""
        return self._of_feeds(
            "read the state of the live sources",
            "SELECT feed, sensor, url, owner, state, detail, waiting, lost, peers, refused, "
            "samples, stored_after_s, updated_at FROM feed_state "
            "WHERE run_id = :run_id ORDER BY feed",
            run_id,
        )

    def refusals(self, run_id: int) -> list[dict[str, Any]]:
        """Refused frames by feed, source and reason, most first: with a few samples."""
        return self._of_feeds(
            "read the refusals",
            "SELECT feed, source, reason, n, samples FROM refusal WHERE run_id = :run_id "
            "ORDER BY n DESC, feed, source, reason",
            run_id,
        )

    def doubts(self, run_id: int) -> list[dict[str, Any]]:
        """Observations that are hard to believe by sensor, source and reason, with a few."""
        return self._of_feeds(
            "read the doubts",
            "SELECT sensor, source, reason, n, samples FROM doubt WHERE run_id = :run_id "
            "ORDER BY n DESC, sensor, source, reason",
            run_id,
        )

    def reception_map(
        self, run_id: int, source: str, from_: datetime, to: datetime
    ) -> pl.DataFrame:
        """How often a station heard something in each cell in the hours of [from_, to).

        Returns
        -------
        Columns of `RECEPTION_MAP`: south-western corners of cells of
        `models.feeds.reception.CELL_DEG`.
        """
        parameters = {
            "run_id": run_id, "source": source, "from": from_, "to": to,
        }  # fmt: skip
        with self.cursor("read a reception map") as cursor:
            return fetch(cursor, _RECEPTION, parameters, RECEPTION_MAP)

    def messages_heard(self, run_id: int) -> list[dict[str, Any]]:
        """How many short messages each terminal sent: never what they say."""
        return self._of_feeds(
            "count the messages",
            "SELECT source, sender, count(*) AS n, max(received_at) AS last_at, "
            "coalesce(bool_or(emergency), false) AS emergency FROM message "
            "WHERE run_id = :run_id GROUP BY source, sender ORDER BY source, sender",
            run_id,
        )

    def _of_feeds(self, doing: str, statement: str, run_id: int) -> list[dict[str, Any]]:
        with self.transaction(doing) as connection:
            found = connection.execute(text(statement), {"run_id": run_id})
            return [dict(row) for row in found.mappings()]
