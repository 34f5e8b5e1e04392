"""What is normal at a pier: learned night by night, forgotten with a half-life, and saved whole."""

from __future__ import annotations

import math
from io import BytesIO

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from core.schema import empty
from models.baseline import bursts, hours, likely, lorries, rates, repeats
from models.baseline.fold import COVERED, VISIT, Baseline, close_night
from models.risk.evidence_table import Rate
from models.risk.likelihood import visits_tail

NIGHT = 20_500
DAY_US = bursts.DAY_US
QUIET = Rate(a=0.5, b_days=180.0)
EVEN = (1 / 24,) * 24
NO_LORRY = empty(lorries.LORRIES)


def visit(pier: int, day: float = 0.0, **more: object) -> dict[str, object]:
    return {
        "pier": pier, "status": "idle", "t_us": int((NIGHT + day) * DAY_US), "hour": 26,
        "track": "mmsi:412000001", "visitors": ["mmsi:412000001"], "suspicious": True,
        "quiet": True, "probability": 0.01, **more,
    }  # fmt: skip


def night(*visits: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(visits), schema=VISIT)


def covered(share: float, *piers: int) -> pl.DataFrame:
    return pl.DataFrame({"pier": piers, "covered": [share] * len(piers)}, schema=COVERED)


def after(nights: int, share: float = 1.0, visits: int = 0) -> tuple[float, float]:
    held = rates.initial()
    for _ in range(nights):
        new = pl.DataFrame(
            {"pier": [1], "visits": [float(visits)], "covered": [share]}, schema=rates.NIGHT
        )
        held = rates.learn(held, new)
    return rates.observed(held, 1)


@pytest.mark.parametrize(
    ("a", "b_days", "nights", "visits", "p"),
    [
        (0.5, 180, 1, 1, 0.002766),
        (0.5, 365, 1, 1, 0.001367),
        (2.5, 180, 1, 1, 0.013755),
        (2.5, 180, 14, 3, 0.002269),
        (90.5, 180, 1, 1, 0.394310),
    ],
)
def test_the_surprise_of_visits_is_that_of_the_published_table(
    a: float, b_days: float, nights: float, visits: int, p: float
) -> None:
    assert visits_tail(a, b_days, nights, visits) == pytest.approx(p, abs=6e-7)
    if nights == 1:
        nats = rates.surprise_nats(Rate(a=a, b_days=b_days), 0, 0)
        assert nats == pytest.approx(-math.log(p), abs=5e-4)


def test_a_visit_counts_half_after_sixty_nights() -> None:
    held = rates.learn(
        rates.initial(),
        pl.DataFrame({"pier": [1], "visits": [4], "covered": [1.0]}, schema=rates.NIGHT),
    )
    for _ in range(60):
        held = rates.learn(held, pl.DataFrame(schema=rates.NIGHT))
    assert rates.observed(held, 1) == pytest.approx((2.0, 0.5))


def test_nights_in_which_nobody_looked_do_not_make_a_pier_idle() -> None:
    assert after(200, share=0.0) == (0.0, 0.0)
    looked = after(200, share=1.0)
    blind = rates.idle_probability(QUIET, *after(200, share=0.0))
    assert rates.idle_probability(QUIET, *looked) > blind
    assert rates.surprise_nats(QUIET, *looked) > rates.surprise_nats(QUIET, 0, 0)


def test_a_visit_that_was_seen_covers_its_night() -> None:
    assert after(1, share=0.0, visits=1) == (1.0, 1.0)


def test_a_pier_that_comes_back_to_use_is_normal_again() -> None:
    before, since = rates.learn, after(40, visits=2)
    assert before is not None
    assert rates.idle_probability(QUIET, 0, 0) > 0.99
    assert rates.idle_probability(QUIET, *since) < 0.01
    assert rates.surprise_nats(QUIET, *since) < 1.5 < rates.surprise_nats(QUIET, 0, 0)


def test_landings_of_a_burst_do_not_make_themselves_usual() -> None:
    """A gang that comes every other night; beside it a pier to which people came back to fish."""
    base = Baseline()
    for k in range(14):
        gang = [visit(3, k, suspicious=True)] if k % 2 else []
        fishing = [visit(4, k, suspicious=False)] if k % 2 else []
        base = close_night(base, NIGHT + k, night(*gang, *fishing), covered(1.0, 3, 4), NO_LORRY)
    gangs, used = (rates.observed(base.rates, pier) for pier in (3, 4))
    assert rates.surprise_nats(QUIET, *used) < 3.5 < rates.surprise_nats(QUIET, *gangs)
    assert gangs[0] == pytest.approx(used[0] / 4)


def test_what_is_forgotten_is_no_longer_held() -> None:
    base = close_night(Baseline(), NIGHT, night(visit(3)), covered(1.0, 3, 4), NO_LORRY)
    for k in range(1, 410):
        base = close_night(base, NIGHT + k, night(), covered(0.0), NO_LORRY)
    assert all(frame.is_empty() for frame in base.frames().values())


def test_hours_are_shared_among_piers_of_a_kind_and_shrunk_to_what_is_given() -> None:
    shape = pl.DataFrame(schema=hours.SHAPE)
    assert hours.share(shape, "active", 30, EVEN) == pytest.approx(1 / 24)
    by_night = pl.DataFrame(
        {"status": ["active"] * 480, "hour": [24 * (i % 5) + 4 for i in range(480)]}
    )
    shape = hours.learn(shape, by_night)
    assert hours.share(shape, "active", 2 * 24 + 4, EVEN) > 0.9
    assert hours.share(shape, "active", 6 * 24 + 4, EVEN) == pytest.approx(1 / 24)  # a Sunday
    assert hours.share(shape, "idle", 4, EVEN) == pytest.approx(1 / 24)
    week = sum(hours.share(shape, "active", h, EVEN) for h in range(24))
    assert week == pytest.approx(1.0)


def suspicious(*days: float, pier: int = 1) -> pl.DataFrame:
    rows = [visit(pier, day, track=f"t{i}") for i, day in enumerate(days)]
    return bursts.remember(
        pl.DataFrame(schema=bursts.SUSPICIOUS),
        night(*rows).with_columns(pl.lit(NIGHT, pl.Int32).alias("night")),
        NIGHT,
    )


def test_a_burst_is_more_surprising_than_one_repetition_and_old_visits_are_none() -> None:
    now = int((NIGHT + 7) * DAY_US)
    once = bursts.scan(suspicious(4.5), 1, now, 0.5, 180.0)
    thrice = bursts.scan(suspicious(0.0, 2.0, 4.5), 1, now, 0.5, 180.0)
    assert once is not None
    assert thrice is not None
    assert (once.visits, once.days) == (2, 7)
    assert thrice.visits == 4
    assert thrice.nats > once.nats + 3
    assert bursts.scan(suspicious(-30.0), 1, now, 0.5, 180.0) is None
    assert bursts.scan(suspicious(4.5), 2, now, 0.5, 180.0) is None


def test_the_scan_finds_bursts_at_a_quiet_pier_at_one_per_cent_false_alarms() -> None:
    """Methods 4.5: 0.02 other visits a night; the scan finds four landings."""
    rng = np.random.default_rng(7)

    def highest(days: np.ndarray) -> float:
        held = suspicious(*map(float, days))
        burst = [bursts.scan(held, 1, int((NIGHT + d) * DAY_US) + 1, 3.6, 180.0) for d in days]
        return max((b.nats for b in burst if b), default=0.0)

    def background() -> np.ndarray:
        return np.sort(rng.uniform(0, 180, rng.poisson(0.02 * 180)))

    quiet = sorted(highest(background()) for _ in range(150))
    limit = quiet[int(0.99 * len(quiet))]

    def power(landings: int) -> float:
        found = 0
        for _ in range(25):
            burst = rng.uniform(0, 160) + np.cumsum(rng.choice([2.0, 3.0], landings))
            found += highest(np.sort(np.append(background(), burst))) > limit
        return found / 25

    assert power(6) >= 0.95
    assert power(4) >= 0.5


def test_of_a_pier_and_night_the_visit_that_was_likeliest_a_landing_is_remembered() -> None:
    two = [visit(1, 0, probability=p, suspicious=False) for p in (0.02, 0.3)]
    base = close_night(
        Baseline(), NIGHT, night(*two, visit(2, 0, probability=1e-5)), covered(1.0), NO_LORRY
    )
    assert base.likely.select("pier", "night", "probability").rows() == [(1, NIGHT, 0.3)]
    later = close_night(base, NIGHT + likely.MEMORY_NIGHTS, night(), covered(1.0), NO_LORRY)
    assert later.likely.is_empty(), "two months ago is too long ago to draw anything"


def test_what_officers_found_out_takes_the_place_of_what_was_believed() -> None:
    rows = [(pier, 7, NIGHT, 0.3) for pier in (1, 2, 3, 4)]
    held = pl.DataFrame(rows, schema=likely.LIKELY, orient="row")
    told = {(1, 7): "confirmed", (2, 7): "lawful", (3, 7): "unknown"}
    assert likely.found_out(held, told)["probability"].to_list() == [1.0, 0.0, 0.3, 0.3]
    assert likely.found_out(held, {}) is held


def test_small_repeats_are_counted_by_visitor_and_pier_once_a_night() -> None:
    base = Baseline()
    for k in range(6):
        truck = visit(5, k, visitors=["plate:浙B12345"], suspicious=False)
        base = close_night(base, NIGHT + k, night(truck, truck), covered(1.0, 5), NO_LORRY)
    assert 4.5 < repeats.count(base.repeats, 5, ["plate:浙B12345", "mmsi:1"]) < 6.0
    assert repeats.count(base.repeats, 4, ["plate:浙B12345"]) == 0.0
    assert base.suspicious.is_empty()


days = st.lists(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 86_399), st.booleans()), max_size=5),
    min_size=1, max_size=12,
)  # fmt: skip


@given(days)
@settings(deadline=None, max_examples=25)
def test_a_baseline_that_was_saved_and_loaded_goes_on_to_the_same_bytes(
    plan: list[list[tuple[int, int, bool]]],
) -> None:
    plain = kept = Baseline()
    for k, rows in enumerate(plan):
        seen = [
            visit(pier, k, t_us=(NIGHT + k) * DAY_US + s * 1_000_000, track=f"t{s}", suspicious=odd)
            for pier, s, odd in rows
        ]
        some = covered(0.7, 0, 1, 2, 3)
        lorry = pl.DataFrame([(k % 3, 8.0, 0.5, 0.0, 0.5)], schema=lorries.LORRIES, orient="row")
        plain = close_night(plain, NIGHT + k, night(*seen), some, lorry)
        loaded = {}
        for name, frame in kept.frames().items():
            file = BytesIO()
            frame.write_ipc(file)
            loaded[name] = pl.read_ipc(BytesIO(file.getvalue()))
        kept = close_night(
            Baseline.load(loaded), NIGHT + k, night(*reversed(seen)), some[::-1], lorry
        )
    for name, frame in plain.frames().items():
        assert_frame_equal(frame, kept.frames()[name], check_exact=True)
