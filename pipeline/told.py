"""The feeds that `live` itself wrote: its clock, with what it knew of itself, and the desk's."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from core.decisions import checked
from core.errors import DecisionError, RecordingError
from core.schema import DECISION, FACT
from core.times import unix_us
from ingest.archive.reading import chunks
from ingest.nmea.lines import LineBuffer
from models.feeds.watch import DOWN
from pipeline.reader import tick_of
from pipeline.tally import Tally

MOST_LINE: Final = 1 << 16
MOST: Final = 1e15
_Line = tuple[int, str, dict[str, Any]]


def facts_of(tick_s: int, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of `core.schema.FACT` that a tick's line tells: numbers, or numbers by subject.

    >>> [tuple(r.values()) for r in facts_of(7, {"disk_used_share": 0.9, "lost": {"ais/a": 3}})]
    [(7, 'disk_used_share', '', 0.9), (7, 'lost', 'ais/a', 3.0)]
    """
    rows = []
    for name, said in told.items():
        by_subject = said if isinstance(said, Mapping) else {"": said}
        for subject, number in by_subject.items():
            if not isinstance(number, int | float) or isinstance(number, bool):
                continue
            value = float(min(max(number, -MOST), MOST))
            if math.isfinite(value):
                row = {"tick_s": tick_s, "name": name, "subject": subject, "value": value}
                rows.append(row)
    return rows


@dataclass
class Told:
    """Lines of JSON in the order of their time, read as far as they are due.

    Parameters
    ----------
    files
        In the order of their names.
    time
        The member that says when; of lines that go back, the newest time before them holds.
    """

    files: Iterable[Path]
    time: str
    keys: Path | None = None
    end_s: int | None = None  # the last tick read
    unreadable: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lines = self._read()
        self._next: _Line | None = next(self._lines, None)

    def until(self, tick_s: int | None) -> Iterator[_Line]:
        """The lines up to a tick, or all: tick, text, members."""
        while self._next is not None and (tick_s is None or self._next[0] <= tick_s):
            line = self._next
            self.end_s = line[0]
            yield line
            self._next = next(self._lines, None)

    def pause(self, tick_s: int | None) -> list[_Line]:
        """The next line, where it tells of a pause (`down_s`) in which that tick lies."""
        if self._next is None or tick_s is None:
            return []
        at_s, _, members = self._next
        down = members.get(DOWN)
        within = isinstance(down, int | float) and at_s - down <= tick_s
        return [(at_s, "", {DOWN: down})] if within else []

    def _read(self) -> Iterator[_Line]:
        newest = 0
        for path in self.files:
            buffer = LineBuffer(MOST_LINE)
            try:
                for chunk in chunks(path, keys=self.keys):
                    for block in buffer.feed(chunk):
                        for line in _parsed(block, self.time):
                            newest = max(newest, line[0])
                            yield newest, line[1], line[2]
            except RecordingError as error:
                self.unreadable.append(str(error))
            for line in _parsed(buffer.close(), self.time):
                newest = max(newest, line[0])
                yield newest, line[1], line[2]


def _parsed(block: bytes, time: str) -> Iterator[_Line]:
    """Lines that are no such object are left out: a crash ends anywhere."""
    for text in block.splitlines():
        try:
            members = json.loads(text)
            at = datetime.fromisoformat(members.pop(time)).astimezone(UTC)
            yield tick_of(unix_us(at)), text.decode(), members
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            continue


def facts(lines: Iterable[_Line]) -> pl.DataFrame:
    """`core.schema.FACT` of clock lines."""
    rows = [row for tick_s, _, members in lines if members for row in facts_of(tick_s, members)]
    return pl.DataFrame(rows, schema=FACT)


def decisions(told: Iterable[tuple[int, Mapping[str, Any]]], tally: Tally) -> pl.DataFrame:
    """`core.schema.DECISION` of the desk's lines, each with its tick; others are refused."""
    rows, refused = [], []
    for tick_s, members in told:
        try:
            content = checked(members.get("kind"), members.get("content"))
        except DecisionError as error:
            said = {"reason": "bad_decision", "line": None, "detail": str(error)[:120]}
            refused.append(said)
            continue
        number = members.get("decision_id")
        rows.append({
            "tick_s": tick_s, "kind": members["kind"],
            "decision_id": number if isinstance(number, int) and 0 < number < 1 << 63 else None,
            "content": json.dumps(content, ensure_ascii=False, sort_keys=True),
        })  # fmt: skip
    if refused:
        tally.refuse("desk/desk", pl.DataFrame(refused))
    return pl.DataFrame(rows, schema=DECISION)
