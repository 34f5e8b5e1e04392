"""Night work that officers announced while the service ran: it counts from its tick on.

The permits of the site's own `permits.csv` count from the beginning (`engine.place`); these have
the same effect on what is said at their tick and later. A permit is carried for as long as a call
can be spoken of that began before its end.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from core.schema import empty
from core.times import SECOND_US, unix_us
from engine.batch import REFUSED
from engine.place import Announced
from models.tracks.positions import EXPIRY_S

#: Kinds of decision that the engine uses; the others wait for what will use them.
USED: Final = ("permit", "verdict", "interception", "regime")
PERMIT: Final = pl.Schema(
    {
        "tick_s": pl.Int64(),  # at which it came first
        "pier_id": pl.String(),
        "from_us": pl.Int64(),
        "to_us": pl.Int64(),
        "vessel_id": pl.String(),  # null: any vessel, or a lorry alone
        "plate": pl.String(),
    }
)
MOST: Final = 4096  # permits in force; one beyond them is refused and counted
#: A row may come so late, and a silence be called so late, that a call begins before the end.
_KEPT_S: Final = EXPIRY_S + 3600


def take(held: pl.DataFrame, decisions: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take decisions (`core.schema.DECISION`) to the permits that are held.

    Returns
    -------
    `PERMIT` in an order of its own, each permit once; those that found no room, as `REFUSED`.
    """
    new = decisions.filter(pl.col("kind") == "permit").sort("tick_s", maintain_order=True)
    if new.is_empty():
        return held, empty(REFUSED)
    known = {row[1:]: row for row in held.iter_rows()}
    ends = [row[3] for row in known.values()]
    heapq.heapify(ends)
    refused = []
    for tick_s, content in new.select("tick_s", "content").iter_rows():
        row = _row(tick_s, json.loads(content))
        if row[1:] in known:
            continue
        while ends and ends[0] <= (tick_s - _KEPT_S) * SECOND_US:
            heapq.heappop(ends)
        if len(ends) >= MOST:
            refused.append(_refusal(tick_s, content))
            continue
        known[row[1:]] = row
        heapq.heappush(ends, row[3])
    kept = pl.DataFrame(list(known.values()), PERMIT, orient="row").sort(PERMIT.names())
    return kept, pl.DataFrame(refused, REFUSED)


def drop(
    held: pl.DataFrame, until_s: int, open_: Iterable[pl.DataFrame], piers: list[dict[str, Any]]
) -> pl.DataFrame:
    """Those that still matter after a tick; `open_` are the presences that are open then."""
    over = pl.col("to_us") <= (until_s - _KEPT_S) * SECOND_US
    if held.is_empty() or held.filter(over).is_empty():
        return held
    first = pl.min_horizontal("from_us", "berth_from_us", "dark_from_us", "t_us")
    begun: dict[str, int] = {}
    for presences in open_:
        for pier, first_us in presences.select("pier", first).iter_rows():
            name = str(piers[pier]["pier_id"])
            begun[name] = min(begun.get(name, first_us), first_us)
    spoken_of = [to_us >= begun.get(name, to_us + 1)
                 for name, to_us in held.select("pier_id", "to_us").iter_rows()]  # fmt: skip
    return held.filter(~over | pl.Series(spoken_of, dtype=pl.Boolean))


class Permits:
    """The permits that are held, by pier."""

    def __init__(self, held: pl.DataFrame) -> None:
        self._by_pier: dict[str, list[tuple[int, Announced]]] = {}
        for tick_s, pier_id, from_us, to_us, *whom in held.iter_rows():
            announced = Announced(_instant(from_us), _instant(to_us), *whom)
            self._by_pier.setdefault(pier_id, []).append((tick_s, announced))

    def at(self, pier_id: str, tick_s: int) -> list[Announced]:
        """What was announced for a pier by a tick."""
        return [
            announced for came_s, announced in self._by_pier.get(pier_id, ()) if came_s <= tick_s
        ]


def _row(tick_s: int, content: dict[str, Any]) -> tuple[int, str, int, int, str | None, str | None]:
    from_us, to_us = (unix_us(datetime.fromisoformat(content[name])) for name in ("from", "to"))
    whom = content.get("vessel_id"), content.get("plate")
    return tick_s, content["pier_id"], from_us, to_us, *whom


def _refusal(tick_s: int, content: str) -> dict[str, Any]:
    return {"line": None, "reason": "too_many_permits", "detail": content[:120],
            "arrived_at": _instant(tick_s * SECOND_US), "source": "desk"}  # fmt: skip


def _instant(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us // SECOND_US, UTC).replace(microsecond=at_us % SECOND_US)
