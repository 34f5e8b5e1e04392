"""GA/T 1400's video library, as far as it takes motor vehicles in.

Devices register with Digest, keep alive, and send vehicles themselves or as notifications. Faces,
persons and every other kind of object are refused with the standard's status; of their bodies
only length and hash are kept.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from geo.site import Site
from ingest.cameras import gat1400, keepalive
from ingest.cameras.privacy import canonical
from ingest.cameras.values import Refused, hashed, text
from ingest.sources.web_answers import (
    Refusal,
    Status,
    answer,
    list_answer,
    local_time,
    said,
    status_answer,
)
from ingest.sources.web_devices import Devices
from ingest.sources.web_intake import Intake, body, dropped

_SYSTEM: Final = "/VIID/System"
_MOST_SYSTEM: Final = 1 << 14  # bytes of a registration
_LIST, _OBJECTS = "MotorVehicleListObject", "MotorVehicleObject"
_NOTES, _NOTE = "SubscribeNotificationListObject", "SubscribeNotificationObject"
_MOST_NOTES: Final = 100
_PERSONAL: Final = ("face", "person", "subject")
Statuses = list[dict[str, str]]


class Viid:
    """The standard's endpoints for one feed."""

    def __init__(self, intake: Intake, devices: Devices, site: Site) -> None:
        self._intake, self._devices = intake, devices
        self._zone, self._timezone = ZoneInfo(site.timezone), site.timezone
        self._cameras = _cameras(site)

    def routes(self) -> list[Route]:
        """What is served under /VIID."""
        return [
            Route(f"{_SYSTEM}/Register", self._register, methods=["POST"]),
            Route(f"{_SYSTEM}/UnRegister", self._unregister, methods=["POST"]),
            Route(f"{_SYSTEM}/Keepalive", self._keepalive, methods=["POST"]),
            Route(f"{_SYSTEM}/Time", self._time, methods=["GET"]),
            Route("/VIID/MotorVehicles", self._vehicles, methods=["POST"]),
            Route("/VIID/SubscribeNotifications", self._notifications, methods=["POST"]),
            Route("/VIID/Subscribes", self._subscribes, methods=["GET"]),
            Route("/VIID/{kind:path}", self._refused, methods=["POST", "PUT", "DELETE"]),
        ]

    async def _register(self, request: Request) -> Response:
        came = await body(request, _MOST_SYSTEM)
        device = self._devices.register(request)
        self._same(came, "RegisterObject", device)
        return self._ok(request, device)

    async def _unregister(self, request: Request) -> Response:
        came = await body(request, _MOST_SYSTEM)
        device = self._devices.known(request)
        self._same(came, "UnRegisterObject", device)
        self._devices.forget(request)
        return self._ok(request, device)

    async def _keepalive(self, request: Request) -> Response:
        came = await body(request, _MOST_SYSTEM)
        device = self._devices.known(request)
        self._same(came, "KeepaliveObject", device)
        frame = self._intake.frame(self._source(None, device), keepalive.FORMAT, {}, b"")
        self._intake.note(frame)
        return self._ok(request, device)

    def _same(self, came: bytes, member: str, device: str) -> None:
        """The body names the device of the header, if it names one."""
        message = self._intake.message(came, device) if came else {}
        inner = message.get(member) if isinstance(message, dict) else None
        if not isinstance(inner, dict) or inner.get("DeviceID", device) != device:
            self._intake.inbox.refuse("bad_payload", member.encode(), device)
            raise Refusal(400, Status.BAD_CONTENT)

    async def _time(self, request: Request) -> Response:
        self._devices.known(request)
        times = {"VIIDServerID": "", "TimeMode": "1", "LocalTime": local_time(self._zone)}
        return answer({"SystemTimeObject": {**times, "TimeZone": self._timezone}})

    async def _subscribes(self, request: Request) -> Response:
        """Nobody subscribes here: this library takes in and gives nothing out."""
        self._devices.known(request)
        return answer({"SubscribeListObject": {"SubscribeObject": []}})

    async def _vehicles(self, request: Request) -> Response:
        device = self._devices.known(request)
        came = await body(request)
        message = self._intake.message(came, device)
        frames, statuses = self._taken(message, device, came, request.url.path)
        if frames is None:
            raise Refusal(400, Status.BAD_CONTENT)
        if frames:
            await self._intake.keep(frames)
        return list_answer(statuses)

    def _taken(
        self, message: Any, device: str, came: bytes, path: str
    ) -> tuple[list[bytes] | None, Statuses]:
        """The frames of a list of vehicles, one a camera, and a status a vehicle; None where it
        is no such list."""
        inner: Any = message.get(_LIST) if isinstance(message, dict) else None
        vehicles = inner.get(_OBJECTS) if isinstance(inner, dict) else None
        if not isinstance(vehicles, list) or len(vehicles) > gat1400.MOST_VEHICLES:
            vehicles = None
        groups: dict[str, list[object]] = defaultdict(list)
        for each in vehicles or []:
            own = text(each.get("DeviceID")) if isinstance(each, dict) else None
            groups[self._source(own, device)].append(each)
        try:
            if len(groups) <= 1:  # as it came; what is wrong with it, the cleaner says
                source = next(iter(groups), self._source(None, device))
                frames = [self._intake.frame(source, gat1400.FORMAT, message, came)]
            else:
                frames = [
                    self._intake.frame(
                        source, gat1400.FORMAT, {**message, _LIST: {**inner, _OBJECTS: some}}, came
                    )
                    for source, some in groups.items()
                ]
        except Refused:
            return None, []
        statuses = [
            said(path, Status.OK, self._zone, text(each.get("MotorVehicleID")) or "")
            if isinstance(each, dict)
            else said(path, Status.BAD_CONTENT, self._zone)
            for each in vehicles or []
        ]
        return (frames if vehicles else []), statuses

    async def _notifications(self, request: Request) -> Response:
        device = self._devices.known(request)
        came = await body(request)
        message = self._intake.message(came, device)
        inner = message.get(_NOTES) if isinstance(message, dict) else None
        notes = inner.get(_NOTE) if isinstance(inner, dict) else None
        if not isinstance(notes, list) or len(notes) > _MOST_NOTES:
            self._intake.refuse(Refused("bad_payload", hashed(came)), device)
            raise Refusal(400, Status.BAD_CONTENT)
        frames: list[bytes] = []
        statuses = [self._noted(each, device, request.url.path, frames) for each in notes]
        if frames:
            await self._intake.keep(frames)
        return list_answer(statuses)

    def _noted(self, note: object, device: str, path: str, frames: list[bytes]) -> dict[str, str]:
        """The status of a notification whose vehicles, if it has any, join the frames."""
        if not isinstance(note, dict):
            self._intake.refuse(Refused("bad_payload", "a notification is no object"), device)
            return said(path, Status.BAD_CONTENT, self._zone)
        name, status = text(note.get("NotificationID")) or "", Status.INVALID_OPERATION
        for member in note:
            if member.lower().startswith(_PERSONAL) and note[member]:
                left = hashed(canonical(note[member]))
                self._intake.refuse(Refused("person_data", f"{member[:40]}: {left}"), device)
        if "MotorVehicleObjectList" in note:
            vehicles = {_LIST: note["MotorVehicleObjectList"]}
            found, _ = self._taken(vehicles, device, canonical(vehicles), path)
            status = Status.BAD_CONTENT if found is None else Status.OK
            frames += found or []
        return said(path, status, self._zone, name)

    async def _refused(self, request: Request) -> Response:
        """Everything else that is sent here."""
        device = self._devices.known(request)
        left, kind = await dropped(request), request.path_params["kind"][:40]
        personal = kind.lower().startswith(_PERSONAL)
        reason = "person_data" if personal else "not_taken"
        self._intake.refuse(Refused(reason, f"{request.method} {kind}: {left}"), device)
        raise Refusal(403, Status.INVALID_OPERATION)

    def _source(self, own: str | None, device: str) -> str:
        """Whose a vehicle is: the site's camera that it names itself, else who sent it."""
        return self._cameras.get(own or "") or self._cameras.get(device, device)

    def _ok(self, request: Request, device: str) -> Response:
        self._intake.inbox.peers = self._devices.n
        return status_answer(request.url.path, Status.OK, self._zone, device)


def _cameras(site: Site) -> dict[str, str]:
    """The site's cameras by name, and by `device_id` where they have one."""
    frame = site.cameras
    names = {camera: camera for camera in frame["camera_id"]}
    if "device_id" in frame.columns:
        pairs = zip(frame["device_id"], frame["camera_id"], strict=True)
        names |= {str(device): camera for device, camera in pairs if device}
    return names
