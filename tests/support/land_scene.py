"""A shore seen from the land: three piers with roads, cameras, bars, and what passes there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
from hypothesis import strategies as st

from core.settings import LandSettings
from geo.site import Site, parse_site
from models.landings.land_rows import LAND_ROW
from models.landings.land_side import LandState, advance

T0_S = int(datetime(2026, 3, 1, 16, 30, tzinfo=UTC).timestamp())  # 00:30 on the coast
SETTINGS = LandSettings()
US = 1_000_000
LON_M, LAT_M = 97_170.0, 110_850.0  # metres in a degree there
LON, LAT = 121.9, 29.2
VEHICLES = (
    "terminal,plate,class,owner\n1001,浙B80001,truck_heavy,x\n1002,浙B8D002,truck_light,x\n"
    "1003,浙B8C003,car,x\n,浙B85S04,refrigerated,x\n"
)
#: Metres east of P1's access: P1; P2, 2 km on; P3, whose access lies 40 m from that of P2.
PIERS = (("P1", 0.0), ("P2", 2000.0), ("P3", 2040.0), ("P4", 9000.0))


def at(east_m: float, north_m: float = 0.0) -> tuple[float, float]:
    """Longitude and latitude so far from P1's access."""
    return round(LON + east_m / LON_M, 6), round(LAT + north_m / LAT_M, 6)


@cache
def site(regimes: str | None = None) -> Site:
    """P1 with a dock camera, a bar and a road camera 500 m off; P4 has no road."""
    piers, width = [], 0.0002
    for name, east_m in PIERS:
        lon, lat = at(east_m, -40.0)
        ring = [[lon, lat], [lon + width, lat], [lon + width, lat + width], [lon, lat]]
        access = None if name == "P4" else list(at(east_m))
        piers.append(_feature("Polygon", [ring], pier_id=name, status="idle", access=access))
    cameras = [
        _feature("Point", list(at(0.0)), camera_id="D1", kind="dock", pier_id="P1"),
        _feature("Point", list(at(2000.0)), camera_id="D2", kind="dock", pier_id="P2"),
        _feature("Point", list(at(0.0, 500.0)), camera_id="R1", kind="road"),
        _feature("Point", list(at(-900.0, 0.0)), camera_id="R2", kind="road"),
    ]
    bars = [_feature("Point", list(at(0.0)), bar_id="B1", pier_id="P1")]
    files = {
        "site.toml": b'name = "shore"\ntimezone = "Asia/Shanghai"\n',
        "vehicles.csv": VEHICLES.encode(),
        **{
            f"{name}.geojson": json.dumps({"type": "FeatureCollection", "features": held}).encode()
            for name, held in (("piers", piers), ("cameras", cameras), ("bars", bars))
        },
    }
    if regimes is not None:
        files["regimes.csv"] = regimes.encode()
    return parse_site(files)


def _feature(form: str, where: object, /, **properties: object) -> dict[str, Any]:
    geometry = {"type": form, "coordinates": where}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def row(at_s: float, what: str, source: str, **more: object) -> dict[str, Any]:
    """A row of LAND_ROW, so many seconds after T0_S, visible at its own tick."""
    sensor = {"fix": "vehicle", "bar": "barrier"}.get(what, "camera")
    t_us = round((T0_S + at_s) * US)
    said = {
        "sensor": sensor,
        "source": source,
        "what": what,
        "t_us": t_us,
        "clock_s": -(-t_us // US),
    }
    return {**said, **more}


def fix(
    at_s: float, target: str, east_m: float, north_m: float = 0.0, kn: float = 0.0
) -> dict[str, Any]:
    """Where a terminal is."""
    lon, lat = at(east_m, north_m)
    return row(at_s, "fix", target, target=target, lon=lon, lat=lat, speed_kn=kn)


def stand(
    target: str, from_s: float, to_s: float, east_m: float, step_s: int = 30
) -> list[dict[str, Any]]:
    """A terminal that comes from 1.5 km away, stands, and goes back."""
    return [
        fix(from_s - 120, target, east_m, 1500.0, 30.0),
        fix(from_s - 60, target, east_m, 700.0, 30.0),
        *(fix(s, target, east_m) for s in np.arange(from_s, to_s + 1, step_s)),
        *(fix(to_s + 60 * k, target, east_m, 700.0 * k, 30.0) for k in range(1, 8)),
    ]


def read(
    at_s: float, plate: str | None, camera: str = "R1", code: str = "H11", what: str = "truck"
) -> dict[str, Any]:
    """A road camera's reading."""
    place = {"R1": at(0.0, 500.0), "R2": at(-900.0)}[camera]
    more = {"plate": plate, "class": code, "score": 0.9, "event": "", "over": True}
    return row(at_s, what, camera, lon=place[0], lat=place[1], **more)


def seen(
    at_s: float, what: str, event: str, start_s: float, *, camera: str = "D1", over: bool = False,
    score: float = 0.8, plate: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A dock camera's message."""
    start_us = round((T0_S + start_s) * US)
    more = {"event": event, "start_us": start_us, "over": over, "score": score, "plate": plate}
    return row(at_s, what, camera, **more)


def rows(parts: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """LAND_ROW of such rows, each with a key of its own."""
    keyed = [{"key": number.to_bytes(16, "big"), **part} for number, part in enumerate(parts)]
    full = [{name: part.get(name) for name in LAND_ROW} for part in keyed]
    return pl.DataFrame(full, schema=LAND_ROW)


def saved(state: LandState) -> LandState:
    """As it comes back from disk."""
    files = {}
    for name, frame in state.frames().items():
        buffer = BytesIO()
        frame.write_ipc(buffer)
        files[name] = pl.read_ipc(BytesIO(buffer.getvalue()))
    return LandState.load(files)


def run(
    frame: pl.DataFrame, ticks: Sequence[int], place: Site | None = None
) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    """What is said in batches that end at the ticks, and the state's frames in the end."""
    state, was, said = LandState.initial(), 0, []
    for tick in ticks:
        batch = frame.filter(pl.col("clock_s") > was, pl.col("clock_s") <= tick)
        state, facts = advance(saved(state), batch, tick, place or site(), SETTINGS)
        said.append(facts)
        was = tick
    return pl.concat(said), state.frames()


def told(
    parts: Sequence[dict[str, Any]], kind: str, place: Site | None = None
) -> list[dict[str, Any]]:
    """The facts of a kind, with their parsed details, when a scene has been over for two days."""
    frame = rows(parts)
    facts, _ = run(frame, [T0_S + 2 * 86400], place)
    found = facts.filter(pl.col("kind") == kind).to_dicts()
    return [{**fact, "detail": json.loads(fact["detail"])} for fact in found]


Story = tuple[str, int]
KINDS = ("stand", "drift", "sparse", "boat", "onvif", "lorry", "reads", "bars", "alive")
stories: st.SearchStrategy[list[Story]] = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 999)), min_size=1, max_size=5
)
_TARGETS = ("plate:浙B80001", "plate:浙B8D002", "terminal:77", "plate:浙B8C003")
_PLATES = ("浙B80001", "浙B8O001", "浙B8D002", "浙B80002", "B80001", "沪C12345", "浙B8C003", None)


def scene(parts: Sequence[Story]) -> pl.DataFrame:
    """The rows of some stories, visible as they are made."""
    made: list[dict[str, Any]] = []
    for index, (kind, seed) in enumerate(parts):
        made += _story(kind, np.random.default_rng([index, KINDS.index(kind), seed]))
    frame = rows(made)
    rng = np.random.default_rng([seed for _, seed in parts])
    keys = [rng.integers(0, 256, 16, np.uint8).tobytes() for _ in range(len(frame))]
    return frame.with_columns(pl.Series("key", keys, pl.Binary))


def delayed(frame: pl.DataFrame, seed: int, most_s: int = 300) -> pl.DataFrame:
    """The rows, visible up to the allowed lateness after their time."""
    rng = np.random.default_rng(seed)
    wait = rng.integers(0, most_s + 1, len(frame)) * (rng.random(len(frame)) < 0.5)
    return frame.with_columns(pl.col("clock_s") + pl.Series(wait, dtype=pl.Int64))


def _story(kind: str, rng: np.random.Generator) -> list[dict[str, Any]]:
    begin = float(rng.integers(0, 7200)) + float(rng.choice([0.0, 0.25]))
    target = str(rng.choice(np.array(_TARGETS)))
    east = float(rng.choice([0.0, 60.0, 1990.0, 2020.0, 290.0]))
    if kind == "stand":
        lasts, step = float(rng.choice([240, 300, 330, 1200, 5000])), int(rng.choice([10, 30, 300]))
        return stand(target, begin, begin + lasts, east, step)
    if kind in ("drift", "sparse"):
        gaps = rng.choice(
            np.array(
                [10, 30, 60, 290, 300, 310] if kind == "drift" else [600, 3590, 3600, 3610, 7300]
            ),
            40,
        )
        wander = rng.choice(np.array([0.0, 50.0, 79.0, 81.0, 120.0, 260.0, 900.0]), 40)
        speed = rng.choice(np.array([0.0, 0.0, 0.0, 0.9, 8.0]), 40)
        moments = begin + np.cumsum(gaps)
        return [fix(s, target, east, n, k) for s, n, k in zip(moments, wander, speed, strict=True)]
    if kind in ("boat", "lorry", "onvif"):
        return _sightings(kind, begin, rng)
    if kind == "reads":
        n = 25
        moments = begin + np.cumsum(rng.choice(np.array([0, 5, 61, 599, 601, 1500]), n))
        plates = [_PLATES[i] for i in rng.integers(0, len(_PLATES), n)]
        cameras, codes = (
            rng.choice(np.array(["R1", "R2"]), n),
            rng.choice(np.array(["H11", "H31"]), n),
        )
        given = zip(moments, plates, cameras, codes, strict=True)
        return [read(s, p, str(c), str(k)) for s, p, c, k in given]
    if kind == "bars":
        moments = begin + np.cumsum(rng.choice(np.array([0, 1, 600, 20_000]), 12))
        states = rng.choice(np.array(["raised", "lowered", "damaged"]), 12)
        return [row(s, "bar", "B1", state=str(w)) for s, w in zip(moments, states, strict=True)]
    gaps = rng.choice(np.array([90, 299, 300, 301, 4000, 90_000]), 12)
    return [row(s, "alive", "D1", keeps=bool(rng.random() < 0.5)) for s in begin + np.cumsum(gaps)]


def _sightings(kind: str, begin: float, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Events of a dock camera, some without an end, some with plates."""
    out = []
    for number in range(int(rng.integers(1, 5))):
        begin += float(rng.choice([5.0, 300.0, 599.0, 601.0, 5000.0]))
        lasts = float(rng.choice([3.0, 59.0, 60.0, 900.0, 9000.0]))
        step = float(rng.choice([20.0, 400.0, 1800.0]))
        plate = _PLATES[int(rng.integers(0, len(_PLATES)))]
        what = {"boat": "boat", "onvif": "vehicle"}.get(kind, "truck")
        for moment in np.arange(begin, begin + lasts, step):
            start = moment if kind == "onvif" else begin
            out.append(seen(moment, what, f"e{number}", start, plate=plate, score=0.7))
        if rng.random() < 0.7:
            out.append(seen(begin + lasts, what, f"e{number}", begin, over=True, plate=plate))
    return out
