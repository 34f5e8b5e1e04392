"""What is wrong with the sensors for long, and that all of them write the same bytes everywhere."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from numpy._core._multiarray_umath import (
    __cpu_dispatch__,
    __cpu_features__,
)
from sensed_sea import made_sea, site, small_place

from geo.plane import MetricPlane
from simulate.dice import Dice
from simulate.sensors import ais, beidou, radar
from simulate.sensors.chart import degrees, seen_from
from simulate.sensors.plan import EIGHT_HOURS_MS, sensor_plan

AGAIN = """
import sys
sys.path.insert(0, sys.argv[1])
from test_sensor_plan import digest
print(digest())
"""


def digest() -> str:
    """Of everything that the three sensors at sea wrote."""
    sea = made_sea()
    out = hashlib.sha256()
    for sensor in (ais, beidou, radar):
        for written in sensor.frames(sea.scene, sea.night, sea.plan, Dice(5, sensor.__name__)):
            out.update(written.stem.encode() + written.text + written.at_ms.tobytes())
            out.update(repr(written.labels).encode())
    return out.hexdigest()


def test_the_same_seed_gives_the_same_lines_also_on_a_plainer_processor() -> None:
    """NumPy picks its loops by the processor; none of them may show in a recording."""
    here = Path(__file__).parent
    extra = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
    made = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", AGAIN, here],
        env={
            **os.environ,
            "NPY_DISABLE_CPU_FEATURES": " ".join(extra),
            "PYTHONPATH": os.pathsep.join([str(here.parents[1]), str(here.parent / "support")]),
        },
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert extra
    assert made.strip() == digest()


def test_clocks_and_biases_are_drawn_once_and_spread_as_real_ones() -> None:
    plans = [sensor_plan(site(), Dice(seed, "plan")) for seed in range(20)]
    assert plans[7] == sensor_plan(site(), Dice(7, "plan"))
    radars = [plan.clock_ms["radar:R1"] for plan in plans]
    assert 0.02 < np.mean(np.abs(radars) > 15_000) < 0.35
    assert {abs(plan.range_m["radar:R1"]) <= 60 for plan in plans} == {True}
    assert {abs(plan.bearing_deg["radar:R1"]) <= 0.6 for plan in plans} == {True}
    assert np.std([plan.bearing_deg["radar:R1"] for plan in plans]) > 0.2
    off = Counter(
        "hours" if abs(ms) == EIGHT_HOURS_MS else "minutes" if abs(ms) >= 90_000 else "near"
        for plan in plans[:12]
        for name, ms in plan.clock_ms.items()
        if name.startswith("cameras:")
    )
    assert 0.004 < off["hours"] / off.total() < 0.02  # 1 % by exactly eight hours (methods, 7.2)
    assert 0.03 < off["minutes"] / off.total() < 0.07  # 5 % by minutes
    assert sorted(plans[0].biases()) == sorted(
        {*plans[0].clock_ms, *plans[0].range_m, *plans[0].bearing_deg}
    )


def test_without_wrong_clocks_every_device_keeps_time() -> None:
    plan = sensor_plan(site(), Dice(1, "plan"), wrong_clocks=False)
    assert {abs(ms) < 1_000 for ms in plan.clock_ms.values()} == {True}


def test_the_charts_are_those_of_proj_within_centimetres() -> None:
    place, dice = small_place(), Dice(3, "chart")
    low = np.array(place.waters.origin_m)
    spots = low + dice.many(0, 40_000, 1000).reshape(500, 2) * 1.0
    lon, lat = degrees(place).at(spots)
    x, y = place.plane.to_m(lon, lat)
    assert np.hypot(x - spots[:, 0], y - spots[:, 1]).max() < 0.02
    east, north = seen_from(place, 121.99, 29.19).at(spots)
    right = MetricPlane(121.99, 29.19).to_m(*place.plane.to_deg(*spots.T))
    assert np.hypot(east - right[0], north - right[1]).max() < 0.02
