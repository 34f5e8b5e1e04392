"""`pierwatch decode jt808|camera`: what a site knows reaches the objects."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from camera_lines import barrier, frigate
from commands import rows
from jt808_frames import PHONE, framed, line, location

from geo.datums import wgs84_to_gcj02
from geo.site import Site, parse_site
from pipeline.decode import decode

SITE = {
    "site.toml": b'name = "cove"\nvehicle_datum = "gcj02"\ntimezone = "Asia/Shanghai"\n'
    b"[skew_s]\ncam-1 = 2.0\n",
    "vehicles.csv": (
        f"terminal,plate,class,owner\n{PHONE},浙B12345,truck_heavy,\n,浙B22222,car,\n"
    ).encode(),
    "cameras.geojson": json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"camera_id": "cam-1", "kind": "road", "range_m": 50},
                    "geometry": {"type": "Point", "coordinates": [121.9, 29.2]},
                }
            ],
        }
    ).encode(),
    "bars.geojson": b'{"type":"FeatureCollection","features":[]}',
}


@pytest.fixture(scope="module")
def site() -> Site:
    return parse_site(SITE)


def decoded(kind: str, data: bytes, site: Site | None = None) -> tuple[list[Any], dict[str, Any]]:
    out = io.StringIO()
    counts = decode(kind, [data], out, site)
    return [json.loads(text) for text in out.getvalue().splitlines()], counts


def test_a_terminal_of_the_register_is_its_plate_in_the_datum_of_the_site(site: Site) -> None:
    lon, lat = wgs84_to_gcj02(121.9, 29.2)
    sent = location(lon=round(float(lon) * 1e6), lat=round(float(lat) * 1e6))
    (seen,), counts = decoded("jt808", line(framed(sent.encode())), site)
    assert (seen["kind"], seen["target"]) == ("position", "plate:浙B12345")
    assert (seen["lon"], seen["lat"]) == pytest.approx((121.9, 29.2), abs=2e-6)
    assert seen["detail"]["datum"] == "gcj02"
    assert counts["counts"] == {"position": 1, "type_0200": 1}


def test_a_camera_stands_where_the_site_says_and_its_clock_is_set_right(site: Site) -> None:
    (seen, bar), counts = decoded("camera", frigate() + barrier(), site)
    assert (seen["kind"], seen["lon"], seen["lat"]) == ("sighting", 121.9, 29.2)
    assert seen["observed_at"] == "2026-03-01T16:59:58.250Z"
    assert (bar["sensor"], bar["source"], bar["lon"]) == ("barrier", "bar-1", None)
    assert counts["counts"]["sighting"] == 2


def test_without_a_site_both_are_decoded_too() -> None:
    (seen,), _ = decoded("jt808", line(framed(location().encode())))
    assert seen["target"] == "terminal:13900000001"
    (sighted,), _ = decoded("camera", frigate())
    assert (sighted["lon"], sighted["observed_at"]) == (None, "2026-03-01T17:00:00.250Z")


def test_a_bad_frame_is_an_object_and_the_next_goes_on() -> None:
    found, counts = decoded("camera", b"{\n" + barrier())
    assert [each.get("error") for each in found] == ["bad_json", None]
    assert set(found[0]) == {"error", "line", "detail"}
    found, counts = decoded("jt808", b"1 7e7e\n" + line(framed(location().encode())))
    assert [each.get("error") for each in found] == ["no_time", None]
    assert counts["refused"] == {"no_time": 1}


@pytest.mark.shared
def test_the_command_reads_both_formats(shared_data: Path, tmp_path: Path, pierwatch: Any) -> None:
    ran = pierwatch("decode", "camera", shared_data / "camera" / "lines" / "gat1400.jsonl")
    assert ran.code == 0
    assert [row["target"] for row in rows(ran.out)][:2] == ["plate:浙B12345", "plate:浙BD00001"]
    file = tmp_path / "trucks.jt808"
    file.write_bytes(line(framed(location().encode())))
    ran = pierwatch("decode", "jt808", file)
    assert [row["target"] for row in rows(ran.out)] == ["terminal:13900000001"]
