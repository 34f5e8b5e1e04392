"""`pierwatch decode beidou|radar`: the table of formats, with a site and without."""

from __future__ import annotations

import io
import json

import pytest
from nmea_feeds import dwr, gga, heard, lines, rmc, ttm
from nmea_lines import sentence

from geo.site import parse_site
from pipeline.decode import FORMATS, decode

RADARS = (
    b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"radar_id":"R1",'
    b'"range_m":32000,"period_s":3.0},"geometry":{"type":"Point","coordinates":[121.99,29.19]}}]}'
)
SITE = parse_site({"site.toml": b'name = "cove"\n[skew_s]\n"7" = 28800', "radars.geojson": RADARS})
BEIDOU = lines(
    heard(b"0123456", rmc(121.9, 29.2)),
    heard(b"R", dwr(121.9, 29.2, flags=b"0,1,0")),
    heard(b"7", gga(121.9, 29.2, 62_530 - 57_600)),
    b"# a comment",
    sentence(b"$BDGGA,x")[:-1] + b"Z",
    heard(b"R", b"BDTXR,1,0242407,1,,A1B2"),
)
RADAR = lines(heard(b"R1", ttm(17, 5, 90)), heard(b"R2", ttm(3, 5, 90)))


def decoded(format_: str, data: bytes, site: object = None) -> tuple[list[dict], dict]:
    out = io.StringIO()
    counts = decode(format_, [data[:70], data[70:]], out, site)
    return [json.loads(line) for line in out.getvalue().splitlines()], counts


@pytest.mark.parametrize(("format_", "data"), [("beidou", BEIDOU), ("radar", RADAR)])
def test_positions_have_the_columns_of_the_contract_whatever_the_format(format_, data):
    rows, _ = decoded(format_, data, SITE)
    ais = lines(b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A")
    (other,), _ = decoded("ais", ais)
    assert list(rows[0]) == list(other)
    assert rows[0]["sensor"] == format_


def test_beidou_yields_positions_errors_and_counts_and_no_correspondence():
    rows, counts = decoded("beidou", BEIDOU, SITE)
    assert [(row["line"], row.get("target"), row.get("error")) for row in rows] == [
        (1, "beidou:0123456", None),
        (2, "beidou:0242407", None),
        (3, "beidou:7", None),
        (5, None, "bad_checksum"),
    ]
    assert rows[1]["detail"]["sos"] is True
    assert rows[2]["observed_at"] == "2026-03-01T17:22:10Z"
    assert counts["counts"]["message"] == 1
    assert counts["refused"] == {"bad_checksum": 1}


def test_a_clock_known_to_be_off_is_known_by_the_site_only():
    rows, _ = decoded("beidou", BEIDOU)
    assert [row.get("error") for row in rows] == [None, None, "future", "bad_checksum"]


def test_radar_needs_the_sites_radars():
    rows, counts = decoded("radar", RADAR, SITE)
    assert rows[0]["target"] == "radar:R1:17"
    assert rows[0]["lat"] == pytest.approx(29.19, abs=1e-4)
    assert rows[1]["error"] == "unknown_radar"
    assert counts["refused"] == {"unknown_radar": 1}
    assert [row.get("error") for row in decoded("radar", RADAR)[0]] == ["unknown_radar"] * 2


def test_the_command_knows_every_format(tmp_path, pierwatch):
    file = tmp_path / "feed.nmea"
    file.write_bytes(BEIDOU)
    ran = pierwatch("decode", "beidou", file)
    assert ran.code == 0
    assert json.loads(ran.err)["counts"]["position"] == 2
    wrong = pierwatch("decode", "morse", file)
    assert wrong.code == 2
    assert all(name in wrong.err for name in FORMATS)
