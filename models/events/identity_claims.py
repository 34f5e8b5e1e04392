"""What vessels say they are: names, call signs, IMO numbers and lengths, for the detectors.

A claim is no fact. Two passes as everywhere: the fast one takes a claim at the tick of its arrival,
the settled one at the tick of its receipt.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from models.tracks.positions import ceil_s

CLAIM: Final = pl.Schema(
    {
        "target": pl.String(),
        "t_us": pl.Int64(),  # received
        "clock_s": pl.Int64(),  # the tick at which it is visible
        "name": pl.String(),
        "call_sign": pl.String(),
        "imo": pl.Int64(),
        "length_m": pl.Float64(),
    }
)
MEMORY_S: Final = 3600  # longer than any lateness that is allowed
ARRIVED: Final = pl.Schema({**CLAIM, "arrived_s": pl.Int64()})


def claims(identities: pl.DataFrame) -> pl.DataFrame:
    """Claims of identity among those that arrived, as `ARRIVED`; `clock_s` is left to the pass.

    Parameters
    ----------
    identities
        `core.schema.IDENTITY` with `arrived_at`.
    """
    given = pl.any_horizontal(pl.col("name", "call_sign", "imo", "length_m").is_not_null())
    told = identities.filter(
        given, pl.col("received_at").is_not_null(), pl.col("target").is_not_null()
    )
    return told.select(
        "target",
        pl.col("received_at").dt.epoch("us").alias("t_us"),
        pl.lit(0, pl.Int64).alias("clock_s"),
        _worth("name"),
        _worth("call_sign"),
        "imo",
        pl.when(pl.col("length_m") > 0).then("length_m").alias("length_m"),
        ceil_s(pl.col("arrived_at").dt.epoch("us")).alias("arrived_s"),
    )


def newest_only(last: pl.DataFrame, claims: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leave out claims older than the newest used of their target, and those that came before.

    A vessel may say several things in one second (the parts of type 24), hence those of the
    newest second are kept whole.

    Parameters
    ----------
    last
        `CLAIM`: those of each target's newest second.
    claims
        `CLAIM` of this batch.

    Returns
    -------
    The state for the next batch (`forget` it), and the claims that count.
    """
    if claims.is_empty():
        return last, claims.select(CLAIM.names())
    said = [name for name in CLAIM.names() if name != "clock_s"]
    ordered = claims.select(CLAIM.names()).sort("target", "clock_s", *said[1:])
    newest = last.group_by("target").agg(pl.col("t_us").max().alias("newest_us"))
    ordered = ordered.join(newest, on="target", how="left", maintain_order="left")
    so_far = pl.max_horizontal("newest_us", pl.col("t_us").cum_max().over("target"))
    fresh = ordered.filter(pl.col("t_us") >= so_far).select(CLAIM.names())
    fresh = fresh.unique(said, keep="first", maintain_order=True)
    fresh = fresh.join(last, on=said, how="anti", nulls_equal=True, maintain_order="left")
    both = pl.concat([last, fresh])
    kept = both.filter(pl.col("t_us") == pl.col("t_us").max().over("target"))
    return kept.sort(CLAIM.names()), fresh


def forget(last: pl.DataFrame, until_s: int) -> pl.DataFrame:
    """Drop what no frame that may still come can repeat."""
    return last.filter(pl.col("clock_s") > until_s - MEMORY_S)


def _worth(name: str) -> pl.Expr:
    """Text in capitals without the blanks around it; null where it says nothing."""
    text = pl.col(name).str.strip_chars().str.to_uppercase()
    return pl.when(text.str.contains(r"[^0@\s.\-]")).then(text).alias(name)
