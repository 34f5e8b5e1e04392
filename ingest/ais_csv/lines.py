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
    for line in _candidates(data, end):
        found = header_of(data[int(begin[line]) : int(end[line])])
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


def _candidates(data: bytes, end: Ints) -> list[int]:
    """Lines that name an MMSI: perhaps a header."""
    lines: list[int] = []
    for word in (b"MMSI", b"mmsi"):
        at = data.find(word)
        while at >= 0:
            line = int(np.searchsorted(end, at))
            lines.append(line)
            at = data.find(word, int(end[line]))
    return sorted(set(lines))


def _rows(block: Block, raw: Bytes, header: Header, start: int, stop: int) -> None:
    """Add the stretch of lines from `start` up to `stop`."""
    if start >= stop:
        return
    begin, end = block.begin[start:stop], block.end[start:stop]
    left, right = int(begin[0]), int(end[-1]) + 1
    commas = np.flatnonzero(raw[left:right] == ord(",")) + left
    counts = np.diff(np.searchsorted(commas, end), prepend=0)
    length = end - begin
    text = block.data[left:right]
    good = (counts == header.n - 1) & (length <= MAX_LINE)
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
