"""AIS history as CSV: rows a second beside plain `polars.read_csv` of the same file, same answers.

`python tests/benchmarks/bench_ais_csv.py [rows]`
"""

from __future__ import annotations

import io
import random
import sys
import time

import polars as pl

from ingest.ais_csv import AisCsvDecoder
from ingest.decoded import concat

HEADER = (
    "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,"
    "IMO,Callsign,Name,Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,"
    "Destination,ETA,Data source type,A,B,C,D\n"
)
VESSELS, ROWS_A_SECOND, CHUNK = 3000, 130, 1 << 22  # bytes, as a recording is read


def made(rows: int) -> bytes:
    """A file in the Danish columns, seeded."""
    rng = random.Random(1)
    lines = [HEADER]
    for n in range(rows):
        which, second = rng.randrange(VESSELS), n // ROWS_A_SECOND
        clock = f"{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        lines.append(
            f"30/09/2025 {clock},Class A,{219_000_000 + which},{55 + rng.random():.6f},"
            f"{9 + rng.random():.6f},Moored,0.0,{rng.randrange(200) / 10},"
            f"{rng.randrange(3600) / 10},{rng.randrange(360)},{9_000_000 + which},OX{which},"
            f"VESSEL {which},Cargo,,{which % 40 + 3},{which % 290 + 9},GPS,4.5,KIEL,,AIS,9,9,3,4\n"
        )
    return "".join(lines).encode()


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    data = made(rows)
    AisCsvDecoder().feed(data[: 1 << 16])  # what is imported at the first use
    began, cpu_s = time.perf_counter(), time.process_time()
    table = pl.read_csv(io.BytesIO(data))
    plain_s, plain_cpu_s = time.perf_counter() - began, time.process_time() - cpu_s
    decoder = AisCsvDecoder()
    began, cpu_s = time.perf_counter(), time.process_time()
    parts = [decoder.feed(data[at : at + CHUNK]) for at in range(0, len(data), CHUNK)]
    got = concat([*parts, decoder.close()])
    ours_s, ours_cpu_s = time.perf_counter() - began, time.process_time() - cpu_s
    assert got.observations["lat"].to_list() == table["Latitude"].to_list()
    assert got.observations["speed_kn"].to_list() == table["SOG"].to_list()
    assert got.identities["target"].n_unique() == table["MMSI"].n_unique()
    print(
        f"polars.read_csv {rows / plain_s:12,.0f} rows/s, {plain_cpu_s / rows * 1e6:.2f} µs of CPU "
        "a row"
    )
    print(
        f"AisCsvDecoder   {rows / ours_s:12,.0f} rows/s, {ours_cpu_s / rows * 1e6:.2f} µs of CPU a "
        f"row, keys, claims and details with them; same positions and speeds; peer/ours "
        f"{ours_s / plain_s:.1f} by the clock, {ours_cpu_s / plain_cpu_s:.1f} in CPU"
    )


if __name__ == "__main__":
    main()
