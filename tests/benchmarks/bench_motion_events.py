"""The detectors of motion at 3,000 vessels, and rendezvous beside two ways that everybody knows.

Load: seed 1; 3,000 vessels of a county, 2,000 lying in harbours, 700 under way, 300 slow at sea, a
fix every 30 s for 20 minutes. Each detector is timed in live batches (one instant each, its state
carried on); `of one core` is its share of 30 s at that rate, for both passes.

Rendezvous, same definition (within 100 m, both under 2 kn, at one instant; pairs alone, without
duration and piers): ours beside all pairs in NumPy (the plain quadratic form) and geopandas
`sjoin_nearest`-style `dwithin` join in a metric plane. The pairs that each finds are compared.
Run: python tests/benchmarks/bench_motion_events.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import polars as pl

from core.schema import empty
from core.settings import EventSettings
from geo.plane import distance_m
from geo.site import SITE_FILES, Site, parse_site
from geo.waterways import waterways
from models.events import approaches, loitering, rendezvous, scouts
from models.events.fix_rows import Rows
from models.events.instants import Roster, newer
from models.fusion.schema import AIS, FIX, LINK, RADAR, REGISTRATION, FusionOutput

ROOT = Path(__file__).resolve().parents[2]
VESSELS, HARBOUR, UNDER_WAY, STEP_S, INSTANTS = 3000, 2000, 700, 30, 40
BEGIN_S = 1_772_380_800
SETTINGS = EventSettings()


def county() -> Site:
    """The site that is shipped."""
    folder = ROOT / "sites" / "xiangshan"
    return parse_site({f: (folder / f).read_bytes() for f in SITE_FILES if (folder / f).exists()})


def load(site: Site) -> pl.DataFrame:
    """Fixes of all vessels at all instants."""
    rng = np.random.default_rng(1)
    table = site.piers.table
    pier = rng.integers(0, len(table), VESSELS)
    lon0, lat0 = table["lon"].to_numpy()[pier], table["lat"].to_numpy()[pier]
    away = np.where(np.arange(VESSELS) < HARBOUR, 0.001, 0.08)
    lon0, lat0 = lon0 + rng.normal(0, away), lat0 + rng.normal(0, away)
    under_way = (np.arange(VESSELS) >= HARBOUR) & (np.arange(VESSELS) < HARBOUR + UNDER_WAY)
    speed = np.where(under_way, rng.uniform(4, 14, VESSELS), rng.uniform(0, 1.5, VESSELS))
    course = rng.uniform(0, 360, VESSELS)
    frames = []
    for i in range(INSTANTS):
        gone_m = speed * under_way * (1852 / 3600) * STEP_S * i
        angle = np.deg2rad(course)
        jitter = rng.normal(0, 2e-5, (2, VESSELS))
        columns = {
            "vessel": [f"{BEGIN_S}:mmsi:412{v:06}" for v in range(VESSELS)],
            "clock_s": np.full(VESSELS, BEGIN_S + STEP_S * i),
            "lon": lon0 + gone_m * np.sin(angle) / 97_000 + jitter[0],
            "lat": lat0 + gone_m * np.cos(angle) / 110_900 + jitter[1],
            "sigma_m": np.full(VESSELS, 20.0),
            "speed_kn": speed,
            "course_deg": course,
            "age_s": np.full(VESSELS, 10),
            "heard": np.where(np.arange(VESSELS) % 5 == 0, RADAR, AIS | RADAR),
            "members": np.where(np.arange(VESSELS) % 5 == 0, RADAR, AIS | RADAR),
            "target": [f"mmsi:412{v:06}" for v in range(VESSELS)],
            "coasting": np.zeros(VESSELS, bool),
        }
        frames.append(pl.DataFrame(columns, schema=FIX))
    return pl.concat(frames)


def live(name: str, module: object, fixes: pl.DataFrame, site: Site) -> None:
    """One detector in batches of an instant."""
    batches = fixes.partition_by("clock_s", maintain_order=True)
    state = module.State.initial()  # type: ignore[attr-defined]
    taken, n = [], 0
    for batch in batches:
        tick = int(batch["clock_s"][0])
        out = FusionOutput(batch, empty(LINK), empty(REGISTRATION))
        began = time.process_time()
        state, said = module.advance(state, None, out, tick, site, SETTINGS)  # type: ignore[attr-defined]
        taken.append(time.process_time() - began)
        n += len(said)
    mean = sum(taken[1:]) / (len(taken) - 1)
    share = 2 * mean / STEP_S
    print(
        f"  {name:11} {mean * 1e3:7.1f} ms an instant  {VESSELS / mean / 1e3:7,.0f} k fixes/s"
        f"  {share:6.2%} of one core in both passes  ({n} said)"
    )


def ours(fixes: pl.DataFrame) -> set[tuple[int, int, int]]:
    """Slow pairs within 100 m, by the tree of the detector."""
    from scipy.spatial import cKDTree

    from models.events.instants import on_the_globe

    chosen = newer(fixes, 0, 2**40)
    found: set[tuple[int, int, int]] = set()
    for at in Rows.of(chosen, Roster.of(chosen["vessel"])).instants():
        slow = at.take(at.speed_kn < 2.0)
        tree = cKDTree(on_the_globe(slow.lon, slow.lat))
        pairs = tree.query_pairs(105.0, output_type="ndarray")
        a, b = pairs.min(axis=1), pairs.max(axis=1)
        near = distance_m(slow.lon[a], slow.lat[a], slow.lon[b], slow.lat[b]) <= 100.0
        clock = [slow.clock_s] * int(near.sum())
        found |= set(
            zip(clock, slow.who[a[near]].tolist(), slow.who[b[near]].tolist(), strict=True)
        )
    return found


def quadratic(fixes: pl.DataFrame) -> set[tuple[int, int, int]]:
    """The same by all pairs."""
    found: set[tuple[int, int, int]] = set()
    chosen = newer(fixes, 0, 2**40)
    for at in Rows.of(chosen, Roster.of(chosen["vessel"])).instants():
        slow = at.take(at.speed_kn < 2.0)
        metres = distance_m(slow.lon[:, None], slow.lat[:, None], slow.lon, slow.lat)
        a, b = np.nonzero(np.triu(metres <= 100.0, 1))
        clock = [slow.clock_s] * len(a)
        found |= set(zip(clock, slow.who[a].tolist(), slow.who[b].tolist(), strict=True))
    return found


def joined(fixes: pl.DataFrame) -> set[tuple[int, int, int]]:
    """The same by geopandas, in UTM 51N."""
    found: set[tuple[int, int, int]] = set()
    for clock_s, one in fixes.filter(pl.col("speed_kn") < 2.0).group_by("clock_s"):
        points = geopandas.points_from_xy(one["lon"].to_numpy(), one["lat"].to_numpy())
        who = one["vessel"].str.tail(6).cast(pl.Int64).to_numpy()
        frame = geopandas.GeoDataFrame({"who": who}, geometry=points, crs=4326).to_crs(32651)
        pairs = geopandas.sjoin(frame, frame, predicate="dwithin", distance=100.0)
        pairs = pairs[pairs["who_left"] < pairs["who_right"]]
        clock = [int(clock_s[0])] * len(pairs)  # type: ignore[call-overload]
        found |= set(zip(clock, pairs["who_left"], pairs["who_right"], strict=True))
    return found


def timed(
    work: Callable[[pl.DataFrame], set[tuple[int, int, int]]], fixes: pl.DataFrame
) -> tuple[float, set[tuple[int, int, int]]]:
    """Seconds of processor time, and what was found."""
    began = time.process_time()
    found = work(fixes)
    return time.process_time() - began, found


def main() -> None:
    """Measure."""
    site = county()
    fixes = load(site)
    began = time.process_time()
    waterways(site).distance_m(np.array([121.9]), np.array([29.2]), np.array([0]))
    print(f"ways over water to {len(site.piers)} piers, once: {time.process_time() - began:.1f} s")
    print(f"{VESSELS:,} vessels, live batches of one instant")
    for module in (rendezvous, loitering, approaches, scouts):
        live(module.__name__.rsplit(".", 1)[1], module, fixes, site)
    some = fixes.filter(pl.col("clock_s") < BEGIN_S + 5 * STEP_S)
    n = len(some)
    print(f"slow pairs within 100 m, {n:,} fixes")
    mine_s, mine = timed(ours, some)
    for name, work in (("all pairs", quadratic), ("geopandas", joined)):
        peer_s, found = timed(work, some)
        print(
            f"  {name:10} {peer_s:7.2f} s, ours {mine_s:.3f} s: {peer_s / mine_s:5.0f}×; "
            f"pairs {len(found):,}, ours {len(mine):,}, the same {len(found & mine):,}"
        )


if __name__ == "__main__":
    main()
