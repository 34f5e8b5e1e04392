"""The objects of `pierwatch decode ais` (contract, "Objects")."""

from __future__ import annotations

import json

from ingest_runs import Decode
from nmea_lines import sentence, tag_block

from ingest.decode import objects

CLASS_A = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"


def test_objects_come_in_the_order_of_lines_with_times_in_utc(decode: Decode) -> None:
    data = b"\n".join([
        b"# comment",
        CLASS_A[:-2] + b"00",
        tag_block(b"s:R1,c:1420030798250") + CLASS_A,
        sentence(b"AIVDM,1,1,,A,H42O55i18tMET00000000000000,2"),
        CLASS_A,
    ])  # fmt: skip
    got = list(objects(decode(data)))
    assert [(row.get("kind", row.get("error")), row["line"]) for row in got] == [
        ("bad_checksum", 2),
        ("position", 3),
        ("identity", 4),
        ("position", 5),
    ]
    position = got[1]
    assert list(position) == [
        "kind", "sensor", "source", "target", "observed_at", "received_at", "lon", "lat",
        "sigma_m", "speed_kn", "course_deg", "heading_deg", "detail", "line",
    ]  # fmt: skip
    assert position["received_at"] == "2014-12-31T12:59:58.250Z"
    assert position["observed_at"] == "2014-12-31T12:59:33Z"
    assert position["detail"] == {
        "type": 1, "status": 0, "fast_turn": "port", "accuracy": True, "raim": False,
    }  # fmt: skip
    assert list(got[2]) == [
        "kind", "target", "received_at", "name", "call_sign", "imo", "ship_type", "length_m",
        "beam_m", "draught_m", "destination", "line",
    ]  # fmt: skip
    assert got[2]["name"] == "PROGUY"
    assert got[2]["received_at"] is got[3]["received_at"] is got[3]["observed_at"] is None
    assert set(got[0]) == {"error", "line", "detail"}
    assert json.loads(json.dumps(got)) == got
