"""The rule to beat, and what windows really meet."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from outlook_place import DEEP_M, EVENING, PLANE, TABLE, coast, idle_row, told

from models.outlook.patrol import Duty, Window, plan
from models.outlook.risk_hours import HOUR_US
from models.outlook.rival import LANDED, Met, fixed_rule, landings_by_lot, met, tally
from models.outlook.shore import segments

SITE = idle_row(4)
TOLD = told(SITE)
T0_US = TOLD.from_us
MIN_US = 60_000_000


def landed(*rows: tuple[int | None, float, float, float]) -> pl.DataFrame:
    """LANDED of pier, metres east of pier 0, and hours after noon."""
    made = []
    for pier, east_m, from_h, to_h in rows:
        lon, lat = (float(v) for v in PLANE.to_deg(east_m, 0.0))
        made.append((pier, lon, lat, T0_US + int(from_h * HOUR_US), T0_US + int(to_h * HOUR_US)))
    return pl.DataFrame(made, schema=LANDED, orient="row")


def window(pier: int | None, east_m: float, from_h: float, to_h: float, **more: bool) -> Window:
    lon, lat = (float(v) for v in PLANE.to_deg(east_m, 0.0))
    begin, end = (T0_US + int(h * HOUR_US) for h in (from_h, to_h))
    return Window(0, begin, end, pier, None if pier is not None else 7, lon, lat, **more)


@pytest.mark.parametrize(
    ("where", "hours", "found"),
    [((0, 0.0), (13.0, 14.5), True), ((0, 0.0), (10.0, 11.5), False),
     ((0, 0.0), (10.5, 12.0), False), ((0, 0.0), (10.5, 12.01), True),
     ((0, 0.0), (13.99, 15.0), True), ((0, 0.0), (14.0, 15.0), False),
     ((0, 0.0), (9.0, 20.0), True), ((None, 290.0), (13.0, 14.0), True),
     ((None, 310.0), (13.0, 14.0), False), ((1, 8_000.0), (13.0, 14.0), False),
     ((0, 900.0), (13.0, 14.0), True)],
)  # fmt: skip
def test_a_landing_is_met_where_its_stay_overlaps_a_window_at_its_pier_or_within_300_m(
    where: tuple[int | None, float], hours: tuple[float, float], found: bool
) -> None:
    row = landed((*where, *hours))
    assert met([window(0, 0.0, 12.0, 14.0)], row) == (frozenset({0}) if found else frozenset())


def test_a_landing_that_two_windows_meet_counts_once_and_hidden_windows_meet_nothing() -> None:
    rows = landed((0, 0.0, 13.0, 14.5), (1, 8_000.0, 13.0, 14.5))
    both = [window(0, 0.0, 12.0, 14.0), window(0, 0.0, 14.0, 16.0)]
    assert met(both, rows) == {0}
    hidden = Window(0, T0_US, T0_US + 24 * HOUR_US, None, None, None, None)
    assert met([hidden], rows) == frozenset()


def test_the_rule_stands_about_the_nights_high_water_and_goes_round_all_piers() -> None:
    duty = Duty(teams=2, windows_each=2)
    nights = [fixed_rule(SITE, T0_US, duty, number) for number in range(2)]
    assert sorted(w.pier or 0 for night in nights for w in night) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert SITE.tide is not None
    first, last = (datetime.fromtimestamp((T0_US // 1_000_000) + h * 3600, UTC) for h in (6, 20))
    peaks = [at.timestamp() * 1e6 for at, _ in SITE.tide.high_waters(first, last)]
    middle = {w.to_us for w in nights[0] if w.from_us == min(v.from_us for v in nights[0])}
    assert len(middle) == 1
    assert min(abs(middle.pop() - peak) for peak in peaks) <= 1_000_000
    begins = sorted({w.from_us for w in nights[0]})
    assert begins[1] - begins[0] == 2 * HOUR_US


def test_the_rule_has_the_same_team_hours_as_the_plan_and_a_round_of_its_own() -> None:
    duty = Duty(teams=3, windows_each=2)
    mine = plan(TOLD, SITE.piers, segments(SITE), duty, "s", TABLE.hours.usual_stay_min)
    theirs = fixed_rule(SITE, T0_US, duty, 5, piers=[2, 3])
    empty = landed()
    assert tally([(mine.windows, empty)]).team_hours == 12
    assert tally([(theirs, empty)]).team_hours == 12
    assert {w.pier for w in theirs} == {2, 3}
    assert fixed_rule(SITE, T0_US, duty, 0, piers=[]) == ()
    dry = coast(("idle", "pier", DEEP_M, 0.0), tide=False)
    begin = min(w.from_us for w in fixed_rule(dry, T0_US, duty, 0))
    assert begin == T0_US + 11 * HOUR_US  # about one in the morning


def test_the_tally_counts_nights_landings_and_what_the_lot_met() -> None:
    rows = landed((0, 0.0, 13.0, 14.5), (1, 8_000.0, 13.0, 14.5))
    nights = [
        ([window(0, 0.0, 12.0, 14.0), window(None, 8_000.0, 13.5, 15.5, secret=True)], rows),
        ([window(0, 0.0, 12.0, 14.0)], rows),
        ([], landed()),
    ]
    assert tally(nights) == Met(3, 4, 3, 1, 6.0)
    assert tally(nights).share == 0.75
    assert tally([]).share is None


def test_on_a_burst_the_plan_meets_more_than_the_rule_in_the_same_hours() -> None:
    """A gang comes to one pier of twelve every second night, at any of the small hours, and is
    remembered."""
    site = coast(*(("idle", "pier", DEEP_M, (i - 6) * 6_000.0) for i in range(12)))
    duty, mine, theirs = Duty(teams=1, windows_each=2), [], []
    for number in range(8):
        of = told(site, *((5, 2 * k, 0.6) for k in range(1, number + 1)))
        table = site.piers.table
        spot = table["lon"][5], table["lat"][5]
        berth_us = of.from_us + int((12.3 + 0.6 * number) * HOUR_US)
        row = (5, *spot, berth_us, berth_us + 85 * MIN_US)
        truth = pl.DataFrame([row], schema=LANDED, orient="row")
        seed = f"{EVENING} {number}"
        made = plan(of, site.piers, segments(site).clear(), duty, seed, TABLE.hours.usual_stay_min)
        mine.append((made.windows, truth))
        theirs.append((fixed_rule(site, of.from_us, duty, number), truth))
    assert tally(mine).met >= 5
    assert tally(theirs).met <= 2
    assert tally(theirs).team_hours == tally(mine).team_hours


def test_what_the_lot_meets_says_how_many_landings_there_are_where_nobody_looks() -> None:
    """Three landings a night anywhere on a short shore; the plan looks at the piers alone."""
    site = coast(("idle", "pier", DEEP_M, 0.0), ("idle", "pier", DEEP_M, 2_000.0))
    of, shore = told(site), segments(site).head(40)
    dice, nights = np.random.default_rng(3), []
    for k in range(500):
        rows = []
        for i in dice.integers(0, 40, 3).tolist():
            berth_us = of.from_us + int(dice.uniform(8.5, 15.5) * HOUR_US)
            spot = shore["lon"][i], shore["lat"][i]
            rows.append((None, *spot, berth_us, berth_us + 85 * MIN_US))
        landings = pl.DataFrame(rows, schema=LANDED, orient="row")
        stay_min = TABLE.hours.usual_stay_min
        made = plan(of, site.piers, shore, Duty(teams=5), f"{k}", stay_min)
        nights.append((made, landings))
    assert landings_by_lot(nights, shore) == pytest.approx(3.0, rel=0.25)
    nobody = plan(of, site.piers, shore.clear(), Duty(), "s", 85)
    assert landings_by_lot([(nobody, landed())], shore) is None
