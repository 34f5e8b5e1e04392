"""What the bits and the additional items of a location mean (JT/T 808-2019, tables 24 to 29).

Bits that the editions use differently have the meaning of 2019; a bit without a name here is
`bit_<n>`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

ALARMS: Final = {
    0: "sos", 1: "overspeed", 2: "fatigue", 3: "dangerous_driving", 4: "gnss_fault",
    5: "antenna_cut", 6: "antenna_short", 7: "power_low", 8: "power_off", 9: "display_fault",
    10: "tts_fault", 11: "camera_fault", 12: "licence_card_fault", 13: "overspeed_warning",
    14: "fatigue_warning", 15: "unlawful_driving", 16: "tyre_pressure", 17: "blind_zone_fault",
    18: "driving_time_exceeded", 19: "parking_time_exceeded", 20: "area_crossed",
    21: "route_crossed", 22: "section_time", 23: "route_deviation", 24: "speed_sensor_fault",
    25: "fuel_abnormal", 26: "stolen", 27: "illegal_ignition", 28: "illegal_move",
    29: "collision", 30: "rollover", 31: "illegal_door_opening",
}  # fmt: skip
SOS: Final = 1 << 0

STATUS: Final = {
    0: "acc_on", 1: "fixed", 2: "south", 3: "west", 4: "out_of_service", 5: "coordinates_shifted",
    6: "forward_collision_warning", 7: "lane_departure_warning", 10: "fuel_line_cut",
    11: "power_line_cut", 12: "doors_locked", 13: "front_door_open", 14: "middle_door_open",
    15: "rear_door_open", 16: "driver_door_open", 17: "fifth_door_open", 18: "gps", 19: "beidou",
    20: "glonass", 21: "galileo", 22: "moving",
}  # fmt: skip
FIXED: Final = 1 << 1
SOUTH: Final = 1 << 2
WEST: Final = 1 << 3
_LOAD_SHIFT: Final = 8  # bits 8 and 9
_LOADS: Final = {1: "half", 3: "full"}  # 2011 leaves both bits clear: 0 need not mean empty
_UNSAID: Final = FIXED | SOUTH | WEST | 3 << _LOAD_SHIFT  # told by the position, or as `load`

SIGNALS: Final = {
    0: "low_beam", 1: "high_beam", 2: "right_turn", 3: "left_turn", 4: "brake", 5: "reverse",
    6: "fog_light", 7: "clearance_light", 8: "horn", 9: "air_conditioning", 10: "neutral",
    11: "retarder", 12: "abs", 13: "heater", 14: "clutch",
}  # fmt: skip
IO: Final = {0: "deep_sleep", 1: "sleep"}

#: Additional items that are read: id → (name in `detail`, bytes). Others stay raw.
ITEMS: Final = {
    0x01: ("mileage_km", 4),  # tenths
    0x02: ("fuel_l", 2),  # tenths
    0x03: ("recorder_speed_kmh", 2),  # tenths
    0x25: ("signals", 4),  # bits
    0x2A: ("io", 2),  # bits
    0x30: ("rssi", 1),
    0x31: ("satellites", 1),
}
TENTHS: Final = ("mileage_km", "fuel_l", "recorder_speed_kmh")


def names(bits: int, table: dict[int, str]) -> list[str]:
    """The names of the bits that are set, lowest first.

    >>> names(0b101, ALARMS), names(1 << 31, STATUS)
    (['sos', 'fatigue'], ['bit_31'])
    """
    return [table.get(n, f"bit_{n}") for n in range(bits.bit_length()) if bits >> n & 1]


def load(status: int) -> str | None:
    """`half` or `full` as the status says; None where it may just as well not be reported.

    >>> load(3 << 8), load(0)
    ('full', None)
    """
    return _LOADS.get(status >> _LOAD_SHIFT & 3)


@lru_cache(1 << 14)
def state_text(bits: int) -> str:
    """Alarm (high word) and status (low word) as members of a JSON object, each with its comma.

    The word is signed, as arrays have it: alarm 31 is its sign.

    >>> state_text(1 << 32 | 0b11)
    ',"sos":true,"alarms":["sos"],"status":["acc_on"]'
    """
    alarm, status = bits >> 32 & 0xFFFFFFFF, bits & 0xFFFFFFFF
    out = ',"sos":true' if alarm & SOS else ""
    if alarm:
        out += f',"alarms":{_list(names(alarm, ALARMS))}'
    if status & ~_UNSAID:
        out += f',"status":{_list(names(status & ~_UNSAID, STATUS))}'
    carried = load(status)
    return out + (f',"load":"{carried}"' if carried else "")


@lru_cache(1 << 14)
def signals_text(bits: int) -> str:
    """Item 0x25 as a member of a JSON object, with its comma; empty for -1, not reported."""
    return "" if bits < 0 else f',"signals":{_list(names(bits, SIGNALS))}'


@lru_cache(1 << 14)
def io_text(bits: int) -> str:
    """Item 0x2A as a member of a JSON object, with its comma; empty for -1, not reported."""
    return "" if bits < 0 else f',"io":{_list(names(bits, IO))}'


def _list(texts: list[str]) -> str:
    return "[" + ",".join(f'"{text}"' for text in texts) + "]"
