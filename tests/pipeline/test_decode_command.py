"""`pierwatch decode ais`: objects on standard output, counts on standard error."""

from __future__ import annotations

import gzip
import json
import subprocess

import pytest
from commands import PIERWATCH, environment, rows, run
from nmea_lines import tag_block

POSITION = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
PARTS = (
    b"!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C",
    b"!AIVDM,2,2,1,A,88888888880,2*25",
)
AT = tag_block(b"s:north,c:1772385730")
LINES = b"\n".join(
    [b"# a comment", AT + POSITION, *PARTS, POSITION[:-1] + b"B", b"$GPGGA,1*00", b"noise", b""]
)
KEYS = (
    "sensor source target observed_at received_at lon lat sigma_m speed_kn course_deg heading_deg"
)
CLAIM = "name call_sign imo ship_type length_m beam_m draught_m destination"


@pytest.fixture
def decoded(tmp_path, pierwatch):
    file = tmp_path / "log.nmea"
    file.write_bytes(LINES)
    ran = pierwatch("decode", "ais", file)
    assert ran.code == 0
    return rows(ran.out), json.loads(ran.err)


def test_a_position_has_the_columns_of_the_contract_and_its_line(decoded):
    position = decoded[0][0]
    assert list(position) == ["kind", *KEYS.split(), "detail", "line"]
    assert position["kind"] == "position"
    assert position["line"] == 2
    assert position["source"] == "north"
    assert position["received_at"] == "2026-03-01T17:22:10Z"
    assert position["detail"]["type"] == 1


def test_an_identity_claim_bears_the_line_that_completed_it(decoded):
    claim = decoded[0][1]
    given = CLAIM.split()
    assert list(claim) == ["kind", "target", "received_at", *given, "line"]
    assert (claim["kind"], claim["name"], claim["line"]) == ("identity", "EVER DIADEM", 4)
    assert claim["received_at"] is None


def test_a_bad_frame_is_an_object_on_standard_output_and_the_next_goes_on(decoded):
    assert [(o.get("error"), o["line"]) for o in decoded[0][2:]] == [
        ("bad_checksum", 5),
        ("no_sentence", 7),
    ]
    assert all(set(o) == {"error", "line", "detail"} for o in decoded[0][2:])


def test_counts_by_kind_and_reason_end_on_standard_error(decoded):
    counts = decoded[1]
    assert counts["counts"]["position"] == counts["counts"]["identity"] == 1
    assert counts["refused"] == {"bad_checksum": 1, "no_sentence": 1}


def test_standard_input_a_file_and_a_gzipped_file_say_the_same(tmp_path, pierwatch, decoded):
    packed = tmp_path / "log.nmea.gz"
    packed.write_bytes(gzip.compress(LINES))
    assert rows(pierwatch("decode", "ais", packed).out) == decoded[0]
    piped = run("decode", "ais", stdin=LINES)
    assert piped.returncode == 0
    assert rows(piped.stdout) == decoded[0]
    assert json.loads(piped.stderr) == decoded[1]


def test_a_slow_pipe_gives_what_is_known_at_once():
    with subprocess.Popen(
        [PIERWATCH, "decode", "ais"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment(PYTHONUNBUFFERED="1"),
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        process.stdin.write(POSITION + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["target"] == "mmsi:371798000"
        process.stdin.close()
        assert process.wait(30) == 0


def test_a_gzip_file_cut_midway_gives_all_before_the_cut_and_one_sentence(tmp_path, pierwatch):
    packed = gzip.compress(b"\n".join([AT + POSITION, *PARTS]) + b"\n" * 9, mtime=0)
    file = tmp_path / "cut.nmea.gz"
    file.write_bytes(packed[:-6])
    ran = pierwatch("decode", "ais", file)
    assert ran.code == 2
    assert [o["kind"] for o in rows(ran.out)] == ["position", "identity"]
    assert ran.err.count("\n") == 1
    assert "cut.nmea.gz: expected a readable file" in ran.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("decode", "morse"), "FORMAT: expected ais"),
        (("decode", "ais", "/nowhere/log.nmea"), "/nowhere/log.nmea: expected a readable file"),
        (("decode", "ais", "/"), "expected a readable file"),
        (("decode", "ais", "--site", "/nowhere"), "/nowhere: expected a site folder"),
    ],
)
def test_wrong_arguments_end_with_one_sentence_and_exit_2(pierwatch, args, said):
    ran = pierwatch(*args)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert ran.out == ""
