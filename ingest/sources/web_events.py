"""Barriers and ONVIF cameras that post what happens, with Basic or Digest by the feed's users."""

from __future__ import annotations

import re
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.cameras import barrier, envelope, onvif
from ingest.cameras.values import Refused, text
from ingest.sources.web_answers import Refusal, Status, answer
from ingest.sources.web_devices import Devices
from ingest.sources.web_intake import Intake, body

_MOST_EVENTS: Final = 1000  # of one request
_MOST_XML: Final = 4 * onvif.MOST_CHARACTERS  # bytes
_ID: Final = re.compile(r"[\w.-]{1,64}")


class Events:
    """`POST /barrier` and `POST /onvif/{camera_id}` of one feed."""

    def __init__(self, intake: Intake, devices: Devices) -> None:
        self._intake, self._devices = intake, devices

    def routes(self) -> list[Route]:
        """What is served."""
        return [
            Route("/barrier", self._barrier, methods=["POST"]),
            Route("/onvif/{camera_id}", self._onvif, methods=["POST"]),
        ]

    async def _barrier(self, request: Request) -> Response:
        """`{"bar_id", "state", "at"}` or a list of such; those that are wrong do not stop the
        others, and the answer names them."""
        user = self._devices.prove(request, basic=True)
        came = await body(request)
        message = self._intake.message(came, user)
        events = message if isinstance(message, list) else [message]
        if len(events) > _MOST_EVENTS:
            self._intake.refuse(Refused("bad_payload", f"{len(events)} events"), user)
            raise Refusal(413, Status.BAD_CONTENT)
        frames, wrong = [], []
        for index, event in enumerate(events):
            try:
                frames.append(self._state(event, came))
            except Refused as refused:
                self._intake.refuse(refused, user)
                wrong.append({"index": index, "reason": refused.reason})
        if frames:
            await self._intake.keep(frames)
        code = 200 if frames or not wrong else 400
        return answer({"kept": len(frames), "refused": wrong}, code)

    def _state(self, event: Any, came: bytes) -> bytes:
        if not isinstance(event, dict):
            raise Refused("bad_payload", "an event is no object")
        payload = {name: value for name, value in event.items() if name != "bar_id"}
        barrier.read(payload)
        source = text(event.get("bar_id"))
        if source is None:
            raise Refused("no_source", "no bar_id")
        return envelope.frame(source, barrier.FORMAT, payload, came)

    async def _onvif(self, request: Request) -> Response:
        """A `tt:MetadataStream`, in UTF-8."""
        self._devices.prove(request, basic=True)
        camera = request.path_params["camera_id"]
        if not _ID.fullmatch(camera):
            raise Refusal(400, Status.BAD_CONTENT)
        came = await body(request, _MOST_XML)
        try:
            payload = {"xml": came.decode("utf-8-sig")}
            frame = envelope.frame(camera, onvif.FORMAT, payload, came)
        except UnicodeDecodeError:
            refused = Refused("bad_xml", "no UTF-8")
        except Refused as error:
            refused = error
        else:
            await self._intake.keep([frame])
            return answer({"kept": 1, "refused": []})
        self._intake.refuse(refused, camera)
        return answer({"kept": 0, "refused": [{"index": 0, "reason": refused.reason}]}, 400)
