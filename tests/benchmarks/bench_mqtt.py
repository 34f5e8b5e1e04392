"""Frigate's events through a real Mosquitto at QoS 1: events a second that are on the disk.

A publisher in a process of its own sends the events of Frigate's own documentation, each with its
camera and number, and waits for the broker's word; a clerk takes the frames, writes them and calls
fsync every 50 ms, and only then the broker is told. Publisher, broker, source and clerk share the
machine's cores. Every event is looked for in what was written. A second figure is the way out of
the broker alone: the events wait there before we come. The decoder's rate from those frames is
measured by itself: seconds of one core.

    python tests/benchmarks/bench_mqtt.py [--events N]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from feed_clerk import Clerk, running, state, until
from mosquitto import Broker, broker

from core.settings import FeedSettings
from geo.site import parse_site
from ingest.cameras import CameraDecoder
from ingest.sources.inbox import Inbox
from ingest.sources.mqtt import MqttSource

IN_FLIGHT = 2_000


def made(number: int) -> bytes:
    """An event of the size and with the members that Frigate sends."""
    state: dict[str, Any] = {
        "id": f"1772384400.25-{number}", "camera": f"cam-{number % 60}",
        "frame_time": 1772384400.25, "snapshot": {"frame_time": 1772384400.2, "box": [1, 2, 3, 4]},
        "label": "truck", "sub_label": None, "top_score": 0.91, "false_positive": False,
        "start_time": 1772384400.25, "end_time": None, "score": 0.88, "box": [424, 500, 536, 712],
        "area": 23744, "ratio": 2.113207, "region": [264, 450, 667, 853], "current_zones": ["quay"],
        "entered_zones": ["quay"], "thumbnail": None, "has_snapshot": True, "has_clip": False,
        "active": True, "stationary": False, "motionless_count": 0, "position_changes": 2,
        "attributes": {"license_plate": 0.9}, "current_attributes": [],
        "recognized_license_plate": f"浙B{number % 100_000:05d}",
        "recognized_license_plate_score": 0.93, "current_estimated_speed": 12.5,
        "average_estimated_speed": 11.0, "velocity_angle": 180, "path_data": [[[0.5, 0.5], 1.0]],
    }  # fmt: skip
    return json.dumps({"type": "update", "before": state, "after": state}).encode()


def publish(host: str, port: int, n: int, took: multiprocessing.SimpleQueue[float]) -> None:
    events = [made(number) for number in range(n)]
    room, client = threading.Semaphore(IN_FLIGHT), Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(IN_FLIGHT)
    client.on_publish = lambda *_: room.release()
    client.connect(host, port)
    client.loop_start()
    begin = time.perf_counter()
    for event in events:
        room.acquire()
        client.publish("frigate/events", event, qos=1)
    for _ in range(IN_FLIGHT):
        room.acquire()
    took.put(time.perf_counter() - begin)
    client.disconnect()
    client.loop_stop()


def publishing(to: Broker, n: int) -> Callable[[], float]:
    """Begin to publish; the function waits for the end and gives its seconds."""
    context = multiprocessing.get_context("spawn")
    took: multiprocessing.SimpleQueue[float] = context.SimpleQueue()
    sender = context.Process(target=publish, args=(to.host, to.port, n, took))
    sender.start()

    def wait() -> float:
        seconds = took.get()
        sender.join()
        return seconds

    return wait


def check(clerk: Clerk, n: int) -> str:
    ids = [json.loads(each.frame)["payload"]["after"]["id"] for each in clerk.frames]
    assert len(ids) == n
    assert set(ids) == {f"1772384400.25-{number}" for number in range(n)}
    return f"all {n:,} are kept, once"


def measure(n: int) -> None:
    with broker() as to:
        feed = FeedSettings(sensor="cameras", url=to.url)
        source = MqttSource("docks", feed, parse_site({"site.toml": b'name = "cove"'}), Path())
        inbox = Inbox("docks", feed.most_waiting)
        with running(source, inbox), Clerk(inbox, commit_s=0.05) as clerk:
            until(lambda: state(inbox).startswith("connected"))
            wait = publishing(to, n)
            until(lambda: clerk.frames, 60)
            begin = time.perf_counter()
            first = len(clerk.frames)
            until(lambda: len(clerk.frames) == n, 120)
            rate = (n - first) / (time.perf_counter() - begin)
            wait()
        print(f"Frigate, published meanwhile: {rate:,.0f} events/s durable; {check(clerk, n)}")
        publishing(to, n)()
        with running(source, inbox), Clerk(inbox, commit_s=0.05) as clerk:
            begin, cpu = time.perf_counter(), time.process_time()
            until(lambda: len(clerk.frames) == n, 120)
            rate = n / (time.perf_counter() - begin)
            own_us = (time.process_time() - cpu) / n * 1e6
        print(
            f"Frigate, waiting in the broker: {rate:,.0f} events/s durable, "
            f"{own_us:.0f} µs of CPU an event (source and clerk); {check(clerk, n)}"
        )
    decode([each.frame for each in clerk.frames])


def decode(frames: list[bytes]) -> None:
    text = b"".join(b'{"received_at":"2026-03-01T17:00:02Z",' + f[1:] + b"\n" for f in frames)
    CameraDecoder().feed(text[: text.index(b"\n") + 1])  # what is imported at the first use
    begin, decoder = time.process_time(), CameraDecoder()
    rows = decoder.feed(text).observations.height + decoder.close().observations.height
    cpu = time.process_time() - begin
    print(f"  decoder alone: {rows / cpu:,.0f} events/s, {cpu / rows * 1e6:.0f} µs of CPU an event")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--events", type=int, default=40_000)
    measure(options.parse_args().events)


if __name__ == "__main__":
    main()
