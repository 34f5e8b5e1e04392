"""What may be kept of a camera's message: a list of members; the rest leaves a hash and a count.

Pictures, faces, and what is said of persons never pass. The lists name what is kept, so that a
member that nobody thought of is dropped. What is kept decodes to the same observations with the
same keys, and keeping it again changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any, Final

from ingest.cameras.json_text import written

DROPPED: Final = "dropped"
MOST_PLAIN: Final = 256  # characters
_MOST_LISTED: Final = 16
_ALWAYS_PLAIN: Final = frozenset({bool, int, float, type(None)})
_EMPTY: Final[tuple[object, ...]] = (None, "", [], {}, False)


def canonical(value: object) -> bytes:
    """JSON in one form."""
    return written(value, in_order=True)


def note(count: int, data: bytes) -> dict[str, Any]:
    """The count and the hash of what was dropped."""
    return {"count": count, "sha256": hashlib.sha256(data).hexdigest()}


def only(
    members: Mapping[str, Any], kept: Collection[str], inner: Collection[str] = ()
) -> dict[str, Any]:
    """The members that are kept; `dropped` says how many others with a value there were.

    A kept member must be plain, a short text, a number, or a short list of such: in anything else
    a picture could hide. Those of `inner` are kept as they are; the caller cleans them.

    >>> only({"id": "7", "thumbnail": "AAAA"}, ("id",))["dropped"]["count"]
    1
    """
    left: dict[str, Any] = {}
    gone: dict[str, Any] = {}
    for name, value in members.items():
        if (name in kept and (type(value) in _ALWAYS_PLAIN or plain(value))) or name in inner:
            left[name] = value
        elif name != DROPPED and value not in _EMPTY:
            gone[name] = value
    if gone:
        left[DROPPED] = note(len(gone), canonical(gone))
    elif before := _noted(members.get(DROPPED)):
        left[DROPPED] = before
    return left


def plain(value: object) -> bool:
    """Whether a value is too small for a picture.

    >>> plain("浙B12345"), plain([424, 500, 536, 712]), plain({"Data": "AAAA"})
    (True, True, False)
    """
    kind = type(value)  # of JSON, which knows no others; this is asked of every member
    if kind in _ALWAYS_PLAIN:
        return True
    if kind is str:
        return len(value) <= MOST_PLAIN  # type: ignore[arg-type]
    if kind is not list or len(value) > _MOST_LISTED:  # type: ignore[arg-type]
        return False
    return all(type(each) is not list and plain(each) for each in value)  # type: ignore[attr-defined]


def _noted(value: object) -> dict[str, Any] | None:
    """A note that an earlier pass left; None where it is something else."""
    if not isinstance(value, dict) or value.keys() != {"count", "sha256"}:
        return None
    count, digest = value["count"], value["sha256"]
    whole = isinstance(count, int) and not isinstance(count, bool) and 0 < count < 1 << 31
    hexed = isinstance(digest, str) and len(digest) == 64 and digest.isalnum() and digest.isascii()
    return {"count": count, "sha256": digest} if whole and hexed else None
