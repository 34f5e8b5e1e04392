"""A made-up night in a store for the screen: piers, vessels under way and silent, four alerts.

Run as a script it serves that night, for a look at the page:
`python tests/support/screen_scene.py [PORT]`.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
from explained import explanation
from feed_scene import notices, seed_feeds

from core.schema import IDENTITY, OBSERVATION
from geo.site import SITE_FILES, Site, parse_site
from store.engine import Store

ROOT = Path(__file__).resolve().parents[2]
TICK = datetime(2026, 2, 28, 17, 41, 30, tzinfo=UTC)  # 01:41 on the coast
BERTHED = TICK - timedelta(minutes=66)
LANDING = "mmsi:412345678"
HOSTILE = "<b>浙渔</b>"
PASSWORD = "the tide turns at four"
Json = dict[str, Any]


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now_s = 1_772_000_000.0

    def __call__(self) -> float:
        return self.now_s


@cache
def xiangshan() -> Site:
    """The site of the repository, read from its folder."""
    folder = ROOT / "sites" / "xiangshan"
    return parse_site(
        {name: (folder / name).read_bytes() for name in SITE_FILES if (folder / name).exists()}
    )


def seed(
    store: Store,
    site: Site | None,
    vessels: int = 160,
    feeds: bool = False,
    kind: Literal["replay", "live"] = "replay",
) -> int:
    """Write the night into the store and give its run; with `feeds` what every feed said, too."""
    titles = (site.title_zh, site.title_en) if site else ("一片海", "A sea")
    name = site.name if site else "sea"
    run_id = store.open_run(kind, "scene", name, True, f"scene-{name}", *titles, "Asia/Shanghai")
    counts = {
        "ais": {
            "position": 41_280, "identity": 1_944, "other": 310, "refused_bad_checksum": 57,
            "refused_no_time": 12, "heard_S1": int(TICK.timestamp()) - 2,
            "heard_S2": int(TICK.timestamp()) - 4, "heard_S3": int(TICK.timestamp()) - 312,
        },
        "radar": {"position": 9_120, "heard_R1": int(TICK.timestamp()) - 3},
        "vehicles": {"position": 61_300, "refused_bad_body": 4}
        | {f"heard_{i}": int(TICK.timestamp()) - 7 * i for i in range(48)},
    }  # fmt: skip
    store.set_tick(run_id, TICK, counts)
    if site:
        store.write_piers(run_id, site.piers)
        store.write_registers(run_id, site.vessels, site.vehicles)
        berth = _berths(site)
    else:
        berth = [(121.9, 29.1 + 0.05 * i, None) for i in range(5)]
    store.write_observations(run_id, positions(berth[0][:2], vessels))
    store.write_identities(run_id, identities(vessels))
    store.write_alerts(run_id, alerts(berth))
    if site and feeds:
        seed_feeds(store, run_id, site, TICK)
        store.write_alerts(run_id, notices(TICK, stamp))
    return run_id


def _berths(site: Site) -> list[tuple[float, float, str | None]]:
    idle = site.piers.table.filter(pl.col("status") == "idle").sort("pier_id")
    rows = idle.gather_every(max(1, idle.height // 5)).select("lon", "lat", "pier_id").rows()
    return [(lon, lat, pier_id) for lon, lat, pier_id in rows][:5]


def positions(berth: tuple[float, float], vessels: int) -> pl.DataFrame:
    """Reports of vessels off the coast, and of one that came to a berth with a silence before."""
    dice = np.random.default_rng(7)
    parts = []
    for i in range(vessels):
        course = float(dice.uniform(0, 360))
        speed = float(dice.choice([0.0, 3.1, 6.4, 9.8]))
        lon, lat = float(dice.uniform(121.75, 122.45)), float(dice.uniform(28.85, 29.6))
        last = TICK - timedelta(
            seconds=float(dice.choice([3, 9, 40, 4000], p=[0.5, 0.3, 0.1, 0.1]))
        )
        steps = np.arange(-5, 1)
        target = f"mmsi:4130{i:05d}" if i % 12 else f"radar:R1:{i}"
        parts.append(
            _track(
                target,
                lon,
                lat,
                course,
                speed,
                [last + timedelta(minutes=float(s)) for s in steps],
                steps,
            )
        )
    before = [BERTHED - timedelta(minutes=m) for m in [*range(200, 84, -4), 10, 6, 3]]
    away = np.array([(at - BERTHED).total_seconds() / 60 for at in before])
    parts.append(_track(LANDING, *berth, 315.0, 7.5, before, away))
    after = [BERTHED + timedelta(minutes=m) for m in range(0, 66, 3)]
    parts.append(_track(LANDING, *berth, 315.0, 0.1, after, np.zeros(len(after))))
    frame = pl.concat(parts)
    keys = [dice.bytes(16) for _ in range(frame.height)]
    return frame.with_columns(pl.Series("key", keys, pl.Binary)).select(OBSERVATION.names())


def _track(
    target: str, lon: float, lat: float, course_deg: float, speed_kn: float,
    times: list[datetime], minutes: np.ndarray,
) -> pl.DataFrame:  # fmt: skip
    along = speed_kn * minutes / 60 / 60  # degrees of latitude
    angle = np.radians(course_deg)
    n = len(times)
    return pl.DataFrame(
        {
            "sensor": [target.partition(":")[0].replace("mmsi", "ais")] * n,
            "source": ["S1"] * n,
            "target": [target] * n,
            "observed_at": times,
            "received_at": times,
            "lon": lon + along * np.sin(angle) / np.cos(np.radians(lat)),
            "lat": lat + along * np.cos(angle),
            "sigma_m": [10.0] * n,
            "speed_kn": [speed_kn] * n,
            "course_deg": [course_deg] * n,
            "heading_deg": [None] * n,
            "detail": ["{}"] * n,
        },
        schema={name: dtype for name, dtype in OBSERVATION.items() if name != "key"},
    )


def identities(vessels: int) -> pl.DataFrame:
    """Names of the vessels: Chinese, Latin, and one that would run as a script if it could."""
    dice = np.random.default_rng(8)
    names = [f"浙象渔{i:05d}" if i % 3 else f"ZHE XIANG {i}" for i in range(vessels)]
    names[25] = HOSTILE
    rows = [
        {
            "target": f"mmsi:4130{i:05d}",
            "name": name,
            "ship_type": int(dice.choice([30, 70, 52, 80])),
            "length_m": 28.0,
        }
        for i, name in enumerate(names)
        if i % 12
    ]
    rows.append({"target": LANDING, "name": "浙岭渔00888", "ship_type": 30, "length_m": 38.0})
    return pl.DataFrame(
        [
            {"key": dice.bytes(16), "source": "S1", "received_at": TICK - timedelta(hours=2), **row}
            for row in rows
        ],
        schema=IDENTITY,
    )


def stamp(at: datetime) -> str:
    """RFC 3339 with a Z."""
    return at.isoformat().replace("+00:00", "Z")


def evidence() -> list[Json]:
    """What spoke for and against the first alert."""

    def entry(block: str, nats: float, code: str, *sources: str, **params: object) -> Json:
        told = {"block": block, "nats": nats, "code": code}
        return {**told, "params": params, "sources": list(sources)}

    return [
        entry("identity", 3.14, "dark_approach", "radar:R1", silent_min=74, corroborated=True),
        entry("identity", 1.25, "unregistered", "register"),
        entry("rarity", 4.35, "idle_pier", "register", status="idle", days_between_visits=90.0),
        entry("timing", 1.04, "night_hours", hour_local=0, day_kind="weekend"),
        entry("timing", -0.62, "tide_window", "tide", hours_from_high_water=5.1),
        entry("timing", 1.0, "dwell", dwell_min=66, over=False),
        entry("calibration", -0.58, "calibration"),
    ]


def severity_parts() -> list[Json]:
    """How the severity of the first alert came about."""
    parts = [
        ("vessel_size", 0.19, 0.75, True),
        ("trucks", 0.17, 0.5, False),
        ("goods", 0.37, 0.8, True),
        ("recurrence", 0.08, 0.4, True),
        ("minutes_left", 0.19, 0.9, True),
    ]
    return [
        {"criterion": c, "weight": w, "value": v, "contribution": round(w * v, 4), "known": known}
        for c, w, v, known in parts
    ]


def alerts(berths: list[tuple[float, float, str | None]]) -> list[Json]:
    """Revisions of four alerts in the contract's envelope."""

    def alert(i: int, revision: int, minutes: float, **more: Any) -> Json:
        lon, lat, pier_id = berths[i % len(berths)]
        return {
            "alert_id": f"a{i}00000000000000",
            "revision": revision,
            "status": "new" if revision == 1 else "update",
            "kind": "night_landing",
            "issued_at": stamp(BERTHED + timedelta(minutes=minutes)),
            "level": "watch",
            "posterior": 0.31,
            "prior_nats": -7.29,
            "severity": 0.62,
            "exercise": True,
            "pier_id": pier_id,
            "lon": lon,
            "lat": lat,
            "berth_from": stamp(BERTHED),
            "berth_to": None,
            "targets": [LANDING],
            "vehicles": [],
            "evidence": evidence()[:3],
            "not_covered": ["camera"],
            **more,
        }

    lon, lat, pier_id = berths[0]
    beside = explanation(
        pier_id or "P1", berths[1 % len(berths)][2] or "P2", lon, lat, stamp(BERTHED)
    )
    first = {
        "evidence": evidence(),
        "explanation": beside,
        "severity": 0.7125,
        "severity_parts": severity_parts(),
        "vehicles": ["plate:浙B9YQM3", "plate:浙B12345"],
        "targets": [LANDING, "radar:R1:17"],
    }
    second = {"severity": 0.41, "targets": ["mmsi:413000025"], "evidence": evidence()[2:4]}
    gone = {"severity": 0.2, "targets": ["mmsi:413000031"]}
    against = {
        "block": "identity", "nats": -1.2, "code": "registered", "params": {}, "sources": [],
    }  # fmt: skip
    why = {"withdrawn": {"code": "unlikely", "posterior": 0.03, "evidence": [against]}}
    return [
        alert(0, 1, 2, posterior=0.31),
        alert(1, 1, 9, posterior=0.24, **second),
        alert(0, 2, 22, posterior=0.66, level="verify"),
        alert(2, 1, 30, posterior=0.52, severity=0.3, targets=["radar:R1:24"]),
        alert(3, 1, 31, posterior=0.22, **gone),
        alert(3, 2, 44, status="cancel", posterior=0.22, **gone, **why),
        alert(0, 3, 65, posterior=0.9084, level="verify", **first),
    ]


def serve(port: int) -> None:
    """Serve the night on this machine until Ctrl-C, from a database of its own."""
    import uvicorn

    from core.settings import ScreenSettings
    from dashboard.app import create_app
    from store.cluster import Cluster
    from store.engine import connect

    folder = Path(tempfile.mkdtemp(prefix="pierwatch-screen-", dir="/var/tmp"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "postgres", throw_away=True)
    cluster.start()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the database is taken away then too
    try:
        store, site = connect(cluster.url), xiangshan()
        store.migrate()
        seed(store, site, feeds=True)
        app = create_app(
            store, ScreenSettings(), password=PASSWORD, secret=bytes(32), site_of=lambda _name: site
        )
        print(f"http://127.0.0.1:{port}  password: {PASSWORD}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.run(
                app,
                host="127.0.0.1",
                port=port,
                log_level="warning",
                ws="websockets-sansio",
                timeout_graceful_shutdown=2,
            )
    finally:
        cluster.remove()
        folder.rmdir()


def in_thread(app: Any) -> tuple[str, Any, threading.Thread]:
    """The application on a free port of this machine: address, server, thread."""
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws="websockets-sansio")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not (server.started and server.servers):
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    return f"http://127.0.0.1:{port}", server, thread


if __name__ == "__main__":
    serve(int(sys.argv[1]) if len(sys.argv) > 1 else 8051)
