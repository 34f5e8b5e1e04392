"""Keys of observations: the published hash, the same one by one and as columns."""

from __future__ import annotations

import ast
import subprocess
import sys

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.keys import observation_key, observation_keys, origin_word, short_id, siphash128

# vectors_sip128 of the reference implementation (Aumasson & Bernstein): key 00…0f, message 00 01 …
REFERENCE_KEY = tuple(int.from_bytes(bytes(range(i, i + 8)), "little") for i in (0, 8))
VECTORS = {
    0: "a3817f04ba25a8e66df67214c7550293",
    1: "da87c1d86b99af44347659119b22fc45",
    8: "3b62a9ba6258f5610f83e264f31497b4",
}


def test_siphash_gives_the_reference_implementations_digests() -> None:
    for length, digest in VECTORS.items():
        message = bytes(range(length))
        words = np.frombuffer(message + bytes(-length % 8), "<u8").astype(np.uint64)[None, :]
        key = (REFERENCE_KEY[0], REFERENCE_KEY[1])
        found = siphash128(words, n_bytes=length, key=key, rounds=(2, 4))
        assert found[0].tobytes().hex() == digest
        assert scalar(message, key, (2, 4), 128).to_bytes(16, "little").hex() == digest


def scalar(message: bytes, key: tuple[int, int], rounds: tuple[int, int], bits: int) -> int:
    """SipHash as its authors wrote it, one message at a time, of 64 or 128 bits."""
    mask, wide = (1 << 64) - 1, bits == 128
    v0, v1, v2, v3 = (
        word ^ key[i % 2]
        for i, word in enumerate(
            (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
        )
    )
    v1 ^= 0xEE if wide else 0

    def rotate(x: int, by: int) -> int:
        return (x << by | x >> (64 - by)) & mask

    def stir(times: int) -> None:
        nonlocal v0, v1, v2, v3
        for _ in range(times):
            v0, v2 = (v0 + v1) & mask, (v2 + v3) & mask
            v1, v3 = rotate(v1, 13) ^ v0, rotate(v3, 16) ^ v2
            v0 = rotate(v0, 32)
            v2, v0 = (v2 + v1) & mask, (v0 + v3) & mask
            v1, v3 = rotate(v1, 17) ^ v2, rotate(v3, 21) ^ v0
            v2 = rotate(v2, 32)

    padded = message + bytes(7 - len(message) % 8) + bytes([len(message) & 0xFF])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at : at + 8], "little")
        v3 ^= word
        stir(rounds[0])
        v0 ^= word
    v2 ^= 0xEE if wide else 0xFF
    stir(rounds[1])
    low = v0 ^ v1 ^ v2 ^ v3
    if not wide:
        return low
    v1 ^= 0xDD
    stir(rounds[1])
    return (v0 ^ v1 ^ v2 ^ v3) << 64 | low


def test_siphash_1_3_is_what_python_itself_hashes_bytes_with() -> None:
    """With a seed of 0 the interpreter's key is zero; its hash has 64 bits."""
    assert sys.hash_info.algorithm == "siphash13"
    messages = [bytes(range(1, n)) for n in range(2, 40)]
    told = subprocess.run(
        [sys.executable, "-c", f"print([hash(m) for m in {messages!r}])"],
        env={"PYTHONHASHSEED": "0"}, capture_output=True, check=True,
    ).stdout  # fmt: skip
    expected = [value % (1 << 64) for value in ast.literal_eval(told.decode())]
    assert [scalar(message, (0, 0), (1, 3), 64) for message in messages] == expected


@given(st.binary(max_size=50), st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)))
def test_columns_are_hashed_as_one_message_at_a_time(message: bytes, key: tuple[int, int]) -> None:
    words = np.frombuffer(message + bytes(-len(message) % 8), "<u8").astype(np.uint64)
    for rounds in ((1, 3), (2, 4)):
        found = siphash128(np.tile(words, (3, 1)), len(message), key, rounds)
        expected = scalar(message, key, rounds, 128).to_bytes(16, "little")
        assert [row.tobytes() for row in found] == [expected] * 3


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["ais", "radar"]), st.text(max_size=5), st.integers(-1, 2**60)),
        min_size=1,
        max_size=20,
    ),
    st.binary(min_size=1, max_size=40),
)
def test_a_column_of_keys_is_the_keys_one_by_one(
    rows: list[tuple[str, str, int]], payload: bytes
) -> None:
    padded = payload + bytes(-len(payload) % 8)
    words = np.tile(np.frombuffer(padded, "<u8").astype(np.uint64), (len(rows), 1))
    origins = np.array([origin_word(sensor, source) for sensor, source, _ in rows], np.uint64)
    received = np.array([us for _, _, us in rows], np.int64)
    together = observation_keys(origins, received, words)
    alone = [observation_key(s, o, None if us == -1 else us, payload) for s, o, us in rows]
    assert together == alone
    assert {len(key) for key in together} == {16}


def test_sensor_source_receipt_and_payload_each_make_another_key() -> None:
    base = ("ais", "S1", 1_772_385_730_000_000, b"15RTgt0PAso;90TKcjM8h6g208CQ")
    others = [
        ("radar", *base[1:]),
        ("ais", "S2", *base[2:]),
        ("ais", None, *base[2:]),
        (*base[:2], None, base[3]),
        (*base[:2], base[2] + 1, base[3]),
        (*base[:3], base[3][:-1] + b"R"),
    ]
    keys = {observation_key(*parts) for parts in [base, *others]}
    assert len(keys) == 1 + len(others)


def test_a_short_name_depends_on_every_part_and_its_place() -> None:
    names = {short_id(parts) for parts in (["a", "b"], ["b", "a"], ["ab"], ["a", "b", ""])}
    assert len(names) == 4
    assert all(len(name) == 16 for name in names)
