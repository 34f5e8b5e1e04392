"""Headers of many frames as columns; the codec's counterpart is `ingest.jt808.frame.Header`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ingest import frames
from ingest.jt808.lines import FAULT, Frames, Lines
from ingest.nmea.text import Bools, Bytes, Ints, Text

_PHONE_DIGITS = 20


@dataclass(frozen=True)
class Headers:
    """One row a frame; `begin` and `end` span its body. `row` is the row of `Lines`.

    `phone` has shape (n, 20): digits as ASCII, zeros in front. `part` of `parts` holds where
    `parted`.
    """

    text: Text
    row: Ints
    message_id: Ints
    phone: Bytes
    serial: Ints
    part: Ints
    parts: Ints
    parted: Bools
    modern: Bools
    encrypted: Bools
    begin: Ints
    end: Ints

    def body(self, row: int) -> bytes:
        """The bytes of one body."""
        return self.text.slice(int(self.begin[row]), int(self.end[row]))

    def take(self, rows: Bools) -> Headers:
        """Some of the frames."""
        return Headers(
            self.text, self.row[rows], self.message_id[rows], self.phone[rows], self.serial[rows],
            self.part[rows], self.parts[rows], self.parted[rows], self.modern[rows],
            self.encrypted[rows], self.begin[rows], self.end[rows],
        )  # fmt: skip

    def terminals(self) -> pl.Series:
        """The terminals' numbers without leading zeros."""
        short = frames.fixed_text(self.phone).str.strip_chars_start("0")
        return short.replace("", "0")


def headers_of(lines: Lines, framed: Frames) -> Headers:
    """Read them; faults that are found are written into `lines.fault`."""
    text, begin, end = framed.text, framed.begin, framed.end
    head = text.windows(begin, 24)  # the longest header has 21 bytes; beyond the text are zeros

    def word(at: Ints) -> Ints:
        rows = np.arange(len(head))
        return head[rows, at].astype(np.int64) << 8 | head[rows, at + 1]

    attributes = head[:, 2].astype(np.int64) << 8 | head[:, 3]
    modern = (attributes >> 14 & 1).astype(np.bool_)
    parted = attributes >> 13 & 1
    serial_at = np.where(modern, 15, 10)
    size = serial_at + 2 + 4 * parted
    fault = np.zeros(len(begin), np.uint8)
    fault[end - begin - size != attributes & 0x3FF] = FAULT["bad_length"]
    bcd = np.zeros((len(begin), _PHONE_DIGITS // 2), np.uint8)
    bcd[modern] = head[modern, 5:15]
    bcd[~modern, 4:] = head[~modern, 4:10]
    digits = np.empty((len(begin), _PHONE_DIGITS), np.uint8)
    digits[:, 0::2], digits[:, 1::2] = bcd >> 4, bcd & 15
    fault[(digits > 9).any(axis=1) | (end - begin < size)] = FAULT["bad_header"]
    lines.fault[framed.row] = fault
    good = fault == 0
    return Headers(
        text=text,
        row=framed.row[good],
        message_id=(head[:, 0].astype(np.int64) << 8 | head[:, 1])[good],
        phone=(digits + np.uint8(48))[good],
        serial=word(serial_at)[good],
        parts=word(serial_at + 2)[good],
        part=word(serial_at + 4)[good],
        parted=(parted == 1)[good],
        modern=modern[good],
        encrypted=(attributes & 0x1C00 != 0)[good],
        begin=(begin + size)[good],
        end=end[good],
    )
