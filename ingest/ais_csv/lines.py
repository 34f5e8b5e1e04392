"""A block of whole lines, cut into stretches under one header, what is no row set apart.

A row is a line: fields with commas may be quoted, but none runs over a line's end.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Final

import numpy as np

from ingest.ais_csv.header import EXPECTED, Header, header_of
from ingest.nmea.lines import MAX_LINE
from ingest.nmea.text import Bools, Bytes, Ints

COMMA: Final = "\x1f"  # in place of one within a field


@dataclass(frozen=True)
class Stretch:
    """Rows under one header: their CSV without quotes, and which lines of the block they are."""

    header: Header
    csv: bytes
    line: Ints


@dataclass(frozen=True)
class Block:
    """A block's lines: begin, end, the stretches, and (line, reason, sample) of the refused.

    `headers` are the lines from which on a header holds.
    """

    data: bytes
    begin: Ints
    end: Ints
    stretches: list[Stretch]
    refused: list[tuple[int, str, bytes]]
    headers: list[tuple[int, Header]]
    unread: int

    def header_at(self, line: int) -> Header | None:
        """The header in force before a line."""
        return next((header for at, header in reversed(self.headers) if at < line), None)

    def sample(self, line: int) -> bytes:
        """A line."""
        return self.data[int(self.begin[line]) : int(self.end[line])]


def block_of(data: bytes, header: Header | None, *, first: bool) -> Block:
    """Cut whole lines into rows.

    Parameters
    ----------
    header
        What holds at the block's begin; None where the file had none so far.
    first
        Whether nothing of the file came before: what is missing then is said once.
    """
    raw = np.frombuffer(data, np.uint8)
    end = np.flatnonzero(raw == ord("\n"))
    begin = np.concatenate([np.zeros(min(len(end), 1), np.int64), end[:-1] + 1])
    headers: list[tuple[int, Header]] = [] if header is None else [(-1, header)]
    for line in np.flatnonzero((raw[begin] < ord("0")) | (raw[begin] > ord("9"))).tolist():
        text = data[int(begin[line]) : int(end[line])]
        found = header_of(text) if b"MMSI" in text or b"mmsi" in text else None
        if found is not None:
            headers.append((line, found))
    block = Block(data, begin, end, [], [], headers, 0)
    cuts = [*(line for line, _ in headers), len(begin)]
    for (at, known), limit in zip(headers, cuts[1:], strict=True):
        _rows(block, raw, known, at + 1, limit)
    lost = [line for line in range(cuts[0]) if block.sample(line).strip()] if header is None else []
    if first and lost:
        block.refused.append((lost[0], "bad_header", EXPECTED + block.sample(lost[0])))
    return Block(data, begin, end, block.stretches, block.refused, headers, len(lost))


def _rows(block: Block, raw: Bytes, header: Header, start: int, stop: int) -> None:
    """Add the stretch of lines from `start` up to `stop`."""
    if start >= stop:
        return
    begin, end = block.begin[start:stop], block.end[start:stop]
    left, right = int(begin[0]), int(end[-1]) + 1
    length = end - begin
    text = block.data[left:right]
    good = _counted(raw[left:right], end - left, header.n) & (length <= MAX_LINE)
    quoted = np.zeros(len(good), np.bool_)
    if b'"' in text:
        quotes = np.flatnonzero(raw[left:right] == ord('"')) + left
        quoted = np.diff(np.searchsorted(quotes, end), prepend=0) > 0
    blank = (length == 0) | ((length == 1) & (raw[begin] == ord("\r")))
    plain = good & ~quoted & ~blank
    if not plain.all():
        kept, text = _kept(block, header, start, plain, quoted, blank)
    else:
        kept = np.arange(start, stop)
    if len(kept):
        block.stretches.append(Stretch(header, _clean(text), kept))


def _counted(raw: Bytes, end: Ints, n: int) -> Bools:
    """Which lines have `n` fields."""
    comma = raw == ord(",")
    if np.count_nonzero(comma) == (n - 1) * len(end):
        # Modulo 256 is fast, and enough: the sum leaves no room for 256 more in any line.
        begin = np.concatenate([[0], end[:-1] + 1])
        counts = np.add.reduceat(comma.view(np.uint8), begin, dtype=np.uint8)
        if (counts == n - 1).all():
            return np.ones(len(end), np.bool_)
    fields: Ints = np.diff(np.searchsorted(np.flatnonzero(comma), end), prepend=0) + 1
    good: Bools = fields == n
    return good


def _kept(
    block: Block,
    header: Header,
    start: int,
    plain: Bools,
    quoted: Bools,
    blank: Bools,
) -> tuple[Ints, bytes]:
    """The lines that are rows, and their text with quotes resolved; the others are refused."""
    kept, texts = [], []
    for row in np.flatnonzero(~blank).tolist():
        line = start + row
        text: bytes | None = block.sample(line)
        if not plain[row]:
            if len(text or b"") > MAX_LINE:
                block.refused.append((line, "too_long", block.sample(line)))
                continue
            text = _unquoted(text or b"", header.n) if quoted[row] else None
        if text is None:
            block.refused.append((line, "bad_row", block.sample(line)))
            continue
        kept.append(line)
        texts.append(text)
    return np.array(kept, np.int64), b"\n".join([*texts, b""])


def _unquoted(line: bytes, n: int) -> bytes | None:
    if line.count(b'"') % 2:
        return None
    text = line.decode("utf-8", "replace").rstrip("\r")
    try:
        fields = next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration):
        return None
    if len(fields) != n or any("\n" in field for field in fields):
        return None
    return ",".join(field.replace(",", COMMA) for field in fields).encode()


def _clean(text: bytes) -> bytes:
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b" ")
    return text if text.isascii() else text.decode("utf-8", "replace").encode()
