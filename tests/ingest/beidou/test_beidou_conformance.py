"""Against gpsd's reading of the same logs (its own output files)."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from nmea_feeds import run

from ingest.beidou import BeiDouDecoder
from ingest.decode import objects

pytestmark = pytest.mark.shared

KINDS = ("RMC", "GGA", "GNS")


def expected(path: Path) -> dict[str, dict[str, object]]:
    """BeiDou and GNSS position sentences with what gpsd told right after each of them."""
    told: dict[str, dict[str, object]] = {}
    sentence = ""
    for line in path.read_text().splitlines():
        if line.startswith("{"):
            report = json.loads(line)
            if sentence and report["class"] == "TPV":
                told[sentence] = report
        else:
            mine = line[1:3] in ("BD", "GB", "GN") and line[3:6] in KINDS
            sentence = line.strip() if mine else ""
    return told


@pytest.mark.parametrize(
    ("name", "fixes", "without", "late"),
    [("beidou-bd", 9, 11, 0), ("beidou-gb", 3, 6, 0), ("nmea-fuzzy-cases", 7, 0, 1)],
)
def test_positions_are_gpsds(
    shared_data: Path, name: str, fixes: int, without: int, late: int
) -> None:
    """`late`: after the fuzzy cases' gap of ten minutes one GGA comes before the clock, its RMC."""
    log = (shared_data / f"gpsd/{name}.log").read_bytes()
    got = list(objects(run(BeiDouDecoder("1"), log)))
    assert [row["error"] for row in got if "error" in row] == ["future"] * late
    texts = [text.strip() for text in log.decode().splitlines()]
    ours = {texts[int(str(row["line"])) - 1]: row for row in got}
    compared = empty = 0
    for text, tpv in expected(shared_data / f"gpsd/{name}.log.chk").items():
        row = ours.get(text)
        if tpv["mode"] == 1:
            empty += 1
            assert row is None, text
            continue
        assert row is not None, text
        compared += 1
        assert row["lat"] == pytest.approx(tpv["lat"], abs=6e-10)
        assert row["lon"] == pytest.approx(tpv["lon"], abs=6e-10)
        if "time" in tpv:
            assert seconds(row["observed_at"]) == pytest.approx(seconds(tpv["time"]), abs=5e-4)
        if "RMC" in text and "track" in tpv:
            assert row["course_deg"] == pytest.approx(tpv["track"], abs=5e-5)
        if "RMC" in text and "speed" in tpv:
            assert row["speed_kn"] == pytest.approx(tpv["speed"] * 3600 / 1852, abs=2e-3)
    assert (compared, empty) == (fixes, without)


def seconds(time: object) -> float:
    return datetime.fromisoformat(str(time)).timestamp()
