"""Evidence in nats: the oracles of methods 3.2 and 4.4, sums, caps and levels."""

import math
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom

import models.risk
from core.errors import SiteError
from models.risk.calibration import Calibration
from models.risk.evidence import INDEPENDENT, Evidence, posterior_without, weigh
from models.risk.evidence_table import BLOCKS, parse_evidence
from models.risk.explanation import by_block, strongest_innocent
from models.risk.likelihood import (
    posterior,
    prior_nats,
    visits_tail,
)

DEFAULTS = (Path(models.risk.__file__).parent / "evidence.toml").read_bytes()
TABLE = parse_evidence(DEFAULTS)
PRIOR = prior_nats(0.068)


def test_a_posterior_without_a_code_is_that_of_the_other_evidence() -> None:
    curve = Calibration(version="v", source="s", sum_nats=(-2.0, 6.0), nats=(-2.0, 3.0))
    dark, dwell, before = (
        Evidence(block, nats, code)
        for block, nats, code in (
            ("identity", 2.0, "dark_approach"), ("timing", 1.0, "dwell"),
            ("recurrence", 1.5, "near_repeat"),
        )
    )  # fmt: skip
    others = weigh(TABLE, [dark, dwell], PRIOR, calibration=curve).posterior
    every = weigh(TABLE, [dark, dwell, before], PRIOR, calibration=curve)
    assert posterior_without(every, "near_repeat", curve) == pytest.approx(others, rel=0.02), (
        "nats are in hundredths"
    )
    assert posterior_without(every, "none_such", curve) == every.posterior


ENTRIES = st.lists(
    st.builds(
        Evidence,
        st.sampled_from(BLOCKS),
        st.floats(-30, 30),
        st.sampled_from(["dark_approach", "radar_dark", "idle_pier", "dwell", "truck", "x", "y"]),
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("nats", "probability"),
    [(4, 0.0361), (6, 0.2166), (7.29, 0.5011), (8, 0.6714), (10, 0.9379), (13, 0.9967)],
)
def test_the_posterior_of_a_sum_of_nats(nats: float, probability: float) -> None:
    assert posterior(-7.2855 + nats) == pytest.approx(probability, abs=5e-5)


@pytest.mark.parametrize(
    ("a", "b_days", "nights", "visits", "tail"),
    [
        (0.5, 180, 1, 1, 0.002766),
        (0.5, 365, 1, 1, 0.001367),
        (2.5, 180, 1, 1, 0.013755),
        (2.5, 180, 14, 3, 0.002269),
        (90.5, 180, 1, 1, 0.394310),
    ],
)
def test_how_likely_visits_are_at_a_pier_with_a_history(
    a: float, b_days: float, nights: int, visits: int, tail: float
) -> None:
    assert visits_tail(a, b_days, nights, visits) == pytest.approx(tail, abs=5e-7)


@given(st.floats(0.1, 100), st.floats(1, 400), st.integers(1, 90), st.integers(0, 60))
def test_the_tail_of_the_visits_is_scipys(a: float, b: float, nights: int, visits: int) -> None:
    expected = nbinom.sf(visits - 1, a, b / (b + nights)) if visits else 1.0
    assert visits_tail(a, b, nights, visits) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_the_default_prior_is_the_one_of_the_paper() -> None:
    assert PRIOR == -7.29


@given(ENTRIES, st.floats(-9, 2))
def test_prior_and_entries_add_up_to_the_posteriors_log_odds(
    entries: list[Evidence], prior: float
) -> None:
    w = weigh(TABLE, entries, prior)
    total = w.prior_nats + math.fsum(e.nats for e in w.evidence)
    assert 0.0001 <= w.posterior <= 0.999
    assert math.log(w.posterior / (1 - w.posterior)) == pytest.approx(total, abs=0.01)
    assert all(round(e.nats, 2) == e.nats for e in w.evidence)


@given(ENTRIES)
def test_every_block_stays_between_its_floor_and_its_cap(entries: list[Evidence]) -> None:
    w = weigh(TABLE, entries, PRIOR)
    for name in BLOCKS[:-1]:
        block = TABLE.block(name)
        said = math.fsum(e.nats for e in w.evidence if e.block == name)
        assert block.floor_nats - 1e-9 <= said <= block.cap_nats + 1e-9


@given(ENTRIES, st.randoms(use_true_random=False))
def test_the_order_of_the_entries_changes_nothing(entries: list[Evidence], dice: Random) -> None:
    before = weigh(TABLE, entries, PRIOR)
    dice.shuffle(entries)
    assert weigh(TABLE, entries, PRIOR) == before


@given(ENTRIES, st.sampled_from(INDEPENDENT), st.floats(-9, 6))
def test_no_single_block_raises_an_alert_alone(
    entries: list[Evidence], block: str, prior: float
) -> None:
    mine = [e for e in entries if e.block == block]
    assert weigh(TABLE, mine, PRIOR).posterior < 0.2
    assert weigh(TABLE, mine, prior).level is None  # whatever the site's prior


@pytest.mark.parametrize("pair", list(combinations(INDEPENDENT, 2)))
def test_verify_needs_two_blocks_and_one_of_them_identity_or_land_side(
    pair: tuple[str, str],
) -> None:
    w = weigh(TABLE, [Evidence(block, 5.0, "x") for block in pair], PRIOR)
    assert w.posterior > 0.6
    assert w.level == ("verify" if {"identity", "land_side"} & set(pair) else "watch")


def test_one_fact_told_by_two_codes_counts_once_and_stays_visible() -> None:
    w = weigh(
        TABLE,
        [Evidence("identity", 2.0, "dark_approach"), Evidence("identity", 3.0, "radar_dark")],
        PRIOR,
    )
    assert [(e.code, e.nats) for e in w.evidence] == [("dark_approach", 0.0), ("radar_dark", 3.0)]
    assert w.evidence[0].params == {"counted_in": "radar_dark"}


def test_what_a_cap_takes_away_is_an_entry_of_its_own() -> None:
    w = weigh(TABLE, [Evidence("rarity", 6.4, "idle_pier")], PRIOR)
    assert w.evidence[1] == Evidence("rarity", -1.4, "block_cap", {"cap_nats": 5.0})
    assert w.posterior == pytest.approx(posterior(-2.29), abs=1e-6)


def test_certainty_is_bounded_and_says_so() -> None:
    w = weigh(TABLE, [Evidence(block, 5.0, "x") for block in INDEPENDENT], PRIOR)
    assert w.evidence[-1].code == "posterior_bound"
    assert 0.9985 < w.posterior <= 0.999


def test_nats_that_are_not_a_number_are_no_evidence() -> None:
    with pytest.raises(ValueError, match="NaN"):
        weigh(TABLE, [Evidence("rarity", math.nan, "idle_pier")], PRIOR)


def test_the_explanation_gives_nats_and_times_by_block() -> None:
    w = weigh(
        TABLE,
        [
            Evidence("rarity", 4.35, "idle_pier"),
            Evidence("timing", 0.78, "night_hours"),
            Evidence("timing", -0.62, "tide_window"),
            Evidence("timing", 0.5, "dwell"),
        ],
        PRIOR,
    )
    rarity, timing = by_block(w.evidence)
    assert (rarity.block, rarity.nats, rarity.times) == ("rarity", 4.35, 77.5)
    assert (timing.nats, timing.times) == (0.66, 1.93)
    assert timing.codes == ("night_hours", "tide_window", "dwell")
    against = strongest_innocent(w.evidence)
    assert against is not None
    assert against.code == "tide_window"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"version = ", b"verzion = ", "evidence.toml, version: expected Field required"),
        (b"innocent_share = 0.60", b"innocent_share = 1.60", "announced.innocent_share"),
        (b"cap_nats = 5.0", b"cap_nats = nan", "blocks.identity.cap_nats"),
        (b"0.03, 0.15, 0.74", b"0.03, 0.15, 0.94", "landing_share should be 6 shares that sum to"),
        (b"from_min = [0, 20", b"from_min = [0, -20", "from_min should rise from 0"),
        (b"landing_share = [0.180,", b"landing_share = [", "landing.landing_hours.landing_share"),
        (b"[dwell]", b"[dwell", "expected a TOML file in UTF-8"),
        (b"version", b"\xff", "expected a TOML file in UTF-8"),
    ],
)
def test_a_wrong_table_is_refused_with_the_key_and_the_expectation(
    old: bytes, new: bytes, says: str
) -> None:
    with pytest.raises(SiteError) as caught:
        parse_evidence(DEFAULTS.replace(old, new, 1))
    assert says in str(caught.value)
