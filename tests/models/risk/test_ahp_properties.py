"""What holds of every pairwise matrix, and agreement with an independent implementation."""

from itertools import combinations
from random import Random

import ahpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from core.errors import JudgementError
from models.risk.ahp import (
    aggregate_judgements,
    checked,
    completed,
    from_upper,
    priorities,
    proposals,
    require_consistent,
    row_geometric_mean,
)
from models.risk.ahp.matrix import Matrix
from models.risk.ahp.priority import eigenvectors
from models.risk.ahp.repair import SCALE, replaced

JUDGEMENT = st.sampled_from([float(s) for s in SCALE])


@st.composite
def matrices(draw: st.DrawFn, low: int = 1, high: int = 9) -> Matrix:
    n = draw(st.integers(low, high))
    out = np.ones((n, n))
    for i, j in combinations(range(n), 2):
        out[i, j] = draw(JUDGEMENT)
        out[j, i] = 1 / out[i, j]
    return out


@given(matrices())
def test_weights_are_positive_and_sum_to_one(matrix: Matrix) -> None:
    p = priorities(matrix)
    assert p.weights.sum() == pytest.approx(1, abs=1e-10)
    assert (p.weights > 0).all()
    assert p.lambda_max >= len(matrix) - 1e-9
    assert row_geometric_mean(matrix).sum() == pytest.approx(1, abs=1e-10)


@settings(max_examples=40)
@given(matrices(3, 15))
def test_weights_are_the_principal_eigenvector_that_lapack_finds(matrix: Matrix) -> None:
    values, vectors = np.linalg.eig(matrix)
    k = int(np.argmax(values.real))
    expected = np.abs(vectors[:, k].real)
    p = priorities(matrix)
    assert p.lambda_max == pytest.approx(values[k].real, abs=1e-9)
    assert p.weights == pytest.approx(expected / expected.sum(), abs=1e-9)


@given(st.lists(st.floats(0.05, 20), min_size=1, max_size=15))
def test_ratios_of_given_weights_give_them_back_with_cr_zero(weights: list[float]) -> None:
    w = np.array(weights)
    p = priorities(w[:, None] / w[None, :])
    assert p.weights == pytest.approx(w / w.sum(), abs=1e-10)
    assert p.cr == pytest.approx(0, abs=1e-9)


@settings(max_examples=40)
@given(matrices(2), st.randoms(use_true_random=False))
def test_reordering_the_criteria_reorders_the_weights(matrix: Matrix, dice: Random) -> None:
    order = list(range(len(matrix)))
    dice.shuffle(order)
    moved = priorities(matrix[np.ix_(order, order)])
    assert moved.weights == pytest.approx(priorities(matrix).weights[order], abs=1e-10)


@given(st.lists(matrices(4, 4), min_size=1, max_size=5), st.data())
def test_judgements_put_together_stay_reciprocal(
    members: list[Matrix], data: st.DataObject
) -> None:
    weight = st.floats(0.1, 10)
    weights = data.draw(st.lists(weight, min_size=len(members), max_size=len(members)))
    joint = checked(aggregate_judgements(members, weights))
    assert joint * joint.T == pytest.approx(np.ones((4, 4)), abs=1e-12)


@settings(max_examples=40)
@given(matrices(3, 12))
def test_weights_alone_and_in_a_batch_are_the_same_to_the_bit(matrix: Matrix) -> None:
    alone = eigenvectors(matrix.T.copy().T)[0]  # whatever its strides
    batch = eigenvectors(np.stack([matrix.T, matrix, matrix]))[0]
    assert alone.tobytes() == batch[1].tobytes() == batch[2].tobytes()


@settings(max_examples=40)
@given(matrices(3))
def test_judgements_are_refused_exactly_when_cr_reaches_a_tenth(matrix: Matrix) -> None:
    p = priorities(matrix)
    if p.cr < 0.10:
        assert require_consistent(matrix).cr == p.cr
    else:
        with pytest.raises(JudgementError, match="judgement"):
            require_consistent(matrix)


@settings(max_examples=40)
@given(matrices(3))
def test_proposals_chain_from_the_present_cr_and_stop_below_the_limit(matrix: Matrix) -> None:
    steps = proposals(matrix)
    assert len(steps) <= 5
    now = matrix
    for step in steps:
        assert step.cr_before == priorities(now).cr >= 0.10
        now = replaced(now, step.i, step.j, float(step.proposed))
        assert step.cr_after == priorities(now).cr


@settings(max_examples=20)
@given(matrices(4, 6), st.data())
def test_no_other_value_of_a_missing_judgement_is_more_consistent(
    matrix: Matrix, data: st.DataObject
) -> None:
    i, j = data.draw(st.sampled_from(list(combinations(range(len(matrix)), 2))))
    gap = replaced(matrix, i, j, float("nan"))
    full = completed(gap)
    best = priorities(full).lambda_max
    for factor in (0.5, 0.9, 0.999, 1.001, 1.1, 2):
        other = replaced(full, i, j, float(full[i, j]) * factor)
        assert priorities(other).lambda_max >= best - 1e-9


@settings(max_examples=30, deadline=None)
@given(matrices(3, 8))
def test_ahpy_agrees_on_weights_and_cr(matrix: Matrix) -> None:
    names = [f"c{k}" for k in range(len(matrix))]
    judged = {(names[i], names[j]): matrix[i, j] for i, j in combinations(range(len(names)), 2)}
    peer = ahpy.Compare("peer", judged, precision=6, random_index="dd")
    ours = priorities(matrix, "donegan_dodd")
    assert [peer.local_weights[name] for name in names] == pytest.approx(ours.weights, abs=2e-6)
    assert peer.consistency_ratio == pytest.approx(ours.cr, abs=2e-4)


def test_ahpy_agrees_on_eight_criteria_with_twelve_judgements_missing() -> None:
    given_ones = {
        **{"ab": 5, "ac": 3, "ad": 7, "ae": 6, "af": 6, "bd": 5, "bf": 3, "ce": 3, "cg": 6},
        **{"fd": 4, "ga": 3, "ge": 5, "ha": 4, "hb": 7, "hd": 8, "hf": 6},
    }
    peer = ahpy.Compare("peer", {tuple(k): v for k, v in given_ones.items()}, precision=6)
    matrix = np.full((8, 8), np.nan)
    np.fill_diagonal(matrix, 1.0)
    for pair, value in given_ones.items():
        i, j = ("abcdefgh".index(name) for name in pair)
        matrix[i, j], matrix[j, i] = value, 1 / value
    full = completed(matrix)
    for (a, b), value in peer._missing_comparisons.items():
        assert full["abcdefgh".index(a), "abcdefgh".index(b)] == pytest.approx(value, rel=2e-3)
    weights = priorities(full).weights
    assert [peer.local_weights[name] for name in "abcdefgh"] == pytest.approx(weights, abs=1e-4)


@pytest.mark.parametrize(
    ("matrix", "says"),
    [
        ([[1, 2], [1, 1]], "entry (1, 2): expected the reciprocal of its mirror entry 1, got 2"),
        ([[1, 0], [0, 1]], "entry (1, 2): expected a positive finite number, got 0.0"),
        ([[1, -3], [-1 / 3, 1]], "expected a positive finite number, got -3.0"),
        ([[1, float("nan")], [float("nan"), 1]], "expected a positive finite number, got nan"),
        ([[1, float("inf")], [0, 1]], "expected a positive finite number, got inf"),
        ([[2, 1], [1, 1]], "entry (1, 1): expected 1 on the diagonal, got 2.0"),
        ([[1, 2, 3], [1, 1, 1]], "expected a square table of 1 to 15 elements, got 2 × 3"),
        (np.ones((16, 16)), "expected a square table of 1 to 15 elements, got 16 × 16"),
        ([], "expected a square table of 1 to 15 elements"),
        ([["a", "b"], ["c", "d"]], "expected a square table of numbers"),
        ([[1, 2], [0.5]], "expected a square table of numbers"),
        (3.0, "got a single number"),
    ],
)
def test_a_malformed_matrix_is_refused_with_a_sentence_that_names_the_entry(
    matrix: ArrayLike, says: str
) -> None:
    with pytest.raises(JudgementError) as caught:
        priorities(matrix)
    assert says in str(caught.value)
    assert "Correct the judgement." in str(caught.value)


@pytest.mark.parametrize(
    "value", [0, -1, "0", "1/0", "2/x", "", 10, "1/10", None, True, [1], 1e400]
)
def test_a_judgement_off_the_scale_is_refused(value: object) -> None:
    with pytest.raises(JudgementError, match='expected a judgement from "1/9" to 9'):
        from_upper([[value]])


def test_a_triangle_with_a_row_too_short_is_refused_by_row() -> None:
    with pytest.raises(JudgementError, match="row 1: expected 2 judgements"):
        from_upper([[1], [2]])


def test_elements_that_no_judgement_links_cannot_be_completed() -> None:
    with pytest.raises(JudgementError, match="none between element 1 and element 3, 4"):
        completed(from_upper([[2, "?", "?"], ["?", "?"], [3]]))


def test_an_unknown_table_of_random_indices_is_refused_by_name() -> None:
    with pytest.raises(JudgementError, match="alonso_lamata, saaty_1980"):
        priorities(np.array([[1.0, 2.0], [0.5, 1.0]]), "saaty")


def test_every_size_up_to_fifteen_has_weights() -> None:
    for n in range(1, 16):
        assert priorities(np.ones((n, n))).weights == pytest.approx([1 / n] * n, abs=1e-11)
