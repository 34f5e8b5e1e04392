"""Why: the evidence of an alert summed by block, as a person reads it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from models.risk.evidence import Evidence, hundredths
from models.risk.evidence_table import BLOCKS


@dataclass(frozen=True)
class BlockSays:
    """One block: nats to 0.01 after its cap, and what that means for the odds.

    `times` is e^nats to three digits: above one "× times more likely", below one less. `codes`
    are the block's reasons, strongest first, without caps and floors.
    """

    block: str
    nats: float
    times: float
    codes: tuple[str, ...]


def by_block(evidence: Sequence[Evidence]) -> list[BlockSays]:
    """The blocks that have something to say, in their fixed order.

    >>> by_block([Evidence("timing", 0.68, "tide_window"), Evidence("timing", 0.78, "night_hours")])
    [BlockSays(block='timing', nats=1.46, times=4.31, codes=('night_hours', 'tide_window'))]
    """
    out = []
    for block in BLOCKS:
        mine = [e for e in evidence if e.block == block]
        if not mine:
            continue
        nats = sum(hundredths(e.nats) for e in mine) / 100
        reasons = sorted(
            (e for e in mine if e.code not in ("block_cap", "block_floor", "posterior_bound")),
            key=lambda e: (-abs(hundredths(e.nats)), e.code),
        )
        out.append(BlockSays(block, nats, times_more(nats), tuple(e.code for e in reasons)))
    return out


def times_more(nats: float) -> float:
    """How many times more likely nats make it, to three digits; below one: less likely.

    >>> times_more(4.35), times_more(-1.17)
    (77.5, 0.31)
    """
    return float(f"{math.exp(nats):.3g}")


def strongest_innocent(evidence: Sequence[Evidence]) -> Evidence | None:
    """The reason that speaks most against a landing; None where nothing does."""
    against = [e for e in evidence if e.nats < 0 and e.code not in ("block_cap", "posterior_bound")]
    return min(against, key=lambda e: (hundredths(e.nats), e.sort_key()), default=None)
