"""Silences with one cause are one outage: a power cut, not sixty cameras."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

TOGETHER_S: Final = 120
#: A limit is about three gaps, so what fell silent was heard up to a third of it before.
PHASE: Final = 3
MOST_NAMED: Final = 100  # targets of an alert; how many there are is said beside


@dataclass(frozen=True)
class Outage:
    """What fell silent together: `since` has the tick at which each was heard last."""

    from_s: int
    first: str
    since: dict[str, int]
    down: tuple[str, ...]
    limit_s: int

    @property
    def name(self) -> str:
        """Tells outages apart."""
        return f"feed_silent:{self.from_s}:{self.first}"


@dataclass(frozen=True)
class Outages:
    """The outages that last, and the feeds that are known."""

    open: tuple[Outage, ...] = ()

    def dump(self) -> bytes:
        """To be saved."""
        return json.dumps([asdict(o) for o in self.open], ensure_ascii=False).encode()

    @staticmethod
    def load(data: bytes) -> Outages:
        """As it was saved."""
        rows = json.loads(data)
        return Outages(tuple(Outage(**{**row, "down": tuple(row["down"])}) for row in rows))


def take(
    outages: Outages, turns: Iterable[dict[str, Any]], first_s: dict[str, int]
) -> tuple[Outages, list[tuple[int, str, dict[str, Any] | None]]]:
    """Sort turns (`models.feeds.silence.TURN`, in order) into outages.

    Parameters
    ----------
    first_s
        By name, since when each feed is known: with all of them down, everything is.

    Returns
    -------
    The outages; and tick, outage's name and what there is to say, or None where all came back.
    """
    open_ = {o.name: o for o in outages.open}
    said: dict[tuple[int, str], dict[str, Any] | None] = {}
    now: int | None = None
    touched: set[str] = set()
    for turn in [*turns, None]:
        if touched and (turn is None or turn["tick_s"] != now):
            for name in sorted(touched):
                said[(now or 0, name)] = _content(open_, name, now or 0, first_s)
                if not open_[name].down:
                    del open_[name]
            touched = set()
        if turn is None:
            break
        now = turn["tick_s"]
        touched |= _join(open_, turn) if turn["silent"] else _leave(open_, turn["name"])
    kept = tuple(sorted(open_.values(), key=lambda o: o.name))
    return Outages(kept), [(tick_s, name, what) for (tick_s, name), what in said.items()]


def _join(open_: dict[str, Outage], turn: dict[str, Any]) -> set[str]:
    """Into the outage that began when this was heard last, or one of its own."""
    last_s, limit_s, name = turn["last_s"], turn["limit_s"], turn["name"]
    near = [
        (abs(o.from_s - last_s), o.name)
        for o in open_.values()
        if abs(o.from_s - last_s) <= TOGETHER_S + max(limit_s, o.limit_s) // PHASE
    ]
    if near:
        found = open_[min(near)[1]]
        down = tuple(sorted({*found.down, name}))
        grown = replace(found, since={**found.since, name: last_s}, down=down)
    else:
        grown = Outage(last_s, name, {name: last_s}, (name,), limit_s)
    open_[grown.name] = grown
    return {grown.name}


def _leave(open_: dict[str, Outage], name: str) -> set[str]:
    left = {o.name for o in open_.values() if name in o.down}
    for key in left:
        down = tuple(n for n in open_[key].down if n != name)
        open_[key] = replace(open_[key], down=down)
    return left


def _content(
    open_: dict[str, Outage], name: str, now: int, first_s: dict[str, int]
) -> dict[str, Any] | None:
    outage = open_[name]
    if not outage.down:
        return None
    down = {n for o in open_.values() for n in o.down}
    feeds = [n for n in outage.down if n.startswith("feed:")]
    known = [n for n, at_s in first_s.items() if at_s <= now]
    everything = bool(known) and all(n in down for n in known)
    return {
        "targets": list(outage.down[:MOST_NAMED]),
        "last_s": min(outage.since[n] for n in outage.down),
        "params": {
            "n": len(outage.down),
            "feeds": [n.removeprefix("feed:") for n in feeds],
            "most": len(outage.since),
            "everything": everything,
        },
    }
