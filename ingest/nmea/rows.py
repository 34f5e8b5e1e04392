"""What rows made of sentences share: keys, details, times of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.keys import observation_digests, origin_word
from ingest.nmea.fields import DAY, nearest_date
from ingest.nmea.stream import Heard
from ingest.nmea.text import NONE, Bools, Ints, Words
from ingest.nmea.times import FUTURE, SECOND

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, bits well mixed: 2^64 over the golden ratio


def keys_and_payloads(sensor: str, heard: Heard) -> tuple[NDArray[np.uint8], Words]:
    """The keys, shape (n, 16), and the payload digests of sentences, shape (n,).

    The payload is what stands between `$` and `*`.
    """
    sentences, text = heard.sentences, heard.sentences.text
    origins = np.array([origin_word(sensor, name) for name in heard.sources], np.uint64)
    origin = origins[heard.source]
    begin, length = sentences.begin + 1, sentences.star - sentences.begin - 1
    keys = np.zeros((heard.count, 16), np.uint8)
    digest = np.zeros(heard.count, np.uint64)
    size = (length + 7) // 8
    for n_words in np.unique(size).tolist():
        rows = np.flatnonzero(size == n_words)
        words = text.words(begin[rows], length[rows], n_words)
        keys[rows] = observation_digests(origin[rows], heard.received[rows], words)
        value = np.full(len(rows), n_words, np.uint64)
        for word in words.T:
            value = (value ^ word) * _MULTIPLIER
            value ^= value >> np.uint64(29)
        digest[rows] = value
    return keys, digest


def own_times(heard: Heard, time_of_day: Ints, skew_s: Mapping[str, float]) -> tuple[Ints, Bools]:
    """When sentences with a time of day were observed (contract, "Times").

    Parameters
    ----------
    time_of_day
        As the sentences tell it, in microseconds; NONE where they tell none.
    skew_s
        By source: seconds by which its clock is ahead.

    Returns
    -------
    Times in microseconds, the receipt where the sentence tells none; which are too far after
    their receipt to be believed.
    """
    offset = np.array([round(skew_s.get(name or "", 0) * SECOND) for name in heard.sources])
    right = (time_of_day - offset[heard.source].astype(np.int64)) % DAY
    observed = nearest_date(heard.received, np.where(time_of_day < 0, NONE, right))
    observed = np.where(observed < 0, heard.received, observed)
    return observed, (heard.received >= 0) & (observed > heard.received + FUTURE)


def details(columns: pl.DataFrame, say: Callable[[dict[str, int]], dict[str, object]]) -> pl.Series:
    """JSON objects, said once for each different row of the columns (integers).

    >>> details(pl.DataFrame({"a": [1, 1]}), lambda row: {"b": row["a"]}).to_list()
    ['{"b":1}', '{"b":1}']
    """
    different = columns.unique(maintain_order=True)
    texts = [
        json.dumps(say(row), ensure_ascii=False, separators=(",", ":"))
        for row in different.iter_rows(named=True)
    ]
    said = different.with_columns(pl.Series("_text", texts, dtype=pl.String))
    joined = columns.join(said, on=columns.columns, how="left", maintain_order="left")
    return joined["_text"]


def word_text(word: int) -> str:
    """The characters of a little-endian word.

    >>> word_text(int.from_bytes(b"ANNA", "little"))
    'ANNA'
    """
    return word.to_bytes(8, "little").rstrip(b"\0").decode("ascii", "replace")
