"""A short night of AIS off Xiangshan with two landings: real sentences, and few of them.

Made by the county's own plan and sensors (`simulate.county`), of some piers and one station; the
recording's site is the whole one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from geo.site import parse_site
from simulate.county import County
from simulate.dice import Dice
from simulate.fleet import outsider
from simulate.night import Night
from simulate.place import Place
from simulate.plan import Job
from simulate.priors import NUISANCES
from simulate.runs import landing
from simulate.scale import Scale, cut
from simulate.scene import Scene, together
from simulate.sensors import ais
from simulate.sensors.plan import sensor_plan

SITE = Path(__file__).parents[2] / "sites" / "xiangshan"
SEED = 20260309
EVENING = date(2026, 3, 9)  # high water at 00:46


@cache
def ais_night(hours: int, piers: int, from_hour: int = 18) -> dict[str, bytes]:
    """The recording's files, from an hour of the evening (local time) on."""
    files = {p.name: p.read_bytes() for p in sorted(SITE.iterdir()) if p.is_file()}
    scale = Scale("night", piers, 2, 1, 0, None, 2, 1, from_hour=from_hour, hours=hours)
    place = Place(parse_site(cut(files, scale)))
    calm = set(NUISANCES) - {"fishing_home"}
    county = County(place, SEED, 1, scale, start_on=EVENING, off=calm)
    night, ordinary = county.night(0)
    scene = together([ordinary, *(_landing(night, number) for number in (1, 2))])
    plan = sensor_plan(place.site, Dice(SEED, "sensors"), wrong_clocks=False)
    out = {f"site/{name}": content for name, content in files.items()}
    for wrote in ais.frames(scene, night, plan, night.dice.child("sensor ais")):
        out[f"feeds/{wrote.stem}.nmea"] = wrote.in_order()
    end = night.start_at + timedelta(seconds=night.end_s)
    out["recording.toml"] = (
        f'name = "night-{SEED}"\nstart = {night.start_at:%Y-%m-%dT%H:%M:%SZ}\n'
        f'end = {end:%Y-%m-%dT%H:%M:%SZ}\nnote = "模拟 / simulated"\nsimulated = true\n'
    ).encode()
    out["truth.json"] = json.dumps({"simulated": True, "landings": scene.landings}).encode()
    return out


def _landing(night: Night, number: int) -> Scene:
    """A stranger comes dark to an idle pier, and shows itself again when it lies there."""
    quiet = [
        pier
        for pier in night.piers("idle", kinds=("pier", "jetty"))
        if not night.crowded(pier, 300.0) and float(str(night.pier(pier)["depth_m"] or 9)) > 1.5
    ]
    berth_s = night.clock_s(0.2 + 0.4 * number)
    boat = outsider(number, "fishing", 24, night.dice.child(f"stranger {number}"))
    job = Job(
        f"L{number}", f"G{number}", "dark_approach", 0, quiet[0], berth_s, 4_500.0, (boat,), 2
    )
    scene = landing(night, job)
    from_s = night.second(str(scene.landings[0]["berth_from"]))
    dark = ((from_s - 3_600.0, from_s + 300.0),)
    return replace(scene, voyages=[replace(scene.voyages[0], silences=dark)])
