"""Rows of candidate landings, drawn independently: what is normal, and what is planted."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.anomaly.features import COVERED, FEATURES, ROW, VALUES

DAY_US = 86_400_000_000
#: Mean and spread of each value, and how often it is not known.
_DRAWN = {
    "hour_h": (0.0, 3.0, 0.0),
    "dwell_min": (85.0, 30.0, 0.0),
    "silence_min": (20.0, 10.0, 0.2),
    "approach_kn": (6.0, 2.0, 0.2),
    "turn_deg": (40.0, 20.0, 0.2),
    "length_m": (18.0, 5.0, 0.3),
    "surprise_nats": (2.0, 1.5, 0.0),
    "tide_margin_m": (1.0, 1.0, 0.1),
    "high_water_h": (0.0, 2.0, 0.0),
    "trucks": (1.0, 1.0, 0.2),
    "truck_lag_min": (10.0, 10.0, 0.5),
    "scout_lag_min": (5.0, 15.0, 0.7),
    "radar_only": (0.2, 0.0, 0.0),
}


def candidates(
    seed: int,
    pier_nights: int,
    night: int = 20_500,
    *,
    versions: int = 1,
    pier_class: str = "idle",
    regime: str = "calm",
    **planted: float,
) -> pl.DataFrame:
    """One landing at each of so many piers, in several versions; `planted` values are set."""
    rng = np.random.default_rng(seed)
    n = pier_nights * versions
    pier, version = np.divmod(np.arange(n), versions)
    from_us = night * DAY_US + pier * 1_000_000
    numbers: dict[str, pl.Series] = {}
    for name in VALUES:
        mean, spread, missing = _DRAWN[name]
        drawn = rng.normal(mean, spread, n) if spread else (rng.random(n) < mean) * 1.0
        known = pl.Series(drawn).set(pl.Series(rng.random(n) < missing), None)
        numbers[name] = known
    for name in COVERED:
        numbers[name] = pl.Series((rng.random(n) < 0.8) * 1.0)
    for name, value in planted.items():
        numbers[name] = pl.Series([value] * n)
    keys = {
        "pier": pier, "from_us": from_us, "subject": [f"radar:R1:{p}" for p in pier],
        "clock_s": from_us // 1_000_000 + 600 * version, "night": [night] * n,
        "pier_class": [pier_class] * n, "regime": [regime] * n,
    }  # fmt: skip
    return pl.DataFrame({**keys, **{name: numbers[name] for name in FEATURES}}).cast(ROW)
