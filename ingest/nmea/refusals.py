"""Refused lines, with reasons, on their way into a frame."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from core.schema import REFUSAL
from ingest.nmea.lines import MAX_LINE
from ingest.nmea.text import NONE

SAMPLE = 120  # characters of a refused line that are kept


class Refusals:
    """Collects rows of the refusals frame."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, str, str, int | None]] = []

    def add(self, line: int, reason: str, sample: bytes, arrival: int = NONE) -> None:
        """Refuse one line; `arrival` in microseconds."""
        text = sample[:SAMPLE].decode("ascii", "backslashreplace")[:SAMPLE]
        self._rows.append((line, reason, text, None if arrival < 0 else arrival))

    def extend(self, lines: Iterable[int], reason: str, samples: Iterable[bytes]) -> None:
        """Refuse several lines for one reason."""
        for line, sample in zip(lines, samples, strict=True):
            self.add(line, reason, sample)

    def frame(self) -> pl.DataFrame:
        """`core.schema.REFUSAL`, in the order of the lines."""
        if not self._rows:
            return pl.DataFrame(schema=REFUSAL)
        columns = dict(zip(REFUSAL, zip(*self._rows, strict=True), strict=True))
        return (
            pl.DataFrame(columns, schema_overrides={"arrived_at": pl.Int64()}, strict=True)
            .cast({"line": pl.Int64(), "arrived_at": pl.Datetime("us", "UTC")})
            .select(list(REFUSAL))
            .sort("line", maintain_order=True)
        )


def why_no_sentence(line: bytes) -> str | None:
    """Why a line without a sentence of the feed is refused; None where it is no fault.

    Comments, blank lines, tag blocks alone and sentences of other kinds are no fault.

    >>> why_no_sentence(b"# a comment"), why_no_sentence(b"53do3d800003TP7CK")
    (None, 'no_sentence')
    """
    if len(line) > MAX_LINE:
        return "too_long"
    rest = line.strip()
    while rest.startswith(b"\\"):
        close = rest.find(b"\\", 1)
        if close < 0:
            return "no_sentence"
        rest = rest[close + 1 :].lstrip()
    if not rest or rest.startswith(b"#"):
        return None
    if not line.isascii() or any(byte < 32 and byte not in b"\t\r\n" for byte in line):
        return "not_ascii"
    if rest[:1] in b"$!" and rest[1:4].isalnum():
        return None
    return "no_sentence"
