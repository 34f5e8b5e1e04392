"""The feeds' part of the fold: before tracks are made, what arrived is looked at as it came.

Clocks are judged and corrected here, so that all behind sees one time. What must be told at its
tick (calls for help, silences, the disk) goes tick by tick; what only describes (plausibility,
lags, reception, the datum) is done for whole stretches of 15 s, at the tick that ends one, so that
of the live ticks one in fifteen pays for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from alerts import notices
from alerts.notices import Notice
from core.schema import DOUBT, OBSERVATION, arriving, empty
from core.times import SECOND_US, utc_text
from engine.batch import REFUSED, Batch
from engine.feed_state import AGAIN, FeedState
from engine.place import Place
from models.feeds import census, datum, disk, plausibility, quarantine, reception, sos, watch
from models.tracks.positions import ceil_s

STRETCH_S: Final = 15


@dataclass(frozen=True)
class FeedOutput:
    """`observations` as `models.feeds.quarantine.RELEASED`, whose tick is that of their release."""

    observations: pl.DataFrame
    refusals: pl.DataFrame
    doubts: pl.DataFrame
    receptions: pl.DataFrame
    revisions: list[dict[str, Any]]


def advance(
    state: FeedState, batch: Batch, after_s: int, place: Place
) -> tuple[FeedState, FeedOutput]:
    """Take a batch that begins after a tick."""
    until_s = batch.until_s
    arrived = quarantine.arrived(batch.observations, batch.ahead)
    calls, called, crowd = sos.take(state.calls, arrived, until_s)
    waiting, passed, refused = quarantine.advance(state.quarantine, arrived, until_s)
    watched, silent = watch.advance(
        state.watch, batch.heard, _keep_alives(batch), batch.facts, after_s, until_s, place.radars
    )
    used = batch.facts.filter(pl.col("name") == "disk_used_share").select("tick_s", "value")
    full, filled = disk.take(state.disk, used.iter_rows(), until_s)
    book, revisions = notices.advance(
        state.book,
        [*map(_of_call, called), *map(_of_outage, silent), *map(_of_disk, filled)],
        until_s,
        site=place.site.name,
        exercise=place.exercise,
    )
    begun = replace(state, quarantine=waiting, watch=watched, calls=calls, disk=full, book=book)
    after, doubts, receptions = _stretches(begun, batch, passed, after_s, place)
    if len(crowd):
        doubts = pl.concat([_too_many(crowd), doubts])
    return after, FeedOutput(passed, _refusals(refused), doubts, receptions, revisions)


def strange(state: FeedState, batch: Batch) -> pl.DataFrame:
    """Sources of which `advance` may not release every row of a batch as it came
    (`models.feeds.quarantine.strange`)."""
    return quarantine.strange(state.quarantine, quarantine.arrived(batch.observations, batch.ahead))


def certain(
    state: FeedState,
    observations: pl.DataFrame,
    after_s: int,
    strange: pl.DataFrame | None = None,
) -> pl.Series:
    """Which observations `advance` will release as they are, at the next tick, whatever else comes
    until then (`models.feeds.quarantine.certain`): they may be stored before the tick is over."""
    return quarantine.certain(state.quarantine, observations, after_s, strange)


def _stretches(
    state: FeedState, batch: Batch, passed: pl.DataFrame, after_s: int, place: Place
) -> tuple[FeedState, pl.DataFrame, pl.DataFrame]:
    """Keep what belongs to the open stretch; describe those that are over."""
    stretch = (-(-pl.col("tick_s") // STRETCH_S) * STRETCH_S).alias("stretch_s")
    rows = pl.concat([state.rows, passed.with_columns(stretch)])
    heard = pl.concat([state.heard, batch.heard])
    again = pl.concat([state.again, _again(batch)])
    end_s = batch.until_s // STRETCH_S * STRETCH_S
    if end_s <= after_s // STRETCH_S * STRETCH_S:
        return (
            replace(state, rows=rows, heard=heard, again=again),
            empty(DOUBT),
            empty(reception.RECEIVED),
        )
    over = pl.col("stretch_s") <= end_s
    done, land, piers = rows.filter(over), place.site.land, place.site.piers
    newest, doubts = plausibility.judge(state.newest, done, land, piers)
    evidence = state.evidence
    if place.site.vehicle_datum == "wgs84":
        evidence = datum.learn(evidence, done, land, piers)
    past = pl.col("tick_s") <= end_s
    told = done.filter(pl.col("sensor").is_in(reception.SENSORS)).select(AGAIN.names())
    cells = reception.learn(state.cells, reception.counted(pl.concat([told, again.filter(past)])))
    cells, closed = reception.closed(cells, end_s)
    counted, lags = census.forget(
        census.count(state.counts, heard.filter(past)), census.lag(state.lags, done), end_s
    )
    after = replace(
        state, rows=rows.filter(~over).rechunk(), heard=heard.filter(~past),
        again=again.filter(~past), counts=counted, lags=lags,
        newest=plausibility.forget(newest, end_s), evidence=evidence, cells=cells,
    )  # fmt: skip
    return after, doubts, closed


def _tick() -> pl.Expr:
    return ceil_s(pl.col("arrived_at").dt.epoch("us")).alias("tick_s")


def _again(batch: Batch) -> pl.DataFrame:
    return batch.heard_again.select("source", "lon", "lat", _tick()).cast(AGAIN)


def _keep_alives(batch: Batch) -> pl.DataFrame:
    """Keep-alives of cameras: terminals of vehicles send some too, but they may be switched off."""
    if batch.alive.is_empty():
        return pl.DataFrame(schema={"name": pl.String, "tick_s": pl.Int64})
    cameras = batch.heard.filter(pl.col("sensor") == "cameras")["source"].unique()
    mine = batch.alive.filter(pl.col("source").is_in(cameras.implode()))
    return mine.select(pl.concat_str(pl.lit("camera:"), "source").alias("name"), _tick())


def _of_call(said: sos.Said) -> Notice:
    tick_s, target, what = said
    if what is None:
        return Notice(tick_s, "sos", target, None)
    params = dict(what["params"])
    params["since"] = utc_text(params.pop("since_s") * SECOND_US)
    params["observed_at"] = utc_text(params.pop("observed_us"))
    road = what["sensor"] == "vehicle"
    source = f"{what['sensor']}:{what['source']}" if what["source"] else what["sensor"]
    content = {
        "level": "watch" if params["test"] else "verify",
        "lon": what["lon"],
        "lat": what["lat"],
        "targets": [target],
        "vehicles": [target] if road else [],
        "params": params,
        "sources": [source],
    }
    return Notice(tick_s, "sos", target, content)


def _of_outage(said: watch.Said) -> Notice:
    tick_s, name, what = said
    if what is None:
        return Notice(tick_s, "feed_silent", name, None)
    grave = what["params"]["everything"] or what["params"]["feeds"]
    content = {
        "level": "verify" if grave else "watch",
        "targets": what["targets"],
        "params": {**what["params"], "last_at": utc_text(what["last_s"] * SECOND_US)},
        "sources": what["targets"],
    }
    return Notice(tick_s, "feed_silent", name, content)


def _of_disk(said: tuple[int, float | None]) -> Notice:
    tick_s, share = said
    if share is None:
        return Notice(tick_s, "disk_filling", "disk", None)
    content = {"level": "verify", "targets": ["feed:archive"], "params": {"used_share": share}}
    return Notice(tick_s, "disk_filling", "disk", content)


def _refusals(refused: pl.DataFrame) -> pl.DataFrame:
    """Rows ahead whose clock could not be judged: what the decoder would have refused at once."""
    if refused.is_empty():
        return empty(REFUSED)
    ahead = (pl.col("observed_at") - pl.col("received_at")).dt.total_seconds()
    return refused.select(
        "line", pl.lit("future").alias("reason"),
        pl.format("{} is {} s ahead", pl.col("target").fill_null("?"), ahead).alias("detail"),
        "arrived_at", "source",
    ).with_columns(pl.col("detail").str.slice(0, 120)).select(REFUSED.names())  # fmt: skip


def _too_many(crowd: pl.DataFrame) -> pl.DataFrame:
    return crowd.select(
        "sensor", "source", "target", "key", "tick_s", pl.lit("too_many_sos").alias("reason"),
        pl.lit("").alias("detail"),
    )  # fmt: skip


def for_store(passed: pl.DataFrame) -> pl.DataFrame:
    """Released rows as observations with their transport columns."""
    return passed.select(arriving(OBSERVATION).names())


def unjudged(state: FeedState) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What waits for a clock to be judged, where nothing more comes: kept as it came, or refused.

    Returns
    -------
    Observations with their transport columns, and REFUSED.
    """
    waiting = state.quarantine.waiting
    return for_store(waiting.filter(~pl.col("ahead"))), _refusals(waiting.filter("ahead"))


def for_tracks(passed: pl.DataFrame) -> pl.DataFrame:
    """Released rows that arrive, for all behind, when they are released."""
    late = pl.from_epoch(pl.col("tick_s"), "s").dt.replace_time_zone("UTC").dt.cast_time_unit("us")
    waited = pl.col("tick_s") > ceil_s(pl.col("arrived_at").dt.epoch("us"))
    return passed.with_columns(
        pl.when(waited).then(late).otherwise("arrived_at").alias("arrived_at")
    )
