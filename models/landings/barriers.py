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
    mine = rows.filter(pl.col("source").is_in(list(piers)), pl.col("state").is_not_null())
    last = {row["source"]: row for row in bars.iter_rows(named=True)}
    changes = _changes(bars, mine)
    said: list[dict[str, Any]] = []
    for row in changes.iter_rows(named=True):
        was = last.get(row["source"])
        open_ = row["state"] in _OPEN
        was_open = was is not None and was["from_us"] >= 0
        from_us = was["from_us"] if was is not None and was_open else row["t_us"]
        now = {**row, "from_us": from_us if open_ else -1}
        last[row["source"]] = {name: now[name] for name in STANDS}
        if open_ or was_open:
            to_us = None if open_ else row["t_us"]
            state = row["state"] if open_ or was is None else was["state"]
            said.append(_fact(row, state, from_us, to_us, piers))
    newest = mine.group_by("source").agg(pl.col("t_us").max().alias("newest_us"))
    after = pl.DataFrame([last[name] for name in sorted(last)], schema=STANDS)
    after = after.join(newest, on="source", how="left", maintain_order="left")
    t_us = pl.max_horizontal("t_us", "newest_us").alias("t_us")
    return after.with_columns(t_us).select(STANDS.names()), said


def _changes(bars: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that are newer than all before of their bar, and say another thing."""
    known = bars.select("source", pl.col("t_us").alias("was_us"), pl.col("state").alias("was"))
    rows = rows.sort("clock_s", "t_us", "key").join(
        known, on="source", how="left", maintain_order="left"
    )
    newest = pl.max_horizontal("was_us", pl.col("t_us").cum_max().shift(1).over("source"))
    rows = rows.filter(newest.is_null() | (pl.col("t_us") > newest))
    before = pl.coalesce(pl.col("state").shift(1).over("source"), "was")
    return rows.filter(before.is_null() | (pl.col("state") != before))


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
