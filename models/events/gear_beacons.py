"""Gear beacons (网位仪): AIS sets on nets, which drift, and which are no boats.

A label on a source track, never a deletion. A beacon drifts at 2 kn or less (methods 1.3); beside
that it must say so itself, by a beacon's name or by a number that no administration allots; or,
without either, it must report every two minutes as no ship does (ITU-R M.1371 has 3 min, 30 s and
less), claim no length, have moved, and have drifted for hours. The label ends at once where the
thing moves faster: whoever carries a beacon home, or poses as one, is a boat for all detectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from core.schema import empty
from core.settings import EventSettings
from geo.plane import distance_m
from models.events import stretches
from models.events.ship_numbers import beacons_name, no_ships_number
from models.events.stretches import Described, Row
from models.fusion.schema import FusionOutput
from models.tracks.fold import TrackOutput
from models.tracks.positions import SECOND_US, expires_s

#: A track that drifts, as of its last row.
DRIFT: Final = pl.Schema(
    {
        "track": pl.String(),
        "target": pl.String(),
        "t_us": pl.Int64(),
        "clock_s": pl.Int64(),
        "from_us": pl.Int64(),  # it has drifted since
        "lon": pl.Float64(),  # where that began
        "lat": pl.Float64(),
        "moved_m": pl.Float64(),  # how far from there at most
        "steps": pl.Int64(),
        "own_steps": pl.Int64(),  # of about the beacons' interval
        "label_s": pl.Int64(),  # the tick at which it was labelled; null: it is not
        "signs": pl.String(),
    }
)
#: What targets claimed of themselves: when a beacon's name, or a length that no beacon has.
CLAIMED: Final = pl.Schema({"target": pl.String(), "clock_s": pl.Int64(), "named": pl.Boolean()})
#: A label on a track, from one tick on until before another; null while it stands.
LABEL: Final = pl.Schema(
    {
        "track": pl.String(),
        "target": pl.String(),
        "label": pl.String(),
        "from_s": pl.Int64(),
        "to_s": pl.Int64(),
    }
)
LEAVE: Final = 2.0  # × the drift: faster, and it is carried or no beacon
MOVED_M: Final = 300.0  # a boat at anchor stays nearer
LEAST_STEPS: Final = 20
BEACON_LENGTH_M: Final = 5.0
MEMORY_S: Final = 48 * 3600


@dataclass(frozen=True)
class BeaconState:
    """Tracks that drift, what was claimed, and labels of the last two days that ended.

    `all_ended` is for the rows of the last batch, which may reach farther back; it is not saved.
    """

    drifts: pl.DataFrame
    claimed: pl.DataFrame
    ended: pl.DataFrame
    all_ended: pl.DataFrame

    @staticmethod
    def initial() -> BeaconState:
        """Nothing seen yet."""
        return BeaconState(empty(DRIFT), empty(CLAIMED), empty(LABEL), empty(LABEL))

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        return {
            "drifts": self.drifts.sort("track"),
            "claimed": self.claimed,
            "ended": self.ended.sort("track", "from_s"),
        }

    @staticmethod
    def load(frames: dict[str, pl.DataFrame]) -> BeaconState:
        """As it was saved."""
        ended = frames["ended"]
        return BeaconState(frames["drifts"], frames["claimed"], ended, ended)


def labels(state: BeaconState) -> pl.DataFrame:
    """The labels that stand, and those that ended within two days before the last batch or in it.

    As `LABEL`, by (track, from_s): what `labelled` asks for the rows of the last batch.
    """
    standing = state.drifts.filter(pl.col("label_s").is_not_null()).select(
        "track",
        "target",
        pl.lit("gear_beacon").alias("label"),
        pl.col("label_s").alias("from_s"),
        pl.lit(None, pl.Int64).alias("to_s"),
    )
    return pl.concat([state.all_ended, standing]).sort("track", "from_s")


def labelled(rows: pl.DataFrame, said: pl.DataFrame) -> pl.Series:
    """Which rows (`track`, `clock_s`) are of a track that was labelled at their tick."""
    if said.is_empty():
        return pl.repeat(False, len(rows), eager=True).alias("labelled")
    asked = rows.select("track", "clock_s").with_row_index("i")
    near = asked.join(said.select("track", "from_s", "to_s"), on="track")
    held = (pl.col("from_s") <= pl.col("clock_s")) & (
        pl.col("to_s").is_null() | (pl.col("clock_s") < pl.col("to_s"))
    )
    return asked["i"].is_in(near.filter(held)["i"].implode()).alias("labelled")


def advance(
    state: BeaconState,
    tracks: TrackOutput,
    _fused: FusionOutput,
    until_s: int,
    claims: pl.DataFrame,
    settings: EventSettings,
) -> tuple[BeaconState, pl.DataFrame]:
    """Take what the tracks did and what was claimed; say who was labelled, as `HAPPENING`.

    Parameters
    ----------
    claims
        `models.events.identity_claims.CLAIM`: those that became visible in this batch.
    """
    claimed = pl.concat([state.claimed, _claimed(claims)])
    rows = tracks.linked.filter(pl.col("sensor") == "ais")
    concerned = state.drifts["track"].is_in(rows["track"].unique().implode())
    runs = _runs(state.drifts.filter(concerned), rows, claimed, settings)
    going_on = pl.concat(
        [state.drifts.filter(~concerned), runs.filter(pl.col("ends_s").is_null()).select(_DRIFT)]
    )
    gone = going_on.filter(expires_s() <= until_s).with_columns(expires_s().alias("ends_s"))
    over = pl.concat(
        [runs.filter(pl.col("ends_s").is_not_null()).select(_OVER), gone.select(_OVER)]
    )
    over = over.filter(pl.col("label_s").is_not_null())
    label = pl.lit("gear_beacon").alias("label")
    times = (pl.col("label_s").alias("from_s"), pl.col("ends_s").alias("to_s"))
    ended = pl.concat([state.ended, over.select("track", "target", label, *times)])
    after = BeaconState(
        going_on.filter(expires_s() > until_s),
        _last(claimed, until_s),
        ended.filter(pl.col("to_s") > until_s - MEMORY_S),
        ended,
    )
    return after, _said(runs.filter("begins"), over)


_DRIFT: Final = DRIFT.names()
_OVER: Final = [*_DRIFT, "ends_s"]


def _said(begun: pl.DataFrame, over: pl.DataFrame) -> pl.DataFrame:
    words = pl.concat(
        [
            begun.select(
                *_DRIFT, pl.lit("began").alias("phase"), pl.lit(None, pl.Int64).alias("to_us")
            ).with_columns(pl.col("label_s").alias("clock_s")),
            over.select(
                *_DRIFT, pl.lit("ended").alias("phase"), pl.col("t_us").alias("to_us"), "ends_s"
            )
            .with_columns(pl.col("ends_s").alias("clock_s"))
            .drop("ends_s"),
        ]
    ).with_columns(
        pl.col("track").alias("subject"),
        pl.concat_list("target").alias("targets"),
        pl.lit("ais").alias("who"),
    )
    return stretches.happenings(words.sort("clock_s", "track", "from_us"), "gear_beacon", _describe)


def _describe(row: Row) -> Described:
    return None, None, {"signs": row["signs"].split(" ")}


def _claimed(claims: pl.DataFrame) -> pl.DataFrame:
    """The claims that matter here."""
    named = beacons_name(pl.col("name")).fill_null(False)
    sized = (pl.col("length_m") > BEACON_LENGTH_M).fill_null(False)
    parts = [
        claims.filter(which).select("target", "clock_s", pl.lit(flag).alias("named"))
        for which, flag in ((named, True), (sized, False))
    ]
    return pl.concat(parts)


def _last(claimed: pl.DataFrame, until_s: int) -> pl.DataFrame:
    """The newest of each target and kind, for two days."""
    fresh = claimed.filter(pl.col("clock_s") > until_s - MEMORY_S)
    return (
        fresh.group_by("target", "named")
        .agg(pl.col("clock_s").max())
        .select(CLAIMED.names())
        .sort("target", "named")
    )


def _said_of(rows: pl.DataFrame, claimed: pl.DataFrame, *, named: bool) -> pl.Series:
    """Which rows (`i`, `target`, `clock_s`) are of a target that claimed so in the two days
    before."""
    mine = claimed.filter(pl.col("named") == named).select("target", "clock_s").sort("clock_s")
    mine = mine.with_columns(pl.lit(True).alias("found"))
    asked = rows.select("i", "target", "clock_s").join(mine, on="target", how="semi")
    found = asked.sort("clock_s").join_asof(
        mine, on="clock_s", by="target", tolerance=MEMORY_S - 1, check_sortedness=False
    )
    return rows["i"].is_in(found.filter("found")["i"].implode())


def _runs(
    drifts: pl.DataFrame, rows: pl.DataFrame, claimed: pl.DataFrame, settings: EventSettings
) -> pl.DataFrame:
    """Stretches of drifting: `DRIFT` as of their last row, `ends_s` (null: it goes on), `begins`
    (labelled in this batch)."""
    frame = _drifting(drifts, rows, settings)
    following = pl.col("track") == pl.col("track").shift(-1)
    ends = pl.when(following & (pl.col("run") != pl.col("run").shift(-1)))
    frame = frame.with_columns(ends.then(pl.col("clock_s").shift(-1)).alias("ends_s"))
    slow = frame.filter("slow").with_row_index("i")
    odd = no_ships_number(pl.col("target"))
    rhythm = (pl.col("steps") >= LEAST_STEPS) & (pl.col("own_steps") * 2 > pl.col("steps"))
    rhythm &= pl.col("moved_m") > MOVED_M
    lasted_us = pl.col("t_us") - pl.col("from_us")
    hits = slow.filter(~pl.col("kept"), lasted_us >= settings.beacon_named_s * SECOND_US)
    hits = hits.with_columns(_said_of(hits, claimed, named=True).alias("named"))
    named = pl.col("named") | odd
    hits = hits.filter(named | (rhythm & (lasted_us >= settings.beacon_unnamed_s * SECOND_US)))
    hits = hits.filter(~_said_of(hits, claimed, named=False))
    signs = [
        pl.when(sign).then(pl.lit(f"{text} ")).otherwise(pl.lit(""))
        for sign, text in ((pl.col("named"), "name"), (odd, "number"), (rhythm, "interval"))
    ]
    found = hits.unique("run", keep="first", maintain_order=True).select(
        "run",
        pl.col("clock_s").alias("found_s"),
        pl.concat_str(signs).str.strip_chars_end().alias("found"),
    )
    runs = slow.group_by("run", maintain_order=True).agg(
        pl.col("label_s", "signs").first().name.prefix("was_"),
        pl.exclude("run", "label_s", "signs").last(),
    )
    runs = runs.join(found, on="run", how="left", maintain_order="left")
    return runs.with_columns(
        pl.coalesce("was_label_s", "found_s").alias("label_s"),
        pl.coalesce("was_signs", "found").alias("signs"),
        (pl.col("was_label_s").is_null() & pl.col("found_s").is_not_null()).alias("begins"),
    )


def _drifting(drifts: pl.DataFrame, rows: pl.DataFrame, settings: EventSettings) -> pl.DataFrame:
    """Kept and new rows with what the drift of their track amounts to at each."""
    kept = drifts.with_columns(pl.lit(True).alias("kept"), pl.lit(True).alias("slow"))
    new = rows.select(
        *("track", "target", "t_us", "clock_s", "lon", "lat", "speed_kn", "dt_s", "fresh"),
        pl.lit(False).alias("kept"),
    )
    frame = pl.concat([kept, new], how="diagonal").sort("track", "t_us")
    first = pl.col("track").ne_missing(pl.col("track").shift(1))
    drift_kn = settings.beacon_drift_kn
    slow = (
        pl.when("kept")
        .then(True)
        .when(pl.col("speed_kn") <= drift_kn)
        .then(True)
        .when(first | pl.col("fresh") | (pl.col("speed_kn") > LEAVE * drift_kn))
        .then(False)
    )
    frame = frame.with_columns(slow.forward_fill().alias("slow"))
    was = pl.col("slow").shift(1).fill_null(False) & ~first
    goes_on = pl.col("slow") & was & ~pl.col("fresh").fill_null(False)
    frame = frame.with_columns(goes_on.alias("goes_on"), (~goes_on).cum_sum().alias("run"))
    begin = {c: pl.col(c).first().over("run") for c in ("lon", "lat")}
    frame = frame.with_columns(
        pl.when("kept").then("from_us").otherwise("t_us").first().over("run").alias("from_us"),
        *(at.alias(f"begin_{c}") for c, at in begin.items()),
    )
    metres = distance_m(*(frame[c].to_numpy() for c in ("begin_lon", "begin_lat", "lon", "lat")))
    off_s = (pl.col("dt_s") - settings.beacon_interval_s).abs()
    own = pl.col("goes_on") & (off_s <= settings.beacon_interval_s // 8).fill_null(False)
    moved = pl.lit(pl.Series(metres)).round(1)
    counted: dict[str, pl.Expr] = {"moved_m": moved, "steps": pl.col("goes_on"), "own_steps": own}
    frame = frame.with_columns(
        pl.when("kept").then(c).otherwise(value).alias(c) for c, value in counted.items()
    )
    return frame.with_columns(
        pl.col("moved_m").cum_max().over("run"),
        pl.col("steps", "own_steps").cum_sum().over("run"),
        pl.col("begin_lon").alias("lon"),
        pl.col("begin_lat").alias("lat"),
    )
