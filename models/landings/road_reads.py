"""Goods vehicles that road cameras read near a pier's access: passages.

A reading is a claim. One that stands in the register is taken for that vehicle; one that does not
is a stranger's, or a misreading: of a registered vehicle of the same weight, one confusable letter
or the province away, that can have come there from wherever else it was seen (methods 3.1, 7.2).
Each reading has its probability, and they add up to one at most.
"""

from __future__ import annotations

import json
from typing import Any, Final

import polars as pl

from core.settings import LandSettings
from geo.plane import distance_m
from models.landings.goods import Goods
from models.landings.ground import LandGround
from models.landings.land_rows import VEHICLE
from models.landings.schema import TRUCK_PASS
from models.landings.truck_stops import MEMORY_S
from models.tracks.positions import SECOND_US, ceil_s

#: The newest reading of each plate by each camera.
SEEN: Final = pl.Schema(
    {
        "plate": pl.String(),
        "source": pl.String(),
        "t_us": pl.Int64(),
        "clock_s": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
    }
)
#: Passages that later readings may still belong to.
PASSAGE: Final = pl.Schema(
    {
        "pier": pl.Int64(),
        "plate": pl.String(),  # whom it may be
        "from_us": pl.Int64(),
        "to_us": pl.Int64(),
        "n": pl.Int64(),
        "probability": pl.Float64(),
    }
)
#: What arrives later than this after its time is none of its passage's.
_LATE_S: Final = 900
_SURE: Final = 0.98  # a reading that stands in the register
_CLAIM: Final = pl.Schema(
    {
        "row": pl.UInt32(),
        "plate": pl.String(),
        "matched": pl.String(),
        "probability": pl.Float64(),
        "alternatives": pl.String(),
    }
)


def newer(seen: pl.DataFrame, reads: pl.DataFrame, goods: Goods) -> pl.DataFrame:
    """Reads of goods vehicles newer than the newest used of their plate and camera.

    A vehicle that the reader could not class is one if its plate is in the register of goods
    vehicles; what the register calls another kind is left out whatever the reader says.
    """
    classes, others = list(goods.classes), list(goods.others)
    classed = (pl.col("what") != VEHICLE) | pl.col("plate").is_in(classes)
    mine = reads.filter(pl.col("plate").is_not_null(), classed, ~pl.col("plate").is_in(others))
    known = seen.select("plate", "source", pl.col("t_us").alias("newest_us"))
    ordered = mine.sort("plate", "source", "clock_s", "t_us", "key").join(
        known, on=["plate", "source"], how="left", maintain_order="left"
    )
    before = pl.max_horizontal(
        "newest_us", pl.col("t_us").cum_max().shift(1).over("plate", "source")
    )
    return ordered.filter(before.is_null() | (pl.col("t_us") > before)).drop("newest_us")


def advance(
    seen: pl.DataFrame,
    passages: pl.DataFrame,
    reads: pl.DataFrame,
    places: pl.DataFrame,
    ground: LandGround,
    goods: Goods,
    settings: LandSettings,
) -> tuple[pl.DataFrame, pl.DataFrame, list[dict[str, Any]]]:
    """Take reads that `newer` gave.

    Parameters
    ----------
    places
        `target`, `t_us`, `clock_s`, `lon`, `lat`: where terminals of plates were, those of this
        batch and the newest before.

    Returns
    -------
    What was seen, the passages, and rows of FACT.
    """
    reads = reads.sort("clock_s", "t_us", "key").with_row_index("row")
    known = pl.concat([seen, reads.select(SEEN.names())])
    own = places.filter(pl.col("target").str.starts_with("plate:")).select(
        pl.col("target").str.strip_prefix("plate:").alias("plate"),
        *(c for c in SEEN if c not in ("plate", "source")),
    )
    elsewhere = pl.concat([known, own], how="diagonal")
    claims = _claims(reads, goods, elsewhere, settings)
    runs = _runs(passages, reads, claims, ground, settings)
    newest = known.sort("t_us").unique(["plate", "source"], keep="last", maintain_order=True)
    lasting = runs.sort("order").unique(["pier", "plate", "from_us"], keep="last")
    lasting = lasting.sort("pier", "plate", "from_us")
    told = runs.filter(pl.col("row").is_not_null())
    facts = [_fact(row) for row in told.iter_rows(named=True)]
    return newest.sort("plate", "source"), lasting.select(PASSAGE.names()), facts


def forget(
    seen: pl.DataFrame, passages: pl.DataFrame, mark_s: int, settings: LandSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Without readings of long ago, and passages that nothing more can belong to."""
    recent = ceil_s(pl.col("t_us")) + MEMORY_S > mark_s
    lasting = ceil_s(pl.col("to_us")) + settings.road_gap_s + _LATE_S > mark_s
    return seen.filter(recent), passages.filter(lasting)


def _claims(
    reads: pl.DataFrame, goods: Goods, elsewhere: pl.DataFrame, settings: LandSettings
) -> pl.DataFrame:
    """Whom each reading may be of."""
    out: list[tuple[int, str, str | None, float, list[str]]] = []
    columns = ("row", "plate", "class", "score", "t_us", "clock_s", "lon", "lat")
    for row in reads.select(columns).iter_rows(named=True):
        read = row["plate"]
        if read in goods.classes:
            out.append((row["row"], read, read, _SURE, []))
            continue
        plates, bare = goods.meant(read, row["class"])
        likely = {plate: _near(plate, row, elsewhere, settings) for plate in plates}
        feasible = {plate: near for plate, near in likely.items() if near is not None}
        base = settings.province_lost if bare else settings.misread
        if any(feasible.values()):
            feasible = {plate: near for plate, near in feasible.items() if near}
            base = max(base, settings.misread_near)
        share = base / max(len(feasible), 1)
        for plate in feasible:
            others = sorted({read, *feasible} - {plate})
            out.append((row["row"], plate, plate, share, others))
        rest = 1.0 - base if feasible else 1.0
        sure = 0.9 if row["score"] is None else row["score"]
        if not bare:
            out.append((row["row"], read, None, rest * sure, sorted(feasible)))
    rows = [(r, p, m, round(x, 4), json.dumps(a, ensure_ascii=False)) for r, p, m, x, a in out]
    return pl.DataFrame(rows, schema=_CLAIM, orient="row")


def _near(
    plate: str, read: dict[str, Any], elsewhere: pl.DataFrame, settings: LandSettings
) -> bool | None:
    """Whether a vehicle was there then; None where it cannot have been."""
    visible = elsewhere.filter(pl.col("plate") == plate, pl.col("clock_s") <= read["clock_s"])
    seen = visible.sort("t_us").unique("source", keep="last")  # of each camera, of its terminal
    metres = distance_m(seen["lon"].to_numpy(), seen["lat"].to_numpy(), read["lon"], read["lat"])
    apart_s = (seen["t_us"] - read["t_us"]).abs().to_numpy() / SECOND_US
    most_m = apart_s * (settings.road_kmh / 3.6) + settings.road_slack_m
    if (metres > most_m).any():
        return None
    close = (apart_s <= settings.near_s) & (metres <= settings.road_reach_m)
    return bool(close.any())


def _runs(
    passages: pl.DataFrame,
    reads: pl.DataFrame,
    claims: pl.DataFrame,
    ground: LandGround,
    settings: LandSettings,
) -> pl.DataFrame:
    """Every reading at every pier within reach, with its passage so far; kept passages first."""
    told = reads.select(
        "row", "t_us", "clock_s", "source", "class", "event", pl.col("plate").alias("read")
    )
    new = claims.join(told, on="row", how="left", maintain_order="left").join(
        ground.roads.drop("lon", "lat"), on="source", how="inner", maintain_order="left"
    )
    kept = passages.with_columns(pl.col("to_us").alias("t_us"))
    frame = pl.concat([kept, new], how="diagonal")
    frame = frame.with_columns(pl.col("row").is_null().alias("kept")).with_row_index("order")
    frame = frame.sort("pier", "plate", "order")
    group = ["pier", "plate"]
    newest = pl.col("t_us").cum_max().over(group).shift(1).over(group)
    gone_s = ceil_s(newest) + settings.road_gap_s + _LATE_S
    far = pl.col("t_us") - newest > settings.road_gap_s * SECOND_US
    breaks = newest.is_null() | far | (pl.col("clock_s") >= gone_s)
    frame = frame.with_columns(
        breaks.fill_null(True).cast(pl.Int64).cum_sum().over(group).alias("run")
    )
    run = [*group, "run"]
    return frame.with_columns(
        pl.coalesce("from_us", "t_us").first().over(run).alias("from_us"),
        pl.col("t_us").cum_max().over(run).alias("to_us"),
        pl.col("n").fill_null(1).cum_sum().over(run).alias("n"),
        pl.col("probability").cum_max().over(run).alias("probability"),
    ).sort("order")


def _fact(row: dict[str, Any]) -> dict[str, Any]:
    detail = {
        "alternatives": json.loads(row["alternatives"]),
        "class": row["class"],
        "matched": row["matched"],
        "metres": row["metres"],
        "n": row["n"],
        "read": row["read"],
    }
    return {
        "pier": row["pier"],
        "kind": TRUCK_PASS,
        "object": f"plate:{row['plate']}",
        "target": f"plate:{row['plate']}",
        "from_us": row["from_us"],
        "to_us": row["to_us"],
        "clock_s": row["clock_s"],
        "probability": row["probability"],
        "sensor": "camera",
        "source": row["source"],
        "detail": json.dumps(detail, sort_keys=True, ensure_ascii=False),
    }
