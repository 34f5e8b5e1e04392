"""One alert for one visit to a pier: landings there whose times touch are told together. Pure.

Two boats alongside, or one boat under two radar numbers, are one place to send somebody to. What
stands at a pier is grouped by the times of the berthings alone, never by what came first; so what
stands in the end is the same however the lines were delayed. The surest of a group speaks for it
(its reasons are the alert's); the others are named with it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby
from typing import Any, Final

from core.settings import AlertSettings
from core.times import unix_seconds

NIGHT_LANDING: Final = "night_landing"
#: A landing of which so long nothing was said is joined with nothing any more.
MEMORY_S: Final = 48 * 3600
#: Why an alert is taken back that became part of another.
SAME_VISIT: Final = "same_visit"
#: What an alert says of those that it does not speak for.
ALSO: Final = ("targets", "berth_from", "berth_to", "posterior")

Json = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A landing as the policy told it last, and the alert that it was last part of."""

    pier_id: str
    told_s: int
    text: str | None  # None: it was taken back
    why: Json | None = None
    alert_id: str | None = None


@dataclass(frozen=True)
class Issued:
    """What was said last of a visit; an alert has the number of the landing that it began with."""

    revision: int
    text: str
    stands: bool = True


@dataclass(frozen=True)
class Book:
    """All visits that may still be spoken of; landings and alerts by their numbers."""

    parts: Mapping[str, Part] = field(default_factory=dict)
    issued: Mapping[str, Issued] = field(default_factory=dict)

    def dump(self) -> bytes:
        """To be saved."""
        parts = {key: asdict(one) for key, one in sorted(self.parts.items())}
        issued = {key: asdict(one) for key, one in sorted(self.issued.items())}
        return json.dumps({"parts": parts, "issued": issued}, ensure_ascii=False).encode()

    @staticmethod
    def load(data: bytes) -> Book:
        """As it was saved."""
        rows = json.loads(data)
        parts = {key: Part(**row) for key, row in rows["parts"].items()}
        return Book(parts, {key: Issued(**row) for key, row in rows["issued"].items()})


def advance(
    book: Book, revisions: Iterable[Json], known: Collection[str], settings: AlertSettings
) -> tuple[Book, list[Json]]:
    """Take what the policy issued (`alerts.policy.advance`), tick by tick.

    Parameters
    ----------
    known
        Numbers that the policy may still speak of; the others are forgotten.

    Returns
    -------
    The book, and the revisions in the order in which they are issued. What is about no landing at
    a pier passes as it is.
    """
    desk, out = _Desk(book, settings), list[Json]()
    for _, rows in groupby(revisions, key=lambda row: str(row["issued_at"])):
        out += desk.take(list(rows))
    parts = {key: part for key, part in desk.parts.items() if key in known}
    kept = {*parts, *(part.alert_id for part in parts.values())}
    return Book(parts, {key: one for key, one in desk.issued.items() if key in kept}), out


class _Desk:
    """The book lying open while a batch is taken."""

    def __init__(self, book: Book, settings: AlertSettings) -> None:
        self.parts = dict(book.parts)
        self.issued = dict(book.issued)
        self._settings = settings

    def take(self, rows: list[Json]) -> list[Json]:
        """What is issued of the revisions of one tick."""
        out, piers = list[Json](), set[str]()
        at = str(rows[0]["issued_at"])
        for row in rows:
            if row["kind"] != NIGHT_LANDING:
                out.append(row)
                continue
            key = str(row["alert_id"])
            part = _part(row, unix_seconds(at))
            was = self.parts.get(key)
            self.parts[key] = part if was is None else replace(part, alert_id=was.alert_id)
            piers.add(part.pier_id)
        for pier_id in sorted(piers):
            out += self._tell(pier_id, at)
        return out

    def _tell(self, pier_id: str, at: str) -> list[Json]:
        """Group what stands at a pier anew, and issue what that changes."""
        fresh_s = unix_seconds(at) - MEMORY_S
        mine = {k: p for k, p in self.parts.items() if p.pier_id == pier_id and p.told_s > fresh_s}
        groups = list(self._groups(mine))
        named = self._named(groups)
        out = []
        before = {part.alert_id for part in mine.values() if part.alert_id is not None}
        for alert_id in sorted(before - named.keys()):
            out += self._take_back(alert_id, mine, named, at)
        for alert_id, group in named.items():
            for key in group:
                self.parts[key] = replace(self.parts[key], alert_id=alert_id)
            out += self._show(alert_id, group, at)
        return out

    def _groups(self, mine: Mapping[str, Part]) -> Iterator[list[str]]:
        """The landings that stand, those together whose times touch, in the order of berthing."""
        spans = []
        for key, part in mine.items():
            if part.text is not None:
                said = json.loads(part.text)
                begun_s = unix_seconds(said["berth_from"])
                end_s = begun_s + self._settings.visit_longest_min * 60
                if said.get("berth_to") is not None:
                    end_s = min(end_s, unix_seconds(said["berth_to"]))
                spans.append((begun_s, end_s, key))
        group, until_s = list[str](), 0
        for begun_s, end_s, key in sorted(spans):
            apart = begun_s > until_s + self._settings.visit_gap_min * 60
            if group and (apart or not self._settings.one_per_visit):
                yield group
                group, until_s = [], 0
            group.append(key)
            until_s = max(until_s, end_s)
        if group:
            yield group

    def _named(self, groups: list[list[str]]) -> dict[str, list[str]]:
        """The groups by the number of their alert: one that has the number of a landing of theirs,
        else one that a landing of theirs was last part of; what stands first."""
        standing = {key for group in groups for key in group}
        named: dict[str, list[str]] = {}
        for group in groups:
            own = [key for key in group if key in self.issued]
            last = [self.parts[key].alert_id for key in group]
            others = [one for one in last if one in self.issued and one not in {*standing, *named}]
            known = sorted([*own, *others], key=lambda one: not self.issued[one].stands)
            named[known[0] if known else group[0]] = group
        return named

    def _show(self, alert_id: str, group: list[str], at: str) -> list[Json]:
        """A revision of an alert, if what it says is to change."""
        said = sorted(
            (json.loads(self.parts[key].text or "{}") for key in group), key=_surest_first
        )
        content, others = said[0], said[1:]
        if others:
            for name in ("targets", "vehicles"):
                content[name] = sorted({each for one in said for each in one[name]})
            content["also"] = [{name: one.get(name) for name in ALSO} for one in others]
        text, was = _text(content), self.issued.get(alert_id)
        if was is not None and was.stands and was.text == text:
            return []
        revision = 1 if was is None else was.revision + 1
        self.issued[alert_id] = Issued(revision, text)
        return [_line(text, alert_id, revision, "new" if was is None else "update", at)]

    def _take_back(
        self, alert_id: str, mine: Mapping[str, Part], named: Mapping[str, list[str]], at: str
    ) -> list[Json]:
        """The cancel of an alert of which no landing is left, and why: the last word's reason, or
        that they are told in another."""
        was = self.issued[alert_id]
        if not was.stands:
            return []
        parts = {key: part for key, part in mine.items() if part.alert_id == alert_id}
        why = max(parts.items(), key=lambda one: (one[1].told_s, one[0]))[1].why
        for other, group in named.items():
            if not parts.keys().isdisjoint(group):
                why = {"code": SAME_VISIT, "alert_id": other}
        issued = replace(was, revision=was.revision + 1, stands=False)
        self.issued[alert_id] = issued
        line = _line(was.text, alert_id, issued.revision, "cancel", at)
        return [line if why is None else {**line, "withdrawn": why}]


def _part(row: Json, told_s: int) -> Part:
    """A revision of the policy's without what is the revision's alone."""
    cancelled = row["status"] == "cancel"
    head = ("alert_id", "revision", "status", "issued_at", "withdrawn")
    content = {name: value for name, value in row.items() if name not in head}
    text = None if cancelled else _text(content)
    return Part(str(row["pier_id"]), told_s, text, row.get("withdrawn") if cancelled else None)


def _surest_first(content: Json) -> tuple[bool, float, str, str]:
    """Orders what is said of one visit, by nothing but that: who speaks for it comes first."""
    watch, sure = content["level"] != "verify", float(content["posterior"])
    return watch, -sure, str(content["berth_from"]), _text(content)


def _line(text: str, alert_id: str, revision: int, status: str, at: str) -> Json:
    head = {"alert_id": alert_id, "revision": revision, "status": status, "issued_at": at}
    return {**json.loads(text), **head}


def _text(content: Json) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True)
