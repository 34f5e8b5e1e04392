"""Who is compared: the product, and the rivals that each of its claims has beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pipeline.baselines.envelopes import Replayed, Row
from pipeline.baselines.forest import forest_alone
from pipeline.baselines.stops import stops_at_piers
from pipeline.baselines.weighing import ahp_alone, chain_alone
from simulate.scoring.ablations import AIS_AND_BEIDOU, AS_RECORDED, Ablation

PRODUCT: Final = "product"


@dataclass(frozen=True)
class Contender:
    """One of them: a code, what its replay may hear, and what it makes of that."""

    code: str
    says: Callable[[Replayed], list[Row]]
    hears: Ablation = AS_RECORDED


def _as_weighed(replayed: Replayed) -> list[Row]:
    return replayed.alerts


CONTENDERS: Final = (
    Contender(PRODUCT, _as_weighed),
    Contender("b0", stops_at_piers),
    Contender("b1", _as_weighed, AIS_AND_BEIDOU),
    Contender("b2", forest_alone),
    Contender("b3", ahp_alone),
    Contender("b4", chain_alone),
)
