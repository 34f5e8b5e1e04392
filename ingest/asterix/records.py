"""Records of the three categories, read by libasterix, as one kind of report.

CAT 010 edition 1.1, CAT 048 edition 1.32, CAT 062 edition 1.20 (EUROCONTROL-SPEC-0149).
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from typing import Any, Final

from core.errors import SetupError
from geo.plane import NAUTICAL_MILE_M
from ingest.nmea.times import SECOND

_EDITIONS: Final = {10: "Cat_010_1_1", 48: "Cat_048_1_32", 62: "Cat_062_1_20"}
_KN_PER_MPS: Final = 3600 / NAUTICAL_MILE_M
_VELOCITY_MPS: Final = 0.25
TARGET_REPORT: Final = 1  # of CAT 010's message types


@dataclass(frozen=True)
class Report:
    """What a record says; None for nothing.

    Place as degrees (WGS 84), or as metres and degrees from the radar. `raw` are the record's
    bytes, `time` of day in microseconds. `about_target` is clear for what a radar says of itself.
    """

    category: int
    raw: bytes
    sac_sic: tuple[int, int] | None
    number: int | None
    time: int | None
    lon: float | None = None
    lat: float | None = None
    range_m: float | None = None
    bearing_deg: float | None = None
    speed_kn: float | None = None
    course_deg: float | None = None
    sigma_m: float | None = None
    lost: bool = False
    simulated: bool = False
    about_target: bool = True


class Reader:
    """The optional library, loaded.

    Raises
    ------
    SetupError
        Where libasterix is not installed.
    """

    def __init__(self) -> None:
        try:
            self._base = importlib.import_module("asterix.base")
            generated = importlib.import_module("asterix.generated")
        except ImportError:
            raise SetupError(
                "ASTERIX", expected="the optional extra `asterix` (libasterix)",
                came="none installed", act="Install it: `uv sync --extra asterix`.",
            ) from None  # fmt: skip
        self._records = {
            category: getattr(generated, edition).cv_record
            for category, edition in _EDITIONS.items()
        }
        self._strict = self._base.ParsingMode.StrictParsing

    def knows(self, category: int) -> bool:
        """Whether records of the category are read."""
        return category in self._records

    def records(self, category: int, body: bytes, most: int) -> list[Report] | None:
        """The records of a data block; None where it is malformed or has more than `most`."""
        rest = self._base.Bits.from_bytes(body)
        found: list[Report] = []
        try:
            while len(rest):
                got = self._records[category].parse(self._strict, rest)
                if isinstance(got, ValueError) or len(found) >= most:
                    return None
                record, after = got
                if len(after) >= len(rest):
                    return None
                found.append(_report(category, record))
                rest = after
        except (ValueError, IndexError, KeyError, AssertionError, OverflowError, RecursionError):
            return None
        return found


def _report(category: int, record: Any) -> Report:
    raw = record.unparse().to_bytes()
    source = record.get_item("010")
    pair = None
    if source is not None:
        number = source.as_uint()
        pair = number >> 8, number & 0xFF
    return {10: _cat_010, 48: _cat_048, 62: _cat_062}[category](record, raw, pair)


def _cat_010(record: Any, raw: bytes, pair: tuple[int, int] | None) -> Report:
    range_m, bearing = _cartesian(record, "042", 1.0)
    if range_m is None:
        range_m, bearing = _number(record, "040", "RHO", "m"), _number(record, "040", "TH", "°")
    speed, course = _flown(record, "200", "GSP", "TRA")
    if speed is None:
        speed, course = _velocity(record, "202")
    kind = record.get_item("000")
    return Report(
        10, raw, pair, _count(record, "161", "TRK"), _time(record, "140"),
        _number(record, "041", "LON", "°"), _number(record, "041", "LAT", "°"), range_m, bearing,
        speed, course, _sigma(record, "500", ("DEVX", "DEVY"), 1.0, "m"),
        _flag(record, "170", "TRE"), _flag(record, "020", "SIM") or _flag(record, "020", "TST"),
        kind is None or kind.as_uint() == TARGET_REPORT,
    )  # fmt: skip


def _cat_048(record: Any, raw: bytes, pair: tuple[int, int] | None) -> Report:
    rho, bearing = _number(record, "040", "RHO", "NM"), _number(record, "040", "THETA", "°")
    range_m = None if rho is None else rho * NAUTICAL_MILE_M
    if range_m is None:
        range_m, bearing = _cartesian(record, "042", NAUTICAL_MILE_M, "NM")
    speed, course = _flown(record, "200", "GSP", "HDG")
    return Report(
        48, raw, pair, _count(record, "161", "TRN"), _time(record, "140"), None, None, range_m,
        bearing, speed, course,
        _sigma(record, "210", ("SIGX", "SIGY"), NAUTICAL_MILE_M, "NM"),
        _flag(record, "170", "TRE"), _flag(record, "020", "SIM") or _flag(record, "020", "TST"),
    )  # fmt: skip


def _cat_062(record: Any, raw: bytes, pair: tuple[int, int] | None) -> Report:
    # 100 counts from the system's centre, which nobody tells us: only 105 is a place.
    speed, course = _velocity(record, "185")
    number = record.get_item("040")
    accuracy = record.get_item("500")
    sigma = None
    if accuracy is not None:
        inner = accuracy.variation.get_item("APC")
        sigma = None if inner is None else _both(inner, ("X", "Y"), 1.0, "m")
    return Report(
        62, raw, pair, None if number is None else number.as_uint(), _time(record, "070"),
        _number(record, "105", "LON", "°"), _number(record, "105", "LAT", "°"), None, None,
        speed, course, sigma, _flag(record, "080", "TSE"), _flag(record, "080", "SIM"),
    )  # fmt: skip


def _part(item: Any, name: str, unit: str) -> float:
    value: float = item.variation.get_item(name).variation.content.as_quantity(unit)
    return value


def _number(record: Any, key: str, name: str, unit: str) -> float | None:
    item = record.get_item(key)
    return None if item is None else _part(item, name, unit)


def _count(record: Any, key: str, name: str) -> int | None:
    item = record.get_item(key)
    return None if item is None else int(item.variation.get_item(name).as_uint())


def _time(record: Any, key: str) -> int | None:
    item = record.get_item(key)
    return None if item is None else round(item.variation.content.as_quantity("s") * SECOND)


def _flag(record: Any, key: str, name: str) -> bool:
    item = record.get_item(key)
    flag = None if item is None else item.variation.get_item(name)
    return flag is not None and flag.as_uint() == 1


def _cartesian(
    record: Any, key: str, metres: float, unit: str = "m"
) -> tuple[float | None, float | None]:
    """Range in metres and bearing of a place given to the east and to the north."""
    east, north = _number(record, key, "X", unit), _number(record, key, "Y", unit)
    if east is None or north is None:
        return None, None
    return math.hypot(east, north) * metres, math.degrees(math.atan2(east, north)) % 360


def _velocity(record: Any, key: str) -> tuple[float | None, float | None]:
    """Knots and degrees of two signed 16-bit quarters of a metre a second, east and north.

    Read from the bits: libasterix 0.36 takes I010/202 for sixteenths, which cannot be, for the
    standard gives it a range of 8,192 m/s.
    """
    item = record.get_item(key)
    if item is None:
        return None, None
    bits = item.as_uint()
    east, north = (((bits >> at & 0xFFFF) ^ 0x8000) - 0x8000 for at in (16, 0))
    speed = math.hypot(east, north) * _VELOCITY_MPS * _KN_PER_MPS
    return speed, math.degrees(math.atan2(east, north)) % 360 if speed else None


def _flown(record: Any, key: str, speed: str, course: str) -> tuple[float | None, float | None]:
    told = _number(record, key, speed, "NM/s")
    return None if told is None else told * 3600, _number(record, key, course, "°")


def _sigma(record: Any, key: str, names: tuple[str, str], metres: float, unit: str) -> float | None:
    item = record.get_item(key)
    return None if item is None else _both(item, names, metres, unit)


def _both(item: Any, names: tuple[str, str], metres: float, unit: str) -> float | None:
    """The root mean square of the standard deviations along both axes; 0 says nothing."""
    x, y = (_part(item, name, unit) * metres for name in names)
    return math.sqrt((x * x + y * y) / 2) or None
