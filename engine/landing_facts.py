"""From a landing to plain facts of it: what the evidence and the severity are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.doubts import Doubts
from engine.permits import Permits
from engine.place import Announced, Place
from geo.calendar import holiday
from geo.tides import Tide
from models.landings.links import LEFT_WITH, MET_BY, SEEN_BY
from models.landings.members import plate
from models.landings.schema import Landing
from models.risk.chain_facts import chain_facts
from models.risk.landing_facts import LandingFacts
from models.tracks.positions import SECOND_US, is_radar
from models.tracks.reception import hears
from models.tracks.silences import gap_s, surprise_nats

#: A silence that ended this long before berthing still belongs to the approach.
APPROACH_S: Final = 2 * 3600
#: A boat that went dark longer ago is not the one that radar sees (methods 7.1: 30–120 min).
DARK_S: Final = 6 * 3600
KEEL_CLEARANCE_M: Final = 0.3

Row = dict[str, Any]


@dataclass(frozen=True)
class Silences:
    """The silences that may belong to a landing, by track and beginning."""

    rows: Mapping[tuple[str, int], Row]

    def nats(
        self, track: str, from_us: int, place: Place, *, ended_us: int | None
    ) -> tuple[float | None, bool]:
        """How surprising, None where nobody can tell; and whether it went quiet lying still.

        Until a silence has ended (`ended_us` is None) only what was known when it was called may
        be read. Of one that outlasted the memory of silences its end is known to the call alone.
        """
        row = self.rows.get((track, from_us))
        if row is None:
            return None, False
        covered_s = row["covered_s"] if ended_us is None else row["covered_in_all_s"]
        end_us = row["called_s"] * SECOND_US if ended_us is None else ended_us
        known = (row["interval_s"], row["heard"], row["expected"])
        cap = place.settings.tracks.silence_cap_nats
        nats = surprise_nats(gap_s(from_us, end_us), covered_s or 0, *known, cap)
        return nats, not row["moving"]

    def called_us(self, track: str, from_us: int) -> int:
        """When it was called; its beginning where nobody knows."""
        row = self.rows.get((track, from_us))
        return from_us if row is None else int(row["called_s"]) * SECOND_US

    def newest(self, tracks: Iterable[str], by_s: int) -> tuple[str, int] | None:
        """The last silence of any of these tracks that was called by a tick."""
        names = frozenset(tracks)
        mine = (
            (row["from_us"], track)
            for (track, _), row in self.rows.items()
            if track in names and row["called_s"] <= by_s
        )
        last = max(mine, default=None)
        return None if last is None else (last[1], last[0])


@dataclass(frozen=True)
class Known:
    """What a pass knows besides its landings."""

    silences: Silences  # that their calls refer to
    doubts: Doubts
    cells: pl.DataFrame  # reception (`models.tracks.reception.CELLS`)


@dataclass(frozen=True)
class Silence:
    """How the vessel was heard on its way: minutes of silence, its nats, its manner."""

    minutes: float | None = None
    nats: float | None = None
    moored: bool = False
    tracked: bool = False  # a radar went on seeing it
    from_us: int | None = None


def facts_of(
    landing: Landing, begun_us: int, known: Known, place: Place, permits: Permits,
    *, tick_s: int,
) -> LandingFacts:  # fmt: skip
    """What is known of a landing at a tick of saying, apart from what is normal there."""
    pier = place.pier_rows[landing.pier]
    begun = datetime.fromtimestamp(begun_us / SECOND_US, UTC)
    local = begun.astimezone(place.zone)
    vessel, doubtful = registered(landing, known.doubts, place)
    silence = silence_of(landing, begun_us, known.silences, place)
    hours, margin, share = _water(pier, vessel, begun, place)
    afloat = [call["target"] for call in landing.calls]
    given = [*place.permits.get(pier["pier_id"], ()), *permits.at(pier["pier_id"], tick_s)]
    in_force = [permit for permit in given if permit.from_ <= begun <= permit.to]
    best = landing.calls[0] if landing.calls else None
    return LandingFacts(
        pier_status=pier["status"],
        pier_kind=pier["kind"],
        visit_probability=_probability(landing),
        sighting=sighting(landing, place.settings.land.camera_min_s),
        hour_local=local.hour,
        day_kind=day_kind(local),
        hours_from_high_water=hours,
        margin_m=margin,
        feasible_share=share,
        silent_min=silence.minutes,
        silence_nats=silence.nats,
        silent_from_us=silence.from_us,
        silence_moored=silence.moored,
        dark_on_the_way=silence.tracked,
        radar_only=bool(afloat) and all(is_radar(target) for target in afloat),
        had_transponder=True if any(not is_radar(t) for t in landing.targets) else None,
        storm=place.rough_at(begun_us),
        unseen=not landing.calls and landing.stage != "approach",
        sea_covered=place.watched[landing.pier],
        nameless=nameless(landing, known.cells, place),
        ais_withheld=ais_withheld(landing, vessel, known.cells, place),
        rough=silence.from_us is not None and place.rough_at(silence.from_us),
        in_register=_in_register(landing, vessel, place) if not doubtful else None,
        doubtful_name=doubtful,
        at_home=vessel is not None and vessel["home_pier"] == pier["pier_id"],
        vessel_type=vessel["type"] if vessel else None,
        length_m=(vessel or {}).get("length_m") or (best or {}).get("claimed_length_m"),
        announced=_announced(in_force, vessel),
        heard_by=tuple(sorted({sensor_of(target) for target in afloat})),
        **_dwell(landing, begun_us),
        **_waiting(landing, place),
        **_ashore(_without_announced_lorries(landing, in_force), place),
    )


def sensor_of(target: str) -> str:
    """The sensor that a target's name is of."""
    return "radar" if is_radar(target) else "beidou" if target.startswith("beidou:") else "ais"


def _probability(landing: Landing) -> float:
    """That there is a visit of a boat: sure once one was seen."""
    if landing.calls:
        return 1.0
    seen = [float(link.probability) for link in landing.links if link.kind == SEEN_BY]
    if seen:  # a camera's glance may be of nothing
        return max(seen)
    if _by_land(landing):
        return 0.0
    return max((float(link.probability) for link in landing.links), default=0.5)


def sighting(landing: Landing, camera_min_s: float) -> str | None:
    """Who alone tells of the visit, where that may be wrong (`landing_table.SIGHTINGS`)."""
    filmed = [link.detail for link in landing.links if link.kind == SEEN_BY]
    long = any(d.get("n", 1) > 1 or d.get("seconds", 0) >= camera_min_s for d in filmed)
    if landing.calls:
        gone = all(c["why"] == "left" and not c["exit_seen"] for c in landing.calls)
        echo = all(is_radar(call["target"]) for call in landing.calls)
        return "echo" if echo and gone and not long else None
    if filmed:
        return "camera" if long else "glance"
    return None if _by_land(landing) else "approach"


def registered(landing: Landing, doubts: Doubts, place: Place) -> tuple[Row | None, bool]:
    """The register's row of the vessel, and whether its name is in doubt.

    A second ship under a number is not the registered one; two vessels of the register in one
    visit are in doubt, and so is a number that several share, or of which a conflict was told.
    """
    names = [target for target in landing.targets if not is_radar(target)]
    if any(name in place.shared for name in names) or doubts.of(names, landing.clock_s):
        return None, True
    doubled = any(c["track"] != c["target"] for c in landing.calls if not is_radar(c["target"]))
    rows = {row["vessel_id"]: row for name in names if (row := place.vessels.get(name))}
    if doubled or len(rows) > 1:
        return None, True
    return next(iter(rows.values()), None), False


def nameless(landing: Landing, cells: pl.DataFrame, place: Place) -> bool:
    """Whether a dock camera saw a boat that sends nothing, where stations would hear it and no
    radar looks."""
    if landing.calls or landing.targets or place.watched[landing.pier]:
        return False
    if not any(link.kind == SEEN_BY for link in landing.links):
        return False
    pier = place.pier_rows[landing.pier]
    return hears(cells, pier["lon"], pier["lat"], landing.clock_s)


def ais_withheld(landing: Landing, vessel: Row | None, cells: pl.DataFrame, place: Place) -> bool:
    """Whether BeiDou alone speaks of a boat which the register gives AIS, where stations would hear
    it: who answers to the fishery's platform and to nobody else."""
    afloat = {sensor_of(call["target"]) for call in landing.calls}
    heard = {sensor_of(target) for target in landing.targets} | afloat
    if "beidou" not in afloat or "ais" in heard or not (vessel or {}).get("mmsi"):
        return False
    pier = place.pier_rows[landing.pier]
    return hears(cells, pier["lon"], pier["lat"], landing.clock_s)


def _in_register(landing: Landing, vessel: Row | None, place: Place) -> bool | None:
    """Whether the register knows it; None without a register, or without a name."""
    named = any(not is_radar(target) for target in landing.targets)
    if place.site.vessels.is_empty() or not named:
        return None
    return vessel is not None


def silence_of(landing: Landing, begun_us: int, silences: Silences, place: Place) -> Silence:
    """How it was heard on its way in; what nobody can tell is None."""
    radar = any(is_radar(call["target"]) for call in landing.calls)
    speaking = next((c for c in landing.calls if not is_radar(c["target"])), None)
    if speaking is None:
        names = [name for name in landing.targets if not is_radar(name)]
        found = silences.newest(names, landing.clock_s)
        if found is None or begun_us - found[1] > DARK_S * SECOND_US:
            return Silence()
        track, from_us = found
        nats, moored = silences.nats(track, from_us, place, ended_us=None)
        minutes = gap_s(from_us, silences.called_us(track, from_us)) / 60
        return Silence(minutes, nats, moored, radar and not moored, from_us)
    track, from_us, to_us = speaking["track"], speaking["quiet_from_us"], speaking["quiet_to_us"]
    if from_us is not None and begun_us - to_us <= APPROACH_S * SECOND_US:
        nats, moored = silences.nats(track, from_us, place, ended_us=to_us)
        return Silence(gap_s(from_us, to_us) / 60, nats, moored, radar and not moored, from_us)
    dark_us = speaking["dark_from_us"]
    if dark_us is not None:
        nats, moored = silences.nats(track, dark_us, place, ended_us=None)
        minutes = gap_s(dark_us, silences.called_us(track, dark_us)) / 60
        return Silence(minutes, nats, moored, radar and not moored, dark_us)
    heard = speaking["entry_seen"] and not _ais_left_out(landing)
    return Silence(0.0, 0.0) if heard else Silence()


def _ais_left_out(landing: Landing) -> bool:
    """Whether only BeiDou speaks of a boat that has AIS too: it was not heard all the way.

    Fishermen switch AIS off near the shore as smugglers do, so that it says no more than this.
    """
    here = {sensor_of(call["target"]) for call in landing.calls}
    return "ais" not in here and any(sensor_of(name) == "ais" for name in landing.targets)


def _dwell(landing: Landing, begun_us: int) -> dict[str, Any]:
    """Minutes at the berth so far, whether that is all, and whether it may be more."""
    filmed = [link for link in landing.links if link.kind == SEEN_BY]
    if landing.berth_from_us is None or not (landing.calls or filmed):
        return {}  # nobody saw it lie there
    over = landing.stage == "left"
    last = [call["berth_to_us"] or call["t_us"] for call in landing.calls]
    last = last or [link.to_us or link.from_us for link in filmed]
    end_us = landing.berth_to_us if over and landing.berth_to_us else max(last, default=begun_us)
    seen = any(c["entry_seen"] for c in landing.calls)
    seen = seen and any(c["exit_seen"] for c in landing.calls)
    # A camera that looks at the berth sees the whole stay of a boat that no track was of.
    seen = seen or not landing.calls
    return {
        "dwell_min": max(end_us - begun_us, 0) / (60 * SECOND_US),
        "dwell_over": over,
        "dwell_at_least": over and not seen,
    }


def _waiting(landing: Landing, place: Place) -> dict[str, Any]:
    """How long vehicles have waited for a boat that nobody saw, and whether one would be seen."""
    if landing.calls or landing.berth_from_us is not None or not _by_land(landing):
        return {}
    covered = place.watched[landing.pier] or "camera" in landing.coverage
    waited_s = landing.clock_s - landing.from_us // SECOND_US
    return {"waited_min": max(waited_s, 0) / 60, "quay_covered": covered}


def _by_land(landing: Landing) -> bool:
    return landing.subject.startswith("land:")


def _ashore(landing: Landing, place: Place) -> dict[str, Any]:
    """Lorries, the dock camera and the bar."""
    # A bar's word comes with those of the cameras: where one of these is heard, so would it be.
    has_bar = landing.pier in place.barred and bool(landing.coverage & {"camera", "anpr"})
    earliest_min = place.likelihoods.landing.trucks.come_by_min[0]
    return chain_facts(landing, place.lorries, has_bar=has_bar, earliest_min=earliest_min)


def _announced(in_force: Iterable[Announced], vessel: Row | None) -> bool:
    """Whether night work was announced for this vessel, or for whoever calls."""
    mine = vessel["vessel_id"] if vessel else None
    return any(
        permit.plate is None if permit.vessel_id is None else permit.vessel_id == mine
        for permit in in_force
    )


def _without_announced_lorries(landing: Landing, in_force: Iterable[Announced]) -> Landing:
    """Without the links to lorries that were announced by themselves: that explains them, and
    nothing else of the call."""
    plates = {permit.plate for permit in in_force if permit.vessel_id is None}
    left = tuple(
        link for link in landing.links
        if link.kind not in (MET_BY, LEFT_WITH) or link.target is None
        or plate(link.target) not in plates
    )  # fmt: skip
    return landing if len(left) == len(landing.links) else replace(landing, links=left)


def day_kind(local: datetime) -> str:
    """The kind of day whose night it is: the small hours of Monday belong to Sunday's night."""
    evening = (local - timedelta(hours=12)).date()
    day = holiday(evening)
    if day is not None:  # a Sunday that is worked for a holiday is a workday
        return "holiday" if day.off else "workday"
    return "weekend" if evening.weekday() >= 5 else "workday"


def _water(
    pier: Row, vessel: Row | None, begun: datetime, place: Place
) -> tuple[float | None, float | None, float | None]:
    """Hours from the nearest high water; with depth and draught known, margin and its share."""
    tide = place.site.tide
    if tide is None:
        return None, None, None
    return _water_at(tide, pier["depth_m"], vessel["draught_m"] if vessel else None, begun)


@lru_cache(maxsize=1 << 12)
def _water_at(
    tide: Tide, depth_m: float | None, draught_m: float | None, begun: datetime
) -> tuple[float | None, float | None, float | None]:
    """Asked for each time that more is known of a landing, whose berthing is what it was."""
    peaks, heights = _tide_about(tide, int(begun.timestamp()) // 3600)
    nearest = min((abs((at - begun).total_seconds()) for at, _ in peaks), default=None)
    hours = None if nearest is None else round(nearest / 3600, 2)
    if depth_m is None or draught_m is None:
        return hours, None, None
    spare_m = depth_m - draught_m - KEEL_CLEARANCE_M
    now_m = float(tide.height_m(np.datetime64(begun.replace(tzinfo=None), "us")))
    return hours, round(now_m + spare_m, 2), float((heights + spare_m >= 0).mean())


@lru_cache(maxsize=256)
def _tide_about(tide: Tide, hour: int) -> tuple[list[tuple[datetime, float]], NDArray[np.float64]]:
    """High waters about an hour since 1970, and heights over two tides: the same for all piers."""
    at = datetime.fromtimestamp(hour * 3600, UTC)
    peaks = tide.high_waters(at - timedelta(hours=13), at + timedelta(hours=14))
    steps = np.arange(-71, 78) * np.timedelta64(10, "m")  # 24.8 h, half an hour past the middle
    return peaks, tide.height_m(np.datetime64(at.replace(tzinfo=None), "us") + steps)
