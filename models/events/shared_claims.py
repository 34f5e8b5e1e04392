"""Two numbers that say they are one vessel: the same IMO number, call sign or name at once.

Only what tells vessels apart counts: an IMO number with its check digit, a call sign of four and
more characters, a name with a number in it that is no net beacon's. What more than five claim at
once is a maker's default and nobody's own.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from models.events.ship_numbers import beacons_name

#: Who claimed what, and when last.
HELD: Final = pl.Schema(
    {
        "what": pl.String(),  # "imo", "call_sign", "name"
        "value": pl.String(),
        "target": pl.String(),
        "clock_s": pl.Int64(),
    }
)
LIVE_S: Final = 3600  # static data are sent every 6 min (ITU-R M.1371); ten may be lost
MOST_CLAIMANTS: Final = 5


def advance(
    held: pl.DataFrame, claims: pl.DataFrame, until_s: int
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Take claims of MMSIs (`models.events.identity_claims.CLAIM`).

    Returns
    -------
    The claims to remember, and hits: `what`, `value`, `targets` (two, sorted), `clock_s`, `t_us`.
    """
    new = _told(claims)
    if new.is_empty():
        return held.filter(pl.col("clock_s") > until_s - LIVE_S), []
    both = pl.concat([held, new.select(HELD.names())])
    value = ["what", "value"]
    shared = both.unique([*value, "target"]).group_by(value).len().filter(pl.col("len") > 1)
    hits = _walk(held.join(shared, on=value, how="semi"), new.join(shared, on=value, how="semi"))
    last = both.group_by(HELD.names()[:-1]).agg(pl.col("clock_s").max())
    last = last.filter(pl.col("clock_s") > until_s - LIVE_S)
    return last.select(HELD.names()).sort(HELD.names()), hits


def _walk(held: pl.DataFrame, new: pl.DataFrame) -> list[dict[str, Any]]:
    """A loop over the claims of what several claim."""
    last: dict[tuple[str, str], dict[str, int]] = {}
    for what, value, target, clock_s in held.iter_rows():
        last.setdefault((what, value), {})[target] = clock_s
    hits = []
    ordered = new.sort("clock_s", "what", "value", "target", "t_us")
    for what, value, target, clock_s, t_us in ordered.select(*HELD.names(), "t_us").iter_rows():
        mine = last.setdefault((what, value), {})
        mine[target] = clock_s
        live = [name for name, at_s in mine.items() if at_s > clock_s - LIVE_S]
        if len(live) > MOST_CLAIMANTS:
            continue
        hits += [
            {
                "what": what,
                "value": value,
                "targets": sorted([target, other]),
                "clock_s": clock_s,
                "t_us": t_us,
            }
            for other in sorted(live)
            if other != target
        ]
    return hits


def _told(claims: pl.DataFrame) -> pl.DataFrame:
    """Claims that tell vessels apart, one row each."""
    claims = claims.filter(pl.col("target").str.starts_with("mmsi:"))
    name = pl.col("name")
    proper = (name.str.len_chars() >= 5) & name.str.contains(r"\d") & ~beacons_name(name)
    said = {
        "imo": pl.when(_is_imo()).then(pl.col("imo").cast(pl.String)),
        "call_sign": pl.when(pl.col("call_sign").str.len_chars() >= 4).then("call_sign"),
        "name": pl.when(proper).then("name"),
    }
    parts = [
        claims.select(
            pl.lit(what).alias("what"), value.alias("value"), "target", "clock_s", "t_us"
        ).drop_nulls("value")
        for what, value in said.items()
    ]
    return pl.concat(parts)


def _is_imo() -> pl.Expr:
    """Seven digits whose last is the check of the others (IMO resolution A.1117)."""
    imo = pl.col("imo")
    digits = [(imo // 10**k % 10) * (k + 1) for k in range(1, 7)]
    return (imo >= 1_000_000) & (imo <= 9_999_999) & (pl.sum_horizontal(digits) % 10 == imo % 10)
