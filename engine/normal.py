"""What is normal here, beside which a landing is put: as of the last noon, and read until the next.

A night runs from noon to noon, local time. It is closed half an hour after noon, when every row of
it has settled, from what the settled pass said of its visits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from core.schema import empty
from engine import anomalies
from engine.judged import Judged
from engine.labels import NONE, Labels
from engine.place import Place
from models.anomaly.features import KEY, ROW
from models.anomaly.fold import Anomaly
from models.baseline import bursts, hours, likely, lorries, repeats
from models.baseline.fold import COVERED, SUSPICIOUS_COUNTS, VISIT, Baseline, close_night
from models.landings.land_rows import FIX
from models.landings.schema import TRUCK_WAIT, Landing
from models.outlook import recurrence
from models.risk.landing_facts import LandingFacts
from models.tracks.positions import SECOND_US, is_radar

#: A night is closed so long after noon: all rows of it have settled by then.
CLOSES_S: Final = 1800
#: Dark hours, local, of which somebody should have looked at a pier.
DARK_HOURS: Final = (20, 21, 22, 23, 0, 1, 2, 3, 4)
#: Ways of being seen that nothing lawful asks for (`models.risk.landing_table.MANNERS`).
_FURTIVE: Final = ("silent", "silent_tracked", "beidou_alone", "radar_only", "unseen")
_SHORT_MIN: Final = 60.0
#: Thinned visits of a pier before anything was seen: one in two months.
_FEW: Final = (0.5, 30.0)
_KEY: Final = {"subject": pl.String(), "from_us": pl.Int64()}
OPEN: Final = pl.Schema({**VISIT, **_KEY})
HEARD: Final = pl.Schema({"sensor": pl.String(), "hour": pl.Int64()})  # hours since 1970


@dataclass(frozen=True)
class Normal:
    """The baseline as of a noon, how many nights it has learned from, and what is unusual."""

    base: Baseline = field(default_factory=Baseline)
    nights: int = 0
    anomaly: Anomaly = field(default_factory=Anomaly)
    visited: frozenset[int] = frozenset()  # idle piers that boats came to by night since noon

    def beside(
        self, facts: LandingFacts, landing: Landing, begun_us: int, place: Place
    ) -> LandingFacts:
        """The facts of a landing with what goes on tonight and, after the first night, with what
        is normal there."""
        pier = landing.pier
        others = len(self.visited - {pier})
        facts = replace(facts, idle_visited=others, idle_piers=place.idle_piers)
        if not self.nights:
            return facts
        visits, nights = self._observed.get(pier, (0.0, 0.0))
        near = [pier, *place.neighbours[pier]]
        held = self.base.suspicious
        began = datetime.fromtimestamp(begun_us / SECOND_US, UTC).astimezone(place.zone)
        given = place.likelihoods.landing.landing_hours.innocent_share
        hour = began.weekday() * 24 + began.hour
        count = len(held) / max(len(place.pier_rows), 1)
        names = [name for name in landing.targets if not is_radar(name)]
        plates = [link.target for link in landing.links if link.target and link.target not in names]
        since = begun_us - 14 * bursts.DAY_US
        recent = held.filter(
            pl.col("pier").is_in(near), pl.col("t_us") >= since, pl.col("t_us") < begun_us
        )
        return replace(
            facts,
            pier_visits=visits,
            pier_nights=nights,
            hour_share=hours.share(self.base.shape, facts.pier_status, hour, given),
            burst=bursts.scan(held, pier, begun_us, _FEW[0] + count, _FEW[1] + self.nights),
            follows=self._follows(pier, anomalies.night_of(begun_us, place), place),
            memory_nights=min(self.nights, bursts.MEMORY_NIGHTS),
            small_repeats=repeats.count(self.base.repeats, pier, [*names, *plates]),
            suspicious_14d=len(recent),
            trucks_usual=self._lorries.get(pier, ()),
        )

    def _follows(self, pier: int, night: int, place: Place) -> likely.Follows | None:
        """What earlier landings make of one here in a night."""
        if place.outlook is None:
            return None
        usual = place.site.landings_per_100_pier_nights / 100
        table, near = place.outlook.recurrence, place.neighbours[pier]
        share = {pier: table.here_share}
        share |= {at: table.near_share / len(place.neighbours[at]) for at in near}
        before = [
            recurrence.Before(at == pier, night - then, probability, share[at])
            for at in (pier, *near)
            for then, probability in self._likely.get(at, ())
        ]
        return recurrence.follows(before, self.nights, usual, table)

    @cached_property
    def _likely(self) -> dict[int, list[tuple[int, float]]]:
        """By pier: the nights of visits that may have been landings, and how likely they were."""
        held: dict[int, list[tuple[int, float]]] = {}
        for pier, night, p in self.base.likely.select("pier", "night", "probability").iter_rows():
            held.setdefault(pier, []).append((night, p))
        return held

    @cached_property
    def _lorries(self) -> dict[int, tuple[float, ...]]:
        return {pier: tuple(told) for pier, *told in self.base.lorries.iter_rows()}

    @cached_property
    def _observed(self) -> dict[int, tuple[float, float]]:
        rows = self.base.rates.select("pier", "visits", "nights").iter_rows()
        return {pier: (visits, nights) for pier, visits, nights in rows}


@dataclass(frozen=True)
class Nights:
    """The visits of the night that is open, and what is normal as of the one that closed last."""

    normal: Normal = field(default_factory=Normal)
    closed_s: int = 0  # the noon that closed the last night; 0: none began yet
    open: pl.DataFrame = field(default_factory=lambda: empty(OPEN))
    heard: pl.DataFrame = field(default_factory=lambda: empty(HEARD))
    judged: pl.DataFrame = field(default_factory=lambda: empty(ROW))  # of the open night
    stood: pl.DataFrame = field(default_factory=lambda: empty(lorries.STOP))  # by their ticks

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved: the same bytes however the input was cut."""
        clock = pl.DataFrame({"closed_s": [self.closed_s], "nights": [self.normal.nights]})
        return {
            "clock": clock,
            "open": self.open.sort("pier", "from_us", "subject"),
            "heard": self.heard.sort("sensor", "hour"),
            "judged": self.judged.sort(*KEY, pl.all().exclude(KEY)),
            "stood": self.stood.sort("clock_s", "pier", "object", "from_us"),
            **{f"base.{name}": frame for name, frame in self.normal.base.frames().items()},
            **{f"anomaly.{name}": frame for name, frame in self.normal.anomaly.frames().items()},
        }

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> Nights:
        """As `frames` gave it."""

        def part(name: str) -> dict[str, pl.DataFrame]:
            return {n.removeprefix(name): f for n, f in frames.items() if n.startswith(name)}

        closed_s, nights = frames["clock"].row(0)
        unusual = Anomaly.load(part("anomaly."))
        normal = Normal(Baseline.load(part("base.")), nights, unusual)
        held = (frames[name] for name in ("open", "heard", "judged", "stood"))
        return Nights(normal, closed_s, *held)

    def hear(self, linked: pl.DataFrame, land: pl.DataFrame, ashore: pl.DataFrame) -> Nights:
        """The hours in which the sensors of tracks (`linked`) and the terminals of vehicles (of
        `LAND_ROW`) were heard at all, and the goods vehicles that stood by a pier (of `FACT`)."""
        hour = (pl.col("t_us") // (3600 * SECOND_US)).alias("hour")
        fixes = land.filter(pl.col("what") == FIX)
        new = [rows.select("sensor", hour) for rows in (linked, fixes)]
        waits = ashore.filter(pl.col("kind") == TRUCK_WAIT).select(lorries.STOP.names())
        return replace(
            self,
            heard=pl.concat([self.heard, *new]).unique(),
            stood=pl.concat([self.stood, waits]) if len(waits) else self.stood,
        )


Judge = Callable[[Landing, int, Normal], Judged]


@dataclass(frozen=True)
class Closed:
    """A night that was closed: when, from and to which noon, and what was said of it."""

    tick_s: int
    night: int  # its evening, in days since 1970
    from_s: int
    to_s: int
    before: Anomaly  # which judged it
    said: Anomaly  # with the pier-nights of landings that were proved
    learned: Anomaly  # without them


def advance(
    nights: Nights, news: Iterable[tuple[int, Landing]], until_s: int, place: Place, judge: Judge,
    labels: Labels = NONE,
) -> tuple[Nights, list[Judged], list[tuple[int, Normal]], list[Closed]]:  # fmt: skip
    """Judge what the settled pass says, and close the nights whose time has come.

    Parameters
    ----------
    news
        Ticks at which landings are told of, in order.
    judge
        What is to be said of a landing at a tick, beside what is normal then.
    labels
        What officers found out: of what they proved, nothing is learned as usual.

    Returns
    -------
    The nights; what was judged; from which tick on what was normal; which nights were closed.
    """
    told: list[Judged] = []
    open_ = {(r["pier"], r["from_us"], r["subject"]): r for r in nights.open.iter_rows(named=True)}
    closed_s, heard, judged = nights.closed_s, nights.heard, nights.judged
    normal = replace(nights.normal, visited=_visited(open_))
    versions, over, fresh = [(0, normal)], list[Closed](), list[dict[str, Any]]()

    def close(tick_s: int) -> None:
        nonlocal normal, closed_s, heard, judged
        while closed_s and (at_s := _closes_s(closed_s, place.zone)) <= tick_s:
            noon_s = at_s - CLOSES_S
            visits = _taken_out(open_, noon_s * SECOND_US)
            night = anomalies.night_of(closed_s * SECOND_US, place)
            seen = visits, heard, nights.stood
            base = _learned(normal.base, night, seen, (closed_s, noon_s), labels, place)
            judged = anomalies.with_rows(judged, fresh)
            fresh.clear()
            proved = labels.proved(place, at_s)
            said, unusual = anomalies.learn(by := normal.anomaly, night, judged, proved, place)
            over.append(Closed(at_s, night, closed_s, noon_s, by, said, unusual))
            judged = judged.filter(pl.col("night") > night)
            normal = Normal(base, normal.nights + 1, unusual, _visited(open_))
            closed_s = noon_s
            heard = heard.filter(pl.col("hour") >= noon_s // 3600)
            versions.append((at_s, normal))

    for tick_s, landing in news:
        closed_s = closed_s or _noon_before(tick_s, place.zone)
        close(tick_s)
        one = judge(landing, tick_s, normal)
        told.append(one)
        _note(open_, one, closed_s, place)
        if one.facts.pier_status == "idle" and (now := _visited(open_)) != normal.visited:
            normal = replace(normal, visited=now)
            versions.append((tick_s, normal))
        if one.candidate and one.begun_us >= closed_s * SECOND_US:
            fresh.append(one.row | {"night": anomalies.night_of(closed_s * SECOND_US, place)})
    close(until_s)
    left = pl.DataFrame([open_[key] for key in sorted(open_)], schema=OPEN)
    stood = nights.stood.filter(pl.col("from_us") >= closed_s * SECOND_US)
    judged = anomalies.with_rows(judged, fresh)
    return Nights(normal, closed_s, left, heard, judged, stood), told, versions, over


def _taken_out(open_: dict[Any, dict[str, Any]], before_us: int) -> pl.DataFrame:
    """OPEN of the visits that began before a time, which are taken out of those that are open."""
    mine = sorted(key for key, row in open_.items() if row["t_us"] < before_us)
    return pl.DataFrame([open_.pop(key) for key in mine], schema=OPEN)


def _learned(
    base: Baseline, night: int, seen: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
    span_s: tuple[int, int], labels: Labels, place: Place,
) -> Baseline:  # fmt: skip
    """What is normal after a night from a noon to the next, and visits as likely landings as
    officers found by its closing; `seen`: its visits, who was heard, which lorries stood."""
    visits, heard, stood = seen
    looked = _covered(heard, span_s[0], place)
    there = _stood(stood, heard, visits, span_s, place)
    base = close_night(base, night, visits.select(VISIT.names()), looked, there)
    tick_s = span_s[1] + CLOSES_S
    known = labels.outcomes(place, tick_s, base.likely, range(len(place.pier_rows)))
    return replace(base, likely=likely.found_out(base.likely, known))


def at(versions: list[tuple[int, Normal]], tick_s: int) -> Normal:
    """What is normal at a tick."""
    return next(normal for from_s, normal in reversed(versions) if from_s <= tick_s)


def _visited(open_: Mapping[Any, Mapping[str, Any]]) -> frozenset[int]:
    """The piers, idle by the register, that a boat was tracked to in the dark of the open night."""
    return frozenset(
        row["pier"]
        for row in open_.values()
        if row["status"] == "idle"
        and row["hour"] % 24 in DARK_HOURS
        and not row["track"].startswith("land:")
    )


def _note(open_: dict[Any, Any], judged: Judged, closed_s: int, place: Place) -> None:
    """A visit of the open night, as it was judged last."""
    landing, facts = judged.landing, judged.facts
    key = (landing.pier, landing.from_us, landing.subject)
    if landing.stage == "withdrawn" or landing.berth_from_us is None:
        open_.pop(key, None)
        return
    if judged.begun_us < closed_s * SECOND_US:
        return  # of a night that is closed
    began = datetime.fromtimestamp(judged.begun_us / SECOND_US, UTC).astimezone(place.zone)
    names = [name for name in landing.targets if not is_radar(name)]
    plates = sorted(
        {k.target for k in landing.links if k.target and k.target not in landing.targets}
    )
    weighed = judged.by_itself
    if weighed is None and key in open_:  # of a boat that was lost nothing new was said
        weighed = open_[key]["probability"]
    furtive = facts.manner in _FURTIVE or facts.in_register is False or facts.trucks >= 0.5
    open_[key] = {
        "pier": landing.pier,
        "status": facts.pier_status,
        "t_us": judged.begun_us,
        "hour": began.weekday() * 24 + began.hour,
        "track": landing.subject,
        "visitors": [*names, *plates],
        "suspicious": judged.night
        and furtive
        and facts.vessel_type not in ("law_enforcement", "passenger"),
        "quiet": judged.night and (facts.dwell_min or 0.0) < _SHORT_MIN,
        "probability": weighed or 0.0,
        "subject": landing.subject,
        "from_us": landing.from_us,
    }


def _heard(heard: pl.DataFrame, sensor: str, from_s: int, place: Place) -> list[int]:
    """The dark hours of a night, since 1970, in which a sensor was heard."""
    start = datetime.fromtimestamp(from_s, UTC).astimezone(place.zone)
    dark = {
        from_s // 3600 + k for k in range(24) if (start + timedelta(hours=k)).hour in DARK_HOURS
    }
    return sorted(dark & set(heard.filter(pl.col("sensor") == sensor)["hour"].to_list()))


def _stood(
    stood: pl.DataFrame, heard: pl.DataFrame, visits: pl.DataFrame, span_s: tuple[int, int],
    place: Place,
) -> pl.DataFrame:  # fmt: skip
    """`lorries.LORRIES` of a night from its noon to the next, as it was known at that."""
    from_s, to_s = span_s
    told = stood.filter(pl.col("from_us") >= from_s * SECOND_US, pl.col("clock_s") <= to_s)
    hours_us = [hour * 3600 * SECOND_US for hour in _heard(heard, "vehicle", from_s, place)]
    return lorries.of_night(
        told, hours_us, len(DARK_HOURS), len(place.pier_rows), visits.filter("suspicious"),
        SUSPICIOUS_COUNTS,
    )  # fmt: skip


def _covered(heard: pl.DataFrame, from_s: int, place: Place) -> pl.DataFrame:
    """The share of the dark hours in which some sensor that reaches a pier was heard at all."""
    shares = {
        sensor: len(_heard(heard, sensor, from_s, place)) / len(DARK_HOURS)
        for sensor in ("ais", "radar")
    }
    rows = [
        (pier, max(shares["ais"] if ais else 0.0, shares["radar"] if radar else 0.0))
        for pier, (ais, radar) in enumerate(zip(place.heard, place.watched, strict=True))
    ]
    return pl.DataFrame(rows, schema=COVERED, orient="row")


def _noon_before(tick_s: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(tick_s, UTC).astimezone(zone)
    day = local.date() if local.hour >= 12 else local.date() - timedelta(days=1)
    return _noon(day, zone)


def _closes_s(noon_s: int, zone: ZoneInfo) -> int:
    """When the night that began at a noon is closed."""
    day = datetime.fromtimestamp(noon_s, UTC).astimezone(zone).date()
    return _noon(day + timedelta(days=1), zone) + CLOSES_S


def _noon(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(12), zone).timestamp())
