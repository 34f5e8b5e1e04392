"""Coverage-guided fuzzing of the HTTP endpoints: every request gets a status of its own.

    python tests/fuzz/fuzz_endpoints.py ENDPOINT [--seconds N] [--corpus DIR]

The application is called as its server calls it, with a clerk that keeps every frame. A finding is
an exception, a fault (500), no answer, more than 50 ms of CPU time thrice in a row, or a picture
that reaches the archive. An input is a header line's values, a line feed, and the body.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(HERE.parent / "support")]

import atheris  # noqa: E402

with atheris.instrument_imports(include=["ingest.sources", "ingest.cameras"]):
    from starlette.requests import Request
    from typing_extensions import override

    from geo.site import parse_site
    from ingest.sources.inbox import Inbox
    from ingest.sources.web import application
    from ingest.sources.web_devices import Devices

#: Method, path, and whether the password is proven by a header (or taken as proven).
ENDPOINTS = {
    "register": ("POST", "/VIID/System/Register", True),
    "keepalive": ("POST", "/VIID/System/Keepalive", False),
    "unregister": ("POST", "/VIID/System/UnRegister", False),
    "motor-vehicles": ("POST", "/VIID/MotorVehicles", False),
    "notifications": ("POST", "/VIID/SubscribeNotifications", False),
    "refused": ("POST", "/VIID/Faces", False),
    "barrier": ("POST", "/barrier", False),
    "onvif": ("POST", "/onvif/cam-1", False),
}
DEVICE = b"33022500001310000001"
PICTURE = "cGljdHVyZQ"  # stands in every seed where a picture may stand
MOST_BYTES = 4096
MOST_S = 0.05
SEEDS = [
    b'{"RegisterObject":{"DeviceID":"33022500001310000001"}}',
    b'{"KeepaliveObject":{"DeviceID":"33022500001310000001"}}',
    b'{"UnRegisterObject":{"DeviceID":"33022500001310000001"}}',
    b'{"MotorVehicleListObject":{"MotorVehicleObject":[{"MotorVehicleID":"1","InfoKind":1,'
    b'"SourceID":"2","DeviceID":"33022500001310000001","TollgateID":"3","PlateNo":"\xe6\xb5\x99B1",'
    b'"VehicleClass":"H11","PassTime":"20260302010000","SubImageList":{"SubImageInfoObject":'
    b'[{"ImageID":"1","Data":"cGljdHVyZQ=="}]}}]}}',
    b'{"SubscribeNotificationListObject":{"SubscribeNotificationObject":[{"NotificationID":"1",'
    b'"MotorVehicleObjectList":{"MotorVehicleObject":[{"PlateNo":"A","PassTime":"20260302010000"}]}'
    b"}]}}",
    b'{"FaceListObject":{"FaceObject":[{"FaceID":"1","SubImageList":{"SubImageInfoObject":'
    b'[{"Data":"cGljdHVyZQ=="}]}}]}}',
    b'[{"bar_id":"B001","state":"raised","at":"2026-03-01T17:00:00Z"}]',
    b'<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"><tt:VideoAnalytics><tt:Frame '
    b'UtcTime="2026-03-01T17:00:00Z"><tt:Object ObjectId="7"/></tt:Frame></tt:VideoAnalytics>'
    b"</tt:MetadataStream>",
    b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
]


class Trusting(Devices):
    """Takes every password as proven, so that what is behind it is reached."""

    @override
    def prove(self, request: Request, *, basic: bool = False) -> str:
        return "road"


class Target:
    """Sends one input to an endpoint."""

    def __init__(self, name: str) -> None:
        self._method, self._path, proven = ENDPOINTS[name]
        kind = Devices if proven else Trusting
        self._inbox = Inbox("gate", 10_000)
        site = parse_site({"site.toml": b'name = "cove"'})
        self._app = application("gate", self._inbox, kind({"road": "pier"}, "gate"), site)
        self._loop = asyncio.new_event_loop()

    def __call__(self, data: bytes) -> None:
        if all(self._taken(data) > MOST_S for _ in range(3)):
            raise TimeoutError(f"more than {MOST_S} s of CPU time for {len(data)} bytes")

    def _taken(self, data: bytes) -> float:
        begin = time.thread_time()
        self._loop.run_until_complete(asyncio.wait_for(self._ask(data), 5))
        return time.thread_time() - begin

    async def _ask(self, data: bytes) -> None:
        head, _, body = data.partition(b"\n")
        proof, _, device = head.partition(b"\t")
        headers = [
            (b"user-identify", device or DEVICE),
            (b"authorization", proof),
            (b"content-length", str(len(body)).encode()),
            (b"content-type", b"application/VIID+JSON;charset=UTF-8"),
        ]
        scope: dict[str, Any] = {
            "type": "http", "http_version": "1.1", "method": self._method, "scheme": "http",
            "path": self._path, "raw_path": self._path.encode(), "query_string": b"",
            "headers": headers, "client": ("10.0.0.7", 5000), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        pieces = [body[: len(body) // 2], body[len(body) // 2 :]]
        said: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if not pieces:
                return {"type": "http.disconnect"}
            piece = pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        task = asyncio.ensure_future(self._app(scope, receive, send))  # type: ignore[arg-type]
        while not task.done():
            for frame in self._inbox.take(1000):
                assert PICTURE.encode() not in frame.frame, "a picture on its way to the archive"
                if frame.done:
                    frame.done(True)
            await asyncio.sleep(0)
        task.result()
        status = said[0]["status"]
        assert status in (200, 201) or 400 <= status < 500 or status == 503, f"status {status}"
        assert "fault" not in self._inbox.report("", "").refused


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("endpoint", choices=ENDPOINTS)
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--corpus", type=Path)
    given = options.parse_args()
    corpus = given.corpus or HERE / "corpus" / f"http-{given.endpoint}"
    corpus.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f"pierwatch-fuzz-{given.endpoint}-"))
    for number, seed in enumerate(SEEDS):
        (work / f"seed-{number:04d}").write_bytes(b"Basic cm9hZDpwaWVy\t\n" + seed)
    flags = [f"-max_total_time={given.seconds}", f"-artifact_prefix={corpus}/finding-"]
    flags += [f"-max_len={MOST_BYTES}", "-len_control=0", "-rss_limit_mb=0"]
    flags += ["-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *flags, str(work), str(corpus)], Target(given.endpoint))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
