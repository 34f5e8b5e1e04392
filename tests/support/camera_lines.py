"""Lines of camera feeds for tests."""

from __future__ import annotations

import json
from typing import Any

from ingest.cameras import CameraDecoder
from ingest.decoded import Decoded, concat

AT = 1_772_384_400.25  # 2026-03-01T17:00:00.250Z


def line(kind: str, payload: object, /, **more: object) -> bytes:
    """One line of a recording, received five seconds after the hour."""
    members = {
        "received_at": "2026-03-01T17:00:05Z",
        "source": "cam-1",
        "format": kind,
        "payload": payload,
    }
    return json.dumps({**members, **more}, ensure_ascii=False).encode() + b"\n"


def frigate(change: str = "new", **after: Any) -> bytes:
    """A lorry at AT."""
    state = {
        "id": "1772384400.25-abc", "camera": "cam-1", "frame_time": AT, "label": "truck",
        "start_time": AT, "end_time": None, "score": 0.9, "top_score": 0.9,
    }  # fmt: skip
    return line("frigate.events", {"type": change, "before": None, "after": {**state, **after}})


def tracked(kind: str = "lpr", **members: Any) -> bytes:
    """An update of the lorry's event."""
    update = {"type": kind, "id": "1772384400.25-abc", "camera": "cam-1", "timestamp": AT}
    return line("frigate.tracked_object_update", {**update, **members})


def keepalive() -> bytes:
    """A camera says that it lives."""
    return line("device.keepalive", {"DeviceID": "33022500001310000001"})


def vehicle(**members: Any) -> dict[str, Any]:
    """A lorry that passed at 01:00 in Beijing."""
    fields = {"PlateNo": "浙B12345", "VehicleClass": "H11", "PassTime": "20260302010000",
              "TollgateID": "33022500001210000001", "HasPlate": "1"}  # fmt: skip
    return {**fields, **members}


def gat1400(*vehicles: object, **more: Any) -> bytes:
    """A request's body."""
    body = {"MotorVehicleListObject": {"MotorVehicleObject": list(vehicles)}, **more}
    return line("gat1400.motor_vehicles", body)


def onvif(inside: str, time: str = "2026-03-01T17:00:00Z", head: str = "") -> bytes:
    """A stream of one frame."""
    xml = (
        f'{head}<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema">'
        f'<tt:VideoAnalytics><tt:Frame UtcTime="{time}">{inside}</tt:Frame>'
        "</tt:VideoAnalytics></tt:MetadataStream>"
    )
    return line("onvif.metadata", {"xml": xml})


def onvif_object(kind: str, more: str = "") -> str:
    """An object of a class."""
    return (
        f'<tt:Object ObjectId="7"><tt:Appearance><tt:Class><tt:Type Likelihood="0.9">{kind}'
        f"</tt:Type></tt:Class>{more}</tt:Appearance></tt:Object>"
    )


PLATE = (
    '<tt:LicensePlateInfo><tt:PlateNumber Likelihood="0.8">浙B12345</tt:PlateNumber>'
    "</tt:LicensePlateInfo>"
)


def barrier(state: str = "raised", at: str = "2026-03-01T17:00:00Z", **more: Any) -> bytes:
    """A bar's state."""
    return line("barrier.state", {"state": state, "at": at}, **{"source": "bar-1", **more})


def run(data: bytes, size: int | None = None, **site: Any) -> Decoded:
    """Decode bytes fed in pieces of a size; in one piece where none is given."""
    decoder = CameraDecoder(**site)
    step = size or max(len(data), 1)
    parts = [decoder.feed(data[at : at + step]) for at in range(0, len(data), step)]
    return concat([*parts, decoder.close()])


def details(decoded: Decoded) -> list[dict[str, Any]]:
    """The details of the sightings."""
    return [json.loads(text) for text in decoded.observations["detail"]]


def reasons(decoded: Decoded) -> list[str]:
    """Why lines were refused."""
    return decoded.refusals["reason"].to_list()
