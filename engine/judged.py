"""A landing with what was judged of it: what judging gives, and what nights are learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alerts.policy import Said
from models.landings.schema import Landing
from models.risk.landing_facts import LandingFacts

Row = dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """A landing with what is known of it, and the word on it."""

    landing: Landing
    begun_us: int
    night: bool
    facts: LandingFacts  # by day, and of what is withdrawn, of its pier only
    word: Said
    row: Row  # of `engine.anomalies`; nothing unless it is a candidate
    #: Its posterior but for what earlier landings draw: else each would make the next one likelier
    #: for ever. None where it was not weighed: by day, or of a boat that was lost.
    by_itself: float | None

    @property
    def candidate(self) -> bool:
        """Whether it is one of those among which the unusual ones are looked for."""
        return self.night and self.landing.stage != "withdrawn"
