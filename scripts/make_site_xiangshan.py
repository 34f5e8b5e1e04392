"""Makes the site folder sites/xiangshan: a real coast line with invented piers on it.

    python scripts/make_site_xiangshan.py --data ../shared/data [--out sites/xiangshan]

Reads the land polygons (OpenStreetMap, ODbL) and the tidal constituents of Kanmen (CC BY 4.0) from
the data folder; everything else is drawn with a fixed seed. The same input gives the same bytes.
README.md in the site folder is written by hand and left alone.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from xiangshan import coast, piers, posts, registers

from geo.land import Land

SEED = 20260301

SITE_TOML = """\
# 象山海岸（示意）。码头、船舶、车辆、摄像头、雷达均为虚构，不是本县台账。
# Illustrative: the piers, vessels, vehicles, cameras and radars are invented.
name = "xiangshan"
title_zh = "象山海岸（示意图）"
title_en = "Xiangshan coast (sketch)"
timezone = "Asia/Shanghai"
vehicle_datum = "wgs84"
landings_per_100_pier_nights = 0.068  # 50 cases a year over an assumed 200 piers
attribution = "© OpenStreetMap contributors (ODbL); tide: TICON-4, Kanmen (CC BY 4.0)"
notice_zh = "示意图，不得用于航行与执法；未绘界线。"
notice_en = "A sketch: not for navigation or enforcement; no boundary lines are drawn."

# [skew_s]                  # seconds that a source's clock is known to be ahead
# "radar:R2" = 0.0

# [basemap]                 # tiles of your own beneath the sketch (CGCS2000, WMTS)
# tiles = "https://…/wmts?…&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
# title = "…"
# approval = "审图号：…"     # printed on the map
"""

TIDES_HEAD = """\
# Kanmen (坎门, Yuhuan) as a stand-in for the Xiangshan coast, about 158 km up the coast from it.
# Not for under-keel clearance. Constituents: TICON-4, CC BY 4.0; see tide-licence/.
# time_offset_min and range_factor are 0 and 1 because no published difference between Kanmen and
# Shipu was at hand; with a year's readings of a local gauge, set both here.
# All constituents of the source, values unchanged.
"""


def _collection(features: list[dict[str, Any]], **more: object) -> bytes:
    """GeoJSON with one feature a line, so that a change shows as a change of lines."""
    head = json.dumps({"type": "FeatureCollection", **more}, ensure_ascii=False)
    lines = ",\n".join(
        json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features
    )
    return f'{head[:-1]}, "features": [\n{lines}\n]}}\n'.encode()


def _land(polygons: list[shapely.Polygon]) -> bytes:
    def ring(line: Any) -> list[list[float]]:
        return [[round(x, 5), round(y, 5)] for x, y in shapely.get_coordinates(line).tolist()]

    features = [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {
                "type": "Polygon",
                "coordinates": [ring(part.exterior), *(ring(hole) for hole in part.interiors)],
            },
        }
        for part in polygons
    ]
    return _collection(features, name="land", attribution="© OpenStreetMap contributors, ODbL 1.0")


def _piers(rows: list[piers.Pier]) -> bytes:
    names = ("pier_id", "name", "aliases", "kind", "status", "township", "depth_m", "access")
    features = [
        {
            "type": "Feature",
            "properties": {name: getattr(row, name) for name in names},
            "geometry": {"type": "Polygon", "coordinates": [row.ring]},
        }
        for row in rows
    ]
    return _collection(features, name="piers", note="虚构，示意 / invented, illustrative")


def _tides(text: bytes) -> bytes:
    station = json.loads(text)
    lines = [
        TIDES_HEAD.rstrip(),
        'station = "Kanmen (stand-in) 坎门（代用）"',
        f"lon = {station['longitude']}",
        f"lat = {station['latitude']}",
        f"z0_m = {round(station['datums']['MSL'], 3)}  # mean sea level above the source's zero",
        "time_offset_min = 0.0",
        "range_factor = 1.0",
    ]
    for row in station["harmonic_constituents"]:
        lines += [
            "",
            "[[constituent]]",
            f'name = "{row["name"]}"',
            f"amplitude_m = {row['amplitude']:.6f}",
            f"phase_deg = {round(row['phase'] % 360.0, 3)}",
        ]
    return ("\n".join(lines) + "\n").encode()


def make_site(data: Path) -> dict[str, bytes]:
    """All files of the site folder but README.md, by their paths in it."""
    land_text = (data / "land/land.geojson").read_bytes()
    polygons = coast.read_land(land_text)
    land = Land(polygons, coast.PLANE)
    waters = coast.survey_waters(land)
    dice = np.random.Generator(np.random.PCG64(SEED))
    rows = piers.make_piers(coast.candidates(land, waters), waters, land, dice)
    total_km, islands_km = coast.coast_length_km(land)
    print(f"{len(rows)} piers; shore of the county in this data {total_km:.0f} km, ", end="")
    print(f"{islands_km:.0f} km of it around islands (the county counts 988 km)")
    # Dice of their own: all that is drawn after them stays as it was.
    others = posts.watched_cameras(land, np.random.Generator(np.random.PCG64(SEED + 1)))
    files = {
        "site.toml": SITE_TOML.encode(),
        "land.geojson": _land(polygons),
        "piers.geojson": _piers(rows),
        "cameras.geojson": _collection(posts.cameras(rows, land, dice) + others),
        "bars.geojson": _collection(posts.bars(rows, land, dice)),
        "radars.geojson": _collection(posts.radars(land)),
        "stations.geojson": _collection(posts.stations(land)),
        "vessels.csv": registers.vessels(rows, dice),
        "vehicles.csv": registers.vehicles(dice),
        "permits.csv": registers.permits(rows),
        "regimes.csv": registers.regimes(),
        "tides.toml": _tides((data / "tide/kanmen.json").read_bytes()),
    }
    for folder, names in (
        ("land", ("LICENSE", "PROVENANCE.md")),
        ("tide", ("LICENSE", "NOTICE", "PROVENANCE.md")),
    ):
        for name in names:
            files[f"{folder}-licence/{name}"] = (data / folder / name).read_bytes()
    return files


def main() -> None:
    """Write the site folder."""
    root = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=root.parent / "shared/data")
    parser.add_argument("--out", type=Path, default=root / "sites/xiangshan")
    chosen = parser.parse_args()
    for name, content in make_site(chosen.data).items():
        path = chosen.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
