"""The assignment of tracks to vessels: the best of all, and how sure each choice is."""

from __future__ import annotations

import time
from itertools import product

import numpy as np
import pytest
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from models.fusion.assignment import choose, probability, solved

edges = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(-20, 5)),
    min_size=1,
    max_size=7,
    unique_by=lambda edge: edge[:2],
)


def best(found: list[tuple[int, int, int]], without: int | None = None) -> float:
    """The least cost by trying everything."""
    least = 0.0
    for taken in product((False, True), repeat=len(found)):
        some = [edge for i, edge in enumerate(found) if taken[i] and i != without]
        rows, columns = [e[0] for e in some], [e[1] for e in some]
        if len(set(rows)) == len(rows) and len(set(columns)) == len(columns):
            least = min(least, float(sum(e[2] for e in some)))
    return least


@examples(60)
@given(edges)
def test_it_is_the_best_and_the_margin_is_what_doing_without_would_cost(
    found: list[tuple[int, int, int]],
) -> None:
    row, column, cost = (np.array(part) for part in zip(*found, strict=True))
    chosen = choose(row, column, cost.astype(np.float64))
    assert sum(cost[c.edge] for c in chosen) == best(found)
    for choice in chosen:
        assert choice.margin == best(found, choice.edge) - best(found)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_solved_as_scipy_solves_it_ties_too(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(100):
        n = rng.integers(1, 8)
        cost = rng.normal(size=(n, n + rng.integers(0, 8)))
        for given_ in (cost, np.rint(2.0 * cost)):
            assert solved(given_).tolist() == linear_sum_assignment(given_)[1].tolist()


def test_the_surer_the_more_instants() -> None:
    assert probability(2.0, 1) < probability(2.0, 4) < probability(2.0, 12)
    assert probability(0.0, 12) == pytest.approx(0.5)


def test_a_pile_of_targets_takes_neither_long_nor_much() -> None:
    n = 2_000
    rng = np.random.default_rng(1)
    row, column = np.repeat(np.arange(n), 20), rng.integers(0, n, n * 20)
    cost = -1.0 - rng.random(len(row))
    began = time.process_time()
    chosen = choose(row, column, cost)
    assert time.process_time() - began < 5.0
    assert len({int(row[c.edge]) for c in chosen}) == len(chosen) > n // 2
    assert all(choice.margin >= 0.0 for choice in chosen)
