"""Short messages before the archive: their text stays only where it is addressed to the centre.

What is left decodes to the same message without its text: sender, time and length.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from core.errors import SiteError
from ingest.beidou.messages import FIELDS, plain
from ingest.nmea.sentences import checksum

#: Of `site.toml`: the addresses of the centre's own terminals.
CENTRE: Final = "beidou_centre"
_MESSAGE: Final = re.compile(rb"\$(?:BD|GB|GN)(TXR|TCI),")
_BLOCK: Final = re.compile(rb"\\([^\\*]*)\*([0-9A-Fa-f]{2})\\")
_STATION: Final = re.compile(rb"(?:^|,)s:([^,]*)")
_STAR: Final = re.compile(rb"\*([0-9A-Fa-f]{2})")
_FILLER: Final = b"."


def centre_of(extra: Mapping[str, Any]) -> frozenset[str]:
    """The centre's addresses, of the further keys of `site.toml`; none where it names none.

    Raises
    ------
    SiteError
        They are no list of digits as text.

    >>> centre_of({"beidou_centre": ["0300001"]})
    frozenset({'300001'})
    """
    given = extra.get(CENTRE, [])
    if not isinstance(given, list) or not all(isinstance(a, str) and a.isdigit() for a in given):
        raise SiteError(
            f"site.toml, {CENTRE}", expected='a list of addresses as text, as ["0300001"]',
            came=repr(given)[:80],
        )  # fmt: skip
    return frozenset(plain(address) for address in given)


def without_text(line: bytes, centre: Collection[str]) -> bytes:
    """A line of a BeiDou feed as it may be archived.

    Parameters
    ----------
    centre
        As `centre_of` gives it.

    >>> without_text(b"$BDTCI,0242407,0300002,2,172159,0,0,A4B1*4F", ())
    b'$BDTCI,0242407,0300002,2,172159,0,0,....*49'
    """
    at, left = 0, list[bytes]()
    while found := _MESSAGE.search(line, at):
        begin, head = found.start(), line[at : found.start()]
        end, right = _end(line, begin)
        after = end + 3 if right else end
        fields = line[begin + 1 : end].split(b",", FIELDS[found[1]] - 1)
        if right and _addressee(found[1], fields, head) in centre:
            left.append(line[at:after])
        else:
            body = _bare(fields, FIELDS[found[1]])
            left += [head, b"$", body, b"*%02X" % checksum(body) if right else b""]
        at = after
    return b"".join([*left, line[at:]])


def _end(line: bytes, begin: int) -> tuple[int, bool]:
    """Where the checksum that is right stands; the line's end where none is: a text may hold
    asterisks."""
    value, at = 0, begin + 1
    for star in _STAR.finditer(line, begin):
        value ^= checksum(line[at : star.start()])
        if value == int(star[1], 16):
            return star.start(), True
        at = star.start()
    return len(line), False


def _bare(fields: list[bytes], n: int) -> bytes:
    """The message with a filler for its text; for all of it where it lacks fields, since nobody
    knows where its text would begin."""
    if len(fields) < n:
        fields = [fields[0], b",".join(fields[1:])]
    return b",".join([*fields[:-1], _FILLER * len(fields[-1])])


def _addressee(kind: bytes, fields: list[bytes], head: bytes) -> str:
    """A message that names nobody is for the terminal that received it: the tag block's."""
    if kind == b"TCI":
        return plain(fields[2].decode("ascii", "replace")) if len(fields) > 2 else ""
    blocks = [b for b in _BLOCK.finditer(head) if checksum(b[1]) == int(b[2], 16)]
    station = _STATION.search(blocks[-1][1]) if blocks else None
    return plain(station[1].decode("ascii", "replace")) if station else ""
