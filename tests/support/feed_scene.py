"""A night of every feed for the screen: stations, radars, trucks, cameras, refusals, calls."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from core.schema import DOUBT, FEED_HEALTH, OBSERVATION
from geo.site import Site
from models.feeds.reception import CELL_DEG, RECEIVED
from store.engine import Store

Json = dict[str, Any]
PLATE = "浙B7Q2K5"
SECRET = "今晚三点见"


def seed_feeds(store: Store, run_id: int, site: Site, tick: datetime) -> None:
    """Write what the feeds of the night said of themselves."""
    health = feed_health(site, tick)
    store.write_feed_health(run_id, health)
    store.write_feed_states(run_id, feed_states(tick))
    store.write_refusals(run_id, refusals(site))
    store.write_doubts(run_id, doubts(site, tick))
    store.write_observations(run_id, others(site, tick))
    for station in health.filter(pl.col("sensor").is_in(["ais", "radar"]))["source"]:
        store.write_receptions(run_id, receptions(site, station, tick))


def feed_health(site: Site, tick: datetime) -> pl.DataFrame:
    """One row a source; R2 is silent, a terminal's clock is 8 h ahead, another drives on GCJ-02."""
    dice = np.random.default_rng(5)

    def row(feed: str, sensor: str, source: str, ago_s: float, per_min: float, **more: Any) -> Json:
        return {
            **dict.fromkeys(FEED_HEALTH.names()), "feed": feed, "sensor": sensor, "source": source,
            "state": "heard", "first_at": tick - timedelta(hours=9),
            "last_at": tick - timedelta(seconds=ago_s), "frames": int(per_min * 540),
            "per_min": per_min, "lag_s": 0.4, "waiting": 0, "suspects": "", **more,
        }  # fmt: skip

    rows = [
        row("ais-coast", "ais", number, 1 + 3 * i, 1840.0 / (i + 1), lag_s=0.6 + i / 4)
        for i, number in enumerate(site.stations["station_id"].to_list())
    ]
    rows += [
        row("radar", "radar", number, 2, 620.0, lag_s=1.1)
        for number in site.radars["radar_id"].to_list()
    ]
    rows[-2] |= {"state": "silent", "last_at": tick - timedelta(minutes=11), "per_min": 0.0}
    rows += [row("beidou", "beidou", f"bd-{i}", 20 * i, 6.2, lag_s=14.0 + i) for i in range(1, 4)]
    rows += [
        row("trucks", "vehicles", f"01390000{i:04d}", float(dice.uniform(1, 40)), 2.0, lag_s=3.2)
        for i in range(48)
    ]
    rows[-1] |= {"suspects": "clock_8h", "skew_s": 28803.2, "state": "quarantine", "waiting": 31}
    rows[-2] |= {"suspects": "gcj02"}
    rows[-3] |= {"state": "silent", "last_at": tick - timedelta(hours=3), "per_min": 0.0}
    cameras = site.cameras["camera_id"].to_list()[:24]
    rows += [row("cameras", "cameras", number, 15.0 * i, 0.8) for i, number in enumerate(cameras)]
    return pl.DataFrame(rows, schema=FEED_HEALTH)


def feed_states(tick: datetime) -> list[Json]:
    """What the live sources say; the gate's broker refuses the connection."""

    def state(feed: str, sensor: str, said: str, url: str, **more: Any) -> Json:
        return {
            "feed": feed, "sensor": sensor, "url": url, "state": said.partition(":")[0],
            "detail": said.partition(":")[2].strip(), "waiting": 0, "lost": 0, "peers": 1,
            "refused": {}, "stored_after_s": 0.31, "updated_at": tick, **more,
        }  # fmt: skip

    return [
        state("ais-coast", "ais", "listening: 0.0.0.0:10110", "udp://0.0.0.0:10110", peers=3),
        state("radar", "radar", "connected: 10.0.4.2:4001", "tcp://10.0.4.2:4001", owner="海事局"),
        state("beidou", "beidou", "connected: 10.0.4.9:4001", "tcp://10.0.4.9:4001"),
        state(
            "trucks", "vehicles", "listening: 0.0.0.0:8080", "tcp-listen://0.0.0.0:8080", peers=48,
            waiting=12, lost=340, stored_after_s=0.84,
            refused={"not_authenticated": 212, "two_terminals_one_id": 3},
            samples={"not_authenticated": ["7e0002000001390000000100017e"]},
        ),
        state("cameras", "cameras", "connected: broker:1883", "mqtt://watch:secret@broker:1883"),
        state("gates", "cameras", "waiting: Connection refused", "mqtt://gates:1883", peers=0),
    ]  # fmt: skip


def refusals(site: Site) -> list[Json]:
    """By source and reason; the samples hold a plate and a private message."""
    first, second = site.stations["station_id"].to_list()[:2]
    return [
        {"source": first, "reason": "bad_checksum", "n": 57,
         "samples": ["!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4B"]},
        {"source": second, "reason": "no_time", "n": 12, "samples": ["!AIVDM,1,1,,B,1,0*00"]},
        {"source": "CD001", "reason": "bad_time", "n": 9,
         "samples": [json.dumps({"PlateNo": PLATE, "PassTime": "2026-13-01"}, ensure_ascii=False)]},
        {"source": "CD001", "reason": "person_data", "n": 4, "samples": []},
        {"source": "bd-1", "reason": "bad_body", "n": 2,
         "samples": [f"$BDTXR,1,0242407,2,1722,{SECRET}*00"]},
        {"source": None, "feed": "trucks", "reason": "not_hex", "n": 5, "samples": ["hello"]},
    ]  # fmt: skip


def doubts(site: Site, tick: datetime) -> pl.DataFrame:
    """Some that are hard to believe."""
    first = site.stations["station_id"][0]
    rows = [("ais", first, "jump", 14), ("ais", first, "on_land", 3), ("radar", "R1", "speed", 6)]
    tick_s = int(tick.timestamp())
    return pl.DataFrame(
        [
            {"sensor": sensor, "source": source, "target": "mmsi:413000001", "key": bytes(16),
             "tick_s": tick_s, "reason": reason, "detail": "74 kn"}
            for sensor, source, reason, n in rows
            for _ in range(n)
        ],
        schema=DOUBT,
    )  # fmt: skip


def others(site: Site, tick: datetime) -> pl.DataFrame:
    """BeiDou terminals at sea, trucks at piers and far away, what cameras and bars saw."""
    dice = np.random.default_rng(6)
    piers = site.piers.table.select("lon", "lat").rows()

    def row(sensor: str, source: str, target: str | None, ago_s: float, **more: Any) -> Json:
        at = tick - timedelta(seconds=ago_s)
        return {
            **dict.fromkeys(OBSERVATION.names()), "key": dice.bytes(16), "sensor": sensor,
            "source": source, "target": target, "observed_at": at, "received_at": at,
            "detail": "{}", **more,
        }  # fmt: skip

    def anywhere() -> Json:
        return {"lon": float(dice.uniform(121.75, 122.45)), "lat": float(dice.uniform(28.85, 29.6))}

    rows = [
        row("beidou", "bd-1", f"beidou:02424{i:02d}", 30.0 * i, **anywhere(),
            speed_kn=float(dice.choice([0.0, 5.5])), course_deg=float(dice.uniform(0, 360)))
        for i in range(14)
    ]  # fmt: skip
    for i in range(60):
        lon, lat = piers[(i * 7) % len(piers)]
        off = 0.0004 if i < 26 else 0.05
        place = {"lon": lon - off, "lat": lat + off}
        moves = {"speed_kn": 22.0 * (i % 3 == 0), "course_deg": float(dice.uniform(0, 360))}
        plate = f"plate:浙B{i:05d}" if i else f"plate:{PLATE}"
        rows.append(row("vehicle", f"01390000{i:04d}", plate, 5.0, **place, **moves))
    for i, number in enumerate(site.cameras["camera_id"].to_list()[:24]):
        what = {"label": ["boat", "truck", "car", "person"][i % 4]}
        rows.append(row("camera", number, None, 200.0 * i, detail=json.dumps(what)))
    for number in site.bars["bar_id"].to_list()[:3]:
        rows.append(row("barrier", number, None, 60.0, detail='{"state":"raised"}'))
    return pl.DataFrame(rows, schema=OBSERVATION)


def receptions(site: Site, station: str, tick: datetime) -> pl.DataFrame:
    """What a station heard in the last hours: dense nearby, thin far away."""
    dice = np.random.default_rng(len(station) + ord(station[-1]))
    table = {
        number: (lon, lat)
        for places, name in ((site.stations, "station_id"), (site.radars, "radar_id"))
        for number, lon, lat in places.select(name, "lon", "lat").iter_rows()
    }
    lon, lat = table[station]
    n = 6000
    away, angle = dice.exponential(0.13, n), dice.uniform(-1.2, 2.0, n)
    hours = [(tick - timedelta(hours=i)).replace(minute=0, second=0) for i in range(1, 6)]
    rows = pl.DataFrame(
        {
            "source": [station] * n,
            "cell_lon": ((lon + away * np.cos(angle)) // CELL_DEG * CELL_DEG).round(6),
            "cell_lat": ((lat + away * np.sin(angle)) // CELL_DEG * CELL_DEG).round(6),
            "hour": [hours[i % len(hours)] for i in range(n)],
        }
    )
    counted = rows.group_by(rows.columns).agg(heard=pl.len().cast(pl.Int64) * 9)
    return counted.cast(dict(RECEIVED)).select(RECEIVED.names())


def notices(tick: datetime, stamp: Any) -> list[Json]:
    """A call for help at sea, one that is over, a radar that fell silent, a disk that fills up."""

    def alert(i: int, kind: str, targets: list[str], **more: Any) -> Json:
        return {
            "alert_id": f"b{i}00000000000000", "revision": 1, "status": "new", "kind": kind,
            "issued_at": stamp(tick - timedelta(minutes=3 * i)), "level": "verify",
            "posterior": 0.0001, "prior_nats": -9.21, "severity": 0.0, "exercise": True,
            "pier_id": None, "lon": None, "lat": None, "berth_from": None, "berth_to": None,
            "targets": targets, "vehicles": [],
            "evidence": [], "not_covered": [], **more,
        }  # fmt: skip

    def said(code: str, **params: Any) -> list[Json]:
        return [{"block": "fact", "nats": 0, "code": code, "params": params, "sources": []}]

    at = stamp(tick)
    help_ = said("sos", since=at, observed_at=at, heard=7, minutes=3.5, test=False)
    silent = said("feed_silent", n=1, feeds=[], most=1, everything=False, last_at=at)
    return [
        alert(1, "sos", ["beidou:0242403"], lon=122.11, lat=29.22, evidence=help_),
        alert(2, "sos", ["mmsi:970123456"], lon=122.31, lat=29.12, evidence=help_, status="cancel"),
        alert(3, "feed_silent", ["radar:R2"], evidence=silent),
        alert(4, "disk_filling", ["feed:archive"], evidence=said("disk_filling", used_share=0.83)),
    ]
