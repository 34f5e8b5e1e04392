"""How a pier is used now: the register's word, corrected by the visits that were seen.

The register may be out of date: what it calls idle is idle mostly, and in use sometimes. Each class
has a Gamma rate of visits; what was observed tells how well each of them explains it, so that a
pier that comes back to use is normal again after a night or two, and an old habit is forgotten.

Source: methods 4.2–4.4 (Gamma–Poisson, posterior-predictive); the mixture is this project's own.
"""

from __future__ import annotations

import math
from typing import Final

from models.risk.evidence_table import EvidenceTable, Rate
from models.risk.likelihood import visits_tail

CLASSES: Final = ("idle", "low", "active")
#: A visit was seen in a night that somebody looked at, however short.
_LEAST_NIGHTS: Final = 0.5


def pier_use(
    table: EvidenceTable, status: str, visits: float = 0.0, nights: float = 0.0
) -> dict[str, float]:
    """The probability of each class, given the register and what was observed.

    Parameters
    ----------
    status
        What the register says: `idle`, `low`, `active`, `unknown`.
    visits, nights
        Decayed counts of visits and covered nights (`models.baseline.rates.observed`).
    """
    says = getattr(table.landing.pier_use, status if status in CLASSES else "unknown")
    seen, looked = _observed(visits, nights)
    odds = {
        name: math.log(getattr(says, name)) + _log_marginal(_rate(table, name), seen, looked)
        for name in CLASSES
    }
    most = max(odds.values())
    worth = {name: math.exp(value - most) for name, value in odds.items()}
    whole = math.fsum(worth.values())
    return {name: value / whole for name, value in worth.items()}


def visit_chance(
    table: EvidenceTable, status: str, visits: float = 0.0, nights: float = 0.0
) -> float:
    """P(at least one visit in a night) without a landing: over the classes, each with its own
    posterior rate."""
    use = pier_use(table, status, visits, nights)
    seen, looked = _observed(visits, nights)
    rates = {name: _rate(table, name) for name in CLASSES}
    return math.fsum(
        use[name] * visits_tail(rate.a + seen, rate.b_days + looked, 1.0, 1)
        for name, rate in rates.items()
    )


def _observed(visits: float, nights: float) -> tuple[float, float]:
    seen = max(visits, 0.0)
    return seen, max(nights, _LEAST_NIGHTS if seen else 0.0)


def _rate(table: EvidenceTable, name: str) -> Rate:
    rate: Rate = getattr(table.idle_pier, name)
    return rate


def _log_marginal(rate: Rate, visits: float, nights: float) -> float:
    """ln P(visits in nights), negative binomial, but for what all classes have in common."""
    grown = math.lgamma(rate.a + visits) - math.lgamma(rate.a)
    quiet = rate.a * math.log(rate.b_days / (rate.b_days + nights))
    return grown + quiet - visits * math.log(rate.b_days + nights)
