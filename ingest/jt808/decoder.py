"""The decoder of vehicle terminals: lines `<Unix seconds> <hex>` in, observations out.

Work is done on blocks of whole lines. What cannot be decided at a block's end (a receipt that the
next must bear out) stays in the buffer, so that the answer never depends on how the stream was
cut.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ingest.decoded import Decoded, concat
from ingest.jt808.bodies import LOCATION
from ingest.jt808.headers import headers_of
from ingest.jt808.lines import FAULTS, MOST_LINE, Lines, frames_of, lines_of
from ingest.jt808.locations import Place
from ingest.jt808.messages import CARRIES, Messages
from ingest.jt808.parts import MOST_PARTS, Parts
from ingest.nmea.lines import LineBuffer
from ingest.nmea.refusals import Refusals
from ingest.nmea.text import NONE, Bools, Ints
from ingest.nmea.times import judge_receipts
from ingest.plates import plate_of


class Jt808Decoder:
    """Decodes one file or stream of JT/T 808 frames, fed in pieces of any size.

    Parameters
    ----------
    vehicles
        The site's register: plates by terminal.
    datum
        Of the coordinates: `wgs84`, `gcj02` or `bd09`. What is not WGS 84 is corrected, and
        `detail` says so.
    skew_s
        By source (terminal without leading zeros): seconds by which its clock is ahead.
    quarantine
        Give what is more than 60 s ahead of its receipt as `Decoded.ahead` instead of refusing it
        as `future`; the skews that are known are taken off there too, and `detail` says so.

    Examples
    --------
    >>> Jt808Decoder().feed(b"1772384400 7e000200001234567890120001897e" + bytes([10])).counts
    {'type_0002': 1, 'other': 1}
    """

    def __init__(
        self,
        vehicles: Mapping[str, str] | None = None,
        datum: str = "wgs84",
        skew_s: Mapping[str, float] | None = None,
        quarantine: bool = False,
    ) -> None:
        known = {
            terminal.lstrip("0") or "0": plate_of(plate) or plate
            for terminal, plate in (vehicles or {}).items()
        }
        self._place = Place(known, datum, dict(skew_s or {}), quarantine)
        self._buffer = LineBuffer(MOST_LINE)
        self._held = b""
        self._line = 0
        self._newest = NONE
        self._parts = Parts()

    def feed(self, chunk: bytes) -> Decoded:
        """Decode what the bytes complete."""
        return concat([self._decode(block, final=False) for block in self._buffer.feed(chunk)])

    def close(self) -> Decoded:
        """Decode what is left; the stream has ended."""
        return self._decode(self._buffer.close(), final=True)

    def _decode(self, block: bytes, *, final: bool) -> Decoded:
        data = self._held + block
        lines = lines_of(data)
        leaps, newest, judged = judge_receipts(
            lines.received, lines.begin, self._newest, size=len(data), final=final
        )
        self._held = b""
        if judged < len(lines.line):
            self._held = data[int(lines.begin[judged]) :]
            lines, leaps, newest = lines.first(judged), leaps[:judged], newest[:judged]
        decoded = self._messages(lines, leaps, newest, final=final)
        self._line += lines.n_lines
        if len(newest):
            self._newest = int(newest[-1])
        return decoded

    def _messages(self, lines: Lines, leaps: Bools, newest: Ints, *, final: bool) -> Decoded:
        refusals = Refusals()
        headers = headers_of(lines, frames_of(lines))
        for row in np.flatnonzero((lines.fault > 0) | leaps).tolist():
            reason = FAULTS[lines.fault[row]] or "bad_receipt"
            line = self._line + int(lines.line[row]) + 1
            refusals.add(line, reason, lines.sample(row), int(newest[row]))
        headers = headers.take(~leaps[headers.row])
        messages = Messages(lines, headers, newest, self._line, refusals)
        for row in np.flatnonzero(headers.encrypted).tolist():
            messages.refuse(row, "encrypted")
        carries = np.isin(headers.message_id, CARRIES) & ~headers.encrypted
        direct = carries & (headers.message_id == LOCATION) & ~headers.parted
        messages.direct = np.flatnonzero(direct)
        for row in np.flatnonzero(carries & ~direct).tolist():
            whole = self._whole(messages, row)
            if whole is not None:
                messages.take(row, whole)
        if final:
            self._parts.close()
        for lost in self._parts.lost:
            refusals.add(lost.line, "incomplete", lost.sample, lost.arrival)
        self._parts.lost.clear()
        return messages.decoded(self._place)

    def _whole(self, messages: Messages, row: int) -> bytes | None:
        """The body of a message: its own, or that of the parts which it completes."""
        headers = messages.headers
        if not headers.parted[row]:
            return headers.body(row)
        part = int(headers.part[row]), int(headers.parts[row])
        if not 1 <= part[0] <= part[1] <= MOST_PARTS:
            messages.refuse(row, "bad_header")
            return None
        return self._parts.add(
            phone=headers.phone[row].tobytes().decode(),
            message_id=int(headers.message_id[row]),
            serial=int(headers.serial[row]),
            part=part,
            body=headers.body(row),
            line=messages.line(row),
            arrival=messages.arrival(row),
        )
