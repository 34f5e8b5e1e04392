"""When a sentence was received, and when it was observed (contract, "Times").

Times are int64 microseconds since 1970 UTC; NONE where there is none.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ingest.nmea.sentences import Sentences
from ingest.nmea.text import NONE, Bools, Ints, Text

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
EARLIEST: Final = 946_684_800 * SECOND  # 2000: older stamps are unset clocks, not times
LATEST: Final = 253_402_300_799 * SECOND  # the end of year 9999
FUTURE: Final = 60 * SECOND  # a time this far after its receipt is refused
LEAP: Final = 10 * MINUTE  # a receipt this far ahead must be borne out by the next
BEAR_OUT_BYTES: Final = 1 << 16  # within which the next receipt must come


def from_unix(number: Ints) -> Ints:
    """Unix seconds, or milliseconds where 13 digits, as microseconds; NONE outside 2000–9999.

    >>> from_unix(np.array([1_326_055_296, 1_326_055_296_500, 7])).tolist()
    [1326055296000000, 1326055296500000, -1]
    """
    unit = np.where(number >= 1_000_000_000_000, 1000, SECOND)
    time = np.minimum(number, LATEST // unit) * unit
    return np.where((time >= EARLIEST) & (number <= LATEST // unit), time, NONE)


def from_calendar(
    year: Ints, month: Ints, day: Ints, hour: Ints, minute: Ints, second: Ints
) -> Ints:
    """Dates and times of day as times; NONE where impossible, not available or before 2000.

    >>> from_calendar(*(np.array([part]) for part in (2000, 1, 1, 0, 0, 9))).tolist()
    [946684809000000]
    """
    good = (year >= 2000) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1)
    good &= (day <= 31) & (hour >= 0) & (hour < 24) & (minute >= 0) & (minute < 60)
    good &= (second >= 0) & (second < 60)
    months = np.where(good, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    date = months.astype("datetime64[D]") + np.where(good, day - 1, 0)
    good &= date.astype("datetime64[M]") == months
    seconds = date.astype(np.int64) * 86_400 + hour * 3600 + minute * 60 + second
    return np.where(good, seconds * SECOND, NONE)


def trailing(sentences: Sentences) -> tuple[Ints, Ints, Ints]:
    """What trails the checksums: `,<Unix seconds or milliseconds>`, a station before it or not.

    Returns
    -------
    The stamps; begin and end of the stations, which are written `b003669794` or `r08RROB1`.
    """
    text, n = sentences.text, sentences.count
    stamp, begins, ends = (np.full(n, NONE) for _ in range(3))
    after = np.maximum(sentences.star, 0) + 3
    rows = np.flatnonzero(
        (sentences.star >= 0) & (after < sentences.limit) & (text.bytes[after] == ord(","))
    )
    if not len(rows):
        return stamp, begins, ends
    next_tag = text.backslashes[np.searchsorted(text.backslashes, after[rows])]
    end = _without_blanks(text, np.minimum(sentences.limit[rows], next_tag))
    comma = np.searchsorted(text.commas, end) - 1
    stamp[rows] = from_unix(text.digits(text.commas[comma] + 1, end))
    for back in range(8):
        at = text.commas[np.maximum(comma - back, 0)]
        inside = (at >= after[rows]) & (comma - back >= 0)
        if not inside.any():
            break
        kind, second = text.bytes[at + 1], text.bytes[at + 2]
        named = inside & ((kind == ord("b")) | (kind == ord("r")))
        named &= ((second >= 48) & (second <= 57)) | ((second >= 65) & (second <= 90))
        begins[rows[named]], ends[rows[named]] = at[named] + 1, end[named]
        end = np.where(inside, at, end)
    return stamp, begins, ends


def judge_receipts(
    received: Ints,
    begin: Ints,
    newest: int,
    *,
    size: int,
    final: bool,
    arrived: Ints | None = None,
) -> tuple[Bools, Ints, int]:
    """Refuse receipts that leap ahead and are not borne out; the running maximum of the others.

    A receipt leaps when it is more than 10 minutes ahead of the newest before it (`c:` may run
    backwards, so the line before alone would not do). The next receipt bears it out unless it
    falls back by more than 10 minutes; where none comes within BEAR_OUT_BYTES, nothing speaks
    against it. Where the line itself says when it arrived (in an archive), that is the witness:
    a receipt more than 10 minutes ahead of it is refused, and nothing is waited for.

    Parameters
    ----------
    received, begin
        Receipts of the sentences and where these begin in the block.
    newest
        Running maximum before the block, NONE if there was no receipt yet.
    size
        Bytes in the block.
    final
        Whether nothing follows the block.
    arrived
        As the lines state it.

    Returns
    -------
    Which are refused; the running maximum at each sentence; the index of the first sentence that
    cannot be judged before more has come (the number of sentences where all can).
    """
    refused = np.zeros(n := len(received), np.bool_)
    highest = np.maximum.accumulate(np.concatenate([np.array([newest]), received]))
    before = highest[:-1]
    if not ((before >= 0) & (received > before + LEAP)).any():
        return refused, highest[1:], n
    timed = np.flatnonzero(received >= 0)
    top = newest
    accepted = received.copy()
    for place, row in enumerate(timed.tolist()):
        time = int(received[row])
        if top >= 0 and time > top + LEAP and arrived is not None and arrived[row] >= 0:
            if time > arrived[row] + LEAP:
                refused[row], accepted[row] = True, NONE
                continue
        elif top >= 0 and time > top + LEAP:
            last = place + 1 == len(timed)
            if last and not final and size - begin[row] <= BEAR_OUT_BYTES:
                return refused, _running(accepted, newest, row), row
            following = row if last else int(timed[place + 1])
            near = begin[following] - begin[row] <= BEAR_OUT_BYTES
            if near and received[following] < time - LEAP:
                refused[row], accepted[row] = True, NONE
                continue
        top = max(top, time)
    return refused, _running(accepted, newest, n), n


def _running(accepted: Ints, newest: int, n: int) -> Ints:
    return np.maximum.accumulate(np.concatenate([np.array([newest]), accepted]))[1 : n + 1]


def observed(received: Ints, second: Ints) -> Ints:
    """The receipt's minute with the observed second, moved by a minute if more than 30 s off.

    >>> observed(np.array([61 * SECOND]), np.array([59])) // SECOND
    array([59])
    """
    time = received - received % MINUTE + second * SECOND
    time = time - MINUTE * (time - received > 30 * SECOND)
    time = time + MINUTE * (received - time > 30 * SECOND)
    return np.where((received < 0) | (second < 0) | (second > 59), received, time)


def _without_blanks(text: Text, end: Ints) -> Ints:
    for _ in range(4):
        last = text.bytes[end - 1]
        end = end - ((last == 32) | (last == 13) | (last == 9))
    return end
