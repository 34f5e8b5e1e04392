"""Worked examples of the literature, recomputed (methods 6.3), to 5e-4."""

from itertools import combinations

import numpy as np
import pytest

from core.errors import JudgementError
from models.risk.ahp import (
    Node,
    aggregate_judgements,
    best_worst,
    completed,
    consistency_ratio,
    from_upper,
    geometric_consistency,
    group_priorities,
    judged,
    overall,
    priorities,
    proposals,
    require_consistent,
    row_geometric_mean,
    scored,
)
from models.risk.ahp.matrix import Matrix
from models.risk.ahp.priority import GCI_LIMIT
from models.risk.ahp.repair import replaced

TOLERANCE = 5e-4


def near(values: object) -> object:
    return pytest.approx(values, abs=TOLERANCE)


HOUSE = from_upper(
    [
        [5, 3, 7, 6, 6, "1/3", "1/4"],
        ["1/3", 5, 3, 3, "1/5", "1/7"],
        [6, 3, 4, 6, "1/5"],
        ["1/3", "1/4", "1/7", "1/8"],
        ["1/2", "1/5", "1/6"],
        ["1/5", "1/6"],
        ["1/2"],
    ]
)
DRINKS = from_upper(
    [
        [9, 5, 2, 1, 1, "1/2"],
        ["1/3", "1/9", "1/9", "1/9", "1/9"],
        ["1/3", "1/4", "1/3", "1/9"],
        ["1/2", 1, "1/3"],
        [2, "1/2"],
        ["1/3"],
    ]
)


def matrix_of(n: int, judgements: tuple[float, ...]) -> Matrix:
    """A matrix from its upper triangle in one row; off the scale is allowed."""
    out = np.ones((n, n))
    for (i, j), value in zip(combinations(range(n), 2), judgements, strict=True):
        out[i, j], out[j, i] = value, 1 / value
    return out


def test_o1_the_house_of_saaty_1990_has_its_weights_and_is_rejected() -> None:
    p = priorities(HOUSE, "saaty_1980")
    assert p.weights == near([0.1730, 0.0540, 0.1881, 0.0175, 0.0310, 0.0363, 0.1668, 0.3332])
    assert (p.lambda_max, p.ci, p.cr) == near((9.6689, 0.2384, 0.1691))
    assert not p.consistent
    names = ["size", "bus", "area", "age", "yard", "modern", "state", "loan"]
    with pytest.raises(JudgementError, match=r"area : state = 6; the others imply 1\.13, and 1"):
        require_consistent(HOUSE, names)


def test_o2_the_judgement_to_repair_is_the_one_saaty_changed() -> None:
    first = proposals(HOUSE, "saaty_1980")[0]
    assert (first.i, first.j) == (2, 6)
    assert (first.error, first.ratio) == near((5.3214, 1.1275))
    assert first.cr_before == near(0.1691)
    assert first.cr_after < 0.10
    mended = priorities(replaced(HOUSE, 2, 6, 1 / 2), "saaty_1980")
    assert mended.weights == near([0.1747, 0.0620, 0.1032, 0.0193, 0.0338, 0.0412, 0.2207, 0.3450])
    assert (mended.lambda_max, mended.cr) == near((8.8117, 0.0822))


def test_a_proposal_leaves_the_judgements_as_they_were() -> None:
    before = HOUSE.copy()
    proposals(HOUSE)
    assert (before == HOUSE).all()


@pytest.mark.parametrize(
    ("table", "cr"), [("saaty_1980", 0.0223), ("saaty_2005", 0.0218), ("donegan_dodd", 0.0235)]
)
def test_o3_the_drinks_of_saaty_2008(table: str, cr: float) -> None:
    p = priorities(DRINKS, table)
    assert p.weights == near([0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327])
    assert (p.lambda_max, p.cr) == near((7.1766, cr))
    assert p.random_index == table


def test_o4_the_cars_three_levels_deep() -> None:
    criteria = matrix_of(4, (3, 7, 3, 9, 1, 1 / 7))
    p = priorities(criteria, "donegan_dodd")
    assert p.weights == near([0.5101, 0.2344, 0.0405, 0.2151])
    assert (p.lambda_max, p.cr) == near((4.1992, 0.0801))
    assert priorities(criteria, "saaty_1980").cr == near(0.0738)
    costs = matrix_of(4, (2, 5, 3, 2, 2, 1 / 2))
    assert priorities(costs).weights == near([0.4881, 0.2515, 0.0999, 0.1605])
    assert priorities(costs, "donegan_dodd").cr == near(0.0164)
    cars = ("Accord Sedan", "Accord Hybrid", "Pilot", "CR-V", "Element", "Odyssey")

    def by(*judgements: float) -> Node:
        return judged(cars, matrix_of(6, judgements))

    fuel = (31, 35, 22, 27, 25, 26)  # miles per gallon: the source's ratios are rounded from these
    tree = judged(
        ("cost", "safety", "style", "capacity"),
        criteria,
        {
            "cost": judged(
                ("price", "fuel", "maintenance", "resale"),
                costs,
                {
                    "price": by(
                        *(9, 9, 1, 1 / 2, 5, 1, 1 / 9, 1 / 9, 1 / 7),
                        *(1 / 9, 1 / 9, 1 / 7, 1 / 2, 5, 6),
                    ),
                    "fuel": scored(cars, fuel),
                    "maintenance": by(1.5, 4, 4, 4, 5, 4, 4, 4, 5, 1, 1.2, 1, 1, 3, 2),
                    "resale": by(3, 4, 1 / 2, 2, 2, 2, 1 / 5, 1, 1, 1 / 6, 1 / 2, 1 / 2, 4, 4, 1),
                },
            ),
            "safety": by(1, 5, 7, 9, 1 / 3, 5, 7, 9, 1 / 3, 2, 9, 1 / 8, 2, 1 / 8, 1 / 9),
            "style": by(1, 7, 5, 9, 6, 7, 5, 9, 6, 1 / 6, 3, 1 / 3, 7, 5, 1 / 5),
            "capacity": judged(
                ("cargo", "passenger"),
                matrix_of(2, (0.2,)),
                {
                    "cargo": by(
                        *(1, 1 / 2, 1 / 2, 1 / 2, 1 / 3, 1 / 2, 1 / 2, 1 / 2, 1 / 3),
                        *(1, 1, 1 / 2, 1, 1 / 2, 1 / 2),
                    ),
                    "passenger": by(
                        1, 1 / 2, 1, 3, 1 / 2, 1 / 2, 1, 3, 1 / 2, 2, 6, 1, 3, 1 / 2, 1 / 6
                    ),
                },
            ),
        },
    )
    got = overall(tree)
    assert [got[car] for car in cars] == near([0.215, 0.150, 0.106, 0.167, 0.144, 0.219])


def test_o5_the_leader() -> None:
    people = ("Tom", "Dick", "Harry")
    criteria = from_upper([[4, 3, 7], ["1/3", 3], [5]])
    assert priorities(criteria, "saaty_1980").weights == near([0.5476, 0.1266, 0.2699, 0.0559])
    assert priorities(criteria, "saaty_1980").cr == near(0.0439)
    tree = judged(
        ("experience", "education", "charisma", "age"),
        criteria,
        {
            "experience": judged(people, from_upper([["1/4", 4], [9]])),
            "education": judged(people, from_upper([[3, "1/5"], ["1/7"]])),
            "charisma": judged(people, from_upper([[5, 9], [4]])),
            "age": judged(people, from_upper([["1/3", 5], [9]])),
        },
    )
    assert overall(tree) == near({"Tom": 0.3581, "Dick": 0.4928, "Harry": 0.1491})


def test_o6_a_missing_judgement_is_filled_where_lambda_is_least() -> None:
    full = completed(from_upper([[1, 5, 2], [3, 4], ["?"]]))
    assert full[2, 3] == pytest.approx(0.7302966, abs=5e-7)
    p = priorities(full, "donegan_dodd")
    assert p.weights == near([0.3738, 0.3920, 0.0985, 0.1357])
    assert p.cr == near(0.0372)
    assert priorities(full, "saaty_1980").cr == near(0.0342)


def test_o7_a_group_that_contradicts_itself_is_consistent_and_says_how_far_it_is_apart() -> None:
    dad = from_upper([[4, 9], [4]])
    mom = from_upper([["1/4", "1/9"], ["1/5"]])
    kid = from_upper([["1/9", 1], [9]])
    g = group_priorities([dad, mom, kid], [0.4, 0.4, 0.2], random_index="saaty_1980")
    assert [g.matrix[0, 1], g.matrix[0, 2], g.matrix[1, 2]] == near([0.6444, 1.0, 1.4193])
    assert g.weights == near([0.2828, 0.4259, 0.2913])
    assert g.together.cr == near(0.0009)
    assert [m.weights.tolist() for m in g.members] == [
        near([0.7171, 0.2172, 0.0658]),
        near([0.0633, 0.1939, 0.7429]),
        near([0.0909, 0.8182, 0.0909]),
    ]
    assert g.spread[g.widest] > 7  # a factor of seven around the mean: no agreement at all
    alone = group_priorities([dad, mom, kid], [0.4, 0.4, 0.2], method="priorities")
    mean = np.exp(np.einsum("k,kn->n", [0.4, 0.4, 0.2], np.log([m.weights for m in g.members])))
    assert alone.weights == near(mean / mean.sum())


def test_o8_best_worst_in_its_linear_form() -> None:
    first = best_worst((8, 2, 1), (1, 5, 8))
    assert first.weights == near([0.0714, 0.3214, 0.6071])
    assert first.xi == near(0.0357)
    second = best_worst((2, 1, 4, 2, 8), (4, 8, 2, 4, 1))
    assert second.weights == near([0.2105, 0.4211, 0.1053, 0.2105, 0.0526])
    assert second.xi == near(0.0)


def test_o9_a_copy_reverses_the_order_in_distributive_mode_and_not_in_ideal_mode() -> None:
    local = [(1, 9, 1), (9, 1, 1), (8, 9, 1)]

    def tree(with_copy: bool) -> Node:
        names = ("A", "B", "C", "D")[: 4 if with_copy else 3]
        below = {
            f"c{k}": scored(names, (*s, s[1]) if with_copy else s) for k, s in enumerate(local)
        }
        return scored(tuple(below), (1, 1, 1), below)

    assert overall(tree(False)) == near({"A": 0.4512, "B": 0.4697, "C": 0.0791})
    reversed_ = overall(tree(True))
    assert reversed_ == near({"A": 0.3654, "B": 0.2889, "C": 0.0568, "D": 0.2889})
    assert overall(tree(False), "ideal") == near({"A": 0.450, "B": 0.475, "C": 0.075})
    kept = overall(tree(True), "ideal")
    assert kept == near({"A": 0.3051, "B": 0.3220, "C": 0.0508, "D": 0.3220})


def test_o11_consistent_judgements_are_exact() -> None:
    p = priorities(from_upper([[6, 3], ["1/2"]]))
    assert p.weights == pytest.approx([2 / 3, 1 / 9, 2 / 9], abs=1e-11)
    assert (p.cr, p.lambda_max) == (0.0, 3.0)


def test_o12_the_cities_of_saaty_2005() -> None:
    names = ("culture", "family", "housing", "jobs", "transport")
    criteria = from_upper([["1/5", 3, "1/2", 5], [7, 1, 7], ["1/4", 3], [7]])
    p = priorities(criteria, "saaty_1980")
    assert p.weights == near([0.1522, 0.4335, 0.0716, 0.3050, 0.0378])
    assert p.cr == near(0.0503)
    cities = ("Bethesda", "Boston", "Pittsburgh", "Santa Fe")
    local = [
        matrix_of(4, (1 / 2, 1, 1 / 2, 2.5, 1, 1 / 2.5)),
        matrix_of(4, (2, 1 / 3, 4, 1 / 8, 2, 9)),
        matrix_of(4, (5, 1 / 2, 2.5, 1 / 9, 1 / 4, 7)),
        matrix_of(4, (1 / 2, 3, 4, 6, 8, 1)),
        matrix_of(4, (1.5, 1 / 2, 4, 1 / 3.5, 2.5, 9)),
    ]
    below = {name: judged(cities, m) for name, m in zip(names, local, strict=True)}
    got = overall(judged(names, criteria, below))
    assert [got[city] for city in cities] == near([0.2291, 0.2748, 0.3852, 0.1110])


def test_the_table_of_random_indices_decides_at_the_edge() -> None:
    at_the_edge = 0.055
    assert consistency_ratio(at_the_edge, 3, "saaty_1980") == near(0.0948)
    assert consistency_ratio(at_the_edge, 3, "saaty_2005") == near(0.1058)
    assert consistency_ratio(at_the_edge, 3, "alonso_lamata") == near(0.1049)


def test_the_geometric_mean_agrees_where_judgements_are_consistent_and_its_limit_matches() -> None:
    assert row_geometric_mean(from_upper([[6, 3], ["1/2"]])) == near([2 / 3, 1 / 9, 2 / 9])
    assert geometric_consistency(from_upper([[6, 3], ["1/2"]])) == near(0.0)
    assert geometric_consistency(HOUSE) > GCI_LIMIT[5]
    assert geometric_consistency(DRINKS) < GCI_LIMIT[5]


def test_equal_judges_are_the_plain_geometric_mean() -> None:
    joint = aggregate_judgements([matrix_of(2, (9,)), matrix_of(2, (1,))])
    assert joint[0, 1] == near(3.0)
