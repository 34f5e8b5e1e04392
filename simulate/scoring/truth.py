"""`truth.json`: what really happened in a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.errors import RecordingError
from simulate.scoring.ground import Ground, Spot
from simulate.scoring.reading import Row, parse_json

MOST_LANDINGS: Final = 100_000
MOST_NUISANCES: Final = 2_000_000
MOST_NIGHTS: Final = 40_000
FILE: Final = "truth.json"


@dataclass(frozen=True)
class Landing:
    """A true landing; times in microseconds since 1970."""

    landing_id: str
    variant: str
    spot: Spot
    township: str
    from_us: int
    to_us: int
    covered_by: tuple[str, ...]


@dataclass(frozen=True)
class Nuisance:
    """Something innocent that may look like a landing; `spot` is None where it has no place."""

    kind: str
    spot: Spot | None
    from_us: int
    to_us: int
    named: frozenset[str]  # vessels, and plates as `plate:…`


@dataclass(frozen=True)
class Truth:
    """The landings and nuisances of so many nights."""

    landings: tuple[Landing, ...]
    nuisances: tuple[Nuisance, ...]
    nights: int
    seed: str


def parse_truth(data: bytes, ground: Ground, file: str = FILE) -> Truth:
    """The truth of a file's bytes.

    Raises
    ------
    RecordingError
        Naming the file, the row, the field and what was expected.
    """
    head = Row.of(parse_json(data, file), file)
    landings = tuple(_landing(row, ground) for row in head.rows("landings", MOST_LANDINGS))
    seen: set[str] = set()
    for i, landing in enumerate(landings):
        if landing.landing_id in seen:
            raise RecordingError(
                f"{file}, landings[{i}], landing_id", expected="a name of its own for each landing",
                came=repr(landing.landing_id),
            )  # fmt: skip
        seen.add(landing.landing_id)
    nuisances = tuple(_nuisance(row, ground) for row in head.rows("nuisance", MOST_NUISANCES))
    nights = head.whole("nights", 1, MOST_NIGHTS)
    return Truth(landings, nuisances, nights, str(head.fields.get("seed"))[:60])


def _landing(row: Row, ground: Ground) -> Landing:
    spot = ground.spot(row)
    from_us, to_us = row.time_us("berth_from"), row.time_us("berth_to")
    if to_us <= from_us:
        raise row.wrong("berth_to", "a time after berth_from")
    row.text("gang"), row.texts("vessels"), row.texts("trucks")
    return Landing(
        row.text("landing_id"), row.text("variant"), spot, ground.township(spot), from_us, to_us,
        tuple(sorted(set(row.texts("covered_by")))),
    )  # fmt: skip


def _nuisance(row: Row, ground: Ground) -> Nuisance:
    from_us, to_us = row.time_us("from"), row.time_us("to")
    if to_us < from_us:
        raise row.wrong("to", "a time not before from")
    plates = {p if p.startswith("plate:") else f"plate:{p}" for p in row.texts("plates")}
    named = frozenset(row.texts("vessels")) | plates
    return Nuisance(row.text("kind"), ground.spot_or_none(row), from_us, to_us, named)
