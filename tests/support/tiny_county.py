"""A recording as the simulator names its files, small enough to be replayed in a blink: each night
one vessel lies at the pier FAR, and once a landing is true."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scored import PIERS_EAST_M, landing, lon_lat, nuisance

from simulate.encode_ais import Fix, position_a, sentences, tag_block

EVENING = datetime(2026, 3, 1, 7, tzinfo=UTC)  # 15:00 in Beijing
RADAR = b"\\s:R1,c:1772384400*00\\$RATTM,1\n"
BERTH_MIN = 60.0


def tiny_county(folder: Path, nights: int = 2) -> Path:
    """Write it; night 1 alone has a landing, at FAR an hour past midnight."""
    for name, data in _site().items():
        _write(folder / "site" / name, data)
    for night in range(nights):
        evening = EVENING + timedelta(days=night)
        for feed, ending, lines in (("ais/S1", "nmea", _ais(evening)), ("radar/R1", "nmea", RADAR)):
            path = folder / f"feeds/{feed}-{evening:%Y%m%d}.{ending}.gz"
            _write(path, gzip.compress(lines, mtime=0))
    end = EVENING + timedelta(days=nights - 1, hours=18)
    head = f'name = "tiny"\nstart = {EVENING.isoformat()}\nend = {end.isoformat()}\n'
    _write(folder / "recording.toml", (head + "simulated = true\n").encode())
    rows = [landing("FAR", BERTH_MIN, BERTH_MIN + 90, night=1)]
    noise = [nuisance("patrol_stop", "FAR", BERTH_MIN, BERTH_MIN + 90, night=n)
             for n in range(nights)]  # fmt: skip
    truth = {"landings": rows, "nuisance": noise, "nights": nights, "seed": 7,
             "counts": {"landings": 1, "frames": {"ais": 100 * nights}}}  # fmt: skip
    _write(folder / "truth.json", json.dumps(truth).encode())
    return folder


def _ais(evening: datetime) -> bytes:
    """From the sea to the pier at one o'clock, and there for an hour and a half."""
    lines = []
    lon, lat = lon_lat(PIERS_EAST_M["FAR"])
    begun = evening + timedelta(hours=9, minutes=BERTH_MIN)
    for k in range(-20, 40):
        at = begun + timedelta(seconds=30 * k)
        south = max(-k, 0) * 90 / 111_320  # 30 s at about 6 kn
        fix = Fix(round(lon * 600_000), round((lat - south) * 600_000), 60 * (k < 0), 0, 0,
                  at.second)  # fmt: skip
        (text,) = sentences(position_a(412000001, 0, fix), "A", 0)
        lines.append(tag_block("S1", int(at.timestamp() * 1000)) + text)
    return ("\n".join(lines) + "\n").encode()


def _site() -> dict[str, bytes]:
    features = []
    for pier_id, east_m in PIERS_EAST_M.items():
        sides = [(-10, -10), (10, -10), (10, 10), (-10, 10), (-10, -10)]
        lon, lat = lon_lat(east_m)
        ring = [[lon + x / 97_000, lat + y / 111_000] for x, y in sides]
        features.append({
            "type": "Feature",
            "properties": {"pier_id": pier_id, "status": "idle", "township": "North"},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        })  # fmt: skip
    piers = {"type": "FeatureCollection", "features": features}
    return {"site.toml": b'name = "cove"\n', "piers.geojson": json.dumps(piers).encode()}


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
