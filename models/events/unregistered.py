"""Ships unmanaged (row 35 of the capabilities): what to check beside the register. Pure.

Three lists in one frame: targets without a match in the register (三无, to be checked), vessels
whose identity disagrees with it (套牌, to be checked), and vessels of the register that were not
seen for days. Each row is a lead to verify: a county's register does not know who merely passes,
and a boat may lie ashore.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from core.times import SECOND_US
from models.tracks.positions import is_vessel

CHECK: Final = pl.Schema(
    {
        "matter": pl.String(),  # "unregistered", "conflict", "unseen"
        "target": pl.String(),  # null where nothing was ever heard of the vessel
        "vessel_id": pl.String(),  # of the register
        "name": pl.String(),  # as claimed, else as registered
        "flag": pl.String(),  # of what is unregistered: "domestic", "foreign", "unknown"
        "codes": pl.List(pl.String()),  # of the conflicts
        "last_us": pl.Int64(),  # last seen
        "unseen_days": pl.Float64(),  # null: never seen
        "lon": pl.Float64(),
        "lat": pl.Float64(),
    }
)
SEEN: Final = pl.Schema(
    {
        "target": pl.String(),
        "name": pl.String(),
        "t_us": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
    }
)
CONFLICT: Final = pl.Schema({"target": pl.String(), "code": pl.String()})
DOMESTIC: Final = r"^mmsi:41[234]|^beidou:"  # China's digits (ITU-R M.585); BeiDou sets are hers
DAY_US: Final = 86_400 * SECOND_US
_ORDER: Final = {"conflict": 0, "unregistered": 1, "unseen": 2}


def checklist(
    seen: pl.DataFrame,
    vessels: pl.DataFrame,
    conflicts: pl.DataFrame,
    beacons: pl.Series,
    *,
    since_us: int,
    at_us: int,
    unseen_days: int,
) -> pl.DataFrame:
    """What to check, as `CHECK`: conflicts, the unregistered (own flag first), the unseen.

    Parameters
    ----------
    seen
        `SEEN`: the last position of every target.
    vessels
        The site's register (`geo.site.Site.vessels`). Where it is empty nothing is unregistered.
    conflicts
        `CONFLICT`: what events of kind `identity_conflict` said of whom.
    beacons
        Targets that are labelled as gear beacons.
    since_us, at_us
        From when on it was listened, and the data's clock.
    unseen_days
        A vessel of the register is listed where it was not seen for so long. Where it was not
        listened for so long, nothing can be said.
    """
    sets = _sets(vessels)
    heard = seen.filter(is_vessel(pl.col("target")), ~pl.col("target").str.starts_with("radar:"))
    heard = heard.sort("target").unique("target", keep="last", maintain_order=True)
    own = sets.unique("target", keep="first", maintain_order=True)
    known = heard.join(own, on="target", how="left", maintain_order="left")
    known = known.with_columns(pl.coalesce("name", "registered_name").alias("name"))
    parts = [
        _conflicts(known, conflicts),
        _unregistered(known, beacons) if len(vessels) else known.clear(),
        _unseen(heard, sets, since_us, at_us, unseen_days),
    ]
    listed = pl.concat(
        [
            part.with_columns(pl.lit(m).alias("matter"))
            for m, part in zip(_ORDER, parts, strict=True)
        ],
        how="diagonal_relaxed",
    ).with_columns(
        pl.col("t_us").alias("last_us"),
        ((at_us - pl.col("t_us")) * (1 / DAY_US)).round(2).alias("unseen_days"),
    )
    missing = [pl.lit(None, t).alias(c) for c, t in CHECK.items() if c not in listed.columns]
    listed = listed.with_columns(missing).select(CHECK.names()).cast(CHECK)
    rank = pl.col("matter").replace_strict(_ORDER, return_dtype=pl.Int8)
    return listed.sort(rank, pl.col("flag") != "domestic", "vessel_id", "target", nulls_last=True)


def _sets(vessels: pl.DataFrame) -> pl.DataFrame:
    """The sets that the register knows: `target`, `vessel_id`, `registered_name`."""
    named = pl.col("name").alias("registered_name")
    parts = [
        vessels.filter(pl.col(column).is_not_null()).select(
            pl.format(f"{prefix}:{{}}", column).alias("target"), "vessel_id", named
        )
        for prefix, column in (("mmsi", "mmsi"), ("beidou", "beidou_id"))
    ]
    return pl.concat(parts)


def _conflicts(known: pl.DataFrame, conflicts: pl.DataFrame) -> pl.DataFrame:
    codes = conflicts.group_by("target").agg(pl.col("code").unique().sort().alias("codes"))
    return codes.join(known, on="target", how="left", maintain_order="left")


def _unregistered(known: pl.DataFrame, beacons: pl.Series) -> pl.DataFrame:
    """Who has no match; a gear beacon needs none."""
    target = pl.col("target")
    flag = (
        pl.when(target.str.contains(DOMESTIC))
        .then(pl.lit("domestic"))
        .when(target.str.starts_with("mmsi:"))
        .then(pl.lit("foreign"))
        .otherwise(pl.lit("unknown"))
    )
    strange = pl.col("vessel_id").is_null() & ~target.is_in(beacons.implode())
    return known.filter(strange).with_columns(flag.alias("flag"))


def _unseen(
    heard: pl.DataFrame, sets: pl.DataFrame, since_us: int, at_us: int, days: int
) -> pl.DataFrame:
    """Vessels none of whose sets was heard for so long. One without a set cannot be heard."""
    if at_us - since_us < days * DAY_US:
        return heard.clear()
    last = (
        sets.join(heard, on="target", how="left", maintain_order="left")
        .sort("vessel_id", "t_us", "target", nulls_last=False)
        .unique("vessel_id", keep="last", maintain_order=True)
    )
    gone = pl.col("t_us").is_null() | (pl.col("t_us") <= at_us - days * DAY_US)
    target = pl.when(pl.col("t_us").is_not_null()).then("target")
    return last.filter(gone).with_columns(
        pl.coalesce("name", "registered_name").alias("name"), target.alias("target")
    )
