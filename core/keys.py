"""Identifiers: the key of an observation, and the short names of events and alerts.

The key is the hash of sensor, source, `received_at` and payload, never of corrected values, so
that reading the same frame again is a no-op everywhere. A million keys a second are needed, which
a loop over `hashlib` does not give (0.7 µs each, as long as the whole decoder may take); hence
SipHash with 128 bits of output (Aumasson & Bernstein 2012) on NumPy columns: all rows of one word
count at once. One round a word and three at the end (SipHash-1-3) are what Python, Rust and Ruby
hash their own tables with: enough against chance, in two thirds of the time of 2-4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
Rounds = tuple[int, int]  # for each word, and at the end
_HOUSE_ROUNDS: Rounds = (1, 3)
_HOUSE_KEY = (0x7069657277617463, 0x6820763120206B65)  # fixed: "pierwatc", "h v1  ke"


_FIRST = np.array([[13], [16]], np.uint64)  # rotations of v1 and v3
_SECOND = np.array([[17], [21]], np.uint64)
_ROWS = 1 << 15  # at a time: few calls, and the state stays near the cache


def _rotate(x: U64, by: U64 | np.uint64, spare: U64) -> None:
    np.left_shift(x, by, out=spare)
    np.right_shift(x, np.uint64(64) - by, out=x)
    np.bitwise_or(x, spare, out=x)


def _rounds(even: U64, odd: U64, spare: U64, n: int) -> None:
    """SipRounds in place; `even` holds v0 and v2, `odd` v1 and v3: half of each round in one go."""
    half = np.uint64(32)
    for _ in range(n):
        even += odd
        _rotate(odd, _FIRST, spare)
        odd ^= even
        _rotate(even[0], half, spare[0])
        even += odd[::-1]
        _rotate(odd, _SECOND, spare)
        odd ^= even[::-1]
        _rotate(even[1], half, spare[0])


def siphash128(
    words: U64,
    n_bytes: int | None = None,
    key: tuple[int, int] = _HOUSE_KEY,
    rounds: Rounds = _HOUSE_ROUNDS,
) -> NDArray[np.uint8]:
    """SipHash with 128 bits of output of many messages of one length.

    Parameters
    ----------
    words
        Shape (n, k), little-endian 64-bit words of each message, zero-padded.
    n_bytes
        The message's length; 8 k where not given.
    key
        The two 64-bit halves of the key.
    rounds
        For each word, and at the end: (2, 4) is SipHash-2-4.

    Returns
    -------
    Shape (n, 16): the digests.

    >>> siphash128(np.zeros((2, 3), np.uint64)).shape
    (2, 16)
    """
    length = 8 * words.shape[1] if n_bytes is None else n_bytes
    out = np.empty((len(words), 2), np.uint64)
    for start in range(0, len(words), _ROWS):
        _siphash(words[start : start + _ROWS], length, key, rounds, out[start : start + _ROWS])
    return out.view(np.uint8).reshape(len(words), 16)


def _siphash(words: U64, length: int, key: tuple[int, int], rounds: Rounds, out: U64) -> None:
    n = len(words)
    k0, k1 = (np.uint64(part) for part in key)
    even, odd, spare = (np.empty((2, n), np.uint64) for _ in range(3))
    even[0] = np.uint64(0x736F6D6570736575) ^ k0
    even[1] = np.uint64(0x6C7967656E657261) ^ k0
    odd[0] = np.uint64(0x646F72616E646F6D) ^ k1 ^ np.uint64(0xEE)
    odd[1] = np.uint64(0x7465646279746573) ^ k1
    last = np.full(n, np.uint64((length & 0xFF) << 56))
    if length % 8:
        last |= words[:, length // 8]
    for word in [*(words[:, i] for i in range(length // 8)), last]:
        odd[1] ^= word
        _rounds(even, odd, spare, rounds[0])
        even[0] ^= word
    even[1] ^= np.uint64(0xEE)
    _rounds(even, odd, spare, rounds[1])
    out[:, 0] = even[0] ^ odd[0] ^ even[1] ^ odd[1]
    odd[0] ^= np.uint64(0xDD)
    _rounds(even, odd, spare, rounds[1])
    out[:, 1] = even[0] ^ odd[0] ^ even[1] ^ odd[1]


def origin_word(sensor: str, source: str | None) -> int:
    """One 64-bit word for who heard it, for the front of a key's message."""
    text = f"{sensor}\x00{source or ''}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def observation_digests(
    origins: U64, received_us: NDArray[np.int64], payload: U64
) -> NDArray[np.uint8]:
    """Keys of observations whose payloads have one length in words, as rows of 16 bytes.

    Parameters
    ----------
    origins
        Shape (n,): `origin_word` of each row.
    received_us
        Shape (n,): microseconds since 1970 UTC; -1 where there is none.
    payload
        Shape (n, k): the payload's bytes as little-endian words, zero-padded.
    """
    words = np.empty((payload.shape[1] + 2, len(origins)), np.uint64)  # each word in one piece
    words[0], words[1], words[2:] = origins, received_us.astype(np.uint64), payload.T
    return siphash128(words.T)


def observation_keys(origins: U64, received_us: NDArray[np.int64], payload: U64) -> list[bytes]:
    """The keys that `observation_digests` gives, as a list."""
    return [row.tobytes() for row in observation_digests(origins, received_us, payload)]


def observation_key(
    sensor: str, source: str | None, received_us: int | None, payload: bytes
) -> bytes:
    """The key of one observation: the same as `observation_keys` gives for its row."""
    padded = payload + bytes(-len(payload) % 8)
    words = np.frombuffer(padded, "<u8").astype(np.uint64)[None, :]
    return observation_keys(
        np.array([origin_word(sensor, source)], np.uint64),
        np.array([-1 if received_us is None else received_us], np.int64),
        words,
    )[0]


def short_id(parts: Iterable[str]) -> str:
    """Sixteen hexadecimal characters that name an event or an alert by what it is made of.

    >>> short_id(["xiangshan", "night_landing", "2026-03-01T17:22:10Z", "mmsi:412345678"])
    '9a28464c712f6872'
    """
    text = "\x1f".join(parts).encode()
    return hashlib.blake2b(text, digest_size=8).hexdigest()
