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
from heapq import heappop, heappush
from typing import Any

from core.keys import short_id
from core.times import SECOND_US, utc_text

SAME_CALL_US = 30 * 60 * SECOND_US  # the contract's tolerance for one berthing
MEMORY_S = 48 * 3600


@dataclass(frozen=True)
class Said:
    """What one voice says of one call at a tick; `content` is None where it is no alert (any more).

    `content` holds the envelope's fields but those of the revision; `over` marks the voice's last
    word of the call, and `lost` a last word without news: the vessel was never heard again, so
    what was said before stands, as over since `last_sign` where that is told. `grace_s`: so much
    longer a fast word stands, where the two passes may come to the same a little apart. `why`: why
    there is no content, told where an alert is cancelled (the envelope's `withdrawn`). `heir`:
    `from_us` and `berth_from_us` of another call at the pier that proved to be this one; the alert
    goes on as that call's. `subject` and `heir_subject` tell calls of one track apart that begin at
    the same moment.
    """

    tick_s: int
    settled: bool
    track: str
    pier_id: str
    from_us: int
    berth_from_us: int
    content: dict[str, Any] | None
    over: bool = False
    lost: bool = False
    grace_s: int = 0
    why: dict[str, Any] | None = None
    heir: tuple[int, int] | None = None
    subject: str = ""
    heir_subject: str = ""
    last_sign: str | None = None

    @property
    def call(self) -> str:
        """The name of its call among those of the track at the pier."""
        return _named(self.from_us, self.subject)


def _named(from_us: int, subject: str) -> str:
    return f"{from_us:020d} {subject}"


@dataclass(frozen=True)
class Entry:
    """One call in the book, with what each voice said last and what is issued."""

    track: str
    pier_id: str
    berth_from_us: int
    fast_call: str | None = None  # `Said.call`
    settled_call: str | None = None
    fast_over: bool = False
    settled_over: bool = False
    settled: str | None = None
    settled_why: str | None = None  # `Said.why` of that
    due_s: int | None = None  # the tick at which the settled view takes over
    alert_id: str | None = None
    revision: int = 0
    shown: str | None = None
    touched_s: int = 0
    heir_berth_us: int | None = None  # of the call that it was handed over to

    @property
    def order(self) -> tuple[str, str, int, str, str]:
        """Sorts the book."""
        fast, settled = (call or "" for call in self.calls)
        return self.track, self.pier_id, self.berth_from_us, fast, settled

    @property
    def spoken_of(self) -> bool:
        """Whether a voice's call is still its own: none is once all were handed over."""
        return self.calls != (None, None)

    @property
    def calls(self) -> tuple[str | None, str | None]:
        """The fast voice's call and the settled one's."""
        return self.fast_call, self.settled_call

    def call(self, settled: bool) -> str | None:
        """A voice's call."""
        return self.calls[settled]

    def taking(self, other: Entry, *, settled: bool) -> Entry:
        """With what another holds of a voice."""
        if not settled:
            return replace(self, fast_call=other.fast_call, fast_over=other.fast_over)
        return replace(
            self, settled_call=other.settled_call, settled_over=other.settled_over,
            settled=other.settled, settled_why=other.settled_why,
        )  # fmt: skip

    def apart_us(self, berth_from_us: int) -> int:
        """How far a berthing is from its own, or from that of the call that it became."""
        mine = {self.berth_from_us, self.heir_berth_us} - {None}
        return min(abs((own or 0) - berth_from_us) for own in mine)

    def forgotten(self, tick_s: int) -> bool:
        """Whether nobody can speak of it any more at a tick: a call may last for weeks."""
        going_on = (self.fast_call is not None and not self.fast_over) or (
            self.settled_call is not None and not self.settled_over
        )
        return not going_on and self.due_s is None and self.touched_s <= tick_s - MEMORY_S


_NOBODYS = Entry("", "", 0)


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
    desk = _Desk(book, site)
    for word in sorted(said, key=_order):
        desk.take_over(word.tick_s - 1)
        desk.hear(word, hold_s)
    desk.take_over(until_s)
    kept = (e for e in desk.entries if e.spoken_of and not e.forgotten(until_s))
    return Book(tuple(sorted(kept, key=lambda e: e.order))), desk.revisions


def _order(word: Said) -> tuple[int, bool, bool, str, str, str]:
    """Of a voice's words of a tick those come first that hand over, then those of the heirs."""
    keeps = word.heir is None
    return word.tick_s, word.settled, keeps, word.track, word.pier_id, word.call


class _Desk:
    """The book lying open while a batch is taken."""

    def __init__(self, book: Book, site: str) -> None:
        self.entries = list(book.entries)
        self.revisions: list[dict[str, Any]] = []
        self._site = site
        self._ids = {e.alert_id for e in self.entries}
        self._calls: dict[tuple[str, str], list[int]] = {}
        self._due: list[tuple[int, int]] = []
        self._handed: dict[int, tuple[int, bool]] = {}  # by entry: when, and by which voice
        for i, entry in enumerate(self.entries):
            self._calls.setdefault((entry.track, entry.pier_id), []).append(i)
            if entry.due_s is not None:
                heappush(self._due, (entry.due_s, i))

    def hear(self, word: Said, hold_s: int) -> None:
        """Note a word; a fast one is shown at once, a settled one unless a fast one still holds."""
        if word.lost and not self._spoken_of(word):
            return
        i = self._find(word)
        if word.heir is not None and self._hand_over(i, word, word.heir, hold_s):
            return
        if self._handed.get(i) == (word.tick_s, word.settled):
            del self._handed[i]  # the heir speaks
        entry = replace(self.entries[i], touched_s=word.tick_s)
        text = _text(word.content)
        why = _text(word.why) if entry.alert_id else None  # of what was never raised none is asked
        if word.lost:
            self._lose(i, entry, word)
            return
        if word.settled:
            entry = replace(
                entry, settled=text, settled_why=why,
                settled_call=word.call, settled_over=word.over,
            )  # fmt: skip
        else:
            due_s = word.tick_s + hold_s + word.grace_s
            entry = replace(entry, fast_call=word.call, fast_over=word.over, due_s=due_s)
            heappush(self._due, (due_s, i))
        self.entries[i] = entry
        if not word.settled and word.over and entry.alert_id and entry.shown is None:
            return  # the last word of what the settled view has withdrawn raises nothing
        if not word.settled or entry.due_s is None:
            self._show(i, text, why, word.tick_s)

    def _lose(self, i: int, entry: Entry, word: Said) -> None:
        """Note that a vessel was never heard again: the settled view tells since when, once it
        stands."""
        if not word.settled:
            self.entries[i] = replace(entry, fast_call=word.call, fast_over=True)
            return
        text = _lost(entry.settled, word.last_sign)
        self.entries[i] = replace(entry, settled=text, settled_call=word.call, settled_over=True)
        if entry.due_s is None:
            self._show(i, text, entry.settled_why, word.tick_s)

    def _spoken_of(self, word: Said) -> bool:
        """Whether this voice spoke of the call before."""
        mine = self._calls.get((word.track, word.pier_id), [])
        return any(self.entries[i].call(word.settled) == word.call for i in mine)

    def _find(self, word: Said) -> int:
        """The call that is spoken of; a new entry where it was not spoken of before.

        A call has one entry for each voice, found by its exact beginning; where the berthings of
        the two agree within 30 minutes, one adopts the other's: the nearest.
        """
        mine = self._calls.setdefault((word.track, word.pier_id), [])
        free = []
        for i in mine:
            entry = self.entries[i]
            if entry.call(word.settled) == word.call:
                return i
            apart = entry.apart_us(word.berth_from_us)
            known = entry.call(word.settled) is not None or entry.forgotten(word.tick_s)
            if entry.spoken_of and not known and apart <= SAME_CALL_US:
                another = entry.call(not word.settled) != word.call
                free.append((apart, another, entry.order, i))
        if free:
            return min(free)[-1]
        self.entries.append(Entry(word.track, word.pier_id, word.berth_from_us))
        mine.append(len(self.entries) - 1)
        return mine[-1]

    def _hand_over(self, i: int, word: Said, heir: tuple[int, int], hold_s: int) -> bool:
        """Let an alert that stands go on as that of the heir, unless that one has its own.

        What was said of the heir before, which was no alert, is then said of this one.
        """
        entry, its = self.entries[i], _named(heir[0], word.heir_subject)
        held = [
            j
            for j in self._calls[word.track, word.pier_id]
            if j != i and its in self.entries[j].calls
            if not self.entries[j].forgotten(word.tick_s)
        ]
        if any(self.entries[j].shown is not None for j in held):
            return False
        if entry.shown is None and entry.call(not word.settled) != its:
            return False
        own = Entry(entry.track, entry.pier_id, heir[1], its, its)
        entry = entry.taking(own, settled=word.settled)
        for j in held:
            for settled in (False, True):
                known = self.entries[j]
                mine = settled == word.settled or entry.call(settled) is None
                if mine and known.call(settled) == its:
                    entry = entry.taking(known, settled=settled)
                    self.entries[j] = known.taking(_NOBODYS, settled=settled)
            if not self.entries[j].spoken_of:
                self.entries[j] = replace(self.entries[j], due_s=None)
        entry = replace(entry, touched_s=word.tick_s, heir_berth_us=heir[1])
        if not word.settled:
            due_s = word.tick_s + hold_s + word.grace_s
            entry = replace(entry, due_s=due_s)
            heappush(self._due, (due_s, i))
        self.entries[i] = entry
        if not word.settled or entry.due_s is None:
            self._handed[i] = word.tick_s, word.settled
        return True

    def take_over(self, until_s: int) -> None:
        """Let the settled view stand where a fast word's time is over, tick by tick."""
        for i, (tick_s, settled) in sorted(self._handed.items()):
            if tick_s <= until_s:  # nothing is said of the heir
                del self._handed[i]
                entry = self.entries[i] if settled else _NOBODYS
                self._show(i, entry.settled, entry.settled_why, tick_s)
        while self._due and self._due[0][0] <= until_s:
            tick_s, now = self._due[0][0], set()
            while self._due and self._due[0][0] == tick_s:
                now.add(heappop(self._due)[1])
            over = [i for i in now if self.entries[i].due_s == tick_s]  # no newer fast word
            for i in sorted(over, key=lambda i: self.entries[i].order):
                self.entries[i] = replace(self.entries[i], due_s=None)
                self._show(i, self.entries[i].settled, self.entries[i].settled_why, tick_s)

    def _show(self, i: int, text: str | None, why: str | None, tick_s: int) -> None:
        """Issue a revision if what stands is to change; one that takes it back says why."""
        entry = self.entries[i]
        if text == entry.shown:
            return
        content = json.loads(text if text is not None else entry.shown or "{}")
        if text is None and why is not None:
            content["withdrawn"] = json.loads(why)
        status = "cancel" if text is None else "new" if entry.alert_id is None else "update"
        alert_id = entry.alert_id or self._new_id(entry, content, tick_s)
        revision = entry.revision + 1
        issued_at = utc_text(tick_s * SECOND_US)
        head = {"alert_id": alert_id, "revision": revision, "status": status}
        self.revisions.append({**content, **head, "issued_at": issued_at})
        self.entries[i] = replace(entry, alert_id=alert_id, revision=revision, shown=text)

    def _new_id(self, entry: Entry, content: dict[str, Any], tick_s: int) -> str:
        """Made of site, kind, tick and lowest target; of the call too where that is taken."""
        targets: Sequence[str] = content["targets"]
        at = utc_text(tick_s * SECOND_US) or ""
        parts = [self._site, content["kind"], at, min(targets, default="")]
        found = short_id(parts)
        while found in self._ids:
            parts += [entry.pier_id, entry.track, str(entry.berth_from_us)]
            found = short_id(parts)
        self._ids.add(found)
        return found


def _lost(text: str | None, last_sign: str | None) -> str | None:
    """What was said of a vessel, as over since its last sign."""
    if text is None or last_sign is None:
        return text
    content = json.loads(text)
    told = {**content.get("explanation", {}), "lost": True}
    return _text({**content, "berth_to": last_sign, "explanation": told})


def _text(content: dict[str, Any] | None) -> str | None:
    return None if content is None else json.dumps(content, ensure_ascii=False, sort_keys=True)
