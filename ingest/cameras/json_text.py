"""JSON from hostile senders, bounded in size, depth and parts; orjson reads and writes it.

What JSON allows and orjson refuses (half a surrogate pair, a mark of the byte order, whole numbers
beyond all floats) the standard library reads, and writes again. Whole numbers beyond 64 bits are
floats to both, so that what is kept says the same however it is read.
"""

from __future__ import annotations

import json
import math
from typing import Final

import orjson

from ingest.cameras.values import Refused, hashed

MOST_LINE: Final = 1 << 23  # bytes: a request of twenty vehicles with their pictures
MOST_DEPTH: Final = 32
#: Objects and lists, and commas between parts: what is taken costs less than 50 ms. A thousand
#: vehicles with all their members are within; a picture is one text.
MOST_GROUPS: Final = 1 << 13
MOST_COMMAS: Final = 1 << 16
_LOWEST, _HIGHEST = -(1 << 63), (1 << 64) - 1


def read_json(line: bytes) -> object:
    """A JSON text; its numbers are finite.

    Raises
    ------
    Refused
        `too_long`, `too_deep`, `bad_json`; of what came it says length and hash.

    >>> read_json(b'[1e-5, 36893488147419103232, "x"]')
    [1e-05, 3.6893488147419103e+19, 'x']
    """
    if len(line) > MOST_LINE:
        raise Refused("too_long", hashed(line[:MOST_LINE]))
    groups = _count(line, b"[{")
    if groups > MOST_GROUPS or (len(line) > MOST_COMMAS and _count(line, b",") > MOST_COMMAS):
        raise Refused("too_deep", hashed(line))
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        value = _read_slowly(line)
    if groups > MOST_DEPTH and _too_deep(value):
        raise Refused("too_deep", hashed(line))
    return value


def written(value: object, *, in_order: bool = False) -> bytes:
    """What `read_json` gave, as JSON without blanks; `in_order`: names sorted.

    >>> written({"b": [0.5, None], "a": "浙"}, in_order=True).decode()
    '{"a":"浙","b":[0.5,null]}'
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if in_order else None)
    except TypeError:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=in_order)
        return text.encode(errors="backslashreplace")  # half a pair becomes JSON's escape


def _count(line: bytes, of: bytes) -> int:
    """How many bytes are one of these; as fast where there are millions as where there are none."""
    return len(line) - len(line.translate(None, of))


def _read_slowly(line: bytes) -> object:
    try:
        value: object = json.loads(
            line, parse_constant=_no_number, parse_float=_finite, parse_int=_whole
        )
    except RecursionError:
        raise Refused("too_deep", hashed(line)) from None
    except ValueError:  # also bytes that are no UTF-8, and numbers of thousands of digits
        raise Refused("bad_json", hashed(line)) from None
    return value


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no number")
    return value


def _whole(text: str) -> int | float:
    value, nearest = int(text), float(text)
    return value if _LOWEST <= value <= _HIGHEST or math.isinf(nearest) else nearest


def _too_deep(value: object) -> bool:
    """Whether anything stands within more than MOST_DEPTH others."""
    level = [value] if type(value) in (dict, list) else []
    for _ in range(MOST_DEPTH + 1):
        if not level:
            return False
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)  # type: ignore[attr-defined]
            if type(inner) is dict or type(inner) is list
        ]
    return bool(level)
