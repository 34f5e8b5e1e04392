"""What live feeds say, tick by tick, decoded from the archive's own bytes as a replay of it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from core.errors import RecordingError
from core.schema import FACT
from geo.site import Site
from pipeline.clerk import Taken
from pipeline.reader import Reader, with_number
from pipeline.slices import FirstHeard, Part, Slice
from pipeline.tally import Tally
from pipeline.told import decisions, facts_of

TOGETHER = 1 << 16
IDLE_S = 660  # a file that nothing came to for so long has ended: the archive's longest pause


@dataclass
class Hearing:
    """The decoders of the files that grow, one a file."""

    site: Site
    tally: Tally
    first_heard: FirstHeard = field(default_factory=FirstHeard)
    _readers: dict[str, tuple[Reader, int]] = field(default_factory=dict)
    _heard: dict[str, list[Part]] = field(default_factory=dict)  # since the last tick, by file

    def hear(self, taken: Taken) -> Part:
        """Decode a piece of the second that is not over, and keep it for the second's `slice`.

        Returns
        -------
        What will be in that slice for certain, of its `observations` and `identities`, as `PART`.
        """
        parts = self._decoded(taken)
        for path, some in parts.items():
            self._heard.setdefault(path, []).extend(some)
        return self.first_heard.beforehand(_numbered(parts))

    def slice(self, taken: Taken, facts: Mapping[str, Any], *, last: bool = False) -> Slice:
        """What arrived until the tick; with `last` all files have ended."""
        parts, self._heard = self._heard, {}
        for path, some in self._decoded(taken).items():
            parts.setdefault(path, []).extend(some)
        for path, (reader, heard_s) in list(self._readers.items()):
            over = taken.tick_s - heard_s > IDLE_S or _hour(taken.tick_s) > _hour(heard_s)
            if last or (over and path not in parts):
                parts.setdefault(path, []).append(reader.close())
                del self._readers[path]
        piece, again = self.first_heard.merged(_numbered(parts), taken.tick_s)
        self.tally.heard_again("ais", again)
        known = pl.DataFrame(facts_of(taken.tick_s, facts), schema=FACT)
        told = [(tick_s, json.loads(text)) for tick_s, text in taken.decisions]
        decided = decisions(told, self.tally)
        return replace(piece, facts=known, decisions=decided, last=last)

    def _decoded(self, taken: Taken) -> dict[str, list[Part]]:
        parts: dict[str, list[Part]] = {path: [] for path in taken.pieces}
        for path, pieces in taken.pieces.items():
            reader, _ = self._readers.get(path) or (Reader(path, self.site, self.tally), 0)
            self._readers[path] = reader, taken.tick_s
            try:
                for data in _together(pieces):
                    parts[path].append(reader.feed(data))
            except RecordingError as error:
                lost = {"reason": "unreadable_file", "line": None, "detail": error.came[:120]}
                self.tally.refuse(reader.feed_name, pl.DataFrame([lost]), path)
        return parts


def _together(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Small pieces as one: a decoder's call costs more than a few lines do."""
    held = b""
    try:
        for data in pieces:
            held += data
            if len(held) >= TOGETHER:
                yield held
                held = b""
    except RecordingError:
        if held:
            yield held
        raise
    if held:
        yield held


def _numbered(parts: Mapping[str, list[Part]]) -> list[Part]:
    """The parts with their files' places in the order of the files."""
    return [
        with_number(part, number)
        for number, path in enumerate(sorted(parts))
        for part in parts[path]
    ]


def _hour(tick_s: int) -> int:
    return tick_s // 3600
