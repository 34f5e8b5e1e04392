"""Made-up nights for the engine: three piers, and boats that come, stop and go dark."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from shapely import box
from shapely.geometry import mapping

from core.schema import OBSERVATION, UTC_TIME
from core.settings import FusionSettings, Settings
from engine.place import Place
from geo.site import parse_site
from models.risk.evidence_table import parse_evidence
from models.risk.judgements import parse_judgements

ROOT = Path(__file__).resolve().parents[2]
START_S = int(datetime(2026, 3, 1, 15, tzinfo=UTC).timestamp())  # 23:00 on the coast
PIERS = [("P1", 121.900, "idle"), ("P2", 121.912, "active"), ("P3", 121.9015, "unknown")]


def place(
    vessels: str | None = None,
    permits: str | None = None,
    *,
    regimes: str | None = None,
    radars: str | None = None,
    fusion: FusionSettings = FusionSettings(step_s=3600),  # noqa: B008
) -> Place:
    """A place with three piers, no tide, no land; a register and permits where they are given.

    An hour lies between instants of fusion, for scenes of days would be long with half a minute.
    """
    width, south, north = 0.0002, 29.2, 29.2003
    features = [
        {
            "type": "Feature",
            "properties": {"pier_id": name, "status": status},
            "geometry": mapping(box(lon, south, lon + width, north)),
        }
        for name, lon, status in PIERS
    ]
    toml = 'name = "scene"\ntitle_zh = "x"\ntitle_en = "x"\ntimezone = "Asia/Shanghai"\n'
    toml += "landings_per_100_pier_nights = 0.5\n"
    piers = json.dumps({"type": "FeatureCollection", "features": features})
    files = {"site.toml": toml.encode(), "piers.geojson": piers.encode()}
    given = {"vessels.csv": vessels, "permits.csv": permits, "regimes.csv": regimes}
    given["radars.geojson"] = radars
    files |= {name: text.encode() for name, text in given.items() if text is not None}
    site = parse_site(files)
    risk = ROOT / "models" / "risk"
    return Place(
        site,
        parse_evidence((risk / "evidence.toml").read_bytes()),
        parse_judgements((risk / "judgements.toml").read_bytes()),
        Settings(fusion=fusion),
        exercise=True,
    )


def night(seed: int, boats: int = 4, minutes: int = 100, extra: int = 12) -> pl.DataFrame:
    """Observations of some boats: approach, lie at a pier, leave; silent now and then.

    Each boat's story is drawn from the seed: interval, pier, arrival, dwell, silences, a second
    ship under its number, wild positions. `extra` boats do nothing but be heard, so that the
    reception of the place is learned.
    """
    rng = np.random.default_rng(seed)
    parts = [_boat(rng, 412_000_001 + i, minutes) for i in range(boats)]
    parts += [_moored(rng, 413_000_001 + i, minutes) for i in range(extra)]
    frame = pl.concat(parts)
    n = len(frame)
    keys = [rng.integers(0, 256, 16, np.uint8).tobytes() for _ in range(n)]
    observed = pl.col("observed_at")
    return (
        frame.with_columns(pl.Series("key", keys, pl.Binary))
        .with_columns(
            pl.lit("ais").alias("sensor"),
            pl.lit("S1").alias("source"),
            pl.from_epoch(observed, "us").dt.replace_time_zone("UTC").cast(UTC_TIME),
        )
        .with_columns(observed.alias("received_at"), observed.alias("arrived_at"))
        .with_columns(pl.lit(None).alias(c) for c in ("sigma_m", "heading_deg"))
        .select(*OBSERVATION.names(), "arrived_at")
        .cast(OBSERVATION, strict=False)
        .sort("arrived_at", "key")
    )


def raw(rows: pl.DataFrame) -> pl.DataFrame:
    """A night as a scene, so that it can be delayed in the same way."""
    return rows.select(
        "target",
        pl.col("observed_at").dt.epoch("us").alias("t_us"),
        "lon",
        "lat",
        "speed_kn",
        "course_deg",
        pl.lit(18, pl.Int16).alias("ais_type"),
        "key",
        (-(-pl.col("arrived_at").dt.epoch("us") // 1_000_000)).alias("arrived_s"),
    )


def _frame(
    target: int, t_s: np.ndarray, lon: np.ndarray, lat: np.ndarray, kn: np.ndarray
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "target": [f"mmsi:{target}"] * len(t_s),
            "observed_at": (t_s * 1_000_000).astype(np.int64),
            "lon": lon.round(6),
            "lat": lat.round(6),
            "speed_kn": kn.round(1),
            "course_deg": np.zeros(len(t_s)),
            "detail": ['{"type":18}'] * len(t_s),
        }
    )


def _boat(rng: np.random.Generator, target: int, minutes: int) -> pl.DataFrame:
    step = int(rng.choice([10, 30, 60]))
    t = np.arange(START_S + int(rng.integers(0, 60)), START_S + minutes * 60, step)
    t = t + rng.integers(-2, 3, len(t)) if step > 10 else t
    arrive = START_S + int(rng.integers(10, minutes // 2)) * 60
    leave = arrive + int(rng.integers(1, minutes)) * 60
    lon0 = PIERS[int(rng.integers(0, 3))][1] + float(rng.normal(0, 0.0003))
    away = np.where(t < arrive, arrive - t, np.where(t > leave, t - leave, 0))
    lat = 29.1995 - np.minimum(away, 1800) * 3e-5 + rng.normal(0, 1e-5, len(t))
    kn = np.where(away > 0, 6.5, rng.choice([0.0, 0.1, 0.4, 0.6], len(t), p=[0.6, 0.3, 0.08, 0.02]))
    lon = np.full(len(t), lon0) + rng.normal(0, 1e-5, len(t))
    keep = rng.random(len(t)) > rng.choice([0.0, 0.1, 0.5])
    for _ in range(int(rng.integers(0, 3))):
        dark = arrive + int(rng.integers(-50, 30)) * 60
        keep &= (t < dark) | (t > dark + int(rng.integers(5, 60)) * 60)
    if rng.random() < 0.3:  # a second ship under the number, or wild positions
        lon[rng.random(len(t)) < rng.choice([0.02, 0.5])] += 0.4
    return _frame(target, t[keep], lon[keep], lat[keep], kn[keep])


def _moored(rng: np.random.Generator, target: int, minutes: int) -> pl.DataFrame:
    t = np.arange(START_S - 3600 * 2 + int(rng.integers(0, 180)), START_S + minutes * 60, 180)
    still = np.zeros(len(t))
    return _frame(target, t, still + 121.92 + rng.normal(0, 0.01), still + 29.18, still)
