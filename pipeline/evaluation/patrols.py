"""The patrol plan beside the fixed rule, at equal team-hours: true landings that either meets.

Each night's plan is made of the outlook that the replay wrote at the noon before it, so it knows
what the engine knew then. Lots are drawn several times, and the rule's round begins as often at
another pier, so that neither is judged by one throw.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from core.times import SECOND_US, unix_seconds
from dashboard.patrol_plan import plan_of
from models.outlook.patrol import Duty, Window
from models.outlook.rival import LANDED, fixed_rule, met
from pipeline.evaluation.runs import Run
from simulate.scoring.intervals import Float
from simulate.scoring.judging import Judged
from simulate.scoring.pool import over_nights, pool, ratio, share

TEAMS: Final = (3, 6, 12)
DRAWS: Final = 10

Found = dict[str, Any]


def patrols(runs: Sequence[Run]) -> Found:
    """The share of landings that a plan and the rule meet, by the number of teams.

    Returns
    -------
    `draws`, and `rows`: `teams`, `team_hours` a night, `plan` and `rule` of all landings, `times`
    as many as the rule meets.
    """
    judged = [one.judged([], "patrols") for one in runs]
    of = pool(judged)
    landings = np.concatenate([_landings(each) for each in judged])
    rows = []
    for teams in TEAMS:
        duty = Duty(teams=teams)
        each = [_met(run, about, duty) for run, about in zip(runs, judged, strict=True)]
        plan, rule = (np.concatenate([one[k] for one in each]) for k in (0, 1))
        rows.append(
            {
                "teams": teams,
                "team_hours": teams * duty.windows_each * duty.window_min / 60,
                "plan": share(of, plan, landings),
                "rule": share(of, rule, landings),
                "times": over_nights(of, ratio(plan, rule)),
            }
        )
    return {"draws": DRAWS, "rows": rows}


def _landings(about: Judged) -> Float:
    """Shape (nights,): true landings of each."""
    return np.bincount(about.landing_night, minlength=len(about.nights)).astype(np.float64)


def _met(run: Run, about: Judged, duty: Duty) -> tuple[Float, Float]:
    """Shape (nights,) twice: landings that the plan and the rule meet, means over the draws."""
    site = run.about.site
    numbers = {night.isoformat(): k for k, night in enumerate(about.nights)}
    at = {pier_id: row for row, pier_id in enumerate(site.piers.table["pier_id"].to_list())}
    landed = pl.DataFrame(
        [
            (at.get(x.spot.pier_id or ""), x.spot.lon, x.spot.lat, x.from_us, x.to_us)
            for x in about.landings
        ],
        schema=LANDED,
        orient="row",
    )
    plan, rule = np.zeros(len(numbers)), np.zeros(len(numbers))
    for told in run.outlooks:
        k = numbers.get(told["evening"])
        if k is None:
            continue
        noon_us = unix_seconds(told["from"]) * SECOND_US
        for draw in range(DRAWS):
            seed = f"{about.name} {told['evening']} {draw}"
            begun_at = k + draw * len(site.piers) // DRAWS
            plan[k] += _count(plan_of(site, told, seed, duty).windows, landed)
            rule[k] += _count(fixed_rule(site, noon_us, duty, begun_at), landed)
    return plan / DRAWS, rule / DRAWS


def _count(windows: Sequence[Window], landed: pl.DataFrame) -> int:
    return len(met(windows, landed)) if len(landed) else 0
