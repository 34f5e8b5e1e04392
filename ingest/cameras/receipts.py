"""Receipts that leap ahead and are not borne out, in feeds where hours may pass between lines."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.nmea.text import NONE
from ingest.nmea.times import BEAR_OUT_BYTES, LEAP


def judge(
    received: Sequence[int], begin: Sequence[int], newest: int, *, size: int, final: bool
) -> tuple[list[bool], list[int], int]:
    """As `ingest.nmea.times.judge_receipts`, but a line far behind the newest is no witness.

    Where cameras see little, a receipt hours after its predecessor is the rule, and a line that
    itself falls back more than 10 minutes behind what came before says nothing against it.

    Returns
    -------
    Which are refused; the running maximum at each line; the number of lines that can be judged.
    """
    refused: list[bool] = []
    maxima: list[int] = []
    top = newest
    for row, time in enumerate(received):
        leaps = top != NONE and time > top + LEAP
        witness = _witness(received, row, top - LEAP) if leaps else None
        if leaps and witness is None and not final and size - begin[row] <= BEAR_OUT_BYTES:
            return refused, maxima, row
        near = witness is not None and begin[witness] - begin[row] <= BEAR_OUT_BYTES
        wrong = near and witness is not None and received[witness] < time - LEAP
        top = top if wrong else max(top, time)
        refused.append(wrong)
        maxima.append(top)
    return refused, maxima, len(received)


def _witness(received: Sequence[int], row: int, least: int) -> int | None:
    """The next line whose receipt is not before `least`; None where there is none yet."""
    for other in range(row + 1, len(received)):
        if received[other] != NONE and received[other] >= least:
            return other
    return None
