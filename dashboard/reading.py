"""What the screen and its interface read: the store and the site put together.

All methods block and may raise `core.errors.StoreError`; callers run them in a thread.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import shapely

from alerts.masking import masked
from core.schema import AFLOAT
from core.settings import EventSettings
from dashboard.approaching import approaching
from dashboard.ashore import ashore, truck_since
from dashboard.catalogue import parsed_at
from dashboard.feed_report import Told, report
from dashboard.picture import Picture, pictured, unix_ms
from dashboard.tracks import circles, track_features
from geo.site import Site
from models.feeds.reception import CELL_DEG
from store.engine import Store

TRACK_HOURS = 6.0
FIX_S = 180.0  # a fix that was not moved on for so long says nothing of now
MOST_NAMES = 40  # of a vessel: radars give it a new one now and then
ASHORE_MS = 5000.0  # of the data's clock: how often trucks, cameras and stations are read
Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """The run on the screen."""

    run_id: int
    kind: str
    site: str
    simulated: bool
    titles: Mapping[str, str]
    zone: ZoneInfo
    tick: datetime | None

    @property
    def exercise(self) -> bool:
        """Whether nothing of it is the real present."""
        return self.simulated or self.kind == "replay"


class Reading:
    """Named readings of one store.

    Parameters
    ----------
    store
        Where runs, positions and alerts stand.
    site_of
        The site of a run by its name, where the pipeline has it: its coast and tide are not in the
        store. None where it does not.
    clock
        Unix seconds: how old a live run's picture is.
    settings
        How far ahead approaches are asked for.
    sounds
        How many alerts of a night may be heard (`core.settings.AlertSettings`).
    """

    def __init__(
        self,
        store: Store,
        site_of: Callable[[str], Site | None],
        clock: Callable[[], float] = time.time,
        settings: EventSettings | None = None,
        sounds: int = 0,
    ) -> None:
        self._store, self._site_of, self._clock = store, site_of, clock
        self._settings = settings or EventSettings()
        self.sounds = sounds
        self._coasts: dict[int, str] = {}

    def run(self) -> Run | None:
        """The run that was opened last, or none."""
        row = self._store.current_run()
        if row is None:
            return None
        titles = {"zh": row["title_zh"] or row["site"], "en": row["title_en"] or row["site"]}
        zone = ZoneInfo(row["timezone"])
        facts = (row["run_id"], row["kind"], row["site"], row["simulated"])
        return Run(*facts, titles=titles, zone=zone, tick=row["tick"])

    def site(self, run: Run | None) -> Site | None:
        """The site of the run, where it is known."""
        return self._site_of(run.site) if run else None

    def picture(self, before: Picture) -> Picture:
        """The live picture after `before`."""
        run = self.run()
        if run is None:
            return Picture({"run_id": 0, "at_ms": 0.0})
        newest = self._store.alerts(run.run_id, limit=1)
        marker = [newest[0]["alert_id"], newest[0]["revision"]] if newest else None
        positions = self._store.vessels_now(run.run_id)
        at = run.tick or (None if positions.is_empty() else positions["observed_at"].max())
        state = {
            "run_id": run.run_id,
            "replay": run.kind == "replay",
            "simulated": run.simulated,
            "at_ms": unix_ms(at if isinstance(at, datetime) else None),
            "alert": marker,
        }
        made = pictured(before, state, positions)
        kept = before if before.run_id == run.run_id else None
        if kept and 0 <= made.at_ms - kept.ashore_ms < ASHORE_MS:
            return replace(made, ashore=kept.ashore, ashore_ms=kept.ashore_ms)
        return replace(made, ashore=self._ashore(run), ashore_ms=made.at_ms)

    def _ashore(self, run: Run) -> Json:
        return ashore(
            self.site(run),
            self._store.latest_vehicles(run.run_id, since=truck_since(run.tick)),
            self._store.latest_sightings(run.run_id),
            self._store.feed_health(run.run_id),
        )

    def outlook(self, run: Run) -> Json | None:
        """The outlook on the newest night (`engine.outlooks.document`), where there is one."""
        return self._store.outlook(run.run_id)

    def night_report(self, run: Run, evening: date | None = None) -> Json | None:
        """The report on a night, or on the last that ended (`engine.night_reports.document`)."""
        return self._store.night_report(run.run_id, evening)

    def approaches(self, run: Run) -> list[Json]:
        """Boats in the dark and the piers they may reach: a line each (`approaching`)."""
        now = self._store.vessels_now(run.run_id)
        return approaching(self.site(run), now, run.tick, self._settings)

    def alerts(self, run: Run) -> list[Json]:
        """The standing form of each alert, newest first, plates masked."""
        return [masked(alert) for alert in self._store.alerts(run.run_id)]

    def revisions(self, run: Run, alert_id: str | None) -> list[Json]:
        """Every revision of one alert, first to last, plates masked; none where it is unknown."""
        if alert_id is None:
            return []
        return [masked(alert) for alert in self._store.alert_revisions(run.run_id, alert_id)]

    def found_out(self, run: Run, alert_id: str) -> dict[str, Json]:
        """What the desk last said an alert turned out to be (`Store.found_out`)."""
        return self._store.found_out(run.run_id, alert_id)

    def declared(self, run: Run) -> list[Json]:
        """What the desk last declared of each kind of regime (`Store.regimes`)."""
        return self._store.regimes(run.site) if run.kind == "live" else []

    def revisions_after(self, run: Run, serial: int) -> list[tuple[int, Json]]:
        """Revisions behind a serial number in order, plates masked."""
        found = self._store.alerts_after(run.run_id, serial, limit=200)
        return [(number, masked(alert)) for number, alert in found]

    def piers(self, run: Run) -> list[Json]:
        """The piers as GeoJSON features."""
        return self._store.piers(run.run_id)

    def pier_names(self, run: Run | None) -> dict[str, str]:
        """Names of the piers by their number; the number where one has none."""
        about = [pier["properties"] for pier in self.piers(run)] if run else []
        return {pier["pier_id"]: str(pier["name"] or pier["pier_id"]) for pier in about}

    def feeds(self, run: Run) -> dict[str, dict[str, int]]:
        """Frames by feed and by kind or reason of refusal."""
        return self._store.feed_counts(run.run_id)

    def feed_report(self, run: Run) -> Json:
        """How every feed and source does, as `/api/feeds` tells it."""
        told = Told(
            self._store.feed_health(run.run_id),
            self._store.feed_states(run.run_id),
            self._store.refusals(run.run_id),
            self._store.doubts(run.run_id),
        )
        return report(told, run.tick, self._clock() if run.kind == "live" else None)

    def reception(self, run: Run, source: str, hours: int) -> list[Json]:
        """What a station heard in the last hours of the data's clock: cells as GeoJSON."""
        until = (run.tick or datetime.now(UTC)) + timedelta(seconds=1)
        since = until - timedelta(hours=hours)
        return cell_features(self._store.reception_map(run.run_id, source, since, until))

    def positions(self, run: Run) -> pl.DataFrame:
        """Where every target was last."""
        return self._store.latest_positions(run.run_id)

    def coast(self, run: Run) -> str:
        """The land of the run's site as a GeoJSON text; empty where it has none."""
        if run.run_id not in self._coasts:
            site = self.site(run)
            land = site.land.polygons if site and site.land else ()
            shapes = ",".join(
                f'{{"type":"Feature","properties":{{}},"geometry":{shapely.to_geojson(polygon)}}}'
                for polygon in land
            )
            self._coasts = {run.run_id: f'{{"type":"FeatureCollection","features":[{shapes}]}}'}
        return self._coasts[run.run_id]

    def track(
        self, run: Run, targets: Sequence[str], from_: datetime | None, to: datetime | None
    ) -> list[Json]:
        """One vessel's track, as these targets have it, as GeoJSON lines (`track_features`).

        The last six hours of the data's clock where no times are given. Road vehicles have no
        track here: ValueError.
        """
        if not all(target.startswith(AFLOAT) for target in targets):
            raise ValueError(
                f"tracks are shown of vessels only ({', '.join(AFLOAT)}…), not of this"
            )
        since, until = self._span(run, from_, to)
        found = [(t, self._store.track(run.run_id, t, since, until)) for t in targets[:MOST_NAMES]]
        return track_features(found)

    def vessel(self, run: Run, target: str) -> list[Json]:
        """The vessel behind a target: its track by all that it is called, and its uncertainty.

        A radar's number counts only while it is this vessel's. No circle where the vessel was
        given up: then nobody knows how far it may be.
        """
        if not target.startswith(AFLOAT):
            raise ValueError(
                f"tracks are shown of vessels only ({', '.join(AFLOAT)}…), not of this"
            )
        since, until = self._span(run, None, None)
        spans = {target: (since, until)}
        called = self._store.members_of(run.run_id, target)
        for name, begun, left in called.top_k(MOST_NAMES, by="since_at").iter_rows():
            own = name == target or not name.startswith("radar:")
            spans[name] = (since, until) if own else (max(begun, since), min(left or until, until))
        tracks = [
            (name, self._store.track(run.run_id, name, begun, left))
            for name, (begun, left) in spans.items()
            if begun < left
        ]
        fix = self._store.fix_of(run.run_id, target)
        fresh = fix and fix["sigma_m"] and until - fix["at"] < timedelta(seconds=FIX_S)
        about = _about(fix) if fix and fresh else []
        return [*track_features(tracks), *about]

    def _span(
        self, run: Run, from_: datetime | None, to: datetime | None
    ) -> tuple[datetime, datetime]:
        until = to or (run.tick or datetime.now(UTC)) + timedelta(seconds=1)
        return from_ or until - timedelta(hours=TRACK_HOURS), until


def _about(fix: Json) -> list[Json]:
    return circles(*(fix[n] for n in ("lon", "lat", "sigma_m", "rival", "rival_probability")))


def cell_features(cells: pl.DataFrame) -> list[Json]:
    """Cells of a reception map as squares with how often something was heard there."""
    return [
        {
            "type": "Feature",
            "properties": {"heard": heard},
            "geometry": json.loads(
                shapely.to_geojson(shapely.box(lon, lat, lon + CELL_DEG, lat + CELL_DEG))
            ),
        }
        for lon, lat, heard in cells.with_columns(pl.col("lon", "lat").round(6)).iter_rows()
    ]


def feature(alert: Json) -> Json:
    """An alert as a GeoJSON feature: the envelope is its properties."""
    lon, lat = alert.get("lon"), alert.get("lat")
    placed = lon is not None and lat is not None
    return {
        "type": "Feature",
        "id": alert["alert_id"],
        "geometry": {"type": "Point", "coordinates": [lon, lat]} if placed else None,
        "properties": alert,
    }


def rank(alert: Json) -> float:
    """What an alert is ordered by: posterior × severity (design, decision 5)."""
    return float(alert.get("posterior") or 0.0) * float(alert.get("severity") or 0.0)


def stands(alert: Json) -> bool:
    """Whether an alert asks for somebody: what was cancelled does not, and what has ended does not
    where it is no landing, which is worth a look afterwards too."""
    if alert.get("status") == "cancel":
        return False
    ended = any((entry.get("params") or {}).get("to") for entry in alert.get("evidence") or [])
    return alert.get("kind") == "night_landing" or not ended


def standing(alerts: list[Json]) -> list[Json]:
    """Alerts by level, rank and time; behind what stands what has ended, then the cancelled."""
    order = {"verify": 1, "watch": 0}

    def key(alert: Json) -> tuple[bool, bool, int, float, float]:
        issued = parsed_at(alert.get("issued_at"))
        level = order.get(str(alert.get("level")), 0)
        at_s = issued.timestamp() if issued else 0.0
        return stands(alert), alert.get("status") != "cancel", level, rank(alert), at_s

    return sorted(alerts, key=key, reverse=True)


def as_text(value: object) -> str:
    """JSON as the interface writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
