"""Sentences that tell date and time: another instrument's clock, for those without a receipt."""

from __future__ import annotations

import numpy as np

from ingest.nmea.fields import Fields
from ingest.nmea.sentences import Sentences
from ingest.nmea.text import NONE, Ints
from ingest.nmea.times import from_calendar


def clocks(sentences: Sentences, before: int) -> tuple[Ints, Ints]:
    """Rows of the whole RMC and ZDA that tell a time; the time before the first and after each.

    Parameters
    ----------
    before
        The time told before the first sentence; NONE if there was none.
    """
    rows = sentences.others
    rows = rows[sentences.take(rows).formatter_is("$", "RMC", "ZDA")] if len(rows) else rows
    if len(rows):
        rows = rows[sentences.whole[rows]]
    if not len(rows):
        return rows, np.array([before], np.int64)
    mine = sentences.take(rows)
    fields, is_date = Fields(mine), mine.formatter_is("$", "ZDA")
    begin, end = fields.span(9)
    date = np.where(end - begin == 6, fields.digits(9), NONE)
    year = np.where(is_date, fields.digits(4), np.where(date < 0, NONE, 2000 + date % 100))
    month = np.where(is_date, fields.digits(3), date // 100 % 100)
    day = np.where(is_date, fields.digits(2), date // 10_000)
    time, zero = fields.time_of_day(1), np.zeros(len(rows), np.int64)
    midnight = from_calendar(year, month, day, zero, zero, zero)
    told = (time >= 0) & (midnight >= 0)
    return rows[told], np.concatenate([np.array([before]), (midnight + time)[told]])
