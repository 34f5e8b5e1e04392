"""True landings met by the patrol plan and by the fixed rule, at equal team-hours.

Tuning seeds 101 to 110, whose gangs are those of `simulate.priors.TUNING`: figures of a simulation,
and of seeds that may be tuned on. The landings are the planned ones of the simulator; no feed is
made. What the product would remember of them is thrown by lot: a share of the landings, and false
alarms at quiet piers, all with the same weight.

    PYTHONPATH=. python tests/benchmarks/bench_patrols.py [nights] [teams] [seed ...]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from core.times import unix_us
from geo.site import Site, parse_site
from models.baseline import rates
from models.outlook.patrol import Duty, Window, plan
from models.outlook.recurrence import RECENT
from models.outlook.risk_hours import HOUR_US, Outlook, outlook
from models.outlook.rival import LANDED, Met, fixed_rule, met, tally
from models.outlook.shore import segments
from models.outlook.table import parse_outlook
from models.risk.evidence_table import Rate
from simulate.county import County
from simulate.place import Place
from simulate.scale import SCALES, cut

HOUSE = Path(__file__).parents[2]
SEEDS = tuple(range(101, 111))
#: By what the register says of a pier, as `idle_pier` of evidence.toml had them when this was run.
PRIORS = {
    "idle": Rate(a=1.0, b_days=90.0), "low": Rate(a=2.5, b_days=25.0),
    "active": Rate(a=30.0, b_days=10.0), "unknown": Rate(a=0.5, b_days=2.0),
}  # fmt: skip
TABLE = parse_outlook((HOUSE / "models/outlook/outlook.toml").read_bytes())
#: Share of the landings remembered; false alarms a night to 100 piers. None: no memory.
MEMORIES: dict[str, tuple[float, float] | None] = {
    "no memory": None,
    "recall .3, 1 false a night": (0.3, 1.0),
    "recall .6, 1 false a night": (0.6, 1.0),
    "recall .9, 1 false a night": (0.9, 1.0),
    "every landing, none false": (1.0, 0.0),
}
Landed = list[pl.DataFrame]
Nights = list[tuple[tuple[Window, ...], pl.DataFrame]]


class Season:
    """The planned landings of one seed, and what would be remembered of them."""

    def __init__(self, place: Place, seed: int, nights: int) -> None:
        self.seed, self.county = seed, County(place, seed, nights, SCALES["small"])
        table = place.site.piers.table
        rows: list[list[tuple[object, ...]]] = [[] for _ in range(nights)]
        for job in self.county.jobs:
            at_us = unix_us(self.county.starts[job.night]) + int(job.berth_s * 1e6)
            spot = table["lon"][job.pier], table["lat"][job.pier]
            rows[job.night].append((job.pier, *spot, at_us, at_us + int(job.dwell_s * 1e6)))
        self.landed: Landed = [pl.DataFrame(r, schema=LANDED, orient="row") for r in rows]
        self.quiet = [i for i, s in enumerate(table["status"].to_list()) if s != "active"]
        self.evenings = [self.county.start_on + timedelta(days=k) for k in range(nights)]

    def memory(self, recall: float, false_a_night: float) -> pl.DataFrame:
        """RECENT of all nights: each as likely as the share of them that were landings."""
        dice = np.random.Generator(np.random.PCG64(self.seed))
        rows = []
        for evening, landed in zip(self.evenings, self.landed, strict=True):
            night = (evening - date(1970, 1, 1)).days
            for pier in landed["pier"]:
                if dice.random() < recall:
                    rows.append((pier, night, True))
            for _ in range(dice.poisson(false_a_night)):
                rows.append((self.quiet[dice.integers(len(self.quiet))], night, False))
        held = pl.DataFrame(rows, ["pier", "night", "true"], orient="row")
        return held.select("pier", "night", pl.col("true").mean().alias("probability")).cast(RECENT)


def main(nights: int, teams: int, seeds: Sequence[int]) -> None:
    """Print the table."""
    files = {p.name: p.read_bytes() for p in (HOUSE / "sites/xiangshan").iterdir() if p.is_file()}
    place = Place(parse_site(cut(files, SCALES["small"])))
    seasons = [Season(place, seed, nights) for seed in seeds]
    count = sum(len(landed) for s in seasons for landed in s.landed)
    pier_nights = nights * len(seasons) * len(place.site.piers)
    site = replace(place.site, landings_per_100_pier_nights=100.0 * count / pier_nights)
    shore, duty = segments(site, 500.0), Duty(teams=teams)
    print(f"{count} landings in {len(seasons)} × {nights} nights, {len(site.piers)} piers, "
          f"{len(shore)} shore segments, {duty}")  # fmt: skip
    rules = {
        "rule, all piers": list(range(len(site.piers))),
        "rule, quiet piers only": seasons[0].quiet,
        "rule, idle piers only": [
            i for i, s in enumerate(site.piers.table["status"].to_list()) if s == "idle"
        ],
    }
    for name, piers in rules.items():
        print(_line(name, *_rule(site, seasons, duty, piers)))
    for name, how in MEMORIES.items():
        if how is not None:
            for small, where in ((False, "high water"), (True, "00–04")):
                hot = _hot(site, seasons, duty, how, small)
                print(_line(f"last suspicious piers, {where}; {name}", hot, _by_night(hot)))
        began = time.process_time()
        plans, whole = _plans(site, seasons, duty, shore, how)
        each_ms = 1e3 * (time.process_time() - began) / (len(seasons) * nights) / 2
        print(_line(f"plan, {name}", plans, _by_night(plans)) + f"  {each_ms:.0f} ms CPU a night")
        print(_line("  without the lot", whole, _by_night(whole)))


def _hot(
    site: Site, seasons: list[Season], duty: Duty, how: tuple[float, float], small_hours: bool
) -> Nights:
    """Rules of thumb: where it last was suspicious, about high water or from midnight."""
    shown: Nights = []
    for season in seasons:
        held = season.memory(*how)
        for k, (evening, landed) in enumerate(zip(season.evenings, season.landed, strict=True)):
            night = (evening - date(1970, 1, 1)).days
            before = held.filter(pl.col("night") < night).sort("night", descending=True)
            last = before["pier"].unique(maintain_order=True).to_list()
            noon = unix_us(season.county.starts[k]) - 3 * HOUR_US
            windows = fixed_rule(site, noon, duty, 0, [*last, *season.quiet])
            if small_hours and windows:
                later_us = noon + 12 * HOUR_US - min(w.from_us for w in windows)
                windows = tuple(
                    replace(w, from_us=w.from_us + later_us, to_us=w.to_us + later_us)
                    for w in windows
                )
            shown.append((windows, landed))
    return shown


def _plans(
    site: Site, seasons: list[Season], duty: Duty, shore: pl.DataFrame,
    how: tuple[float, float] | None,
) -> tuple[Nights, Nights]:  # fmt: skip
    with_lot: Nights = []
    without: Nights = []
    nothing = shore.clear()
    for season in seasons:
        held = None if how is None else season.memory(*how)
        for k, (evening, landed) in enumerate(zip(season.evenings, season.landed, strict=True)):
            night = (evening - date(1970, 1, 1)).days
            known = pl.DataFrame(schema=RECENT) if held is None else held
            told: Outlook = outlook(
                site, TABLE, PRIORS, evening, rates.initial(), known, 0 if held is None else k
            )
            seed = f"{season.seed}-{night}"
            stay_min = TABLE.hours.usual_stay_min
            for made, where in ((with_lot, shore), (without, nothing)):
                proposed = plan(told, site.piers, where, duty, seed, stay_min)
                made.append((proposed.windows, landed))
    return with_lot, without


def _rule(
    site: Site, seasons: list[Season], duty: Duty, piers: list[int]
) -> tuple[Nights, list[float]]:
    """The rule, and what it is worth on the mean: each of its windows at every pier of the round in
    turn (a landing that two windows meet counts twice there: to the rule's good)."""
    lon, lat = (site.piers.table[name].to_list() for name in ("lon", "lat"))
    shown: Nights = []
    mean: list[float] = []
    for season in seasons:
        for k, landed in enumerate(season.landed):
            noon = unix_us(season.county.starts[k]) - 3 * HOUR_US
            windows = fixed_rule(site, noon, duty, k, piers)
            shown.append((windows, landed))
            at_all = [
                len(met([replace(w, pier=pier, lon=lon[pier], lat=lat[pier])], landed))
                for w in windows if len(landed)
                for pier in piers
            ]  # fmt: skip
            mean.append(sum(at_all) / len(piers))
    return shown, mean


def _by_night(nights: Nights) -> list[float]:
    return [float(len(met(windows, landed))) for windows, landed in nights]


def _line(name: str, nights: Nights, by_night: list[float]) -> str:
    found: Met = tally(nights)
    draws = np.random.Generator(np.random.PCG64(7)).integers(0, len(nights), (1000, len(nights)))
    landings = np.array([len(landed) for _, landed in nights])
    shares = np.array(by_night)[draws].sum(axis=1) / landings[draws].sum(axis=1)
    low, high = np.quantile(shares, [0.025, 0.975])
    return (
        f"{name:62} {sum(by_night):7.1f} of {found.landings} met "
        f"({sum(by_night) / found.landings:.3f}, {low:.3f}–{high:.3f}), by lot "
        f"{found.met_by_secret}, {found.team_hours:.0f} team-hours"
    )


if __name__ == "__main__":
    given = [int(v) for v in sys.argv[1:]]
    main(given[0] if given else 60, given[1] if len(given) > 1 else 3, given[2:] or SEEDS)
