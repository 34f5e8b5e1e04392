"""Registration and dark vessels at a county's full load: 3,000 vessels, 3 radars, live batches.

    PYTHONPATH=.:tests/support python tests/benchmarks/bench_dark_vessels.py

Prints the CPU time of each for an instant (they come every 30 s), and its share of one core with
both passes counted.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import polars as pl
from dark_scene import reception
from made_fixes import T0_S, site
from radar_scene import Sea, ground, heard, seen

from core.schema import empty
from core.settings import EventSettings, FusionSettings
from engine.looks import ROW
from geo.visibility import Lookout
from models.events import dark_vessels
from models.fusion import registration
from models.fusion.ground import RADARS_FROM
from models.fusion.schema import AIS, FIX, RADAR, FusionOutput
from models.fusion.unbiased import unbiased
from models.tracks.fold import TrackOutput
from models.tracks.silences import SILENCE

VESSELS, INSTANTS, STEP_S = 3_000, 60, 30
RADAR_NAMES = ("R1", "R2", "R3")


def main() -> None:
    """Both, one after the other."""
    for name, spent in (("registration", _registration()), ("dark vessels", _dark())):
        each_ms = spent / INSTANTS * 1_000
        share = 2 * each_ms / (STEP_S * 10)
        print(f"{name}: {each_ms:.1f} ms an instant, {share:.2f} % of one core in both passes")


def _registration() -> float:
    sea, settings = Sea(VESSELS), FusionSettings()
    radars = ground(*RADAR_NAMES)
    state, spent = registration.RegistrationState.initial(), 0.0
    for k in range(1, INSTANTS + 1):
        t_s = float(k * STEP_S)
        echoes = pl.concat([sea.echoes(t_s, (60.0, 0.6, 0.0), name) for name in RADAR_NAMES])
        rows, references = seen(echoes, radars), heard(sea.references(t_s))
        begun = time.process_time()
        state = registration.learn(state, rows, references, T0_S + k * STEP_S, radars, settings)
        unbiased(rows.radar + RADARS_FROM, rows.xy, rows.velocity, state, radars)
        spent += time.process_time() - begun
    assert registration.said(state)["state"].unique().to_list() == ["registered"]
    return spent


def _dark() -> float:
    dice, settings = np.random.default_rng(1), EventSettings()
    names = [f"v{i:05}" for i in range(VESSELS)]
    unseen = dice.random(VESSELS) < 0.2
    target = [
        f"radar:R1:{i}" if dark else f"mmsi:{412_000_000 + i}" for i, dark in enumerate(unseen)
    ]
    members = np.where(unseen, RADAR, AIS | RADAR)
    place, speed = dice.uniform(-0.3, 0.3, (VESSELS, 2)), dice.uniform(0, 12, VESSELS)
    where, cells = site((("P1", 4_000.0, 3_100.0),)), reception(0.9)
    state, spent, begun_n = dark_vessels.DarkState.initial(), 0.0, 0
    called = empty(SILENCE)
    for k in range(1, INSTANTS + 1):
        made_deg = speed * 0.5144 * k * STEP_S / 111_000.0
        fixes = pl.DataFrame(
            {
                "vessel": names, "clock_s": T0_S + k * STEP_S,
                "lon": 121.9 + place[:, 0] + made_deg,
                "lat": 29.2 + place[:, 1], "sigma_m": 20.0, "speed_kn": speed, "course_deg": 90.0,
                "age_s": 5, "heard": members, "members": members, "target": target,
                "coasting": False, "rival": None, "rival_probability": None,
            }
        ).select(FIX.names()).cast(FIX)  # fmt: skip
        nothing = pl.DataFrame()
        tracks = TrackOutput(empty(ROW), nothing, called, called, cells)
        fused = replace(FusionOutput.nothing(), fixes=fixes)
        begun = time.process_time()
        state, said = dark_vessels.advance(
            state, tracks, fused, T0_S + k * STEP_S, where, Lookout(), settings
        )
        spent += time.process_time() - begun
        begun_n += len(said)
    assert begun_n > VESSELS / 20
    return spent


if __name__ == "__main__":
    main()
