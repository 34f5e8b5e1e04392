"""Calibration: a curve that rises, fitted on outcomes, whose correction is an entry of its own."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import models.risk
from core.errors import SiteError
from core.settings import AlertSettings
from models.risk.calibration import IDENTITY, Calibration, as_toml, parse_calibration
from models.risk.calibration_fit import drifted, fit, probabilities, quality, sums_moved
from models.risk.evidence import INDEPENDENT, Evidence, weigh
from models.risk.evidence_table import parse_evidence
from models.risk.likelihood import posterior

FOLDER = Path(models.risk.__file__).parent
TABLE = parse_evidence((FOLDER / "evidence.toml").read_bytes())
DEFAULT = parse_calibration((FOLDER / "calibration.toml").read_bytes())
PLAIN = as_toml(IDENTITY).replace("20.0000", "20.0").encode()
HALF = Calibration(version="half", source="test", sum_nats=(-20, 20), nats=(-11, 9))
PRIOR = -7.29


Floats = NDArray[np.float64]
Came = NDArray[np.bool_]


def drawn(n: int, seed: int, slope: float = 0.6, offset: float = -1.0) -> tuple[Floats, Came]:
    """Sums of candidates whose true log-odds are slope · sum + offset − 2."""
    dice = np.random.default_rng(seed)
    sums = dice.normal(2.0, 4.0, n)
    return sums, dice.random(n) < 1 / (1 + np.exp(-(slope * sums + offset - 2.0)))


@given(st.lists(st.sampled_from(INDEPENDENT), unique=True), st.floats(-4, 4))
def test_no_curve_corrects_nothing(blocks: list[str], nats: float) -> None:
    entries = [Evidence(block, nats, "x") for block in blocks]
    told = weigh(TABLE, entries, PRIOR, calibration=parse_calibration(PLAIN))
    assert told == weigh(TABLE, entries, PRIOR)


def test_the_curve_that_ships_takes_off_what_evidence_was_too_sure_of() -> None:
    """It is less than the sum, most so where nothing is raised, and still it rises with it; where
    nearly all were landings anyway it may give back what it took."""
    sums = np.arange(2.0, 13.0, 0.25).tolist()
    worth = [DEFAULT(each) for each in sums]
    assert all(low < high for low, high in pairwise(worth))
    taken_off = [each - nats for each, nats in zip(sums, worth, strict=True)]
    sure = [posterior(PRIOR + nats) >= 0.95 for nats in worth]
    assert min(less for less, done in zip(taken_off, sure, strict=True) if not done) > 0.5
    assert min(taken_off) > -0.25
    watch = AlertSettings().watch
    raised = [
        less
        for less, nats in zip(taken_off, worth, strict=True)
        if posterior(PRIOR + nats) >= watch
    ]
    assert len(raised) > 20
    assert max(raised) < 2.3


def test_a_correction_is_an_entry_and_the_prior_is_added_afterwards() -> None:
    entries = [Evidence("identity", 4.0, "x"), Evidence("rarity", 4.0, "y")]
    w = weigh(TABLE, entries, PRIOR, calibration=HALF)
    last = w.evidence[-1]
    assert (last.block, last.code, last.nats) == ("calibration", "calibration", -5.0)
    assert w.sum_nats == 8.0
    assert w.posterior == pytest.approx(posterior(-7.29 + 3.0), abs=1e-6)
    assert w.level is None
    assert weigh(TABLE, entries, PRIOR).sum_nats == 8.0


FITTED = fit(*drawn(600, 3), -3.0, "v", "test")


@given(st.floats(-60, 60), st.floats(-60, 60))
def test_more_evidence_is_never_worth_less(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert FITTED(low) <= FITTED(high)
    if high - low > 1e-6:
        assert FITTED(low) < FITTED(high)


def test_a_fit_finds_the_odds_that_the_outcomes_had_and_serves_other_rates() -> None:
    rate = -3.0
    curve = fit(*drawn(6000, 1), rate, "v", "made")
    for s in (-2.0, 1.0, 4.0, 7.0):
        assert rate + curve(s) == pytest.approx(0.6 * s - 3.0, abs=0.45)
    sums, came = drawn(6000, 2)
    before = quality(probabilities(IDENTITY, sums, rate), came)
    after = quality(probabilities(curve, sums, rate), came)
    assert after.brier < before.brier
    assert after.log_loss < before.log_loss
    assert after.ece < 0.02 < before.ece


def test_a_bend_is_followed_where_many_candidates_say_so() -> None:
    dice = np.random.default_rng(5)
    sums = dice.uniform(-5, 10, 20_000)
    true = np.where(sums < 3, -4.0, 1.5)  # a step, that a line cannot follow
    came = dice.random(len(sums)) < 1 / (1 + np.exp(-true))
    curve = fit(sums, came, 0.0, "v", "made")
    assert curve(0.0) == pytest.approx(-4.0, abs=0.6)
    assert curve(7.0) == pytest.approx(1.5, abs=0.4)
    assert len(curve.nats) <= 200


def test_a_fitted_curve_is_written_and_read_as_it_is() -> None:
    curve = fit(*drawn(800, 7), -3.0, 'v"1', "seeds 101\n102")
    again = parse_calibration(as_toml(curve).encode())
    assert again.version == curve.version
    assert all(abs(a - b) < 1e-9 for a, b in zip(again.nats, curve.nats, strict=True))
    assert all(a < b for a, b in pairwise(again.nats))


@pytest.mark.parametrize(
    ("sums", "came"),
    [
        (np.zeros(100), np.zeros(100)),
        (np.arange(100.0), np.arange(100) < 10),
        (np.full(100, math.nan), np.arange(100) < 50),
        (-np.arange(100.0), np.arange(100) >= 50),
    ],
    ids=["no landing", "few landings", "not a number", "the wrong way round"],
)
def test_what_cannot_be_fitted_is_refused(sums: Floats, came: Came) -> None:
    with pytest.raises(ValueError, match="calibration:"):
        fit(sums, came, -3.0, "v", "test")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"nats = [-20.0, 20.0]\nnats", b"nats = [20.0, 20.0]\nnats", "sum_nats should rise"),
        (b"\nnats = [-20.0, 20.0]", b"\nnats = [-20.0, -20.0]", "nats should rise"),
        (b"\nnats = [-20.0, 20.0]", b"\nnats = [-20.0]", "calibration.toml, nats"),
        (b"\nnats = [-20.0, 20.0]", b"\nnats = [-20.0, 1.0, 20.0]", "of one length"),
        (b"version =", b"verzion =", "calibration.toml, version"),
        (b"-20.0", b"nan", "sum_nats"),
        (b"version", b"\xff", "a TOML file in UTF-8"),
    ],
)
def test_a_curve_that_cannot_be_stops_the_start_with_its_name(
    old: bytes, new: bytes, says: str
) -> None:
    assert old in PLAIN
    with pytest.raises(SiteError) as caught:
        parse_calibration(PLAIN.replace(old, new, 1))
    assert says in str(caught.value)


def test_drift_of_the_sums_is_seen_and_chance_is_not() -> None:
    dice = np.random.default_rng(11)
    before, same, moved = (dice.normal(m, 2.0, 1500) for m in (0.0, 0.0, 1.5))
    assert not drifted(before, same)
    assert drifted(before, moved)
    assert sums_moved(before[:100], moved) is None
    assert not drifted(before[:100], moved)
