"""Silences and stops: `models.tracks` beside movingpandas, at equal definitions.

Silence: the next row of a vessel comes more than 600 s after this one
(`ObservationGapSplitter(gap=600 s)`; ours with 600 s for all and no habit of its own).
Stop: from the first row below 0.5 kn to the next above it, 180 s or longer
(`SpeedSplitter(speed=0.5 kn, duration=195 s)` cuts between two fast rows farther apart than that;
rows stand 30 s apart, so that gap is the stop and the step before it; ours begins and ends at
0.5 kn). Where they agree, every silence and every stop has the same vessel and the same two times.
(The peer drops pieces of a single row: two silences around one are one to it.)

Load: seed 1; 100 vessels of 1,000 rows for the peer and us, 500 of 2,000 for us alone, in hour
batches; course legs and stops of 1 to 60 rows in turn; for silences a hole of 1 to 60 rows in
every leg. The peer's clock runs for the split alone, on trajectories that are already built; it has
one thread, ours as many as Polars takes. Ours is timed as the parts that answer the question
(linking rows, calling silences or marking stops) and as the whole step of the fold, which also
cleans, splits ships under one number, learns reception and gives both answers at once.
Run: python tests/benchmarks/bench_tracks.py
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import geopandas
import numpy as np
import polars as pl

from core.schema import empty
from core.settings import TrackSettings
from models.tracks import cleaning, segments, silences, stops
from models.tracks.fold import TrackState, advance
from models.tracks.positions import POSITION, TRACK

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what it misses for smoothing, we do not use
    import movingpandas

STEP_S, GAP_S, STOP_S, SLOW_KN = 30, 600, 180, 0.5
KN_MS = 1852 / 3600
BEGIN_S = 1_772_380_800
SILENCE = TrackSettings(silence_moving_s=GAP_S, silence_moored_s=GAP_S, silence_intervals=1)
STOP = TrackSettings(stop_begin_kn=SLOW_KN, stop_end_kn=SLOW_KN, stop_min_s=STOP_S)
Found = set[tuple[str, int, int]]


def best_s(work: Callable[[], object], times: int = 3) -> float:
    """The shortest of several runs, in seconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def load(vessels: int, n: int, *, holes: bool) -> pl.DataFrame:
    """Positions of vessels that sail and lie in turn; with holes, out of reach once a leg."""
    rng = np.random.default_rng(1)
    speed, keep = np.empty((vessels, n)), np.ones((vessels, n), bool)
    for v in range(vessels):
        at = 0
        while at < n:
            leg, lie = int(rng.integers(10, 60)) + 60 * holes, int(rng.integers(1, 60))
            speed[v, at : at + leg] = rng.uniform(4, 12)
            speed[v, at + leg : at + leg + lie] = rng.uniform(0, 0.4)
            hole = at + 3 + int(rng.integers(0, 50))
            if holes:
                keep[v, hole : hole + int(rng.integers(1, 60))] = False
            at += leg + lie
        speed[v, -10:], keep[v, -10:] = 6.0, True
    t_s = BEGIN_S + STEP_S * np.arange(n)
    north = np.cumsum(np.where((np.arange(n) // 500) % 2, -speed, speed), axis=1)
    lat = rng.uniform(28.0, 30.0, (vessels, 1)) + north * KN_MS * STEP_S / 110_900
    frame = pl.DataFrame(
        {
            "target": np.repeat([f"mmsi:{412_000_000 + v}" for v in range(vessels)], n),
            "key": pl.repeat(b"", vessels * n, eager=True),
            "sensor": pl.repeat("ais", vessels * n, eager=True),
            "source": pl.repeat("S1", vessels * n, eager=True),
            "t_us": np.tile(t_s * 1_000_000, vessels),
            "clock_s": np.tile(t_s, vessels),
            "lon": np.repeat(rng.uniform(121.0, 123.0, vessels), n),
            "lat": lat.ravel(),
            "sigma_m": pl.repeat(None, vessels * n, eager=True),
            "speed_kn": speed.ravel(),
            "course_deg": np.zeros(vessels * n),
            "ais_type": np.full(vessels * n, 18),
        }
    ).cast(POSITION)
    return frame.filter(pl.Series(keep.ravel())).sort("t_us", "target")


def trajectories(rows: pl.DataFrame) -> movingpandas.TrajectoryCollection:
    """The peer's own form of the rows."""
    points = geopandas.points_from_xy(rows["lon"].to_numpy(), rows["lat"].to_numpy())
    times = rows["t_us"].to_numpy().astype("datetime64[us]")
    columns = {"target": rows["target"].to_numpy(), "t": times}
    columns["speed"] = rows["speed_kn"].to_numpy()
    frame = geopandas.GeoDataFrame(columns, geometry=points, crs=4326).set_index("t")
    return movingpandas.TrajectoryCollection(frame, "target")


def between(split: movingpandas.TrajectoryCollection, late_s: int = 0) -> Found:
    """What lies between the pieces that the peer leaves: (vessel, from, to)."""
    pieces: dict[str, list[tuple[int, int]]] = {}
    for piece in split.trajectories:
        vessel = str(piece.df["target"].iloc[0]).rsplit("_", 1)[0]  # it numbers its pieces
        ends = (int(piece.get_start_time().timestamp()), int(piece.get_end_time().timestamp()))
        pieces.setdefault(vessel, []).append(ends)
    found = set()
    for vessel, ends in pieces.items():
        ends.sort()
        found |= {(vessel, a[1] + late_s, b[0]) for a, b in pairwise(ends)}
    return found


def our_frame(rows: pl.DataFrame, settings: TrackSettings) -> pl.DataFrame:
    """Rows as the fold has them once they are cleaned."""
    clean = cleaning.newest_only(empty(TRACK), rows)
    return cleaning.split(empty(TRACK), clean, settings)


def silences_alone(clean: pl.DataFrame) -> pl.DataFrame:
    """Every silence with both ends."""
    frame = silences.call(segments.link(empty(TRACK), clean, SILENCE), 2**40)
    return frame.filter("after_silence").select("target", "was_t_us", "t_us")


def stops_alone(clean: pl.DataFrame) -> pl.DataFrame:
    """Every stop that ended."""
    frame = silences.call(segments.link(empty(TRACK), clean, STOP), 0)
    marked = stops.mark(frame, STOP)
    return stops.finished(marked, 0, STOP).select("target", "from_us", "to_us")


def whole_step(rows: pl.DataFrame, settings: TrackSettings) -> tuple[int, int]:
    """The fold in hour batches; how many silences and stops it found."""
    state, called, ended = TrackState.initial(), 0, 0
    hours = rows.with_columns((pl.col("clock_s") // 3600).alias("hour"))
    for batch in hours.partition_by("hour", include_key=False):
        until_s = int(batch["clock_s"][0]) // 3600 * 3600 + 3599
        state, out = advance(state, batch, until_s, settings)
        called, ended = called + len(out.called), ended + len(out.stops)
    return called, ended


def as_found(frame: pl.DataFrame) -> Found:
    """Our answer in the form of the peer's."""
    return {(v, a // 1_000_000, b // 1_000_000) for v, a, b in frame.iter_rows()}


def beside(
    name: str,
    rows: pl.DataFrame,
    settings: TrackSettings,
    split: Callable[[], movingpandas.TrajectoryCollection],
    ours: Callable[[pl.DataFrame], pl.DataFrame],
    late_s: int = 0,
) -> None:
    """One question: both answers, all times."""
    clean, n = our_frame(rows, settings), len(rows)
    theirs, mine = between(split(), late_s), as_found(ours(clean))
    peer_s = best_s(split, 1)
    parts_s, whole_s = best_s(lambda: ours(clean)), best_s(lambda: whole_step(rows, settings))
    print(f"{name}, {n:,} positions of {rows['target'].n_unique()} vessels")
    for who, taken in (
        ("movingpandas", peer_s),
        ("ours, this question", parts_s),
        ("ours, whole step of fold", whole_s),
    ):
        print(f"  {who:24} {taken:8.3f} s  {n / taken / 1e3:7,.0f} k/s  {peer_s / taken:5.0f}×")
    print(f"  answers: theirs {len(theirs):,}, ours {len(mine):,}, the same {len(theirs & mine):,}")


def million() -> None:
    """Our step over a million positions, and the memory that it took."""
    rows = load(500, 2000, holes=False)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    taken = best_s(lambda: whole_step(rows, TrackSettings()), 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    called, ended = whole_step(rows, TrackSettings())
    print(f"whole step of the fold, {len(rows):,} positions of 500 vessels in hour batches")
    print(f"  {taken:.2f} s, {len(rows) / taken / 1e3:,.0f} k/s; {called} silences, {ended} stops")
    print(f"  memory: {peak / 1024:.0f} MB at most, {(peak - before) / 1024:.0f} MB over its input")


def main() -> None:
    """Measure both questions beside the peer, then a million rows alone."""
    if "--million" in sys.argv:
        million()
        return
    warnings.simplefilter("ignore")
    rows = load(100, 1000, holes=True)
    peer, gap = trajectories(rows), timedelta(seconds=GAP_S)
    splitter = movingpandas.ObservationGapSplitter(peer)
    name = f"silences over {GAP_S} s"
    beside(name, rows, SILENCE, lambda: splitter.split(gap=gap), silences_alone)
    rows = load(100, 1000, holes=False)
    peer, lasts = trajectories(rows), timedelta(seconds=STOP_S + STEP_S // 2)
    stopper = movingpandas.SpeedSplitter(peer)
    name = f"stops of {STOP_S} s and more below {SLOW_KN} kn"
    beside(
        name, rows, STOP, lambda: stopper.split(speed=SLOW_KN, duration=lasts), stops_alone, STEP_S
    )
    subprocess.run([sys.executable, __file__, "--million"], check=True)


if __name__ == "__main__":
    main()
