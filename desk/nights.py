"""The desk: a run's night as GeoDataFrames."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
import shapely
from matplotlib.figure import Figure

from alerts.envelope import weighed
from alerts.masking import masked
from core.errors import InputError, SetupError
from desk import frames
from desk.explanation import Explanation
from desk.night_map import Night, sheet
from desk.register_check import to_check
from store.cluster import Cluster
from store.desk_reads import Box, DeskReads

#: What is looked at where no time is given: a night and the day around it.
SPAN = timedelta(hours=24)
_AHEAD = timedelta(seconds=60)  # a frame may claim to be so much later than its receipt
_EVERY = 1_000_000_000
_PIER = ("pier_id", "name", "aliases", "kind", "status", "township", "depth_m")
_NEAR_M = 4_000.0  # of the sheet around an alert


class Desk:
    """A store opened for looking. Make one with `desk.open`.

    Each method takes `run`, a `run_id` of `runs()`; without it the run that was opened last. Times
    are aware and UTC, places EPSG:4326, longitude first. A `with` block closes it.

    Raises, on every method:

    InputError
        There is no such run, alert or pier, or a time is naive.
    SetupError
        The store holds no run yet.
    StoreUnavailable
        The store does not answer.

    Parameters
    ----------
    reads
        A session that cannot write.
    started
        The private cluster, where it was started for this desk.
    """

    def __init__(self, reads: DeskReads, started: Cluster | None = None) -> None:
        self._reads, self._started = reads, started

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back; stop the cluster if this desk started it and is its last."""
        alone = self._started is not None and self._reads.other_sessions() == 0
        self._reads.close()
        if self._started is not None and alone:
            self._started.stop()
        self._started = None

    def runs(self) -> pd.DataFrame:
        """The runs, the one opened last first: run_id, kind, name, site, simulated, tick, …"""
        found = pd.DataFrame(self._reads.runs(limit=_EVERY))
        if "tick" in found:
            found["tick"] = pd.to_datetime(found["tick"], utc=True)
        return found

    def positions(
        self,
        run: int | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
        *,
        bbox: Box | None = None,
        near_pier: str | None = None,
        within_m: float = 500.0,
    ) -> gpd.GeoDataFrame:
        """What was seen of vessels, as points by time: every row that arrived, nothing cleaned.

        Parameters
        ----------
        run
            The run.
        from_, to
            Of `observed_at`, `to` not included. Without them the run's last 24 hours.
        bbox
            West, south, east, north in degrees.
        near_pier, within_m
            A `pier_id`, and how near to its outline in metres.

        Returns
        -------
        target, name (as claimed), sensor, source, observed_at, received_at, speed_kn, course_deg,
        heading_deg, sigma_m, geometry. Goods vehicles are not among them.
        """
        row = self._run(run)
        if near_pier is not None:
            self._pier(row["run_id"], near_pier)
        window = _window(row, from_, to)
        return frames.points(
            self._reads.positions(row["run_id"], *window, bbox, near_pier, within_m)
        )

    def tracks(
        self,
        run: int | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
        *,
        bbox: Box | None = None,
        target: str | None = None,
    ) -> gpd.GeoDataFrame:
        """The cleaned lines of vessels: a LineString a track and hour, with times.

        The measure of each point is seconds since 1970 UTC (`shapely.get_coordinates(...,
        include_m=True)`). Lines that touch the time and the box come whole.

        Returns
        -------
        segment_id, target, name, segment_from, segment_to, geometry.
        """
        row = self._run(run)
        window = _window(row, from_, to)
        return frames.lines(self._reads.segments(row["run_id"], *window, bbox, target))

    def piers(self, run: int | None = None) -> gpd.GeoDataFrame:
        """The piers as polygons: pier_id, name, aliases, kind, status, township, depth_m.

        `status` is what the register says (active, low, idle, unknown), `depth_m` is below chart
        datum.
        """
        return frames.polygons(self._reads.piers(self._run(run)["run_id"]), _PIER)

    def events(self, kind: str | None = None, *, run: int | None = None) -> gpd.GeoDataFrame:
        """The settled events as points: pier calls, stops, silences, or those of one kind.

        Returns
        -------
        event_id, kind, event_from, event_to, targets, pier_id; each key of their details
        (`dwell_min`, `silent_min`, `confidence`, …) as a column; geometry.
        """
        return frames.events(self._reads.settled_events(self._run(run)["run_id"], kind))

    def alerts(self, run: int | None = None) -> gpd.GeoDataFrame:
        """Each alert at its latest revision as a point, the highest rank first.

        Returns
        -------
        The columns `desk.frames.ALERT_COLUMNS`, geometry. `posterior` is the probability of an
        unlawful landing, `severity` in [0, 1] how grave it would be, `rank` their product;
        `prior_nats` and `evidence_nats` add up to the posterior's log-odds. All of these are
        missing where an alert is a fact (a call for help, a silent feed). Plates are masked.
        """
        found = frames.alerts(masked(self._reads.alerts(self._run(run)["run_id"], limit=_EVERY)))
        ranked = found.sort_values(["rank", "alert_id"], ascending=[False, True])
        return ranked.reset_index(drop=True)

    def to_check(self, run: int | None = None, *, unseen_days: int = 30) -> gpd.GeoDataFrame:
        """What to check beside the register: conflicts (套牌), strangers (三无), boats unseen.

        Each row is a lead to verify: the register does not know who merely passes, and a boat may
        lie ashore.

        Parameters
        ----------
        run
            The run.
        unseen_days
            List boats of the register that were not seen for so long, where the run is as long.

        Returns
        -------
        matter (`conflict`, `unregistered`, `unseen`), target, vessel_id, name, flag (`domestic`,
        `foreign`), codes, last_seen_at, unseen_days, geometry (where it was last, if ever).
        """
        row = self._run(run)
        return to_check(self._reads, row["run_id"], _window(row, None, None)[1], unseen_days)

    def explain(
        self, alert_id: str, *, run: int | None = None, revision: int | None = None
    ) -> Explanation:
        """Take an alert apart, at its latest revision or an earlier one: one that is weighed."""
        row = self._run(run)
        envelopes = masked(self._reads.alert_revisions(row["run_id"], alert_id))
        numbers = [envelope["revision"] for envelope in envelopes]
        if not envelopes or (revision is not None and revision not in numbers):
            raise InputError(
                f"alert {alert_id}",
                expected="an alert_id of alerts() and one of its revisions",
                came=f"revision {revision} of {numbers}" if envelopes else "none such in the run",
            )
        if not weighed(envelopes[-1]):
            raise InputError(
                f"alert {alert_id}",
                expected="an alert that is weighed",
                came=f"{envelopes[-1]['kind']}: a fact, for and against which nothing speaks",
            )
        piers = self.piers(row["run_id"])
        named = piers.loc[piers["pier_id"] == envelopes[-1].get("pier_id"), "name"].tolist()
        zone = ZoneInfo(row["timezone"])
        return Explanation(envelopes, revision or numbers[-1], zone, named[0] if named else None)

    def map(
        self,
        run: int | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
        *,
        land: Path | str | None = None,
        alert_id: str | None = None,
        language: str = "zh",
    ) -> Figure:
        """Draw the night, or the surroundings of one of its alerts.

        Parameters
        ----------
        run, from_, to
            As for `tracks`.
        land
            The `land.geojson` of the run's site; without it the sheet has no coast.
        alert_id
            Draw 4 km around it, with the tracks of its vessels set off.
        language
            `zh` or `en`; English where no font draws Chinese.
        """
        row = self._run(run)
        piers, tracks = self.piers(row["run_id"]), self.tracks(row["run_id"], from_, to)
        alerts = self.alerts(row["run_id"]).dropna(subset=["posterior"])
        shown, its_tracks = alerts, tracks.iloc[:0]
        box = _box(piers if len(piers) else tracks)
        if alert_id is not None:
            shown = alerts[alerts["alert_id"] == alert_id]
            if shown.empty or shown.geometry.iloc[0] is None:
                raise InputError(f"alert {alert_id}", expected="one with a place", came="none such")
            its_tracks = tracks[tracks["target"].isin(shown["targets"].iloc[0])]
            box = _box(shown, _NEAR_M)
            piers = piers[piers.intersects(shapely.box(*box))]
        shores, credit = (None, "") if land is None else _land(Path(land))
        night = Night(
            row["title_zh"], row["title_en"], row["simulated"], ZoneInfo(row["timezone"]), box,
            piers, tracks, its_tracks, shown, shores, credit,
        )  # fmt: skip
        return sheet(night, language)

    def _run(self, run: int | None) -> dict[str, Any]:
        found = self._reads.runs(limit=_EVERY)
        if not found:
            raise SetupError(
                "the store", expected="a run", came="none yet",
                act="Run `make demo` or `pierwatch replay RECORDING` first.",
            )  # fmt: skip
        if run is None:
            return found[0]
        for row in found:
            if row["run_id"] == run:
                return row
        raise InputError(f"run {run}", expected="a run_id of runs()", came="none such")

    def _pier(self, run_id: int, pier_id: str) -> None:
        if pier_id not in {feature["id"] for feature in self._reads.piers(run_id)}:
            raise InputError(
                f"pier {pier_id}", expected="a pier_id of piers()", came="none such in the run"
            )


def _window(
    row: dict[str, Any], from_: datetime | None, to: datetime | None
) -> tuple[datetime, datetime]:
    for at in (from_, to):
        if at is not None and at.tzinfo is None:
            raise InputError("from_ and to", expected="aware times", came=str(at))
    tick = row["tick"] or datetime(1970, 1, 2, tzinfo=UTC)
    return from_ or (to or tick) - SPAN, to or tick + _AHEAD


def _box(frame: gpd.GeoDataFrame, margin_m: float = 1_500.0) -> Box:
    """What a sheet covers: all of a frame and a margin; a degree of open sea where it is empty."""
    shown = frame[frame.geometry.notna()]
    if shown.empty:
        return (-0.5, -0.5, 0.5, 0.5)
    around = shown.geometry.to_crs(shown.estimate_utm_crs()).buffer(margin_m).to_crs(frames.WGS84)
    west, south, east, north = (float(edge) for edge in around.total_bounds)
    return west, south, east, north


def _land(path: Path) -> tuple[gpd.GeoDataFrame, str]:
    try:
        collection = json.loads(path.read_text("utf-8"))
        shores = frames.polygons(collection["features"], ())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            str(path), expected="a GeoJSON of land polygons", came=str(error)
        ) from error
    return shores, str(collection.get("attribution", ""))
