"""AIS-catcher's JSON gives what the same transmissions give as NMEA."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ais_catcher_lines import bits_of, fields, json_line
from example_counts import examples
from golden_samples import agrees_with_golden
from hypothesis import given
from hypothesis import strategies as st
from ingest_runs import decode_ais
from nmea_lines import message, parts, tag_block
from polars.testing import assert_frame_equal

from core.schema import ALIVE
from ingest.ais.receptions import Receptions
from ingest.ais_catcher import AisCatcherDecoder
from ingest.decoded import Decoded, concat

AT_S = 1_772_384_401.25
CLASS_A = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
TYPE_5 = f"{5:06b}00{412345678:030b}" + f"{7_654_321:032b}".ljust(386, "0")
BITS = {
    1: 168, 2: 168, 3: 168, 4: 168, 5: 424, 8: 168, 9: 168, 11: 168, 17: 80, 18: 168, 19: 312,
    21: 278, 24: 168, 27: 96,
}  # fmt: skip


def decode(data: bytes, size: int | None = None, **options: Any) -> Decoded:
    decoder = AisCatcherDecoder(**options)
    step = size or max(len(data), 1)
    pieces = [decoder.feed(data[at : at + step]) for at in range(0, len(data), step)]
    return concat([*pieces, decoder.close()])


def same(one: Decoded, other: Decoded, *, keys: bool = True) -> None:
    dropped = [] if keys else ["key"]
    assert_frame_equal(one.observations.drop(dropped), other.observations.drop(dropped))
    assert_frame_equal(one.identities.drop(dropped), other.identities.drop(dropped))
    order = ["line", "reason", "detail"]
    assert_frame_equal(one.refusals.sort(order), other.refusals.sort(order))
    assert one.counts == other.counts
    assert one.receptions == other.receptions
    if keys:
        assert one.observation_payloads.to_list() == other.observation_payloads.to_list()
        assert one.identity_payloads.to_list() == other.identity_payloads.to_list()


def test_a_message_with_its_nmea_has_the_keys_and_payloads_of_the_sentence() -> None:
    two = parts(TYPE_5, 40)
    nmea = b"".join(
        [
            tag_block(b"s:R1,c:1772384401250") + CLASS_A + b"\n",
            tag_block(b"s:R1,c:1772384402250") + message(TYPE_5) + b"\n",
        ]
    )
    said = json_line(
        fields(bits_of(CLASS_A.split(b",")[5])),
        nmea=[CLASS_A.decode()], rxuxtime=AT_S, station_id="R1",
    ) + json_line(
        fields(TYPE_5), nmea=[each.decode() for each in two], rxuxtime=AT_S + 1, station_id="R1"
    )  # fmt: skip
    same(decode(said), decode_ais(nmea))


def test_the_same_transmission_as_nmea_and_as_json_is_one_for_the_fold_of_receptions() -> None:
    heard = decode_ais(tag_block(b"s:R1,c:1772384401000") + CLASS_A + b"\n")
    again = decode(json_line({"nmea": [CLASS_A.decode()], "rxuxtime": AT_S, "station_id": 2}))
    folded = Receptions()
    for decoded, first in ((heard, True), (again, False)):
        received = decoded.observations["received_at"].dt.timestamp("us").to_numpy()
        assert folded.first(decoded.observation_payloads.to_numpy(), received) == [first]
    assert again.observations["source"].to_list() == ["2"]


@examples(200)
@given(st.sampled_from(sorted(BITS)), st.integers(1, 999_999_999), st.data())
def test_fields_alone_give_what_the_sentence_gives(
    kind: int, mmsi: int, data: st.DataObject
) -> None:
    body = data.draw(st.integers(0, (1 << BITS[kind] - 38) - 1))
    bits = f"{kind:06b}00{mmsi:030b}" + f"{body:0{BITS[kind] - 38}b}"
    nmea = tag_block(b"s:R1,c:1772384401250") + message(bits) + b"\n"
    sparse = decode(json_line(fields(bits), rxuxtime=AT_S, station_id="R1"))
    heard = decode_ais(nmea)
    if "unknown_part" in heard.refusals["reason"]:
        return  # AIS-catcher takes every other part for B
    dropped = ["detail"]
    assert_frame_equal(sparse.refusals.drop(dropped), heard.refusals.drop(dropped))
    for name in ("observations", "identities"):
        assert_frame_equal(getattr(sparse, name).drop("key"), getattr(heard, name).drop("key"))
    assert sparse.counts == heard.counts


@pytest.mark.shared
def test_a_real_log_reads_the_same_as_nmea_and_as_sparse_json(shared_data: Path) -> None:
    lines = (shared_data / "dma-aislib").rglob("*.txt")
    log = b"\n".join(path.read_bytes() for path in sorted(lines))
    single = [
        line[line.index(b"!") :].split(b"*")[0] + line[line.index(b"*") :][:3]
        for line in log.split(b"\n")
        if b"VDM,1,1,," in line and b"*" in line
    ]
    heard = decode_ais(b"\n".join(single))
    assert heard.observations.height > 1000
    said = b"".join(
        json_line(fields(bits_of(each.split(b",")[5], int(each.split(b",")[6][:1]))))
        for each in single
    )
    read = decode(said)
    got, expected = read.observations, heard.observations
    same_rows = got.join(
        expected, on=["target", "lon", "lat", "speed_kn", "course_deg", "heading_deg", "detail"],
        how="anti", nulls_equal=True,
    )  # fmt: skip
    assert same_rows.height == 0
    assert got["target"].n_unique() == expected["target"].n_unique()


def test_what_is_not_available_is_null_in_sparse_json() -> None:
    sentinels = {"speed": 102.3, "course": 360.0, "heading": 511, "lat": 91.0, "lon": 181.0}
    for said in (sentinels, {}, dict.fromkeys(sentinels), {"speed": "fast", "lat": 1e300}):
        row = decode(json_line({"type": 18, "mmsi": 412345678, **said})).observations
        names = ["lon", "lat", "sigma_m", "speed_kn", "course_deg", "heading_deg"]
        assert row.select(names).row(0) == (None,) * 6
        assert json.loads(row["detail"][0])["type"] == 18


def test_the_archives_forms_and_the_post_are_read() -> None:
    bare = {"class": "AIS", "nmea": [CLASS_A.decode()], "rxuxtime": AT_S, "station_id": "R1"}
    stamp = "2026-03-01T17:00:02.500Z"
    other = bare | {"nmea": [message("1" * 6 + "0" * 162).decode()], "type": 1}
    expected = decode(json_line(bare)).observations.drop("arrived_at", "line")
    post = {
        "protocol": "jsonaiscatcher",
        "stationid": "R1",
        "msgs": [bare, {"class": "TPV"}, other],
    }
    for line in (
        json_line({"received_at": stamp, **bare}),
        json_line({"received_at": stamp, "source": "R9", "format": "ais-catcher", "payload": bare}),
        json_line({"received_at": stamp, **post}),
        json_line({"received_at": stamp, "source": "f", "format": "ais-catcher", "payload": post}),
    ):
        got = decode(line)
        assert_frame_equal(got.observations.drop("arrived_at", "line"), expected)
        assert got.observations["arrived_at"].dt.strftime("%S%.3f").to_list() == ["02.500"]
        assert got.counts.get("other", 0) == (1 if b"TPV" in line else 0)


def test_a_post_without_messages_says_that_its_station_lives() -> None:
    line = {"received_at": "2026-03-01T17:00:02Z", "protocol": "jsonaiscatcher", "msgs": []}
    got = decode(json_line({**line, "station": {"name": "Xiangshan"}}))
    assert got.alive.schema == ALIVE
    assert got.alive["source"].to_list() == ["Xiangshan"]
    assert got.alive["arrived_at"].dt.timestamp("ms").to_list() == [1_772_384_402_000]


def test_the_receipt_is_rxuxtime_else_rxtime_else_the_arrival() -> None:
    bare = {"type": 1, "mmsi": 412345678, "received_at": "2026-03-01T17:00:09Z"}
    for said, expected in (
        ({"rxuxtime": AT_S, "rxtime": "20260301170000"}, 1_772_384_401_250),
        ({"rxtime": "20260301170000"}, 1_772_384_400_000),
        ({"rxtime": "20269901170000"}, 1_772_384_409_000),
        ({"rxuxtime": 12.5}, 1_772_384_409_000),
    ):
        got = decode(json_line(bare | said)).observations["received_at"]
        assert got.dt.timestamp("ms").to_list() == [expected]


def test_a_stations_name_in_any_script_is_kept_and_its_skew_is_known() -> None:
    base = fields(f"{4:06b}00{2_190_047:030b}" + f"{2026:014b}{3:04b}{1:05b}{17:05b}{0:06b}{5:06b}"
                  + "0" * 90)  # fmt: skip
    got = decode(json_line(base, rxuxtime=AT_S, station_id="象山,1"), skew_s={"象山,1": 4})
    row = got.observations.row(0, named=True)
    assert row["source"] == "象山,1"
    assert row["observed_at"].second == 1
    assert json.loads(row["detail"])["skew_s"] == 4


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "bad_json"), (b"[1]", "bad_json"), (b"\xff\xfe", "bad_json"),
        (b"[" * 100_000, "too_deep"), (b'{"type":' + b"9" * 5000 + b"}", "bad_json"),
        (b'{"type":64,"mmsi":1}', "unknown_type"), (b'{"type":1}', "bad_mmsi"),
        (b'{"type":1,"mmsi":0}', "bad_mmsi"), (b'{"type":1,"mmsi":1e400}', "bad_mmsi"),
        (b'{"nmea":["!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4B"]}', "bad_checksum"),
        (b'{"nmea":["nothing"]}', "bad_sentence"), (b'{"nmea":[7]}', "bad_sentence"),
        (b'{"nmea":[' + json.dumps(parts(TYPE_5, 40)[0].decode()).encode() + b"]}", "incomplete"),
        (b'{"received_at":"yesterday","type":1,"mmsi":5}', "bad_time"),
        (b'{"format":"nmea","payload":{}}', "unknown_format"),
        (b'{"msgs":[3]}', "bad_json"), (b'{"msgs":[' + b"{}," * 20_000 + b"{}]}", "too_long"),
    ],
)  # fmt: skip
def test_a_bad_line_is_refused_with_its_reason_and_the_next_goes_on(
    line: bytes, reason: str
) -> None:
    got = decode(line + b"\n" + json_line({"type": 1, "mmsi": 5}))
    assert got.refusals["reason"].to_list() == [reason]
    assert got.refusals["detail"].str.len_chars().max() <= 120
    assert got.observations["line"].to_list() == [2]


PIECES = [
    json_line({"nmea": [CLASS_A.decode()], "rxuxtime": AT_S, "station_id": "R1"}),
    json_line({"nmea": [CLASS_A.decode()], "rxuxtime": AT_S + 3, "station_id": "R2"}),
    json_line({"nmea": [CLASS_A.decode()], "rxuxtime": AT_S + 86_400, "station_id": "R2"}),
    json_line(fields(TYPE_5), rxuxtime=AT_S, received_at="2026-03-01T17:00:09Z"),
    json_line({"msgs": [{"type": 1, "mmsi": 5}, 4, {"type": 99}, {"type": 18, "mmsi": 6}]}),
    b"\n", b"# said\r\n", b"garbage\n", b'{"type":1,"mmsi":7}\r\n',
]  # fmt: skip


@examples(60)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join), st.integers(1, 900))
def test_the_answer_does_not_depend_on_how_the_stream_is_cut(data: bytes, size: int) -> None:
    same(decode(data), decode(data, size))


@examples(80)
@given(st.sampled_from(PIECES[:5]), st.data())
def test_damage_never_raises(line: bytes, data: st.DataObject) -> None:
    damaged = bytearray(line)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(line) - 2))] = data.draw(st.integers(0, 255))
    got = decode(bytes(damaged) + b"\n" + PIECES[8])
    assert got.observations["target"].to_list()[-1:] == ["mmsi:000000007"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*fields(TYPE_5), "nmea", "msgs", "payload"]), inner)
    ),
    max_leaves=12,
)


@examples(200)
@given(st.dictionaries(st.sampled_from(["type", "mmsi", "lat", "turn", "rxuxtime", "nmea"]), JSON))
def test_values_of_any_kind_never_raise(message: dict[str, object]) -> None:
    got = decode(json.dumps({"type": 1, "mmsi": 9, **message}).encode() + b"\n")
    assert got.observations.height + got.refusals.height + got.counts.get("other", 0) >= 1


def test_the_samples_give_the_expected_objects() -> None:
    agrees_with_golden("ais_catcher.jsonl", decode)
