"""The analytic hierarchy process: weights from pairwise judgements, refused when inconsistent."""

from models.risk.ahp.best_worst import BestWorst, best_worst
from models.risk.ahp.group import GroupPriorities, aggregate_judgements, group_priorities
from models.risk.ahp.hierarchy import Node, judged, overall, scored
from models.risk.ahp.incomplete import completed
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
from models.risk.ahp.sensitivity import Shift, Turn, first_turns, one_at_a_time
from models.risk.ahp.smaa import Acceptability, acceptability, judged_weights, uniform_weights

__all__ = [
    "DEFAULT_TABLE",
    "MAX_CR",
    "RANDOM_INDEX",
    "Acceptability",
    "BestWorst",
    "GroupPriorities",
    "Matrix",
    "Node",
    "Priorities",
    "Proposal",
    "Shift",
    "Turn",
    "acceptability",
    "aggregate_judgements",
    "best_worst",
    "checked",
    "completed",
    "consistency_ratio",
    "first_turns",
    "from_upper",
    "geometric_consistency",
    "group_priorities",
    "judged",
    "judged_weights",
    "one_at_a_time",
    "overall",
    "priorities",
    "proposals",
    "require_consistent",
    "row_geometric_mean",
    "scored",
    "uniform_weights",
]
