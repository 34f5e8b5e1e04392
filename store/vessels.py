"""Vessels written and read: repeating a write changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl
from psycopg.sql import SQL, Composed, Identifier

from core.schema import UTC_TIME
from store.columns import fetch
from store.copy import stage
from store.reads import CLAIMED, LATEST_POSITION, VESSEL_SENSORS, claims_of
from store.session import Session
from store.vessel_tables import BOND, FIX, HISTORY_S, LINK

#: What is read of fixes: a truth value comes as a number.
_READ: Final = pl.Schema({**FIX, "coasting": pl.Int64()})
_SELECT = SQL(", ").join(
    SQL("coasting::int::bigint AS coasting") if name == "coasting" else Identifier(name)
    for name in FIX
)
_LATEST = SQL(
    "SELECT {} FROM latest_fix WHERE run_id = %(run_id)s "
    "AND (%(since)s::timestamptz IS NULL OR at >= %(since)s) ORDER BY vessel"
).format(_SELECT)
_HISTORY = SQL(
    "SELECT {} FROM fix WHERE run_id = %(run_id)s AND vessel = %(vessel)s "
    "AND at >= %(from)s AND at < %(to)s ORDER BY at"
).format(_SELECT)
_LINKS = SQL(
    "SELECT {} FROM link WHERE run_id = %(run_id)s AND vessel = %(vessel)s "
    "ORDER BY at, track, phase"
).format(SQL(", ").join(map(Identifier, LINK)))
_MINE = SQL("SELECT vessel FROM bond WHERE run_id = %(run_id)s AND target = %(target)s")
_FIX_OF = SQL("SELECT {} FROM latest_fix WHERE run_id = %(run_id)s AND vessel = ({})").format(
    _SELECT, _MINE
)
#: A number of a radar is a vessel's only while it is bound to it; AIS and BeiDou are its own.
_MEMBERS = SQL("""
    SELECT target, since_at, NULL::timestamptz AS left_at FROM bond
    WHERE run_id = %(run_id)s AND vessel = ({0})
    UNION
    SELECT l.target, l.since_at, max(l.at) FILTER (WHERE l.phase = 'left') AS left_at
    FROM link l
    WHERE l.run_id = %(run_id)s AND l.vessel = ({0}) AND NOT EXISTS (
        SELECT FROM bond b
        WHERE b.run_id = l.run_id AND b.target = l.target AND b.vessel = l.vessel)
    GROUP BY l.target, l.since_at
    ORDER BY target, since_at""").format(_MINE)

#: A radar target that was not seen for so long, in seconds before the run's tick, is not shown.
RADAR_SHOWN_S: Final = 180
#: A vessel's own word stands for so long; then who sees it says where it is. As
#: `models.fusion.fixes` has it: three intervals of class B under way, of what lies, of a radar.
OVERDUE_S: Final = {"under_way": 90, "lying": 540, "radar": 30}
#: It is silent after so long: ten minutes under way, half an hour when lying still.
SILENT_S: Final = {"under_way": 600, "lying": 1800}
LYING_KN: Final = 0.5
#: What `sensor` says of a vessel whose own signal is silent while a radar sees it.
DARK: Final = "dark"
#: A target of a vessel, since when, and until when (null: still).
MEMBER: Final = pl.Schema({"target": pl.String(), "since_at": UTC_TIME, "left_at": UTC_TIME})
VESSEL_NOW: Final = pl.Schema({**LATEST_POSITION, "heard_at": UTC_TIME})

_NOW = SQL("""
    WITH known AS (
        SELECT p.*, coalesce(b.vessel, p.target) AS vessel,
               coalesce(b.speaker, p.target) AS speaker,
               extract(epoch FROM r.tick - p.observed_at) AS age_s,
               coalesce(p.speed_kn, 0) <= %(lying_kn)s AS lies
        FROM latest_position p JOIN run r ON r.run_id = p.run_id
        LEFT JOIN bond b ON b.run_id = p.run_id AND b.target = p.target
        WHERE p.run_id = %(run_id)s AND p.sensor = ANY(%(sensors)s)
    ), judged AS (
        SELECT *, coalesce(age_s > CASE WHEN sensor = 'radar' THEN %(overdue_radar_s)s
                               WHEN lies OR sensor = 'beidou' THEN %(overdue_lying_s)s
                               ELSE %(overdue_s)s END, false) AS overdue,
               coalesce(age_s > CASE WHEN lies THEN %(silent_lying_s)s ELSE %(silent_s)s END, false)
                   AS silent
        FROM known WHERE sensor <> 'radar' OR age_s IS NULL OR age_s <= %(radar_shown_s)s
    ), placed AS (
        SELECT DISTINCT ON (vessel) * FROM judged
        ORDER BY vessel, overdue, CASE WHEN overdue THEN 0 WHEN target = speaker THEN 1
                 WHEN sensor <> 'radar' THEN 2 ELSE 3 END, observed_at DESC, target
    )
    SELECT p.speaker AS target, {claimed},
           CASE WHEN p.sensor <> 'radar' OR p.speaker LIKE 'radar:%%' THEN p.sensor
                WHEN NOT coalesce(s.silent, true) THEN s.sensor
                WHEN f.rival IS NULL THEN %(dark)s ELSE 'radar' END AS sensor,
           p.lon, p.lat, p.speed_kn, p.course_deg, p.heading_deg, p.observed_at,
           s.observed_at AS heard_at
    FROM placed p LEFT JOIN judged s ON s.target = p.speaker
    LEFT JOIN latest_fix f ON f.run_id = p.run_id AND f.vessel = p.vessel
    {claims}""").format(claimed=CLAIMED, claims=claims_of("p.speaker"))


class Vessels(Session):
    """The part of the store that vessels have."""

    def write_latest_fixes(self, run_id: int, frame: pl.DataFrame) -> int:
        """Move the newest fixes of vessels on; how many moved.

        Parameters
        ----------
        run_id
            The run they belong to.
        frame
            `models.fusion.schema.FIX`, as the fast pass gave it.
        """
        newest = _fixes(frame).sort("vessel", "at").unique("vessel", keep="last")
        columns = SQL(", ").join(map(Identifier, FIX))
        moved = SQL(", ").join(
            SQL("{0} = excluded.{0}").format(Identifier(name)) for name in FIX if name != "vessel"
        )
        with self.cursor("move the vessels on") as cursor:
            staging = stage(cursor, "latest_fix", newest)
            cursor.execute(
                SQL(
                    "INSERT INTO latest_fix AS old (run_id, {0}) SELECT {1}, {0} FROM {2} "
                    "ON CONFLICT (run_id, vessel) DO UPDATE SET {3} WHERE old.at < excluded.at"
                ).format(columns, run_id, staging, moved)
            )
            return cursor.rowcount

    def write_fixes(self, run_id: int, frame: pl.DataFrame) -> int:
        """Write settled fixes (`FIX`), one in five minutes; how many were not there yet."""
        due = frame.filter(pl.col("clock_s") % HISTORY_S == 0)
        return self._insert("fix", run_id, _fixes(due), "write where vessels were")

    def write_links(self, run_id: int, frame: pl.DataFrame) -> int:
        """Write what settled of vessels' source tracks (`LINK`); how many were not there yet."""
        told = frame.with_columns(
            _time("clock_s").alias("at"), _time("since_s").alias("since_at")
        ).select(LINK.names())
        return self._insert("link", run_id, told.cast(LINK), "write the tracks of vessels")

    def write_bonds(self, run_id: int, frame: pl.DataFrame) -> int:
        """Say whose all targets are now, in place of what was said before; how many changed.

        Parameters
        ----------
        run_id
            The run they belong to.
        frame
            Columns of `store.vessel_tables.BOND`, one row a target.
        """
        columns = SQL(", ").join(map(Identifier, BOND))
        with self.cursor("say whose targets are") as cursor:
            staging = stage(cursor, "bond", frame.select(BOND.names()).cast(BOND))
            cursor.execute(
                SQL(
                    "DELETE FROM bond WHERE run_id = {0} AND NOT EXISTS "
                    "(SELECT FROM {1} new WHERE new.target = bond.target)"
                ).format(run_id, staging)
            )
            gone = cursor.rowcount
            cursor.execute(
                SQL(
                    "INSERT INTO bond AS old (run_id, {0}) SELECT {1}, {0} FROM {2} "
                    "ON CONFLICT (run_id, target) DO UPDATE SET vessel = excluded.vessel, "
                    "speaker = excluded.speaker, since_at = excluded.since_at "
                    "WHERE (old.vessel, old.speaker, old.since_at) "
                    "IS DISTINCT FROM (excluded.vessel, excluded.speaker, excluded.since_at)"
                ).format(columns, run_id, staging)
            )
            return gone + cursor.rowcount

    def vessels_now(self, run_id: int, sensors: Sequence[str] = VESSEL_SENSORS) -> pl.DataFrame:
        """Where every vessel is, one row each, by target: columns of `VESSEL_NOW`.

        `target` is who speaks for the vessel (`BOND`), with its name and type. The place is the
        speaker's while it is heard; after that the newest of another sensor that has it. `sensor`
        says whose the place is: `DARK` where only a radar sees a vessel whose own signal is
        silent, and its echo cannot be another's too. `heard_at` is the speaker's own last word.
        Radar targets that were not seen for `RADAR_SHOWN_S` are left out.
        """
        parameters = {
            "run_id": run_id, "sensors": list(sensors), "dark": DARK, "lying_kn": LYING_KN,
            "radar_shown_s": RADAR_SHOWN_S, "overdue_s": OVERDUE_S["under_way"],
            "overdue_lying_s": OVERDUE_S["lying"], "overdue_radar_s": OVERDUE_S["radar"],
            "silent_s": SILENT_S["under_way"], "silent_lying_s": SILENT_S["lying"],
        }  # fmt: skip
        with self.cursor("read where every vessel is") as cursor:
            return fetch(cursor, _NOW, parameters, VESSEL_NOW).sort("target")

    def latest_fixes(self, run_id: int, since: datetime | None = None) -> pl.DataFrame:
        """Where every vessel is, by vessel: columns of `store.vessel_tables.FIX`."""
        with self.cursor("read where vessels are") as cursor:
            found = fetch(cursor, _LATEST, {"run_id": run_id, "since": since}, _READ)
        return found.cast(FIX)

    def fix_of(self, run_id: int, target: str) -> dict[str, Any] | None:
        """Where the vessel of a target is, by the names of `FIX`; None where it has no fix."""
        with self.cursor("read where a vessel is") as cursor:
            found = fetch(cursor, _FIX_OF, {"run_id": run_id, "target": target}, _READ).cast(FIX)
        return found.row(0, named=True) if found.height else None

    def members_of(self, run_id: int, target: str) -> pl.DataFrame:
        """What the vessel of a target is or was also called, by target: columns of `MEMBER`."""
        with self.cursor("read what a vessel is called") as cursor:
            return fetch(cursor, _MEMBERS, {"run_id": run_id, "target": target}, MEMBER)

    def fixes(self, run_id: int, vessel: str, from_: datetime, to: datetime) -> pl.DataFrame:
        """Where a vessel was in [from_, to), by time: columns of `store.vessel_tables.FIX`."""
        parameters = {"run_id": run_id, "vessel": vessel, "from": from_, "to": to}
        with self.cursor("read where a vessel was") as cursor:
            return fetch(cursor, _HISTORY, parameters, _READ).cast(FIX)

    def links(self, run_id: int, vessel: str) -> pl.DataFrame:
        """Which source tracks were a vessel's, by time: columns of `store.vessel_tables.LINK`."""
        with self.cursor("read the tracks of a vessel") as cursor:
            return fetch(cursor, _LINKS, {"run_id": run_id, "vessel": vessel}, LINK)

    def _insert(self, table: str, run_id: int, frame: pl.DataFrame, doing: str) -> int:
        if frame.is_empty():
            return 0
        columns = SQL(", ").join(map(Identifier, frame.columns))
        with self.cursor(doing) as cursor:
            staging = stage(cursor, table, frame)
            insert: Composed = SQL(
                "INSERT INTO {0} (run_id, {1}) SELECT {2}, {1} FROM {3} ON CONFLICT DO NOTHING"
            ).format(Identifier(table), columns, run_id, staging)
            cursor.execute(insert)
            return cursor.rowcount


def _fixes(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(_time("clock_s").alias("at")).select(FIX.names()).cast(FIX)


def _time(name: str) -> pl.Expr:
    return pl.from_epoch(name, "s").dt.replace_time_zone("UTC").cast(UTC_TIME)
