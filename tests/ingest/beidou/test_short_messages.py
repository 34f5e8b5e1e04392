"""Short messages are private: counted, timed, measured; read only where they are meant for us."""

from __future__ import annotations

from datetime import UTC, datetime

from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from nmea_feeds import AT, heard, lines, rmc, run

from ingest.beidou import BeiDouDecoder
from ingest.decode import objects

SECRET = "今夜三号码头$见!*QX".encode("gb18030")
TXR = heard(b"0300001", b"BDTXR,1,0242407,0,," + SECRET)
TCI = heard(b"0300001", b"BDTCI,00242407,0300002,2,172159,0,0," + SECRET)


def test_who_when_and_how_long_are_kept_and_nothing_else() -> None:
    got = run(BeiDouDecoder(), lines(TXR, TCI))
    assert got.counts["message"] == 2
    assert got.observations.is_empty()
    assert got.refusals.is_empty()
    assert list(objects(got)) == []
    first, second = got.messages.iter_rows(named=True)
    assert first["sender"] == second["sender"] == "beidou:0242407"
    assert first["length_bytes"] == second["length_bytes"] == len(SECRET)
    assert first["received_at"] == datetime.fromtimestamp(AT, UTC)
    assert first["sent_at"] is None
    assert second["sent_at"] == datetime(2026, 3, 1, 17, 21, 59, tzinfo=UTC)
    assert first["text"] is second["text"] is first["emergency"] is None


def test_the_text_is_kept_where_the_centre_is_addressed() -> None:
    text = SECRET.decode("gb18030")
    by_receiver = run(BeiDouDecoder(centre_addresses=["300001"]), lines(TXR, TCI))
    assert by_receiver.messages["text"].to_list() == [text, None]
    by_addressee = run(BeiDouDecoder(centre_addresses=["0300002"]), lines(TXR, TCI))
    assert by_addressee.messages["text"].to_list() == [None, text]


def test_a_message_without_its_fields_is_refused_without_its_text() -> None:
    got = run(BeiDouDecoder(), lines(heard(b"1", b"BDTXR,1,SECRET"), heard(b"1", b"BDTCI,x,y")))
    assert got.refusals["reason"].to_list() == ["bad_sentence"] * 2
    assert not got.refusals["detail"].str.contains("SECRET").any()


def test_sentences_after_a_message_on_its_line_are_still_read() -> None:
    plain = heard(b"1", b"BDTXR,1,0242407,1,,A1B2")
    got = run(BeiDouDecoder(), lines(plain + heard(b"1", rmc(121.9, 29.2)), TXR, TCI))
    assert (got.counts["message"], got.counts["position"]) == (3, 1)


@examples(150)
@given(
    st.sampled_from([TXR, TCI]).map(lambda line: line.replace(SECRET, b"SECRETSECRETSECRET")),
    st.lists(st.tuples(st.integers(0, 90), st.integers(1, 255)), max_size=3),
    st.integers(0, 80),
)
def test_no_damage_brings_the_text_to_light(
    line: bytes, flips: list[tuple[int, int]], cut: int
) -> None:
    damaged = bytearray(line)
    for at, mask in flips:
        if not 0x41 <= damaged[at % len(line)] <= 0x5A:  # the secret itself stays
            damaged[at % len(line)] ^= mask
    got = run(BeiDouDecoder(), lines(bytes(damaged), bytes(damaged[cut:]), bytes(damaged)))
    shown = str(got.refusals.rows()) + str(got.messages.rows()) + str(got.observations.rows())
    assert "SECRET" not in shown
