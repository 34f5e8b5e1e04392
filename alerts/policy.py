"""When an alert is raised, revised, confirmed and cancelled. Pure.

Two voices speak of every call. The *fast* one says what the rows heard so far amount to; the
*settled* one says the same after the allowed lateness, when nothing can change any more. Fast
issues at once. What it said stands until its rows have settled, and from then on the settled view
stands: it confirms by silence, or updates, or cancels. So however the lines were delayed, the
alerts that stand in the end are the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from alerts.envelope import utc_text
from core.keys import short_id

SAME_CALL_US = 30 * 60 * 1_000_000  # the contract's tolerance for one berthing
MEMORY_S = 48 * 3600


@dataclass(frozen=True)
class Said:
    """What one voice says of one call at a tick; `content` is None where it is no alert (any more).

    `content` holds the envelope's fields but those of the revision.
    """

    tick_s: int
    settled: bool
    track: str
    pier_id: str
    from_us: int
    berth_from_us: int
    content: dict[str, Any] | None


@dataclass(frozen=True)
class Entry:
    """One call in the book, with what each voice said last and what is issued."""

    track: str
    pier_id: str
    berth_from_us: int
    fast_from_us: int | None = None
    settled_from_us: int | None = None
    fast: str | None = None
    settled: str | None = None
    due_s: int | None = None  # the tick at which the settled view takes over
    alert_id: str | None = None
    revision: int = 0
    shown: str | None = None
    touched_s: int = 0

    @property
    def order(self) -> tuple[str, str, int]:
        """Sorts the book."""
        return self.track, self.pier_id, self.berth_from_us


@dataclass(frozen=True)
class Book:
    """All calls that may still be spoken of."""

    entries: tuple[Entry, ...] = ()

    def dump(self) -> bytes:
        """To be saved."""
        return json.dumps([asdict(e) for e in self.entries], ensure_ascii=False).encode()

    @staticmethod
    def load(data: bytes) -> Book:
        """As it was saved."""
        return Book(tuple(Entry(**row) for row in json.loads(data)))


def advance(
    book: Book, said: Iterable[Said], until_s: int, *, site: str, hold_s: int
) -> tuple[Book, list[dict[str, Any]]]:
    """Take what was said up to tick `until_s`.

    Parameters
    ----------
    hold_s
        The allowed lateness: how long after a fast word the settled view takes over.

    Returns
    -------
    The book, and the revisions in the order in which they are issued.
    """
    entries = list(book.entries)
    revisions: list[dict[str, Any]] = []
    queue = sorted(said, key=lambda s: (s.tick_s, s.settled, s.track, s.pier_id, s.from_us))
    for word in queue:
        _take_over(entries, revisions, word.tick_s - 1, site)
        where = _find(entries, word)
        entry = entries[where]
        text = None if word.content is None else _text(word.content)
        entry = replace(entry, touched_s=word.tick_s)
        if word.settled:
            entry = replace(entry, settled=text, settled_from_us=word.from_us)
            if entry.due_s is None:
                entry = _show(entry, text, word.tick_s, site, revisions)
        else:
            entry = replace(entry, fast=text, fast_from_us=word.from_us, due_s=word.tick_s + hold_s)
            entry = _show(entry, text, word.tick_s, site, revisions)
        entries[where] = entry
    _take_over(entries, revisions, until_s, site)
    kept = (e for e in entries if e.touched_s > until_s - MEMORY_S or e.due_s is not None)
    return Book(tuple(sorted(kept, key=lambda e: (e.order, e.alert_id or "")))), revisions


def _find(entries: list[Entry], word: Said) -> int:
    """The call that is spoken of; a new entry where it was not spoken of before.

    A settled call has an entry of its own, found by its exact beginning; the other voice's entry
    is adopted where the berthing agrees within 30 minutes.
    """
    mine = [i for i, e in enumerate(entries) if (e.track, e.pier_id) == (word.track, word.pier_id)]
    name = "settled_from_us" if word.settled else "fast_from_us"
    for i in mine:
        if getattr(entries[i], name) == word.from_us:
            return i
    for i in mine:
        free = getattr(entries[i], name) is None
        if free and abs(entries[i].berth_from_us - word.berth_from_us) <= SAME_CALL_US:
            return i
    entries.append(Entry(word.track, word.pier_id, word.berth_from_us))
    return len(entries) - 1


def _take_over(
    entries: list[Entry], revisions: list[dict[str, Any]], until_s: int, site: str
) -> None:
    """Let the settled view stand where a fast word's time is over, in the order of the ticks."""
    due = [(e.due_s, e.order, i) for i, e in enumerate(entries) if e.due_s is not None]
    for tick_s, _, i in sorted(d for d in due if d[0] <= until_s):
        entry = replace(entries[i], due_s=None)
        entries[i] = _show(entry, entry.settled, tick_s, site, revisions)


def _show(
    entry: Entry, text: str | None, tick_s: int, site: str, revisions: list[dict[str, Any]]
) -> Entry:
    """Issue a revision if what stands is to change."""
    if text == entry.shown:
        return entry
    content = json.loads(text if text is not None else entry.shown or "{}")
    status = "cancel" if text is None else "new" if entry.alert_id is None else "update"
    alert_id = entry.alert_id or _alert_id(site, content, tick_s)
    revision = entry.revision + 1
    issued_at = utc_text(tick_s * 1_000_000)
    head = {"alert_id": alert_id, "revision": revision, "status": status, "issued_at": issued_at}
    revisions.append({**content, **head})
    return replace(entry, alert_id=alert_id, revision=revision, shown=text)


def _alert_id(site: str, content: dict[str, Any], tick_s: int) -> str:
    targets: Sequence[str] = content["targets"]
    at = utc_text(tick_s * 1_000_000) or ""
    return short_id([site, content["kind"], at, min(targets, default="")])


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True)
