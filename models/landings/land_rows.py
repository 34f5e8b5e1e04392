"""What the land side takes: rows of terminals, cameras and bars, parsed once, by columns.

Only goods vehicles become facts (design, decision 6): of what a reader calls a car, or of a
person, nothing is kept but that its camera lives. A vehicle that the reader could not class goes on
as `vehicle`, for its plate may stand in the register of goods vehicles; else it is dropped there.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from core.schema import empty
from models.tracks.positions import ceil_s

FIX: Final = "fix"  # of a terminal
BOAT: Final = "boat"
TRUCK: Final = "truck"  # a goods vehicle, by the reader
VEHICLE: Final = "vehicle"  # of no class
PLATE: Final = "plate"  # a later reading of an event's plate
BAR: Final = "bar"
LIVES: Final = "alive"  # its camera lives, and nothing more

LAND_ROW: Final = pl.Schema(
    {
        "key": pl.Binary(),
        "sensor": pl.String(),
        "source": pl.String(),
        "target": pl.String(),  # of terminals: "plate:…", "terminal:…"; null for all others
        "t_us": pl.Int64(),
        "clock_s": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "speed_kn": pl.Float64(),
        "what": pl.String(),
        "event": pl.String(),  # of a camera's sighting
        "start_us": pl.Int64(),  # of the event
        "over": pl.Boolean(),  # the event has ended
        "score": pl.Float64(),
        "plate": pl.String(),  # of goods vehicles and of vehicles of no class, as read
        "class": pl.String(),  # as the reader says
        "state": pl.String(),  # of a bar
        "keeps": pl.Boolean(),  # its camera sends keep-alives
    }
)
#: Goods vehicles and their trailers by GA 24.4, as GA/T 1400 passes it on: lorries (H), tractors
#: (Q), semi-trailers (B), trailers (G), three- and four-wheelers for goods (N).
_GOODS_CODE: Final = r"^[HQBGN](\d|$)"
_OTHER_CODE: Final = r"^[A-Z]\d{0,2}$"
_LORRIES: Final = ("truck", "lorry", "heavytruck", "lighttruck")
_CLASSLESS: Final = ("vehicle", "licenseplate", "x", "x99")


def land_rows(observations: pl.DataFrame, alive: pl.DataFrame | None = None) -> pl.DataFrame:
    """`LAND_ROW` of observations, by (clock, time, key).

    Parameters
    ----------
    observations
        `core.schema.OBSERVATION` with `clock_s`, the tick at which each row is visible; other
        sensors than vehicle, camera and barrier are left alone.
    alive
        `core.schema.ALIVE`: keep-alives of cameras.
    """
    timed = observations.filter(pl.col("observed_at").is_not_null()).with_columns(
        pl.col("observed_at").dt.epoch("us").alias("t_us")
    )
    came = set(timed["sensor"].unique())
    parts = [part(timed) for sensor, part in _PARTS.items() if sensor in came]
    if alive is not None and len(alive):
        parts.append(_lives(alive))
    return pl.concat(parts).sort("clock_s", "t_us", "key") if parts else empty(LAND_ROW)


def _fixes(timed: pl.DataFrame) -> pl.DataFrame:
    located = pl.all_horizontal(pl.col("lon", "lat").is_finite()).fill_null(False)
    return _rows(
        timed.filter(pl.col("sensor") == "vehicle", located, pl.col("target").is_not_null()),
        target="target",
        what=pl.lit(FIX),
    )


def _bars(timed: pl.DataFrame) -> pl.DataFrame:
    bars = timed.filter(pl.col("sensor") == "barrier", pl.col("source").is_not_null())
    return _rows(bars, what=pl.lit(BAR), state=_of("state"))


def _lives(alive: pl.DataFrame) -> pl.DataFrame:
    came = alive.drop_nulls()
    t_us = pl.col("arrived_at").dt.epoch("us")
    told = came.select(
        pl.col("source").cast(pl.Binary).alias("key"),
        pl.lit("camera").alias("sensor"),
        "source",
        t_us.alias("t_us"),
        ceil_s(t_us).alias("clock_s"),
    )
    return _rows(told, what=pl.lit(LIVES), keeps=pl.lit(True))


def _seen(timed: pl.DataFrame) -> pl.DataFrame:
    """Sightings of cameras; of persons and private cars only that the camera lives."""
    said = timed.filter(pl.col("sensor") == "camera", pl.col("source").is_not_null()).with_columns(
        *(
            _of(name).alias(f"_{name}")
            for name in ("format", "label", "type", "vehicle", "vehicle_class", "plate", "removed")
        ),
    )
    frigate = pl.col("_format") == "frigate.events"
    what = (
        pl.when(pl.col("_format") == "frigate.tracked_object_update")
        .then(pl.lit(PLATE))
        .when(pl.col("_format") == "gat1400.motor_vehicles")
        .then(_by_code(pl.col("_vehicle_class").str.to_uppercase()))
        .when(frigate)
        .then(_by_word(pl.col("_label"), pl.lit(None, pl.String)))
        .otherwise(_by_word(pl.col("_type"), pl.col("_vehicle")))
    )
    rows = said.with_columns(what.alias("what"))
    goods = pl.col("what").is_in([TRUCK, VEHICLE, PLATE])
    event = pl.coalesce(_of("event"), _of("object_id"), _of("vehicle_id"), pl.lit(""))
    start = _of("start").str.to_datetime("%+", time_zone="UTC", strict=False).dt.epoch("us")
    once = pl.col("_format") == "gat1400.motor_vehicles"
    ended = (frigate & (pl.col("_type") == "end")) | (pl.col("_removed") == "true") | once
    score = pl.coalesce(
        pl.when(once).then(_of("plate_score")).otherwise(_of("score")), _of("likelihood")
    )
    return _rows(
        rows,
        what="what",
        event=event,
        start_us=pl.min_horizontal(pl.coalesce(start, "t_us"), "t_us"),
        over=ended.fill_null(False),
        score=score.cast(pl.Float64, strict=False).clip(0.0, 1.0),
        plate=pl.when(goods).then("_plate"),
        **{"class": pl.when(goods).then(pl.coalesce("_vehicle_class", "_vehicle"))},
    )


def _by_code(code: pl.Expr) -> pl.Expr:
    """Of GA 24.4; X is of no class."""
    known = code.str.contains(_OTHER_CODE) & ~code.str.starts_with("X")
    return (
        pl.when(code.str.contains(_GOODS_CODE).fill_null(False))
        .then(pl.lit(TRUCK))
        .when(known.fill_null(False))
        .then(pl.lit(LIVES))
        .otherwise(pl.lit(VEHICLE))
    )


def _by_word(kind: pl.Expr, finer: pl.Expr) -> pl.Expr:
    """Of Frigate's labels, ONVIF's types and what these say of a vehicle."""
    word = pl.coalesce(finer, kind).str.to_lowercase()
    return (
        pl.when(kind.str.to_lowercase().is_in(["boat", "ship", "vessel"]))
        .then(pl.lit(BOAT))
        .when(word.is_in(list(_LORRIES)))
        .then(pl.lit(TRUCK))
        .when(word.is_in(list(_CLASSLESS)))
        .then(pl.lit(VEHICLE))
        .otherwise(pl.lit(LIVES))
    )


def _of(member: str) -> pl.Expr:
    return pl.col("detail").str.json_path_match(f"$.{member}")


def _rows(frame: pl.DataFrame, **given: pl.Expr | str) -> pl.DataFrame:
    """The frame as LAND_ROW; what is not given is null."""
    own = ("key", "sensor", "source", "t_us", "clock_s", "lon", "lat", "speed_kn")
    columns = {name: pl.col(name) for name in own if name in frame.columns}
    columns |= {n: pl.col(e) if isinstance(e, str) else e for n, e in given.items()}
    nothing = pl.lit(None)
    return frame.select(
        columns.get(name, nothing).cast(dtype).alias(name) for name, dtype in LAND_ROW.items()
    )


_PARTS: Final = {"vehicle": _fixes, "camera": _seen, "barrier": _bars}
