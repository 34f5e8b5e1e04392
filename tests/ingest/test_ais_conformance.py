"""Field by field against what gpsd and libais say of the same messages (their own output files).

Every difference is listed here with its reason; anything else fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.ais import AisDecoder
from ingest.decode import objects
from ingest.decoded import concat

pytestmark = pytest.mark.shared

Row = dict[str, object]
#: gpsd's names of what we report in an observation, and in a claim.
OBSERVED = (
    "type", "mmsi", "lon", "lat", "speed", "course", "heading", "status", "accuracy", "raim",
    "maneuver", "turn", "alt", "aid_type", "off_position", "virtual_aid",
)  # fmt: skip
CLAIMED = (
    "mmsi", "shipname", "callsign", "imo", "shiptype", "length", "beam", "draught", "destination",
)  # fmt: skip
NUMBERS = ("lon", "lat", "speed", "course", "heading", "alt", "turn", "length", "beam", "draught")
POSITIONS = {1, 2, 3, 4, 9, 11, 17, 18, 19, 21, 27}
CLAIMS = {5, 19, 21, 24}


def our_rows(data: bytes, decimals: int = 5) -> tuple[set[str], set[str]]:
    """Observations and claims as texts of gpsd's names."""
    decoder = AisDecoder()
    observed, claimed = set(), set()
    for row in objects(concat([decoder.feed(data), decoder.close()])):
        if "error" in row:
            continue
        mmsi = int(str(row["target"]).removeprefix("mmsi:"))
        if row["kind"] == "identity":
            pairs = {
                "mmsi": mmsi, "shipname": row["name"], "callsign": row["call_sign"],
                "imo": row["imo"], "shiptype": row["ship_type"], "length": row["length_m"],
                "beam": row["beam_m"], "draught": row["draught_m"],
                "destination": row["destination"],
            }  # fmt: skip
            claimed.add(text(pairs, CLAIMED, decimals))
            continue
        detail = row["detail"]
        assert isinstance(detail, dict)
        turn = {"port": -127, "starboard": 127}.get(detail.get("fast_turn", ""))
        pairs = {
            **detail, "mmsi": mmsi, "lon": row["lon"], "lat": row["lat"],
            "speed": row["speed_kn"], "course": row["course_deg"], "heading": row["heading_deg"],
            "alt": detail.get("altitude_m"), "virtual_aid": detail.get("virtual"),
            "turn": detail.get("rot_deg_min") if turn is None else turn,
        }  # fmt: skip
        observed.add(text(pairs, OBSERVED, decimals))
    return observed, claimed


def text(pairs: Row, names: tuple[str, ...], decimals: int = 5) -> str:
    said = {}
    for name in names:
        value = pairs.get(name)
        if name in NUMBERS and isinstance(value, int | float):
            value = round(float(value), decimals)
        if value is not None:
            said[name] = value
    return json.dumps(said)


def gpsd_messages(path: Path) -> Iterator[Row]:
    for line in path.read_text("utf-8", "replace").splitlines():
        if line.startswith('{"class":"AIS"'):
            yield json.loads(line)


def number(value: object, missing: object, unit: float = 1.0) -> float | None:
    return None if value is None or value == missing else float(str(value)) / unit


def gpsd_rows(path: Path) -> tuple[set[str], set[str]]:
    observed, claimed = set(), set()
    for row in gpsd_messages(path):
        if row["type"] in POSITIONS:
            observed.add(text(gpsd_position(row), OBSERVED))
        if row["type"] in CLAIMS:
            claimed.update(gpsd_claims(row))
    return observed, claimed


def gpsd_position(row: Row) -> Row:
    """gpsd's numbers in our units, its sentinels as None."""
    scaled, kind = row["scaled"], row["type"]
    coarse = kind in (17, 27)
    degree = 1 if scaled else 600 if coarse else 600_000
    if kind == 17 and scaled:
        degree = 1
    tenth = 1 if scaled else 10
    speed = {27: (63, 1), 9: (1023, 1)}.get(int(str(kind)), (102.3 if scaled else 1023, tenth))
    course = (511, 1) if kind == 27 else (360 if scaled else 3600, tenth)
    lon, lat = (float(str(row.get(name, 181 * degree))) / degree for name in ("lon", "lat"))
    off = row.get("off_position") if float(str(row.get("second", 60))) < 60 else None
    return {
        **row,
        "lon": lon if abs(lon) <= 180 and abs(lat) <= 90 else None,
        "lat": lat if abs(lon) <= 180 and abs(lat) <= 90 else None,
        "speed": number(row.get("speed"), *speed),
        "course": number(row.get("course"), *course),
        "heading": number(row.get("heading"), 511),
        "status": None if row.get("status") == 15 else row.get("status"),
        "maneuver": None if row.get("maneuver") in (0, 3) else row.get("maneuver"),
        "turn": gpsd_turn(row.get("turn")),
        "alt": number(row.get("alt"), 4095),
        "aid_type": row.get("aid_type") or None,
        "off_position": off,
    }


def gpsd_turn(turn: object) -> object:
    if turn in (None, -128, "nan", "n/a"):
        return None
    if turn in (127, -127, "fastright", "fastleft"):
        return {"fastright": 127, "fastleft": -127}.get(str(turn), turn)
    raw = float(str(turn))
    return round((raw / 4.733) ** 2 * (1 if raw >= 0 else -1), 1)


def gpsd_claims(row: Row) -> set[str]:
    """The claims in a message; gpsd joins the two parts of type 24, we report each."""
    claim = gpsd_claim(row)
    if row["type"] != 24:
        return {text(claim, CLAIMED)}
    part_a = {name: claim[name] for name in ("mmsi", "shipname")}
    part_b = {**claim, "shipname": None}
    wanted = {"A": [part_a], "0": [part_a], "B": [part_b], "1": [part_b]}.get(
        str(row.get("part", row.get("part_num"))), [part_a, part_b]
    )
    return {text(part, CLAIMED) for part in wanted}


def gpsd_claim(row: Row) -> Row:
    tenth = 1 if row["scaled"] else 10
    name = str(row.get("shipname", row.get("name", "")))
    ends = [float(str(row.get(f"to_{end}", 0))) for end in ("bow", "stern", "port", "starboard")]
    return {
        "mmsi": row["mmsi"],
        "shipname": name or None,
        "callsign": row.get("callsign") or None,
        "imo": int(str(row.get("imo", 0))) or None,
        "shiptype": row.get("shiptype") or None,
        "length": ends[0] + ends[1] or None,
        "beam": ends[2] + ends[3] or None,
        "draught": float(str(row.get("draught", 0))) / tenth or None,
        "destination": row.get("destination") or None,
    }


#: Of our rows and of gpsd's: which stand on one side only, and why.
ONLY_OURS: dict[str, dict[str, str]] = {
    "gpsd/ais-nmea.log": {
        '{"mmsi": 244820267, "shipname": "PLEIADE"}': "gpsd keeps part A of type 24 until part B "
        "comes, which it does not in this log; the name was said",
    },
    "gpsd/ais-raw-messages.log": {},
    "gpsd/sample.aivdm": {
        '{"mmsi": 271041511, "shipname": "TRIPPIN"}': "part A without its part B",
        '{"mmsi": 271020195, "callsign": "YM5133", "shiptype": 37, "length": 18.0, "beam": 5.0}': (
            "part B without its part A"
        ),
        '{"type": 17, "mmsi": 2734450, "lon": 29.13, "lat": 59.98667}': (
            "raw bits 17478 and 35992 tenths of a minute; gpsd prints one decimal"
        ),
        '{"type": 17, "mmsi": 804870766, "lon": 134.44833, "lat": -44.69667}': (
            "raw bits 80669 and -26818 tenths of a minute; gpsd prints one decimal"
        ),
        '{"type": 27, "mmsi": 236091959, "lon": -154.20167, "lat": 87.065, "speed": 0.0, '
        '"course": 0.0, "status": 3, "accuracy": false, "raim": false}': (
            "raw bits -92521 tenths of a minute: -154.201667; gpsd prints four decimals"
        ),
        '{"type": 27, "mmsi": 206914217, "lon": 137.02333, "lat": 4.84, "speed": 57.0, '
        '"course": 167.0, "status": 2, "accuracy": false, "raim": false}': (
            "raw bits 82214 tenths of a minute: 137.023333; gpsd prints four decimals"
        ),
    },
}
ONLY_GPSD: dict[str, set[str]] = {
    "gpsd/ais-nmea.log": set(),
    "gpsd/ais-raw-messages.log": set(),
    "gpsd/sample.aivdm": {  # the other sides of the rounded positions above
        '{"type": 17, "mmsi": 2734450, "lon": 29.1, "lat": 60.0}',
        '{"type": 17, "mmsi": 804870766, "lon": 134.4, "lat": -44.7}',
        '{"type": 27, "mmsi": 236091959, "lon": -154.2017, "lat": 87.065, "speed": 0.0, '
        '"course": 0.0, "status": 3, "accuracy": false, "raim": false}',
        '{"type": 27, "mmsi": 206914217, "lon": 137.0233, "lat": 4.84, "speed": 57.0, '
        '"course": 167.0, "status": 2, "accuracy": false, "raim": false}',
    },
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpsd/ais-nmea.log", "gpsd/ais-nmea.log.chk"),
        ("gpsd/ais-raw-messages.log", "gpsd/ais-raw-messages.log.chk"),
        ("gpsd/sample.aivdm", "gpsd/sample.aivdm.js.chk"),
    ],
)
def test_every_field_agrees_with_gpsd_but_for_the_listed(
    shared_data: Path, name: str, expected: str
) -> None:
    ours = set().union(*our_rows((shared_data / name).read_bytes()))
    theirs = set().union(*gpsd_rows(shared_data / expected))
    assert ours - theirs == set(ONLY_OURS[name])
    assert theirs - ours == ONLY_GPSD[name]
    assert len(ours & theirs) > 20


#: libais keeps coordinates and courses as 32-bit floats: good to four decimals.
LIBAIS_DECIMALS = 4
LIBAIS_ONLY_OURS: dict[str, dict[str, str]] = {
    "typeexamples": {
        '{"type": 2, "mmsi": 277315048, "speed": 67.0, "course": 145.8, "status": 14, '
        '"accuracy": true, "raim": true, "maneuver": 2, "turn": -42.9}': (
            "the raw heading is 472: out of range, so not reported"
        ),
        '{"type": 9, "mmsi": 400214919, "speed": 168.0, "course": 296.4, "accuracy": true, '
        '"raim": false, "alt": 3704.0}': "aircraft give whole knots; libais divides by ten",
        '{"mmsi": 852992994, "shipname": "9%&//3*37_+P][\'<RD^6", "length": 746.0, "beam": 97.0}': (
            "six-bit 31 is the underscore and 39 the apostrophe; libais prints - and `"
        ),
    },
    "tagblock": {},
}
LIBAIS_ONLY_THEIRS: dict[str, dict[str, str]] = {
    "typeexamples": {
        '{"type": 2, "mmsi": 277315048, "speed": 67.0, "course": 145.8, "heading": 472.0, '
        '"status": 14, "accuracy": true, "raim": true, "maneuver": 2, '
        '"turn": -42.8993}': "see ours",
        '{"type": 9, "mmsi": 400214919, "speed": 16.8, "course": 296.4, "accuracy": true, '
        '"raim": false, "alt": 3704.0}': "see ours",
        '{"mmsi": 852992994, "shipname": "9%&//3*37-+P][`<RD^6", "length": 746.0, "beam": 97.0}': (
            "see ours"
        ),
        '{"type": 17, "mmsi": 1065113482, "lon": -90.5483, "lat": -0.665}': (
            "an MMSI of ten digits: refused as bad_mmsi"
        ),
    },
    "tagblock": {
        '{"type": 1, "mmsi": 224651000, "lon": -161.8827, "lat": -5.2779, "speed": 1.2, '
        '"course": 224.6, "heading": 155.0, "status": 7, "accuracy": false, "raim": false, '
        '"turn": 0.0}': "its receipt is 42 minutes ahead of the line before, and the next line "
        "falls back again: refused as bad_receipt by the contract",
    },
}


@pytest.mark.parametrize("name", ["typeexamples", "tagblock"])
def test_every_field_agrees_with_libais_but_for_the_listed(shared_data: Path, name: str) -> None:
    ours = set().union(
        *our_rows((shared_data / f"libais/{name}.nmea").read_bytes(), LIBAIS_DECIMALS)
    )
    theirs = set()
    for line in (shared_data / f"libais/{name}.json").read_text().splitlines():
        row = json.loads(line)
        if row["type"] in POSITIONS:
            position = {**gpsd_position(row), "turn": row.get("turn")}  # degrees a minute already
            theirs.add(text(position, OBSERVED, LIBAIS_DECIMALS))
        if row["type"] in CLAIMS:
            theirs |= gpsd_claims(row)
    assert ours - theirs == set(LIBAIS_ONLY_OURS[name])
    assert theirs - ours == set(LIBAIS_ONLY_THEIRS[name])
    assert len(ours & theirs) >= 3
