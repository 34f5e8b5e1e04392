"""Fog, gale and feast that officers declared while the service ran: they hold from their tick on.

Those of the site's own `regimes.csv` hold as written there. What was declared last of a kind is
what holds: another end moves the end, an end that has come takes it back. Nothing counts from
before the tick at which it was said, so that what was said already stands; a decision that comes
twice, as after a crash, counts once.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

import polars as pl

from core.times import SECOND_US, unix_us
from engine.place import Spell

REGIME: Final = pl.Schema(
    {
        "kind": pl.String(),
        "from_us": pl.Int64(),  # not before its tick
        "to_us": pl.Int64(),  # null: until further notice
        "decision_id": pl.Int64(),
    }
)
MOST: Final = 256  # the newest are kept
KEPT_US: Final = 7 * 86_400 * SECOND_US  # a landing that began in a spell may be spoken of so long


def take(held: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Take decisions (`core.schema.DECISION`) to the spells that are held.

    Returns
    -------
    `REGIME` by beginning.
    """
    new = decisions.filter(pl.col("kind") == "regime").sort("tick_s", maintain_order=True)
    if new.is_empty():
        return held
    rows = held.rows()
    for number, tick_s, text in new.select("decision_id", "tick_s", "content").iter_rows():
        if all(number > row[3] for row in rows):  # numbers are given in the order of saying
            rows = _declared(rows, number, tick_s * SECOND_US, json.loads(text))
    return pl.DataFrame(rows, REGIME, orient="row").sort("from_us", "kind").tail(MOST)


def _declared(
    rows: list[tuple[Any, ...]], number: int, at_us: int, content: dict[str, Any]
) -> list[tuple[Any, ...]]:
    """What holds after a declaration: earlier ones of its kind end, and it begins."""
    kind, to_us = content["kind"], _us(content.get("to"))
    begins_us = max(unix_us(datetime.fromisoformat(content["from"])), at_us)
    out = []
    for each, from_us, until_us, earlier in rows:
        if each == kind and from_us >= at_us:
            continue  # it was to begin later
        ends = each == kind and (until_us is None or until_us > at_us)
        out.append((each, from_us, at_us if ends else until_us, earlier))
    return out if to_us is not None and to_us <= begins_us else [
        *out, (kind, begins_us, to_us, number)
    ]  # fmt: skip


def drop(held: pl.DataFrame, until_s: int) -> pl.DataFrame:
    """Those that still matter after a tick."""
    if held.is_empty():
        return held
    over = pl.col("to_us").is_not_null() & (pl.col("to_us") <= until_s * SECOND_US - KEPT_US)
    return held.filter(~over)


def spells(held: pl.DataFrame) -> tuple[Spell, ...]:
    """Kind, from when to when, as `Place.declaring` takes them."""
    return tuple(held.select("kind", "from_us", "to_us").iter_rows())


def _us(text: str | None) -> int | None:
    return None if text is None else unix_us(datetime.fromisoformat(text))
