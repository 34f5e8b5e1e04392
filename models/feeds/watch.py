"""The watch over all feeds: what was heard goes in, what fell silent together comes out.

A batch is cut at midnights and at recorded facts, where what is expected changes: the same places
however the input is cut. Of the facts three matter: `silent_after_s` of a feed, written for all
feeds at each start; and `down_s`, for how long before that tick the service itself did not run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import polars as pl

from core.schema import empty
from models.feeds import outages, silence
from models.feeds.outages import Outages
from models.feeds.silence import DAY_S

LIMIT: Final = "silent_after_s"
DOWN: Final = "down_s"
Said = tuple[int, str, dict[str, Any] | None]


@dataclass(frozen=True)
class Watch:
    """Who is judged, who is silent, which cameras send keep-alives, which feeds are configured."""

    judged: pl.DataFrame = field(default_factory=lambda: empty(silence.JUDGED))
    alive: pl.DataFrame = field(default_factory=lambda: empty(silence.ALIVE))
    outages: Outages = field(default_factory=Outages)

    @property
    def configured(self) -> frozenset[str]:
        """The feeds whose limit the configuration gives."""
        named = self.judged.filter(pl.col("named_s").is_not_null())["name"]
        return frozenset(name.removeprefix("feed:") for name in named)


def advance(
    watch: Watch,
    heard: pl.DataFrame,
    alive: pl.DataFrame,
    facts: pl.DataFrame,
    after_s: int,
    until_s: int,
    radars: Mapping[str, float],
) -> tuple[Watch, list[Said]]:
    """Take what was heard after one tick and until another.

    Parameters
    ----------
    heard, facts
        `core.schema.HEARD`, `FACT`. A `down_s` of a later tick may be among them: a batch that
        ends within a pause must know that it is one.
    alive
        `name` (`camera:<id>`) and `tick_s` of keep-alives.
    radars
        Seconds of a turn by `radar:<id>`.

    Returns
    -------
    The watch; and tick, outage's name and content, None where all of it came back.
    """
    if watch.judged.is_empty() and heard.is_empty() and facts.is_empty():
        return watch, []
    fresh = alive.join(watch.alive, on="name", how="anti") if len(alive) else alive
    if len(fresh):
        first = fresh.group_by("name").agg(pl.col("tick_s").min().alias("from_s"))
        known = pl.concat([watch.alive, first.cast(silence.ALIVE)])
        watch = replace(watch, alive=known.sort("from_s", "name")[: silence.MOST_JUDGED])
    known = facts.filter(pl.col("name").is_in([LIMIT, DOWN]))
    told = known.filter(pl.col("tick_s") <= until_s)
    pauses = [
        (row["tick_s"], row["tick_s"] - int(row["value"]))
        for row in known.filter(pl.col("name") == DOWN).iter_rows(named=True)
    ]
    said: list[Said] = []
    for begin_s, end_s, new in _pieces(watch, heard, told, after_s, until_s):
        watch, gone = _changed(watch, new, begin_s, end_s, radars)
        listened = [from_s for tick_s, from_s in pauses if tick_s > end_s]
        last_s = max(begin_s, min([end_s, *listened]))
        within = (pl.col("tick_s") > begin_s) & (pl.col("tick_s") <= end_s)
        names = silence.heard_of(heard.filter(within), watch.configured, watch.alive)
        judged, turns = silence.turns(watch.judged, names, begin_s, last_s, radars)
        rows = [*gone, *turns.iter_rows(named=True)]
        watch = replace(watch, judged=judged)
        if rows:
            feeds = judged.filter(pl.col("name").str.starts_with("feed:"))
            since = dict(zip(feeds["name"], feeds["first_s"], strict=True))
            after, words = outages.take(watch.outages, rows, since)
            watch = replace(watch, outages=after)
            said += words
    return watch, said


def _pieces(
    watch: Watch, heard: pl.DataFrame, told: pl.DataFrame, after_s: int, until_s: int
) -> Iterator[tuple[int, int, list[dict[str, Any]]]]:
    """Begin, end and the facts at the first tick of each piece of a batch."""
    if watch.judged.is_empty():
        ticks = pl.concat([heard["tick_s"], told["tick_s"]])
        first = ticks.min()
        if not isinstance(first, int):
            return
        after_s = max(after_s, first - 1)
    days = range(after_s // DAY_S + 1, until_s // DAY_S + 1)
    at: dict[int, list[dict[str, Any]]] = {}
    for row in told.sort("name", "subject").iter_rows(named=True):
        at.setdefault(row["tick_s"], []).append(row)
    ends = {day * DAY_S - 1 for day in days} | {tick - 1 for tick in at}
    begin_s = after_s
    for end_s in [*sorted(end for end in ends if after_s < end < until_s), until_s]:
        yield begin_s, end_s, at.get(begin_s + 1, [])
        begin_s = end_s


def _changed(
    watch: Watch, new: list[dict[str, Any]], begin_s: int, end_s: int, radars: Mapping[str, float]
) -> tuple[Watch, list[dict[str, Any]]]:
    """What begins with a piece: a day, and the facts of its first tick.

    Returns
    -------
    The watch, and turns of those that are no longer judged: nobody waits for them any more.
    """
    at_s, judged = begin_s + 1, watch.judged
    gone: list[str] = []
    days = end_s // DAY_S - begin_s // DAY_S
    if days:
        judged, gone = silence.new_day(judged, days, at_s)
    if any(row["name"] == DOWN for row in new):
        judged = silence.spared(judged, at_s)
    limits = {row["subject"]: row["value"] for row in new if row["name"] == LIMIT}
    if limits:
        judged, more = silence.expected(judged, limits, at_s)
        gone += more
    turns = [{"tick_s": at_s, "silent": False, "name": name} for name in sorted(set(gone))]
    if days or limits:
        judged = silence.limited(judged, radars)
    return replace(watch, judged=judged), turns
