"""End to end: frames a second of `replay`, without and with the store, and how memory grows.

The load is the simulated night of twelve hours, once and three times over (three nights with other
seeds, one after the other). Beside it: movingpandas on the same positions, which only splits tracks
at gaps and finds stops, from a table that is decoded already.

    python tests/benchmarks/bench_replay.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
NIGHTS = (1, 3)


def make(folder: Path, nights: int) -> int:
    """Write a recording of some nights; how many lines it has."""
    from core.settings import Settings
    from pipeline.sites import read_site
    from simulate.demo import SEED, START_AT, demo_recording

    place = ROOT / Settings().site
    files = {p.name: p.read_bytes() for p in sorted(place.iterdir()) if p.is_file()}
    site, lines = read_site(place), 0
    for night in range(nights):
        start_at = START_AT + timedelta(days=night)
        made = demo_recording(site, SEED + night, start_at, site_files=files)
        for name, data in made.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab" if path.suffix == ".nmea" else "wb") as file:
                file.write(data)
            lines += data.count(b"\n") if path.suffix == ".nmea" else 0
    return lines


def replayed(recording: Path, *, store: bool) -> tuple[float, float, dict[str, object]]:
    """Seconds, peak MB and summary of a replay in a process of its own (start-up included)."""
    command = [Path(sys.executable).with_name("pierwatch"), "replay", recording, "--json"]
    begun = time.perf_counter()
    with subprocess.Popen(
        command if store else [*command, "--no-store"], stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, "the replay failed"
    return time.perf_counter() - begun, used.ru_maxrss / 1024, json.loads(said)


def peer(recording: Path) -> tuple[float, int]:
    """Seconds and rows of movingpandas: trajectories, split at gaps, stops."""
    import geopandas
    import movingpandas
    import polars as pl

    from pipeline.arrivals import Arrivals
    from pipeline.recording import read_recording

    arrivals = Arrivals(read_recording(recording))
    rows = pl.concat(
        [s.observations.select("target", "observed_at", "lon", "lat") for s in arrivals]
    )
    table = rows.drop_nulls().unique(["target", "observed_at"]).sort("target", "observed_at")
    begun = time.perf_counter()
    frame = geopandas.GeoDataFrame(
        {"target": table["target"].to_list(), "t": table["observed_at"].dt.replace_time_zone(None)},
        geometry=geopandas.points_from_xy(table["lon"], table["lat"]),
        crs=4326,
    )
    tracks = movingpandas.TrajectoryCollection(frame, "target", t="t")
    movingpandas.ObservationGapSplitter(tracks).split(gap=timedelta(minutes=30))
    movingpandas.TrajectoryStopDetector(tracks).get_stop_segments(
        max_diameter=100, min_duration=timedelta(minutes=3)
    )
    return time.perf_counter() - begun, len(table)


def main() -> None:
    """Print it."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="bench-replay-") as folder:
        warm = Path(folder) / "warm"
        lines_of_one = make(warm, 1)
        replayed(warm, store=False)
        for nights in NIGHTS:
            recording = Path(folder) / str(nights)
            lines = make(recording, nights)
            answers = []
            for store in (False, True):
                took_s, peak_mb, summary = replayed(recording, store=store)
                answers.append(summary)
                print(
                    f"{nights} night(s), {lines:,} sentences, store {'on' if store else 'off'}: "
                    f"{took_s:.1f} s, {lines / took_s:,.0f} sentences/s, peak {peak_mb:.0f} MB"
                )
            assert answers[0] == answers[1], "the store changes what is said"
        one_s, _, _ = replayed(Path(folder) / "1", store=False)
        theirs_s, rows = peer(Path(folder) / "1")
        print(
            f"movingpandas, gaps and stops of {rows:,} decoded rows: {theirs_s:.1f} s; "
            f"replay, {lines_of_one:,} sentences from bytes to alerts: {one_s:.1f} s; "
            f"ratio {theirs_s / one_s:.1f}"
        )
        print(f"load while measuring: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
