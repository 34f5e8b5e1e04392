"""Sensitivity and stochastic acceptability."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from models.risk.ahp import (
    acceptability,
    first_turns,
    from_upper,
    judged_weights,
    one_at_a_time,
    priorities,
    uniform_weights,
)
from models.risk.ahp.sensitivity import kendall_tau, scores
from models.risk.ahp.smaa import weights_around

VALUES = st.lists(
    st.tuples(*[st.integers(0, 10).map(lambda k: k / 10)] * 3), min_size=2, max_size=6
)


def test_a_compromise_is_first_for_a_fifth_of_all_weights() -> None:
    draws = uniform_weights(np.random.default_rng(20261), 2)
    found = acceptability([(1, 0), (0, 1), (0.6, 0.6)], draws)
    assert found.draws == 10_000
    assert found.ranks[:, 0] == pytest.approx([0.4, 0.4, 0.2], abs=0.02)
    assert found.central[0] == pytest.approx([0.8, 0.2], abs=0.01)
    assert found.central[2] == pytest.approx([0.5, 0.5], abs=0.01)


def test_a_compromise_below_the_line_is_never_first() -> None:
    draws = uniform_weights(np.random.default_rng(20262), 2)
    found = acceptability([(1, 0), (0, 1), (0.4, 0.4)], draws)
    assert found.ranks[:, 0] == pytest.approx([0.5, 0.5, 0.0], abs=0.02)
    assert np.isnan(found.central[2]).all()


@settings(max_examples=40)
@given(VALUES)
def test_every_rank_is_taken_and_every_alternative_has_a_rank(values: list[tuple[float]]) -> None:
    found = acceptability(values, uniform_weights(np.random.default_rng(1), 3, 50))
    assert found.ranks.sum(axis=0) == pytest.approx(np.ones(len(values)), abs=1e-9)
    assert found.ranks.sum(axis=1) == pytest.approx(np.ones(len(values)), abs=1e-9)


def test_equals_share_their_ranks() -> None:
    found = acceptability([(1, 1), (1, 1)], uniform_weights(np.random.default_rng(1), 2, 100))
    assert found.ranks.tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_the_same_dice_give_the_same_answer() -> None:
    matrix = from_upper([[2, 4], [3]])
    first, second = (judged_weights(np.random.default_rng(7), matrix, 0.3, 500) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_weights_of_uncertain_judgements_lie_around_those_of_the_judgements() -> None:
    matrix = from_upper([[2, 4], [3]])
    rng = np.random.default_rng(8)
    p = priorities(matrix).weights
    assert np.median(judged_weights(rng, matrix, 0.1), axis=0) == pytest.approx(p, abs=0.01)
    assert weights_around(rng, p, 200).mean(axis=0) == pytest.approx(p, abs=0.01)


@settings(max_examples=40)
@given(VALUES, VALUES)
def test_kendalls_tau_is_scipys(a: list[tuple[float]], b: list[tuple[float]]) -> None:
    n = min(len(a), len(b))
    x, y = [v[0] for v in a[:n]], [v[0] for v in b[:n]]
    expected = kendalltau(x, y).statistic if len(set(x)) > 1 and len(set(y)) > 1 else None
    if expected is None:
        assert kendall_tau(x, y) in (0.0, 1.0)
    else:
        assert kendall_tau(x, y) == pytest.approx(expected, abs=1e-9)


def test_each_weight_is_changed_six_times_and_the_others_keep_their_proportions() -> None:
    shifts = one_at_a_time([(1, 0, 0.2), (0, 1, 0.5)], [0.5, 0.3, 0.2])
    assert [(s.criterion, s.change) for s in shifts[:6]] == [
        (0, change) for change in (-0.3, -0.2, -0.1, 0.1, 0.2, 0.3)
    ]
    assert len(shifts) == 18
    for s in shifts:
        assert s.weights.sum() == pytest.approx(1)
    # 0.5 × 0.7 = 0.35 of 0.85: the second alternative leads, with the order reversed.
    lowest = shifts[0]
    assert lowest.weights == pytest.approx([0.35 / 0.85, 0.3 / 0.85, 0.2 / 0.85])
    assert (lowest.top, lowest.top_changed, lowest.tau) == (1, True, -1.0)
    assert not shifts[5].top_changed


def test_the_first_weight_that_turns_the_top_is_where_the_two_scores_meet() -> None:
    turn = first_turns([(1, 0), (0, 1), (0.6, 0.6)], [0.7, 0.3])[0]
    assert (turn.weight, turn.top) == (0.6, 2)
    assert turn.change == pytest.approx(-1 / 7)


@settings(max_examples=40)
@given(VALUES)
def test_the_top_holds_up_to_its_turn_and_not_beyond(values: list[tuple[float]]) -> None:
    weights = np.array([0.5, 0.3, 0.2])
    before = scores(values, weights)
    for turn in first_turns(values, weights):
        if turn.weight is None:
            continue
        if abs(turn.weight - weights[turn.criterion]) < 1e-9:
            assert before[turn.top] == pytest.approx(before.max())  # they lead together already
            continue
        past = turn.weight + np.sign(turn.weight - weights[turn.criterion]) * 1e-6
        if not 0 <= past <= 1:
            continue
        moved = weights * (1 - past) / (1 - weights[turn.criterion])
        moved[turn.criterion] = past
        after = scores(values, moved)
        assert after[turn.top] >= after[int(np.argmax(before))]


def test_an_alternative_that_leads_by_every_criterion_is_never_overtaken() -> None:
    assert all(t.weight is None for t in first_turns([(1, 1), (0.5, 0.9)], [0.5, 0.5]))
