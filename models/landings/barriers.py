"""Height-limit bars of piers: raised or damaged, until they are lowered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from models.landings.schema import BARRIER

#: What each bar said last; `from_us` since when it does not bar, -1 while it does.
STANDS: Final = pl.Schema(
    {
        "source": pl.String(),
        "t_us": pl.Int64(),
        "state": pl.String(),
        "from_us": pl.Int64(),
    }
)
_OPEN: Final = ("raised", "damaged")


def advance(
    bars: pl.DataFrame, rows: pl.DataFrame, piers: Mapping[str, int]
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Take what bars say, by (clock, time, key); what is not newer than their last word is old.

    Returns
    -------
    The bars, and rows of FACT.
    """
    last = {row["source"]: row for row in bars.iter_rows(named=True)}
    said: list[dict[str, Any]] = []
    columns = ("source", "t_us", "clock_s", "state")
    for row in rows.select(columns).drop_nulls().iter_rows(named=True):
        was = last.get(row["source"])
        if row["source"] not in piers or (was is not None and row["t_us"] <= was["t_us"]):
            continue
        open_ = row["state"] in _OPEN
        was_open = was is not None and was["from_us"] >= 0
        from_us = was["from_us"] if was is not None and was_open else row["t_us"]
        now = {**row, "from_us": from_us if open_ else -1}
        last[row["source"]] = {name: now[name] for name in STANDS}
        if (open_ or was_open) and (was is None or was["state"] != row["state"]):
            to_us = None if open_ else row["t_us"]
            state = row["state"] if open_ or was is None else was["state"]
            said.append(_fact(row, state, from_us, to_us, piers))
    after = [tuple(last[name][c] for c in STANDS) for name in sorted(last)]
    return pl.DataFrame(after, schema=STANDS, orient="row"), said


def _fact(
    row: dict[str, Any], state: str, from_us: int, to_us: int | None, piers: Mapping[str, int]
) -> dict[str, Any]:
    return {
        "pier": piers[row["source"]],
        "kind": BARRIER,
        "object": f"bar:{row['source']}",
        "target": None,
        "from_us": from_us,
        "to_us": to_us,
        "clock_s": row["clock_s"],
        "probability": 1.0,
        "sensor": "barrier",
        "source": row["source"],
        "detail": json.dumps({"state": state}),
    }
