"""End to end: frames a second of `replay`, without and with the store, and how memory grows.

The load is the first night of the demonstration (nine hours, every feed), and all three of them.
Beside it: movingpandas on the same positions, which only splits tracks at gaps and finds stops,
from a table that is decoded already.

    python tests/benchmarks/bench_replay.py
"""

from __future__ import annotations

import gzip
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
    """Write a recording of some nights; how many frames it has."""
    from core.settings import Settings
    from simulate.command import STORY, simulate
    from simulate.story import NIGHTS as OF_STORY
    from simulate.story import SEED, START_ON

    place = ROOT / Settings().site
    files = {p.name: p.read_bytes() for p in sorted(place.iterdir()) if p.is_file()}
    evenings = [f"{START_ON + timedelta(days=k):%Y%m%d}" for k in OF_STORY[:nights]]
    frames = 0
    for name, data in simulate(files, len(OF_STORY), SEED, STORY):
        if name.startswith("feeds/"):
            if not any(evening in name for evening in evenings):
                continue
            frames += gzip.decompress(data).count(b"\n")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return frames


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
                    f"{nights} night(s), {lines:,} frames, store {'on' if store else 'off'}: "
                    f"{took_s:.1f} s, {lines / took_s:,.0f} frames/s, peak {peak_mb:.0f} MB"
                )
            assert answers[0] == answers[1], "the store changes what is said"
        one_s, _, _ = replayed(Path(folder) / "1", store=False)
        theirs_s, rows = peer(Path(folder) / "1")
        print(
            f"movingpandas, gaps and stops of {rows:,} decoded rows: {theirs_s:.1f} s; "
            f"replay, {lines_of_one:,} frames from bytes to alerts: {one_s:.1f} s; "
            f"ratio {theirs_s / one_s:.1f}"
        )
        print(f"load while measuring: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
