"""Hierarchies of any depth: local priorities become overall ones.

Distributive mode shares each criterion's weight among the alternatives, so an added copy can
reverse the order of others (Belton & Gear 1983); ideal mode gives the best alternative the whole
weight, which keeps the order. Alerts use neither but the ratings mode (`models.risk.severity`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import JudgementError
from models.risk.ahp.priority import priorities
from models.risk.ahp.random_index import DEFAULT_TABLE


@dataclass(frozen=True)
class Node:
    """One comparison: its elements, their local weights, and the comparisons beneath them.

    `below` maps an element to the node that compares what lies under it; elements without one
    are alternatives. `cr` is 0 where weights were given rather than judged.
    """

    elements: tuple[str, ...]
    weights: NDArray[np.float64]
    below: Mapping[str, Node] = field(default_factory=dict)
    cr: float = 0.0


def judged(
    elements: tuple[str, ...],
    matrix: ArrayLike,
    below: Mapping[str, Node] | None = None,
    random_index: str = DEFAULT_TABLE,
) -> Node:
    """A node from a pairwise matrix of its elements."""
    p = priorities(matrix, random_index)
    return _node(elements, p.weights, below, p.cr)


def scored(
    elements: tuple[str, ...], scores: ArrayLike, below: Mapping[str, Node] | None = None
) -> Node:
    """A node from scores that are ratios already; they are made to sum to one."""
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all() or (values <= 0).any():
        raise JudgementError(
            "hierarchy", expected="positive scores", came=str(scores), act="Correct the scores."
        )
    return _node(elements, np.round(values / values.sum(), 12), below, 0.0)


def _node(
    elements: tuple[str, ...],
    weights: NDArray[np.float64],
    below: Mapping[str, Node] | None,
    cr: float,
) -> Node:
    unknown = sorted(set(below or {}) - set(elements))
    if len(set(elements)) != len(weights) or unknown:
        raise JudgementError(
            "hierarchy",
            expected=f"{len(weights)} different elements, and nodes beneath them only",
            came=", ".join([*elements, *unknown]),
            act="Correct the hierarchy.",
        )
    return Node(elements, weights, dict(below or {}), cr)


def overall(node: Node, mode: str = "distributive") -> dict[str, float]:
    """Priorities of the alternatives, summing to one, in order of first appearance, to 1e-12.

    Parameters
    ----------
    node
        The goal's node.
    mode
        `distributive` or `ideal`.
    """
    if mode not in ("distributive", "ideal"):
        raise JudgementError(
            "hierarchy", expected="distributive or ideal", came=repr(mode), act="Choose one."
        )
    totals: dict[str, float] = {}
    _descend(node, 1.0, mode == "ideal", totals)
    whole = sum(totals.values())
    return {name: round(value / whole, 12) for name, value in totals.items()}


def _descend(node: Node, share: float, ideal: bool, totals: dict[str, float]) -> None:
    """Adds what this node gives to each alternative beneath it."""
    weights = node.weights.tolist()
    alternatives = [w for e, w in zip(node.elements, weights, strict=True) if e not in node.below]
    scale = max(alternatives) if ideal and len(alternatives) == len(weights) else 1.0
    for element, weight in zip(node.elements, weights, strict=True):
        if element in node.below:
            _descend(node.below[element], share * weight, ideal, totals)
        else:
            totals[element] = totals.get(element, 0.0) + share * weight / scale
