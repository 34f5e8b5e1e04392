"""Short messages are private: counted, timed, measured; read only where they are meant for us."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from nmea_feeds import AT, heard, lines, rmc, run
from polars.testing import assert_frame_equal

from core.errors import SiteError
from geo.site import parse_site
from ingest.beidou import BeiDouDecoder
from ingest.beidou.privacy import centre_of, without_text
from ingest.decode import objects
from pipeline.forms import FORMATS

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


LONG = b"BDTXR,1,0242407,0,,"
LINES = {
    "as it comes": TXR,
    "with an addressee": TCI,
    "with a checksum inside": heard(b"1", LONG + b"SECRET*00SECRET"),
    "damaged": heard(b"1", LONG + b"SECRET")[:-2] + b"00",
    "without an end": heard(b"1", LONG + b"SECRET")[:-3],
    "without its fields": heard(b"1", b"BDTCI,SECRET"),
    "two on a line": heard(b"1", LONG + b"SECRET") + heard(b"2", LONG + b"SECRET"),
    "empty": heard(b"1", LONG),
}


@pytest.mark.parametrize("name", LINES)
def test_what_is_archived_of_a_message_says_the_same_without_its_text(name: str) -> None:
    left = without_text(LINES[name], frozenset())
    assert SECRET not in left
    assert b"SECRET" not in left
    assert len(left) == len(LINES[name]) or name in ("damaged", "without an end")
    before, after = (run(BeiDouDecoder(), lines(line)) for line in (LINES[name], left))
    assert_frame_equal(before.messages, after.messages)
    assert before.counts == after.counts
    assert before.refusals.height == after.refusals.height


def test_a_message_to_the_centre_is_archived_as_it_came() -> None:
    assert without_text(TXR, frozenset({"300001"})) == TXR
    assert without_text(TCI, frozenset({"300002"})) == TCI
    both = without_text(TXR + TCI, frozenset({"300002"}))
    assert both.endswith(TCI)
    assert SECRET not in both.removesuffix(TCI)
    forged = TXR.replace(b"\\s:", b"\\S:", 1)  # a tag block whose checksum is wrong says nothing
    assert SECRET not in without_text(forged, frozenset({"300001"}))


@examples(150)
@given(st.binary(max_size=60).filter(lambda text: b"\n" not in text))
def test_other_lines_and_positions_are_archived_as_they_came(noise: bytes) -> None:
    for line in (heard(b"1", rmc(121.9, 29.2)), noise, b"$BDTXR" + noise.lstrip(b",")):
        assert without_text(line, frozenset()) == line


@examples(150)
@given(st.lists(st.sampled_from([b"$BDTXR,", b"*00", b",", b"\\s:1*58\\", b"$", b"1", b"*41"])))
def test_whatever_a_line_says_it_is_cleaned_once_and_for_all(parts: list[bytes]) -> None:
    left = without_text(b"".join(parts), frozenset())
    assert without_text(left, frozenset()) == left


def test_a_site_names_its_centre_by_addresses() -> None:
    site = parse_site({"site.toml": b'name = "cove"\nbeidou_centre = ["0300001"]'})
    assert centre_of(site.extra) == {"300001"}
    assert run(FORMATS["beidou"](site, None, False), lines(TXR)).messages["text"][0]
    with pytest.raises(SiteError, match="beidou_centre"):
        centre_of({"beidou_centre": 300001})


@pytest.mark.parametrize(
    "line", [b"$BDTXR," * 9_000, b"$BDTXR,1,2,3,4," + b"*00" * 20_000, TXR * 800]
)
def test_no_line_takes_long_to_clean(line: bytes) -> None:
    begin = time.thread_time()
    without_text(line, frozenset())
    assert time.thread_time() - begin < 0.05
