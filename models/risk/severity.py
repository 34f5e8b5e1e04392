"""How grave a landing would be: the AHP score of an alert in ratings mode, in [0, 1].

Severity is a second number beside the posterior and never contains the evidence again; an alert
ranks by posterior × severity. Fixed weights and fixed value functions: no alert reorders another.

Source: methods 6.1; design decision 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from models.risk.judgements import Judgements
from models.risk.value_function import Fact

#: What a vessel or a truck of this kind most likely brings; a guess for severity only.
LIKELY_GOODS: Final = {
    "refrigerated": "frozen_meat",
    "tanker": "diesel",
    "sand_carrier": "sand",
}


@dataclass(frozen=True)
class Contribution:
    """What one criterion adds: weight × value, to 1e-6; `known` is False for the neutral value."""

    criterion: str
    weight: float
    value: float
    contribution: float
    known: bool


@dataclass(frozen=True)
class Severity:
    """A score in [0, 1] that is the exact sum of its contributions, to 1e-6.

    `version` and `cr` are those of the judgements; `not_covered` names the criteria whose fact
    was not known.
    """

    score: float
    contributions: tuple[Contribution, ...]
    version: str
    cr: float
    not_covered: tuple[str, ...]

    def as_parts(self) -> list[dict[str, Any]]:
        """The contributions as they stand in the alert's envelope."""
        return [
            {
                "criterion": part.criterion,
                "weight": round(part.weight, 4),
                "value": round(part.value, 4),
                "contribution": round(part.contribution, 4),
                "known": part.known,
            }
            for part in self.contributions
        ]


def severity(judgements: Judgements, facts: Mapping[str, Fact]) -> Severity:
    """The severity of one alert.

    Parameters
    ----------
    judgements
        From `judgements.parse_judgements`.
    facts
        By criterion code; with the default judgements: `vessel_size` (length in m), `trucks`
        (number, or the classes of those that wait), `goods` (code), `recurrence` (suspicious
        landings in 14 days within 5 km), `minutes_left`. Missing or None is not known.
    """
    parts: list[Contribution] = []
    millionths = 0
    for criterion in judgements.leaves:
        if criterion.value is None:
            continue
        weight = judgements.weights[criterion.code]
        value, known = criterion.value(facts.get(criterion.code))
        share = round(weight * value * 1e6)
        millionths += share
        parts.append(Contribution(criterion.code, weight, value, share / 1e6, known))
    return Severity(
        min(millionths, 1_000_000) / 1e6,
        tuple(parts),
        judgements.version,
        judgements.cr,
        tuple(p.criterion for p in parts if not p.known),
    )


def likely_goods(vessel_type: str | None, truck_classes: Iterable[str] = ()) -> str | None:
    """The code of the goods that the trucks, else the vessel, suggest; None where nothing does.

    >>> likely_goods("fishing", ["truck_heavy", "refrigerated"]), likely_goods("fishing")
    ('frozen_meat', None)
    """
    for kind in [*sorted(truck_classes), vessel_type]:
        if kind in LIKELY_GOODS:
            return LIKELY_GOODS[kind]
    return None
