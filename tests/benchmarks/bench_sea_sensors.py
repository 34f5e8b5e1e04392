"""How fast the sensors at sea write a night: frames a second, tag blocks and all stations included.

A night of the county is planned once; each sensor then writes it in turns, in one process, and the
best of the turns counts, because the machine is shared. The first turn fills the tables of charts
and shadows that a county needs once; it is printed beside the others.

    python tests/benchmarks/bench_sea_sensors.py [--scale small|county] [--seed N] [--turns N]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from geo.site import parse_site
from simulate.county import County
from simulate.dice import Dice
from simulate.place import Place
from simulate.scale import SCALES, cut
from simulate.sensors import ais, beidou, radar
from simulate.sensors.plan import sensor_plan

FOLDER = Path(__file__).parents[2] / "sites/xiangshan"


def main() -> None:
    """Print frames a second by sensor."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--scale", choices=sorted(SCALES), default="small")
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--turns", type=int, default=3)
    wanted = parser.parse_args()
    files = {p.name: p.read_bytes() for p in FOLDER.iterdir() if p.is_file()}
    place = Place(parse_site(cut(files, SCALES[wanted.scale])))
    night, scene = County(place, wanted.seed, 1, SCALES[wanted.scale]).night(0)
    plan = sensor_plan(place.site, Dice(wanted.seed, "plan"))
    print(f"{len(scene.voyages)} voyages, {night.end_s // 3600} h, {len(place.site.piers)} piers")
    for sensor in (ais, beidou, radar):
        spent = []
        for _ in range(wanted.turns + 1):
            began, used = time.perf_counter(), time.process_time()
            out = sensor.frames(scene, night, plan, Dice(wanted.seed, "bench"))
            spent.append((time.process_time() - used, time.perf_counter() - began))
        frames = sum(written.text.count(b"\n") for written in out)
        best_cpu = min(cpu for cpu, _ in spent[1:])
        best = min(wall for _, wall in spent[1:])
        name = sensor.__name__.rpartition(".")[2]
        print(
            f"{name:>7}: {frames:>9,} frames; first {frames / spent[0][0]:>9,.0f} a CPU second, "
            f"then {frames / best_cpu:>9,.0f} a CPU second, {frames / best:>9,.0f} a second"
        )


if __name__ == "__main__":
    main()
