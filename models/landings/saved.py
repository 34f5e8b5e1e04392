"""Piers with their calls, facts, approaches and landings as frames, to be saved and loaded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import polars as pl

from models.events.pier_calls import CALL
from models.landings.members import Approach, Call, Fact
from models.landings.schema import FACT, Landing, Link
from models.landings.shore import Pier

_FIRST: Final = {"known_s": pl.Int64()}
_CALL: Final = pl.Schema({**CALL, **_FIRST, "vessel": pl.String(), "sure": pl.Float64()})
_FACT: Final = pl.Schema({**FACT, **_FIRST})
_AHEAD: Final = pl.Schema(
    {
        "pier": pl.Int64(),
        "track": pl.String(),
        "from_us": pl.Int64(),
        "first_s": pl.Int64(),
        "to_s": pl.Int64(),
        "probability": pl.Float64(),
        "vessel": pl.String(),
        "targets": pl.List(pl.String()),
        "sources": pl.List(pl.String()),
    }
)
_TOLD: Final = pl.Schema(
    {"pier": pl.Int64(), "subject": pl.String(), "from_us": pl.Int64(), "landing": pl.String()}
)
_DUE: Final = pl.Schema({"pier": pl.Int64(), "due_s": pl.Int64()})


def due(ticks: Mapping[int, int]) -> pl.DataFrame:
    """When each pier is to be asked though nothing comes."""
    return pl.DataFrame(sorted(ticks.items()), schema=_DUE, orient="row")


def frames(piers: Mapping[int, Pier]) -> dict[str, pl.DataFrame]:
    """By name, sorted."""
    calls, facts, ahead, told = [], [], [], []
    for number, pier in sorted(piers.items()):
        for _, call in sorted(pier.calls.items()):
            more = {"known_s": call.first_s, "vessel": call.vessel, "sure": call.sure}
            calls.append({**call.row, **more})
        for _, fact in sorted(pier.facts.items()):
            facts.append({**fact.row, "known_s": fact.first_s})
        ahead += [{"pier": number, **vars(a)} for _, a in sorted(pier.ahead.items())]
        for (subject, from_us), landing in sorted(pier.told.items()):
            text = dump(landing)
            told.append({"pier": number, "subject": subject, "from_us": from_us, "landing": text})
    return {
        "calls": pl.DataFrame(calls, schema=_call_schema(calls)),
        "facts": pl.DataFrame(facts, schema=_FACT),
        "ahead": pl.DataFrame(ahead, schema=_AHEAD),
        "told": pl.DataFrame(told, schema=_TOLD),
    }


def _call_schema(calls: list[dict[str, Any]]) -> pl.Schema:
    """Calls carry what was put beside them, such as the length that the vessel claims."""
    beside = {name for row in calls for name in row if name not in _CALL}
    return pl.Schema({**_CALL, **{name: pl.Float64() for name in sorted(beside)}})


def load(held: Mapping[str, pl.DataFrame]) -> dict[int, Pier]:
    """From what `frames` gave."""
    piers: dict[int, Pier] = {}
    for row in held["calls"].iter_rows(named=True):
        call = Call(
            {k: v for k, v in row.items() if k not in ("known_s", "vessel", "sure")},
            row["known_s"], row["vessel"], row["sure"],
        )  # fmt: skip
        piers.setdefault(row["pier"], Pier()).calls[call.key] = call
    for row in held["facts"].iter_rows(named=True):
        first_s = row.pop("known_s")
        fact = Fact(row, first_s)
        piers.setdefault(row["pier"], Pier()).facts[fact.key] = fact
    for row in held["ahead"].iter_rows(named=True):
        number = row.pop("pier")
        row |= {name: tuple(row[name]) for name in ("targets", "sources")}
        ahead = Approach(**row)
        piers.setdefault(number, Pier()).ahead[(ahead.track, ahead.from_us)] = ahead
    for row in held["told"].iter_rows(named=True):
        landing = parse(row["landing"])
        piers.setdefault(row["pier"], Pier()).told[(row["subject"], row["from_us"])] = landing
    return piers


def dump(landing: Landing) -> str:
    """A landing as JSON, its keys sorted."""
    told = asdict(landing) | {"coverage": sorted(landing.coverage)}
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def parse(text: str) -> Landing:
    """As `dump` gave it."""
    told: dict[str, Any] = json.loads(text)
    links = [
        Link(**{**link, "alternatives": tuple(link["alternatives"])}) for link in told["links"]
    ]
    told |= {
        "calls": tuple(told["calls"]),
        "targets": tuple(told["targets"]),
        "links": tuple(links),
        "coverage": frozenset(told["coverage"]),
    }
    return Landing(**told)
