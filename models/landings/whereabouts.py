"""Where goods vehicles were by the facts at all piers, and how far a fact is believed beside that.

Loops are over the facts of one vehicle within hours; what was found is remembered until a fact
comes or goes that it rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from models.landings.links import Belief, believed
from models.landings.members import Fact
from models.landings.prism import LonLat, Sighting
from models.landings.shore import FactKey, Pier
from models.tracks.positions import SECOND_US

Where = tuple[int, FactKey]


class Whereabouts:
    """The vehicles' facts while a batch is taken; looked through when the first is asked for.

    Parameters
    ----------
    piers
        As they are while the batch is taken.
    access
        Where the road reaches a pier.
    before_s
        Sightings so long before and after can contradict a fact.
    """

    def __init__(
        self, piers: Mapping[int, Pier], access: Callable[[int], LonLat], before_s: int
    ) -> None:
        self._piers, self._access, self._before_s = piers, access, before_s
        self._facts: dict[str, dict[Where, Fact]] | None = None  # by plate
        self._sorted: dict[str, list[tuple[int, Fact, Sighting]]] = {}
        self._beliefs: dict[str, dict[Where, tuple[Fact, Belief]]] = {}

    def put(self, number: int, fact: Fact) -> None:
        """A fact is known now; it stands in for the one of its key."""
        who = fact.plate
        if who is None:
            return
        mine = self._of_plates().setdefault(who, {})
        was = mine.get((number, fact.key))
        mine[(number, fact.key)] = fact
        self._sorted.pop(who, None)
        self._doubt(who, [one for one in (was, fact) if one is not None])

    def drop(self, number: int, fact: Fact) -> None:
        """A fact is forgotten."""
        if fact.plate is not None and self._facts is not None:
            self._facts.get(fact.plate, {}).pop((number, fact.key), None)
            self._sorted.pop(fact.plate, None)
            self._doubt(fact.plate, [fact])

    def believed(self, number: int, fact: Fact) -> Belief:
        """A fact beside all that is known of its vehicle."""
        who = fact.plate
        if who is None:
            return float(fact.row["probability"]), ()
        mine, key = self._beliefs.setdefault(who, {}), (number, fact.key)
        held = mine.get(key)
        if held is None or held[0] is not fact:
            slack_us = self._before_s * SECOND_US
            low, high = fact.row["from_us"] - slack_us, fact.last_us + slack_us
            near = [
                one
                for one in self._elsewhere(who)
                if one[2].from_us <= high and one[2].to_us >= low
            ]
            found = believed(number, fact, near, self._access(number))
            held = mine[key] = fact, found
        return held[1]

    def beside(self, number: int, fact: Fact) -> list[tuple[int, Fact]]:
        """What other piers know of the vehicle about the time of a fact, this version or that."""
        if fact.plate is None:
            return []
        was = self._of_plates().get(fact.plate, {}).get((number, fact.key), fact)
        return [
            (other, seen)
            for other, seen, _ in self._elsewhere(fact.plate)
            if other != number and (self._touches(seen, fact) or self._touches(seen, was))
        ]

    def _of_plates(self) -> dict[str, dict[Where, Fact]]:
        if self._facts is None:
            self._facts = {}
            for number, pier in self._piers.items():
                for fact in pier.facts.values():
                    if fact.plate is not None:
                        self._facts.setdefault(fact.plate, {})[(number, fact.key)] = fact
        return self._facts

    def _elsewhere(self, who: str) -> list[tuple[int, Fact, Sighting]]:
        """What is known of a vehicle, by pier and fact."""
        held = self._sorted.get(who)
        if held is None:
            items = sorted(self._of_plates().get(who, {}).items(), key=lambda item: item[0])
            held = [(n, fact, fact.sighting(self._access(n))) for (n, _), fact in items]
            self._sorted[who] = held
        return held

    def _doubt(self, who: str, changed: list[Fact]) -> None:
        """Forget what was believed beside facts that are other than they were."""
        held = self._beliefs.get(who, {})
        for key, (fact, _) in list(held.items()):
            if any(self._touches(fact, one) for one in changed):
                del held[key]

    def _touches(self, fact: Fact, other: Fact) -> bool:
        """Whether the other was so near in time that it can contradict a fact."""
        slack_us = self._before_s * SECOND_US
        return bool(
            other.row["from_us"] <= fact.last_us + slack_us
            and other.last_us >= fact.row["from_us"] - slack_us
        )
