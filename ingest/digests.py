"""Keys of observations and claims whose payloads have any length."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.keys import observation_digests, origin_word

Ints = NDArray[np.int64]


@lru_cache(1 << 14)
def origin(sensor: str, source: str | None) -> int:
    """`core.keys.origin_word`, remembered for the names that come often."""
    return origin_word(sensor, source)


def origins(sensor: str, sources: pl.Series) -> NDArray[np.uint64]:
    """`core.keys.origin_word` of each source."""
    names = sources.unique()
    words = pl.Series([origin(sensor, name) for name in names], dtype=pl.UInt64)
    return sources.replace_strict(names, words, return_dtype=pl.UInt64).to_numpy()


def payload_digest_keys(
    sensor: str, sources: pl.Series, received_us: Ints, payloads: Sequence[bytes]
) -> NDArray[np.uint8]:
    """Shape (n, 16): keys over the BLAKE2b digest (16 bytes) of each payload."""
    digests = b"".join(hashlib.blake2b(each, digest_size=16).digest() for each in payloads)
    words = np.frombuffer(digests, "<u8").astype(np.uint64).reshape(-1, 2)
    return observation_digests(origins(sensor, sources), received_us, words)


def first_words(keys: NDArray[np.uint8]) -> pl.Series:
    """The first eight bytes of keys: the payload digests of feeds that one station hears."""
    return pl.Series("payload", np.ascontiguousarray(keys).view("<u8")[:, 0], dtype=pl.UInt64)
