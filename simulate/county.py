"""A county over many nights: the long-lived plan, and each night made from it alone.

Everything that lasts longer than a night (season, gangs, permits, raft fields, ferry lines, piers
back in use) is drawn once from the seed; then any night can be made without the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from simulate import failures, mishaps, strays, traffic
from simulate.coverage import covered_by
from simulate.dice import Dice
from simulate.fleet import Fleet
from simulate.harbours import Harbours, raft_fields
from simulate.land import failures as land_failures
from simulate.land import mishaps as land_mishaps
from simulate.land import traffic as land_traffic
from simulate.night import Night
from simulate.place import Place
from simulate.plan import Job, Planner
from simulate.priors import Priors, priors_of
from simulate.runs import landing
from simulate.scale import SCALES, Row, Scale, table
from simulate.scene import Scene, together
from simulate.season import Conditions, regimes_csv, season
from simulate.story import Story

_STRANGERS, _STRANGERS_A_NIGHT = 2_700, 100  # numbers of vessels that come by once


@dataclass(frozen=True)
class Work:
    """A lawful barge at a quiet pier by night, announced in permits.csv or not."""

    night: int
    pier: int
    berth_s: float
    dwell_s: float
    permitted: bool


class County:
    """A county and its plan.

    Parameters
    ----------
    place
        Cut to the scale already.
    seed, nights
        The dice, and how many nights there are.
    priors, start_on
        None: as the seed has them.
    off
        Kinds of nuisance that are switched off (`simulate.priors.NUISANCES`).
    told
        Tell the demonstration's story (`simulate.story`) in the place of gangs that are drawn.
    """

    def __init__(
        self,
        place: Place,
        seed: int,
        nights: int,
        scale: Scale = SCALES["small"],
        *,
        priors: Priors | None = None,
        start_on: date | None = None,
        off: Collection[str] = (),
        told: bool = False,
    ) -> None:
        dice = Dice(seed, "county")
        self.place, self.seed, self.nights, self.scale = place, seed, nights, scale
        self.off = frozenset(off)
        self.priors = priors or priors_of(seed)
        self.start_on = start_on or _start_on(seed, dice.child("start"))
        zone = ZoneInfo(place.site.timezone)
        days = [self.start_on + timedelta(days=k) for k in range(nights)]
        self.night_s, self._midnight_s = scale.hours * 3600, (24 - scale.from_hour) * 3600
        self.starts = [
            datetime.combine(day, time(scale.from_hour), zone).astimezone(UTC) for day in days
        ]
        self.conditions = season(self.start_on, nights, dice.child("season"), self.off)
        self.reopened = {} if told else self._reopened(dice.child("reopened"))
        planner = Planner(
            place, self.priors, self.conditions, self.starts, self._midnight_s,
            dice.child("gangs"), frozenset(self.reopened),
        )  # fmt: skip
        self.story = Story(place, seed, planner.usable) if told else None
        self.jobs = [] if told else planner.jobs()
        percent = dice.child("nuisance").between(*self.priors.nuisance_percent)
        self._rates = _rates(self.priors, percent, len(place.site.piers), dice.child("rates"))
        self.works = self._works(dice.child("works"))
        self._jobs_by_night = _by_night(self.jobs)
        farms = Fleet(place.site, Dice(seed, "fleet"), silent=True).rest("aquaculture")
        homes = sorted({boat.home for boat in farms if boat.home is not None})
        self._fields = raft_fields(place, homes, dice.child("fields"))

    def night(self, k: int) -> tuple[Night, Scene]:
        """Night k, and everything that happens in it."""
        jobs, now = self._jobs_by_night.get(k, []), self.conditions[k]
        busy = {boat.vessel_id for job in jobs for boat in job.boats if boat.vessel_id}
        busy |= self.story.busy() if self.story else set()
        dice = Dice(self.seed, "night", str(k))
        boats = Dice(self.seed, "fleet")
        fleet = Fleet(
            self.place.site,
            boats,
            dice.child("fleet"),
            silent=True,
            without=busy,
            strangers=_STRANGERS + k * _STRANGERS_A_NIGHT % 6_000,
        )
        night = Night(
            self.place, fleet, dice, self.starts[k], self.night_s,
            number=k, off=self.off, sea_state=now.sea_state,
        )  # fmt: skip
        scenes = [landing(night, job) for job in jobs]
        scenes += self.story.scenes(night) if self.story else []
        scenes += self._barges(night)
        scenes += self._nuisances(night, now)
        scenes += self._passing(night, now)
        since = self.reopened.items() if night.on("pier_reopened") else ()
        open_ = [pier for pier, first in since if first <= k]
        scenes.append(Harbours(night, now, self._fields, open_, self._rates["dark_home"]).all())
        whole = together(scenes)
        if self._count(night, "shared_mmsi"):
            failures.copied(night, whole)
        whole = together([whole, *self._land(night, now, whole)])
        for row in whole.landings:
            row["covered_by"] = covered_by(night, whole, row)
        return night, whole

    def regimes_csv(self) -> bytes:
        """What was announced, as the site's regimes.csv."""
        return regimes_csv(self.conditions, self.place.site.timezone)

    def permits_csv(self) -> bytes:
        """The lawful night work that was announced, as the site's permits.csv."""
        rows: list[Row] = []
        for work in self.works:
            if work.permitted:
                start = self.starts[work.night]
                begin = start + timedelta(seconds=work.berth_s - 1_800)
                end = start + timedelta(seconds=work.berth_s + work.dwell_s + 1_800)
                rows.append(
                    {
                        "pier_id": self.place.site.piers.table["pier_id"][work.pier],
                        "from": f"{begin:%Y-%m-%dT%H:%M:%SZ}",
                        "to": f"{end:%Y-%m-%dT%H:%M:%SZ}",
                        "reason": "模拟：夜间卸料",
                        "issued_by": "模拟签发人",
                    }
                )
        columns = ["pier_id", "from", "to", "vessel_id", "plate", "reason", "issued_by"]
        return table(columns, rows)

    def _reopened(self, dice: Dice) -> dict[int, int]:
        """Idle piers that come into daily use: their index, and from which night.

        Nobody lands there, whether the switch is on or off: landings stay what they are.
        """
        statuses = self.place.site.piers.table["status"].to_list()
        idle = [i for i, status in enumerate(statuses) if status == "idle"]
        count = max(len(statuses) // 100, 1)
        return {pier: dice.between(-5, self.nights) for pier in dice.shuffled(idle)[:count]}

    def _works(self, dice: Dice) -> list[Work]:
        """Lawful barges by night; two in three are announced."""
        if "night_barge" in self.off:
            return []
        table = self.place.site.piers.table
        deep = [
            i
            for i, (status, depth_m) in enumerate(table.select("status", "depth_m").iter_rows())
            if status in ("idle", "low") and (depth_m is None or depth_m > 1.0)
        ]
        out = []
        for k in range(self.nights):
            throw = dice.child(k)
            for _ in range(_count(self._rates["night_barge"], throw) if deep else 0):
                berth_s = float(self._midnight_s + throw.between(-5_400, 14_400))
                dwell_s = throw.between(60, 170) * 60.0
                pier = throw.pick(deep)
                if all(job.pier != pier for job in self.jobs if job.night == k):
                    out.append(Work(k, pier, berth_s, dwell_s, throw.chance(66)))
        return out

    def _count(self, night: Night, kind: str) -> int:
        """How many of a kind of nuisance a night has; none where it is switched off."""
        if not night.on(kind):
            return 0
        return _count(self._rates[kind], night.dice.child(f"how many {kind}"))

    def _barges(self, night: Night) -> list[Scene]:
        return [
            strays.night_barge(
                night, work.pier, work.berth_s, work.dwell_s, night.dice.child(f"work {i}")
            )
            for i, work in enumerate(self.works)
            if work.night == night.number
        ]

    def _nuisances(self, night: Night, now: Conditions) -> list[Scene]:
        scenes = []
        if not now.shelter:
            for i in range(self._count(night, "engine_trouble")):
                scenes.append((mishaps.engine_trouble, strays.adrift)[i % 2](night, i))
            for i in range(self._count(night, "aquaculture")):
                scenes.append(strays.farm_stray(night, i, self._fields))
            for i in range(self._count(night, "sea_anglers")):
                scenes.append(strays.sea_anglers(night, i))
            for i in range(self._count(night, "sand_barge")):
                scenes.append(strays.sand_barge(night, i))
            for i in range(self._count(night, "queue")):
                scenes.append(strays.queue(night, i))
            scenes.append(strays.gear_beacons(night, self._count(night, "gear_beacon")))
        for i in range(self._count(night, "patrol_stop")):
            scenes.append(mishaps.patrol(night, i))
        if self._count(night, "radar_rain"):
            scenes.append(failures.rain(night))
        scenes.append(failures.outages(night, self._rates["outage"]))
        return scenes

    def _passing(self, night: Night, now: Conditions) -> list[Scene]:
        scenes = [
            traffic.passing(night, self.scale.passing),
            traffic.anchored(night, self.scale.anchored),
        ]
        if not now.gale and not now.shelter:
            lines = Dice(self.seed, "ferry lines")
            scenes.append(
                traffic.ferries(night, 4 * (1 + len(self.place.site.piers) // 250), lines)
            )
        return scenes

    def _land(self, night: Night, now: Conditions, sea: Scene) -> list[Scene]:
        """The land, after the sea: fish trucks meet the boats that came home by night."""
        fetched = Scene()
        if night.on("fish_truck"):
            for i, (pier, at_s) in enumerate(_landed(night, sea)):
                trip = land_traffic.fetch(night, pier, at_s, night.dice.child(f"fetch {i}"))
                fetched.trips.extend([] if trip is None else [trip])
        return [
            fetched,
            land_traffic.fish_trucks(night, self._count(night, "fish_truck")),
            land_mishaps.anglers(night, self._count(night, "anglers")),
            land_mishaps.overnight_trucks(night, self._count(night, "overnight_truck")),
            land_mishaps.festival_traffic(
                night, self._count(night, "festival_traffic") if now.free else 0
            ),
            land_traffic.private_cars(night, self._count(night, "private_cars")),
            land_traffic.bars(night),
            land_failures.camera_outages(night),
            land_failures.platform_outage(night, self._rates["outage"]),
            land_traffic.rounds(night),
        ]


def _landed(night: Night, sea: Scene) -> list[tuple[int, float]]:
    """Where and when catches come ashore between ten and five, every third with a truck."""
    index = {str(night.pier(i)["pier_id"]): i for i in range(len(night.place.site.piers))}
    out = []
    for i, row in enumerate(sea.nuisances):
        if row["kind"] not in ("fishing_home", "pier_reopened", "queue"):
            continue
        at_s = night.second(str(row["from"]))
        by_night = night.clock_s(-2.0) < at_s < night.clock_s(5.0)
        if by_night and night.dice.child(f"fetched {i}").chance(33):
            out.append((index[str(row["pier_id"])], at_s))
    return out


def _start_on(seed: int, dice: Dice) -> date:
    """Consecutive seeds begin at other times of the year, so that every season is met."""
    return date(2026, 1, 20) + timedelta(days=seed % 8 * 42 + dice.between(0, 12))


def _rates(priors: Priors, percent: int, piers: int, dice: Dice) -> dict[str, int]:
    """Nuisances a night, times 100; per cent a sensor or boat where they are that."""
    out = {}
    for kind, span in priors.rates.items():
        rate = dice.child(kind).between(*span) * percent // 100
        out[kind] = rate if kind in ("outage", "dark_home") else rate * piers // 100
    return out


def _count(rate: int, dice: Dice) -> int:
    """About rate / 100 of them: a dozen chances, each of a twelfth."""
    each = rate * 100 // 12
    most = max(each // 5_000, 1)  # of many, several at a chance
    return sum(most for _ in range(12) if dice.between(1, 10_000 * most) <= each)


def _by_night(jobs: list[Job]) -> dict[int, list[Job]]:
    out: dict[int, list[Job]] = defaultdict(list)
    for job in jobs:
        out[job.night].append(job)
    return out
