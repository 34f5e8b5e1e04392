"""What arrived in a stretch of time, from all feeds: one decoder's yield, and many as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

import numpy as np
import polars as pl

from core.schema import (
    ALIVE,
    DECISION,
    FACT,
    HEARD,
    IDENTITY,
    OBSERVATION,
    RECEPTION,
    UTC_TIME,
    arriving,
    empty,
)
from core.times import SECOND_US
from engine.batch import Batch
from ingest.ais.receptions import Receptions
from ingest.decoded import MESSAGE
from models.feeds.watch import DOWN

_FOLDED = {"file": pl.Int32(), "payload": pl.UInt64()}
#: The frames of a `Part`, all with `arrived_at`: those of a `Slice` with what puts them in order.
PART: Final[dict[str, pl.Schema]] = {
    "observations": pl.Schema({**arriving(OBSERVATION), **_FOLDED}),
    "identities": pl.Schema({**arriving(IDENTITY), **_FOLDED}),
    "ahead": pl.Schema({**arriving(OBSERVATION), "file": pl.Int32()}),
    "heard_again": pl.Schema({**RECEPTION, "file": pl.Int32()}),
    "messages": pl.Schema({**MESSAGE, "file": pl.Int32()}),
    "alive": pl.Schema({**ALIVE, "file": pl.Int32()}),
    "heard": pl.Schema({**HEARD, "arrived_at": UTC_TIME}),
}
Part = Mapping[str, pl.DataFrame]
#: Refused so late that the tick of its arrival may be over: no sign of life any more.
_GIVEN_UP = "incomplete"


@dataclass(frozen=True)
class Slice:
    """What arrived up to a tick, in the order of arrival, file and line.

    Attributes
    ----------
    until_s
        The tick: nothing arrived after it.
    observations, identities, ahead, heard_again, messages, alive
        As `ingest.decoded.Decoded` has them; of AIS, what several stations heard is here once,
        and `heard_again` has the others.
    heard, facts, decisions
        `core.schema.HEARD`, `FACT` and `DECISION`.
    last
        Nothing comes after it.
    """

    until_s: int
    observations: pl.DataFrame = field(default_factory=lambda: empty(arriving(OBSERVATION)))
    identities: pl.DataFrame = field(default_factory=lambda: empty(arriving(IDENTITY)))
    ahead: pl.DataFrame = field(default_factory=lambda: empty(arriving(OBSERVATION)))
    heard_again: pl.DataFrame = field(default_factory=lambda: empty(RECEPTION))
    messages: pl.DataFrame = field(default_factory=lambda: empty(MESSAGE))
    alive: pl.DataFrame = field(default_factory=lambda: empty(ALIVE))
    heard: pl.DataFrame = field(default_factory=lambda: empty(HEARD))
    facts: pl.DataFrame = field(default_factory=lambda: empty(FACT))
    decisions: pl.DataFrame = field(default_factory=lambda: empty(DECISION))
    last: bool = False

    def batch(self) -> Batch:
        """What the engine takes of it."""
        return Batch(
            self.observations, self.until_s, self.identities, ahead=self.ahead,
            heard=self.heard, facts=self.facts, heard_again=self.heard_again,
            alive=self.alive, decisions=self.decisions,
        )  # fmt: skip

    def between(self, after_s: int, until_s: int) -> Slice:
        """The part of it that arrived after one tick and until another."""
        arrived, tick = pl.col("arrived_at").dt.epoch("us"), pl.col("tick_s")
        inside = (arrived > after_s * SECOND_US) & (arrived <= until_s * SECOND_US)
        ticked = (tick > after_s) & (tick <= until_s)
        frames: dict[str, Any] = {
            f.name: frame.filter(inside if "arrived_at" in frame.columns else ticked)
            for f in fields(self)
            if isinstance(frame := getattr(self, f.name), pl.DataFrame)
        }
        # A pause that this part ends in is known, though its tick comes behind it.
        pauses = self.facts.filter(
            pl.col("name") == DOWN, tick > until_s, tick - pl.col("value") <= until_s
        )
        frames["facts"] = pl.concat([frames["facts"], pauses])
        return replace(self, until_s=until_s, **frames)


class FirstHeard:
    """Folds what several files' stations heard of one AIS transmission, in the order of arrival."""

    def __init__(self) -> None:
        self._observed, self._claimed = Receptions(), Receptions()
        self._begun: dict[str, pl.Series] = {}  # payloads of a stretch that is not whole yet

    def beforehand(self, parts: Iterable[Part]) -> Part:
        """`observations` and `identities` that `merged` will give for certain of a stretch of time.

        Parameters
        ----------
        parts
            A piece of the stretch, all of which arrived after the piece before; when the stretch
            is whole, `merged` gets them all again.
        """
        pieces, found = list(parts), {}
        for name, heard in (("observations", self._observed), ("identities", self._claimed)):
            rows = pl.concat([empty(PART[name]), *(p[name] for p in pieces if name in p)])
            rows = rows.sort("arrived_at", "file", "line", maintain_order=True)
            payload = rows["payload"]
            told = payload.drop_nulls()
            known = pl.Series(heard.known(told.to_numpy())) | ~told.is_first_distinct()
            if name in self._begun:
                known |= told.is_in(self._begun[name].implode())
                told = pl.concat([self._begun[name], told])
            self._begun[name] = told
            again = payload.is_not_null().to_numpy().copy()
            again[again] = known.to_numpy()
            found[name] = rows.filter(pl.Series(~again)) if again.any() else rows
        return found

    def merged(self, parts: Iterable[Part], until_s: int) -> tuple[Slice, int]:
        """Parts of one stretch of time as a `Slice`; how many positions were folded.

        Give it stretch after stretch, each with all that arrived in it.
        """
        pieces = list(parts)
        self._begun = {}
        frames = {
            name: pl.concat([empty(schema), *(p[name] for p in pieces if name in p)])
            for name, schema in PART.items()
        }
        counted = frames.pop("heard").drop("arrived_at")
        keys = ["feed", "sensor", "source", "tick_s"]
        heard = counted.group_by(keys).agg(pl.col("frames").sum()).sort(keys, nulls_last=True)
        order = ("arrived_at", "file", "line")
        frames = {
            name: frame.sort([c for c in order if c in frame.columns], maintain_order=True)
            for name, frame in frames.items()
        }
        seen, seen_again = _first(frames["observations"], self._observed)
        said, said_again = _first(frames["identities"], self._claimed)
        again = [_receptions(seen_again), _receptions(said_again)]
        told = pl.concat([frames["heard_again"], *again]).sort("arrived_at", "file", "line")
        frames |= {"observations": seen, "identities": said, "heard_again": told}
        piece = Slice(until_s, heard=heard.select(list(HEARD)))
        for name, frame in frames.items():
            plain = frame.drop([c for c in _FOLDED if c in frame.columns])
            piece = replace(piece, **{name: plain})  # type: ignore[arg-type]
        return piece, len(seen_again)


def _first(frame: pl.DataFrame, receptions: Receptions) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that are heard for the first time, and the others; no payload, never folded."""
    ais = np.flatnonzero(frame["payload"].is_not_null().to_numpy())
    new = np.ones(len(frame), np.bool_)
    if len(ais):
        mine = frame.select("payload", pl.col("received_at").dt.epoch("us"))[ais]
        payload, received = (mine[c].to_numpy() for c in mine.columns)
        new[ais] = receptions.first(payload, received.astype(np.int64))
    if new.all():
        return frame, frame.clear()
    return frame.filter(pl.Series(new)), frame.filter(pl.Series(~new))


def _receptions(frame: pl.DataFrame) -> pl.DataFrame:
    nowhere = pl.lit(None, pl.Float64)
    if "lon" not in frame.columns:
        frame = frame.with_columns(nowhere.alias("lon"), nowhere.alias("lat"))
    return frame.select(PART["heard_again"].names())


def heard_rows(frames: Iterable[pl.DataFrame], refusals: pl.DataFrame, feed: str) -> pl.DataFrame:
    """How much was heard of whom at which tick, as `PART["heard"]`: rows and refused frames."""
    told = refusals.filter(pl.col("reason") != _GIVEN_UP)
    nobody = told.select(pl.lit(None, pl.String).alias("source"), "arrived_at")
    rows = [f.select("source", "arrived_at") for f in (*frames, nobody) if len(f)]
    if not rows:
        return empty(PART["heard"])
    tick = -((-pl.col("arrived_at").dt.epoch("us")) // SECOND_US)
    return (
        pl.concat(rows)
        .drop_nulls("arrived_at")
        .group_by("source", tick.alias("tick_s"))
        .agg(pl.len().cast(pl.Int64).alias("frames"))
        .with_columns(
            pl.lit(feed).alias("feed"),
            pl.lit(feed.split("/")[0]).alias("sensor"),
            (pl.col("tick_s") * SECOND_US).cast(UTC_TIME).alias("arrived_at"),
        )
        .select(PART["heard"].names())
        .sort("tick_s", "source")  # in the order of arrival, as all parts are
    )
