"""Tag blocks (NMEA 4.10): `\\s:<station>,c:<time>,g:<part>-<parts>-<group>,a:<arrival>*hh\\`.

Blocks stand before a sentence, on its line or alone on the line before; pierwatch's own archive
puts one more before the feed's own. A block whose checksum is wrong is dropped, unknown keys in
it are passed over; of two blocks that name one key, the one nearer to the sentence holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from ingest.nmea.text import NONE, Bools, Ints, Text, first_at

_KEYS = "sacg"
_MOST_BLOCKS = 4  # before one sentence
_MOST_FIELDS = 12  # in one block
_STATION_BYTES = 32  # NMEA allows 15


@dataclass(frozen=True)
class TagBlocks:
    """What the tag blocks of some sentences say; arrays with one row a sentence.

    `station` and `group` are spans (begin, end) in the text, `receipt` and `arrival` the numbers
    as written; NONE where there is none. `begin` is where the first block of the sentence stands.
    """

    begin: Ints
    station: tuple[Ints, Ints]
    group: tuple[Ints, Ints]
    receipt: Ints
    arrival: Ints


def tag_blocks(text: Text, begin: Ints, line: Ints, line_begin: Ints) -> TagBlocks:
    """Read the tag blocks before sentences.

    Parameters
    ----------
    begin, line
        Where the sentences begin, and in which lines.
    line_begin
        Where the lines begin.
    """
    n = len(begin)
    span = {key: (np.full(n, NONE), np.full(n, NONE)) for key in _KEYS}
    first = begin.copy()
    rows = np.arange(n)
    if text.backslashes[0] < text.size:
        for _ in range(_MOST_BLOCKS):
            close, line = _closing(text, first[rows], line)
            found = close > 0
            rows, close, line = rows[found], close[found], line[found]
            opening = text.backslashes[first_at(text.backslashes, close) - 1]
            found = (opening < close) & (opening >= line_begin[line])
            rows, opening, close, line = rows[found], opening[found], close[found], line[found]
            if not len(rows):
                break
            first[rows] = opening
            good = _whole(text, opening, close)
            _read_fields(text, rows[good], opening[good], close[good] - 3, span)
    return TagBlocks(first, span["s"], span["g"], text.digits(*span["c"]), text.digits(*span["a"]))


def _closing(text: Text, begin: Ints, line: Ints) -> tuple[Ints, Ints]:
    """Where a tag block closes just before that place, or ends the line before; its line."""
    char = text.bytes
    before = np.maximum(begin - 1, 0)
    feed = char[before] == 10
    at = before - feed
    at -= feed & (char[np.maximum(at, 0)] == 13)
    closes = (at > 0) & (char[np.maximum(at, 0)] == ord("\\"))
    return np.where(closes, at, NONE), line - feed


def _whole(text: Text, opening: Ints, close: Ints) -> Bools:
    star = close - 3
    plausible = (star > opening) & (text.bytes[np.maximum(star, 0)] == ord("*"))
    star = np.where(plausible, star, opening + 1)
    right: Bools = text.xor(opening + 1, star) == text.stated(star)
    right &= plausible
    return right


def _read_fields(
    text: Text, rows: Ints, opening: Ints, star: Ints, span: dict[str, tuple[Ints, Ints]]
) -> None:
    """Note the spans of the known one-letter keys that no nearer block has given."""
    comma = first_at(text.commas, opening)
    at = opening + 1
    for _ in range(_MOST_FIELDS):
        end = np.minimum(text.commas[np.minimum(comma, len(text.commas) - 1)], star)
        letter = np.where(text.bytes[at + 1] == ord(":"), text.bytes[at], 0)
        for key, (begins, ends) in span.items():
            mine = np.flatnonzero(letter == ord(key))
            if len(mine):
                mine = mine[begins[rows[mine]] == NONE]
                begins[rows[mine]], ends[rows[mine]] = at[mine] + 2, end[mine]
        more = end < star
        if not more.any():
            break
        rows, star, comma, at = rows[more], star[more], comma[more] + 1, end[more] + 1


def names(text: Text, begin: Ints, end: Ints) -> tuple[Ints, list[str]]:
    """Number the different names in the spans.

    Returns
    -------
    For each span the number of its name (NONE for an empty or missing one), and the names.
    """
    length = np.clip(end - begin, 0, _STATION_BYTES)
    rows = np.flatnonzero((begin >= 0) & (length > 0))
    code = np.full(len(begin), NONE)
    if not len(rows):
        return code, []
    n_words = -(-int(length.max()) // 8)
    words = text.words(begin[rows], length[rows], n_words)
    column = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(8 * n_words), len(rows), [None, pa.py_buffer(words)]
    ).dictionary_encode()
    code[rows] = pl.Series(column.indices).to_numpy()
    raw = [bytes(value.as_py()).rstrip(b"\0") for value in column.dictionary]
    return code, [value.decode("utf-8", "replace") for value in raw]
