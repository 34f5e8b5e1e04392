"""Keys of observations: the published hash, the same one by one and as columns."""

from __future__ import annotations

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
        found = siphash128(words, n_bytes=length, key=(REFERENCE_KEY[0], REFERENCE_KEY[1]))
        assert found[0].tobytes().hex() == digest


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
