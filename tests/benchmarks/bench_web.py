"""GA/T 1400 over HTTP: vehicles a second that are on the disk before they are answered with 200.

A client in a process of its own holds 64 kept-alive connections and posts twenty vehicles a
request, as police libraries do; a clerk takes the frames, writes them, calls fsync every 50 ms and
only then lets the server answer. Server, clerk and client share the machine's cores. Every vehicle
that was answered is looked for in what the clerk wrote. The decoder's rate from those frames is
measured by itself: seconds of one core.

    python tests/benchmarks/bench_web.py [--requests N] [--pictures BYTES]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from feed_clerk import Clerk, running, state, until
from viid_device import ViidDevice

from core.settings import FeedSettings
from geo.site import parse_site
from ingest.cameras import CameraDecoder
from ingest.sources.inbox import Inbox
from ingest.sources.web import WebSource

DEVICE = "33022500001310000001"
PER_REQUEST, CONNECTIONS = 20, 64


def vehicle(number: int, picture: str) -> dict[str, object]:
    made: dict[str, object] = {
        "MotorVehicleID": f"{DEVICE}0220260302011500{number:012d}", "InfoKind": 1,
        "SourceID": f"{DEVICE}0220260302011500{number:05d}", "TollgateID": "33022500001210000001",
        "DeviceID": DEVICE, "StorageUrl1": "", "LeftTopX": 412, "LeftTopY": 233,
        "RightBtmX": 980, "RightBtmY": 760, "LaneNo": number % 4, "HasPlate": "1",
        "PlateClass": "01", "PlateColor": "2", "PlateNo": f"浙B{number % 100_000:05d}",
        "PlateReliability": "93", "VehicleClass": "H11", "VehicleColor": "1", "Speed": 47.5,
        "PassTime": "20260302011500",
    }  # fmt: skip
    if picture:
        image = {"ImageID": str(number), "FileFormat": "Jpeg", "Data": picture}
        made["SubImageList"] = {"SubImageInfoObject": [image]}
    return made


def request(number: int, picture: str) -> bytes:
    some = [vehicle(number * PER_REQUEST + each, picture) for each in range(PER_REQUEST)]
    body = {"MotorVehicleListObject": {"MotorVehicleObject": some}}
    text = json.dumps(body, ensure_ascii=False).encode()
    head = (
        f"POST /VIID/MotorVehicles HTTP/1.1\r\nHost: a\r\nUser-Identify: {DEVICE}\r\n"
        f"Content-Type: application/VIID+JSON;charset=UTF-8\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text


async def sends(port: int, requests: list[bytes]) -> float:
    left = iter(requests)

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        for each in left:
            writer.write(each)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            answer = await reader.readexactly(length)
            assert answer.count(b'"StatusCode":"0"') == PER_REQUEST
        writer.close()

    begin = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return time.perf_counter() - begin


def client(port: int, n: int, picture: str, took: multiprocessing.SimpleQueue[float]) -> None:
    requests = [request(number, picture) for number in range(n)]
    took.put(asyncio.run(sends(port, requests)))


def measure(n: int, picture_bytes: int) -> None:
    picture = "A" * picture_bytes
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "users").write_text("road:pier\n")
        given = {"sensor": "cameras", "url": "http://127.0.0.1:0"}
        feed = FeedSettings.model_validate({**given, "password_file": Path(folder, "users")})
        source = WebSource("gate", feed, parse_site({"site.toml": b'name = "cove"'}), Path())
        inbox = Inbox("gate", feed.most_waiting)
        with running(source, inbox), Clerk(inbox, commit_s=0.05) as clerk:
            until(lambda: state(inbox).startswith("listening"))
            device = ViidDevice("127.0.0.1", source.port, DEVICE, "road", "pier")
            assert device.register() == 200
            context = multiprocessing.get_context("spawn")
            took: multiprocessing.SimpleQueue[float] = context.SimpleQueue()
            sender = context.Process(target=client, args=(source.port, n, picture, took))
            cpu = time.process_time()
            sender.start()
            seconds = took.get()
            cpu = time.process_time() - cpu
            sender.join()
            device.close()
    told = [json.loads(each.frame)["payload"]["MotorVehicleListObject"] for each in clerk.frames]
    ids = [each["MotorVehicleID"] for one in told for each in one["MotorVehicleObject"]]
    expected = {vehicle(number, "")["MotorVehicleID"] for number in range(n * PER_REQUEST)}
    assert len(ids) == len(expected)
    assert set(ids) == expected
    print(
        f"GA/T 1400, {n} requests of {PER_REQUEST}, pictures of {picture_bytes:,} characters: "
        f"{n * PER_REQUEST / seconds:,.0f} records/s durable, "
        f"{cpu / n / PER_REQUEST * 1e6:.0f} µs of CPU a record (server and clerk); "
        f"all {len(ids):,} are kept, once"
    )
    decode([each.frame for each in clerk.frames])


def decode(frames: list[bytes]) -> None:
    text = b"".join(b'{"received_at":"2026-03-01T17:15:02Z",' + f[1:] + b"\n" for f in frames)
    CameraDecoder().feed(text[: text.index(b"\n") + 1])  # what is imported at the first use
    begin, decoder = time.process_time(), CameraDecoder()
    rows = decoder.feed(text).observations.height + decoder.close().observations.height
    cpu = time.process_time() - begin
    print(
        f"  decoder alone: {rows / cpu:,.0f} records/s, {cpu / rows * 1e6:.0f} µs of CPU a record"
    )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--requests", type=int, default=2_000)
    options.add_argument("--pictures", type=int, default=20_000)
    given = options.parse_args()
    measure(given.requests, 0)
    measure(max(200, given.requests // 10), given.pictures)


if __name__ == "__main__":
    main()
