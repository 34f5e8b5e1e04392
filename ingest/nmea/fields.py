"""The fields of many sentences at once: numbers, letters, degrees, times of day."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.nmea.sentences import Sentences
from ingest.nmea.text import NONE, Ints, Words, eight_digits, first_at

Floats = NDArray[np.float64]

DAY: Final = 86_400_000_000  # microseconds
_WIDTH: Final = 16  # characters of the longest number
_TENS: Final = 10 ** np.arange(_WIDTH + 1)
_MICRO_DIGITS: Final = 6


class Fields:
    """Reads fields by their number, from 1; field 0 is the sentence's name.

    Parameters
    ----------
    sentences
        Whole sentences (their asterisks are there).
    """

    def __init__(self, sentences: Sentences) -> None:
        self.sentences = sentences
        self._text = sentences.text
        self._first = first_at(self._text.commas, sentences.begin)

    def span(self, number: int) -> tuple[Ints, Ints]:
        """Begin and end of a field; equal where it is empty or missing."""
        commas, star = self._text.commas, self.sentences.star
        last = len(commas) - 1
        begin = np.minimum(commas[np.minimum(self._first + number - 1, last)] + 1, star)
        return begin, np.minimum(commas[np.minimum(self._first + number, last)], star)

    def given(self, number: int) -> NDArray[np.bool_]:
        """Whether something stands in the field."""
        begin, end = self.span(number)
        return begin < end

    def word(self, number: int) -> Words:
        """The field's first eight characters as a little-endian word; 0 where empty."""
        begin, end = self.span(number)
        return self._text.words(begin, end - begin, 1)[:, 0]

    def letter(self, number: int) -> NDArray[np.uint8]:
        """The field's single character; 0 where it is empty or longer."""
        begin, end = self.span(number)
        return np.where(end - begin == 1, self._text.bytes[begin], 0).astype(np.uint8)

    def digits(self, number: int) -> Ints:
        """A field of digits alone; NONE where it is something else."""
        return self._text.digits(*self.span(number))

    def number(self, number: int) -> Floats:
        """A decimal number without exponent, as `float` would read it; NaN where it is none.

        Method: up to 16 characters are digits of two halves, the point counting as a zero;
        what stands before and behind the point is then cut out in integers.
        """
        begin, end = self.span(number)
        negative = (self._text.bytes[begin] == ord("-")) & (begin < end)
        begin = begin + negative
        length = end - begin
        inside = np.arange(_WIDTH) < length[:, None]
        char = self._text.windows(begin, _WIDTH)
        point = inside & (char == ord("."))
        digit = char - np.uint8(48)
        wrong = (inside & ~point & (digit > 9)).any(axis=1)
        points = point.sum(axis=1)
        at = np.where(points > 0, point.argmax(axis=1), length)
        halves = eight_digits(np.where(inside & ~point, digit, np.uint8(0)).view(np.uint64))
        whole = halves[:, 0] * 10**8 + halves[:, 1]
        good = ~wrong & (points <= 1) & (length > points) & (length <= _WIDTH)
        at, length = np.where(good, at, 0), np.where(good, length, 1)
        front = whole // _TENS[_WIDTH - at]
        back = (whole - front * _TENS[_WIDTH - at]) // _TENS[_WIDTH - length]
        scale = _TENS[np.maximum(length - at - 1, 0)]
        value = (front * scale + back) / scale
        return np.where(good, np.where(negative, -value, value), np.nan)

    def degrees(self, number: int, positive: str, negative: str, most: int) -> Floats:
        """Degrees from `ddmm.mmmm` with the hemisphere's letter in the next field; NaN if wrong."""
        value, side = self.number(number), self.letter(number + 1)
        whole = np.floor(value / 100)
        minutes = value - 100 * whole
        degrees = whole + minutes / 60
        good = (value >= 0) & (minutes < 60) & (degrees <= most)
        good &= (side == ord(positive)) | (side == ord(negative))
        return np.where(good, np.where(side == ord(negative), -degrees, degrees), np.nan)

    def time_of_day(self, number: int) -> Ints:
        """`hhmmss` or `hhmmss.sss` in microseconds since midnight; NONE where it is none.

        A leap second is the next minute's first.
        """
        text = self._text
        begin, end = self.span(number)
        clock = text.digits(begin, np.where(end - begin >= 6, begin + 6, begin))
        dot, after = begin + 6, begin + 7
        width = np.clip(end - after, 0, _MICRO_DIGITS)
        fraction = text.digits(after, np.where(end > after, after + width, after))
        hour, minute, second = clock // 10_000, clock // 100 % 100, clock % 100
        good = (clock >= 0) & (hour < 24) & (minute < 60) & (second <= 60)
        good &= (end == dot) | ((text.bytes[dot] == ord(".")) & ((end == after) | (fraction >= 0)))
        micro = np.where(fraction >= 0, fraction, 0) * _TENS[_MICRO_DIGITS - width]
        time = ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro
        return np.where(good, time, NONE)


def nearest_date(received: Ints, time_of_day: Ints) -> Ints:
    """Times of day on the dates nearest to the receipts; NONE where one of the two is missing.

    >>> nearest_date(np.array([DAY + 5]), np.array([DAY - 1])).tolist() == [DAY - 1]
    True
    """
    time = received - received % DAY + time_of_day
    time = time - DAY * (time - received > DAY // 2)
    time = time + DAY * (received - time > DAY // 2)
    return np.where((received < 0) | (time_of_day < 0), NONE, time)
