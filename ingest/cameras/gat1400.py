"""GA/T 1400 motor vehicles, as police video libraries pass them on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from ingest.cameras.privacy import DROPPED, only
from ingest.cameras.values import Refused, Seen, Sighting, checked, number, shown, table, text, told
from ingest.plates import plate_of

FORMAT: Final = "gat1400.motor_vehicles"
MOST_VEHICLES: Final = 1000  # libraries send twenty at a time
_LIST: Final = "MotorVehicleListObject"
_OBJECTS: Final = "MotorVehicleObject"
_KMH_PER_KN: Final = 1.852
_PASS_TIME: Final = re.compile(r"\d{14}(\d{3})?", re.ASCII)  # some devices add milliseconds
#: The vehicle's own members; its driver's and its pictures' are not among them.
_KEPT: Final = frozenset({
    "MotorVehicleID", "InfoKind", "SourceID", "DeviceID", "TollgateID", "LaneNo", "PassTime",
    "LeftTopX", "LeftTopY", "RightBtmX", "RightBtmY", "HasPlate", "PlateClass", "PlateColor",
    "PlateNo", "PlateNoAttach", "PlateReliability", "PlateCharReliability", "IsDecked",
    "IsAltered", "IsCovered", "IsSuspicious", "Speed", "Direction", "DrivingStatusCode",
    "VehicleClass", "VehicleBrand", "VehicleModel", "VehicleLength", "VehicleWidth",
    "VehicleHeight", "VehicleColor", "VehicleColorDepth",
})  # fmt: skip


def cleaned(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What may be kept of a body: its vehicles without pictures and without who drives them."""
    kept = only(payload, (), inner=(_LIST,))
    if _LIST not in payload and any(name.startswith(("Face", "Person")) for name in payload):
        raise Refused("person_data", "faces or persons instead of vehicles")
    vehicles = table(payload.get(_LIST), _LIST).get(_OBJECTS)
    if not isinstance(vehicles, list):
        raise Refused("bad_payload", f"{_OBJECTS} is no list")
    if len(vehicles) > MOST_VEHICLES:
        raise Refused("bad_payload", f"{len(vehicles)} vehicles in one body")
    kept[_LIST] = {
        _OBJECTS: [only(each, _KEPT) if isinstance(each, dict) else None for each in vehicles]
    }
    return kept


def read(payload: Mapping[str, Any], timezone: ZoneInfo) -> Seen:
    """The sightings of a cleaned body, one a vehicle; a wrong one does not stop the others."""
    seen = Seen()
    for each in payload[_LIST][_OBJECTS]:
        try:
            seen.sightings.append(_sighting(table(each, _OBJECTS), timezone))
        except Refused as refused:
            seen.sightings.append(refused)
    return seen


def _sighting(vehicle: Mapping[str, Any], timezone: ZoneInfo) -> Sighting:
    observed = _local_time(vehicle.get("PassTime"), timezone)
    denied = vehicle.get("HasPlate") in ("0", 0, False, "false")
    plate = None if denied else plate_of(vehicle.get("PlateNo"))
    reliability = number(vehicle.get("PlateReliability"), 0, 100)
    speed = number(vehicle.get("Speed"), 0, 300)
    detail = told(
        format=FORMAT,
        vehicle_id=text(vehicle.get("MotorVehicleID")),
        vehicle_class=text(vehicle.get("VehicleClass")),
        plate=plate,
        plate_score=reliability / 100 if plate and reliability is not None else None,
        plate_class=text(vehicle.get("PlateClass")),
        plate_colour=text(vehicle.get("PlateColor")),
        vehicle_colour=text(vehicle.get("VehicleColor")),
        tollgate=text(vehicle.get("TollgateID")),
        device=text(vehicle.get("DeviceID")),
        lane=number(vehicle.get("LaneNo"), 0, 99),
        direction=text(vehicle.get("Direction")),
        decked=True if vehicle.get("IsDecked") in ("1", 1, True) else None,
        covered=True if vehicle.get("IsCovered") in ("1", 1, True) else None,
        dropped=vehicle.get(DROPPED),
    )
    return Sighting(observed, detail, plate, None if speed is None else speed / _KMH_PER_KN)


def _local_time(value: object, timezone: ZoneInfo) -> int:
    """`yyyyMMddHHmmss` in the site's time as microseconds UTC; `bad_time` where it is none."""
    if not isinstance(value, str) or not _PASS_TIME.fullmatch(value):
        raise Refused("bad_time", shown("PassTime", value))
    try:
        local = datetime.fromisoformat(f"{value[:8]}T{value[8:14]}")
        micro = checked(local.replace(tzinfo=timezone), "PassTime", value)
    except (ValueError, OverflowError):
        raise Refused("bad_time", shown("PassTime", value)) from None
    return micro + 1000 * int(value[14:] or 0)
