"""Positions into PostGIS and back: ours beside geopandas, SQLAlchemy and row-wise COPY.

Load: seeded AIS positions of one hour, 2,000 vessels, in batches of 100,000, into a private cluster
of its own with full durability (fsync on). Ours and the peers marked "same table" write to the same
partitioned table with its key and BRIN, idempotently; `to_postgis` appends points to a table that
has no key and only its GiST index, as it does by itself. Every way is checked by counting.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import geopandas
import numpy as np
import polars as pl
from sqlalchemy import create_engine, text
from sqlalchemy.dialects.postgresql import insert

from core.schema import IDENTITY, OBSERVATION
from store.cluster import Cluster
from store.copy import SQL, Identifier
from store.engine import Store, connect
from store.tables import observation

BATCH = 100_000
COLUMNS = ", ".join(OBSERVATION)


def positions(n: int, ships: int = 2_000, seed: int = 7) -> pl.DataFrame:
    """Seeded positions of one hour, in the order of receipt."""
    dice = np.random.default_rng(seed)
    begin = int(datetime(2026, 3, 1, 10, tzinfo=UTC).timestamp() * 1e6)
    received = np.sort(begin + dice.integers(0, 3600 * 10**6, n))
    mmsi = pl.Series(412_000_000 + dice.integers(0, ships, n)).cast(pl.String)
    frame = pl.DataFrame(
        {
            "key": [row.tobytes() for row in dice.integers(0, 2**63, (n, 2), np.int64)],
            "sensor": ["ais"] * n,
            "source": dice.choice(["shipu", "tantou", "juexi"], n).tolist(),
            "target": "mmsi:" + mmsi,
            "observed_at": received - dice.integers(0, 2 * 10**6, n),
            "received_at": received,
            "lon": 121.5 + dice.random(n),
            "lat": 29.0 + dice.random(n) / 2,
            "sigma_m": np.full(n, 10.0),
            "speed_kn": np.round(dice.random(n) * 12, 1),
            "course_deg": np.round(dice.random(n) * 360, 1),
            "heading_deg": np.where(dice.random(n) < 0.3, np.nan, dice.integers(0, 360, n)),
            "detail": ['{"type":1,"status":5}'] * n,
        },
        schema_overrides={"observed_at": pl.Int64, "received_at": pl.Int64},
    )
    frame = frame.with_columns(pl.col("heading_deg").fill_nan(None))
    return frame.cast(dict(OBSERVATION)).select(list(OBSERVATION))


def batches(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """The frame cut to batches."""
    return [frame.slice(at, BATCH) for at in range(0, frame.height, BATCH)]


def timed(act: Callable[[], object]) -> float:
    """Seconds that it takes."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def ours(store: Store, run_id: int, frame: pl.DataFrame) -> int:
    """Rows inserted by the store."""
    return sum(store.write_observations(run_id, batch) for batch in batches(frame))


def core_insert(store: Store, run_id: int, frame: pl.DataFrame) -> None:
    """SQLAlchemy Core, its own batching (insertmanyvalues), ON CONFLICT DO NOTHING."""
    statement = insert(observation).on_conflict_do_nothing()
    for batch in batches(frame):
        rows = [{**row, "run_id": run_id, "key": uuid.UUID(bytes=row["key"])}
                for row in batch.iter_rows(named=True)]  # fmt: skip
        with store.transaction("insert") as connection:
            connection.execute(statement, rows)


def row_copy(store: Store, run_id: int, frame: pl.DataFrame) -> None:
    """psycopg's COPY row by row into a staging table, then ON CONFLICT DO NOTHING."""
    for batch in batches(frame):
        with store.cursor("copy") as cursor:
            cursor.execute(
                f"CREATE TEMP TABLE s ON COMMIT DROP AS SELECT {COLUMNS} FROM observation LIMIT 0"
            )
            with cursor.copy(SQL("COPY s ({}) FROM STDIN").format(
                SQL(", ").join(map(Identifier, OBSERVATION)))) as copy:  # fmt: skip
                for row in batch.iter_rows():
                    copy.write_row((uuid.UUID(bytes=row[0]), *row[1:]))
            cursor.execute(
                f"INSERT INTO observation (run_id, {COLUMNS}) "
                f"SELECT {run_id}, {COLUMNS} FROM s ON CONFLICT DO NOTHING"
            )


def to_postgis(store: Store, frame: pl.DataFrame) -> None:
    """geopandas' own way."""
    engine = create_engine(store.url.replace("postgresql://", "postgresql+psycopg://"))
    for batch in batches(frame.drop("key")):
        table = batch.to_pandas()
        points = geopandas.points_from_xy(table.pop("lon"), table.pop("lat"))
        geopandas.GeoDataFrame(table, geometry=points, crs=4326).to_postgis(
            "peer", engine, if_exists="append"
        )
    engine.dispose()


def count(store: Store, query: str) -> int:
    """One number."""
    with store.transaction("count") as connection:
        return int(connection.execute(text(query)).scalar_one())


def writes(store: Store) -> None:
    """First write and replay, ours and theirs, each under a run of its own."""
    frame, small = positions(600_000), positions(100_000, seed=8)
    rates: dict[str, float] = {}
    for _ in range(2):  # the first warms the files up
        with store.transaction("empty") as connection:
            connection.execute(text("TRUNCATE observation, latest_position"))
        rates["ours, first write"] = frame.height / timed(lambda: ours(store, 1, frame))
        rates["ours, replay"] = frame.height / timed(lambda: ours(store, 1, frame))
    assert count(store, "SELECT count(*) FROM observation") == frame.height
    peers: dict[str, Callable[[], object]] = {
        "row-wise COPY, same table": lambda: row_copy(store, 2, small),
        "SQLAlchemy core, same table": lambda: core_insert(store, 3, small),
        "geopandas.to_postgis, no key": lambda: to_postgis(store, small),
    }
    for name, act in peers.items():
        rates[name] = small.height / timed(act)
    for run_id in (2, 3):
        found = count(store, f"SELECT count(*) FROM observation WHERE run_id = {run_id}")
        assert found == small.height
    assert count(store, "SELECT count(*) FROM peer") == small.height
    for name, rate in rates.items():
        ratio = rates["ours, first write"] / rate
        print(f"  {name:32s} {rate:10,.0f} rows/s   ours is {ratio:5.1f} ×")


def reads(store: Store) -> None:
    """The latest positions of 20,000 vessels with their names, and one track."""
    n = 20_000
    frame = positions(3 * n, ships=n, seed=9)
    targets = frame["target"].unique().sort()
    names = pl.DataFrame(
        {"key": [i.to_bytes(16) for i in range(len(targets))], "target": targets,
         "received_at": frame["received_at"].head(len(targets)), "name": "浙象渔" + targets,
         "ship_type": 30, "length_m": 38.0}
    )  # fmt: skip
    names = names.with_columns(
        pl.lit(None, dtype).alias(name) for name, dtype in IDENTITY.items() if name not in names
    ).cast(dict(IDENTITY))
    ours(store, 4, frame)
    store.write_identities(4, names)
    with store.transaction("vacuum") as connection:
        connection.execute(text("ANALYZE"))
    kept = min(timed(lambda: store.latest_positions(4)) for _ in range(10))
    distinct = (
        "SELECT DISTINCT ON (target) target, lon, lat, observed_at FROM observation "
        "WHERE run_id = 4 ORDER BY target, observed_at DESC, key DESC"
    )

    def peer() -> list[object]:
        with store.transaction("read") as connection:
            return list(connection.execute(text(distinct)).all())

    by_query = min(timed(peer) for _ in range(3))
    theirs = {(row[0], row[1], row[2]) for row in peer()}
    assert theirs == set(store.latest_positions(4).select("target", "lon", "lat").rows())
    print(f"  latest of {len(targets):,}: kept table with names, as a frame {kept * 1e3:.0f} ms, "
          f"DISTINCT ON without names, as rows {by_query * 1e3:.0f} ms, "
          f"ratio {by_query / kept:.1f} ×")  # fmt: skip
    from_, to = frame["observed_at"].min(), frame["observed_at"].max()
    one = targets[0]
    track = min(timed(lambda: store.track(4, one, from_, to)) for _ in range(5))
    total = count(store, "SELECT count(*) FROM observation")
    print(f"  one hour's track among {total:,} rows of that hour: {track * 1e3:.0f} ms")


#: Sensor, how its targets are named, and its share of a county's frames with all feeds at once.
MIX = (("ais", "mmsi:", 0.4), ("radar", "radar:R1:", 0.3), ("vehicle", "terminal:", 0.25),
       ("beidou", "beidou:", 0.03), ("camera", "plate:", 0.02))  # fmt: skip


def live_mix(store: Store, run_id: int, seconds: int = 60) -> None:
    """A second's rows of all sensors at a time, as `live` writes them; how long each takes."""
    dice = np.random.default_rng(10)
    took = []
    for second in range(seconds):
        frame = positions(1_000, ships=3_000, seed=1_000 + second).with_columns(
            received_at=pl.col("received_at").min() + pl.duration(seconds=second),
        )
        which = pl.Series(dice.choice(len(MIX), frame.height, p=[share for *_, share in MIX]))
        sensors, prefixes = ([row[i] for row in MIX] for i in (0, 1))
        frame = frame.with_columns(
            sensor=which.replace_strict(dict(enumerate(sensors)), return_dtype=pl.String),
            target=which.replace_strict(dict(enumerate(prefixes)), return_dtype=pl.String)
            + pl.col("target").str.slice(5),
            observed_at=pl.col("received_at"),
        )
        took.append(timed(lambda part=frame: store.write_observations(run_id, part)))  # type: ignore[misc]
    found = count(store, f"SELECT count(*) FROM observation WHERE run_id = {run_id}")
    assert found == 1_000 * seconds
    half, most = (1e3 * float(np.quantile(took, q)) for q in (0.5, 0.95))
    rate = 1_000 * seconds / sum(took)
    print(f"  live, all sensors, 1,000 rows a call: median {half:.0f} ms, p95 {most:.0f} ms, "
          f"{rate:,.0f} rows/s")  # fmt: skip


def main() -> None:
    """Print the figures."""
    folder = Path(tempfile.mkdtemp(prefix="pierwatch-bench-", dir="/var/tmp"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "postgres")
    print(__doc__)
    try:
        cluster.start()
        store = connect(cluster.url)
        store.migrate()
        print(f"  {store.ping()}, load average {Path('/proc/loadavg').read_text()[:14]}")
        writes(store)
        reads(store)
        live_mix(store, 5)
        store.close()
    finally:
        cluster.remove()
        folder.rmdir()


if __name__ == "__main__":
    main()
