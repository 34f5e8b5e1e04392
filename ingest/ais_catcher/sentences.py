"""One message of AIS-catcher's JSON as one line of NMEA, for the AIS decoder to read.

What was transmitted in several sentences becomes a single one with the whole payload, so that a
line always completes exactly one message and no part waits for others.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from ingest.ais_catcher.fields import Message, number, payload
from ingest.cameras.values import Refused
from ingest.nmea.sentences import checksum

_SENTENCE: Final = re.compile(
    r"!([A-Z]{2}VD[MO]),([1-9]),([1-9]),(\d?),([^,*\\\s]*),([^,*\\\s]*),(\d)\*([0-9A-Fa-f]{2})\s*",
    re.ASCII,
)
_MOST_SENTENCE: Final = 256  # characters; NMEA allows 82, and nine have room in one line
_SHOWN: Final = 120
_MOST_STATION: Final = 32  # bytes of a name that a tag block holds
_MOST_TYPE, _MOST_MMSI = 63, (1 << 30) - 1


def sentence(message: Message) -> str:
    """The message as one sentence.

    Raises
    ------
    Refused
        `bad_sentence`, `bad_checksum` or `incomplete` for its NMEA; `unknown_type` or `bad_mmsi`
        where it has none and its fields do not say what it is.
    """
    nmea = message.get("nmea")
    if isinstance(nmea, str):
        nmea = [nmea]
    if isinstance(nmea, list) and nmea:
        return _joined(nmea)
    kind, mmsi = _whole(message.get("type")), _whole(message.get("mmsi"))
    if not 0 <= kind <= _MOST_TYPE:
        raise Refused("unknown_type", _shown(message, "type"))
    if not 0 <= mmsi <= _MOST_MMSI:
        raise Refused("bad_mmsi", _shown(message, "mmsi"))
    characters, fill = payload(message, kind, mmsi)
    return _written("AIVDM", "", characters, fill)


def tagged(sentence: str, station: str | None, received_ms: int, arrived_ms: int) -> str:
    """The sentence behind a tag block: who heard it, when, and when that arrived here.

    Times below zero are left out. See `tag_name` for stations.
    """
    said = [f"s:{tag_name(station)}"] if station else []
    said += [f"c:{received_ms}"] if received_ms >= 0 else []
    said += [f"a:{arrived_ms}"] if arrived_ms >= 0 else []
    if not said:
        return sentence
    block = ",".join(said)
    return f"\\{block}*{_checksum(block):02X}\\{sentence}"


def tag_name(station: str) -> str:
    """A station's name as a tag block can hold it; `urllib.parse.unquote` gives it back.

    >>> tag_name("R1"), tag_name("象山")
    ('R1', '%E8%B1%A1%E5%B1%B1')
    """
    for length in range(len(station), 0, -1):
        name = quote(station[:length], safe=" !#$&'()+./:;<=>?@[]^`{|}\"")
        if len(name) <= _MOST_STATION:
            return name
    return ""


def _joined(nmea: list[object]) -> str:
    parts: dict[int, tuple[str, str]] = {}
    count, head, channel = 0, "", ""
    for text in nmea:
        bare = text[max(text.rfind("!"), 0) :] if isinstance(text, str) else ""  # no tag block
        found = _SENTENCE.fullmatch(bare) if len(bare) <= _MOST_SENTENCE else None
        if found is None:
            raise Refused("bad_sentence", str(text)[:_SHOWN])
        body = found.group(0)[1 : found.start(8) - 1]
        if _checksum(body) != int(found[8], 16):
            raise Refused("bad_checksum", found[0])
        count, head, channel = int(found[2]), found[1], found[5]
        parts[int(found[3])] = found[6], found[7]
    if sorted(parts) != list(range(1, count + 1)):
        raise Refused("incomplete", str(nmea[0])[:_SHOWN])
    characters = "".join(parts[place][0] for place in range(1, count + 1))
    return _written(head, channel, characters, int(parts[count][1]))


def _written(head: str, channel: str, characters: str, fill: int) -> str:
    body = f"{head},1,1,,{channel},{characters},{fill}"
    return f"!{body}*{_checksum(body):02X}"


def _checksum(body: str) -> int:
    return checksum(body.encode("ascii", "replace"))


def _whole(value: object) -> int:
    """An integer, also where it is written as a text; -1 for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        return int(value)
    said = number(value)
    return int(said) if said is not None and said == int(said) else -1


def _shown(message: Message, name: str) -> str:
    return f"{name} {str(message.get(name))[:40]}"
