"""The analytic hierarchy process: weights from pairwise judgements, refused when inconsistent."""

from models.risk.ahp.group import GroupPriorities, aggregate_judgements, group_priorities
from models.risk.ahp.matrix import Matrix, checked, from_upper
from models.risk.ahp.priority import (
    MAX_CR,
    Priorities,
    geometric_consistency,
    priorities,
    row_geometric_mean,
)
from models.risk.ahp.random_index import DEFAULT_TABLE, RANDOM_INDEX, consistency_ratio
from models.risk.ahp.repair import Proposal, proposals, require_consistent

__all__ = [
    "DEFAULT_TABLE",
    "MAX_CR",
    "RANDOM_INDEX",
    "GroupPriorities",
    "Matrix",
    "Priorities",
    "Proposal",
    "aggregate_judgements",
    "checked",
    "consistency_ratio",
    "from_upper",
    "geometric_consistency",
    "group_priorities",
    "priorities",
    "proposals",
    "require_consistent",
    "row_geometric_mean",
]
