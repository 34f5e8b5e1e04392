"""What may be kept of a camera's message: a list of members; the rest leaves a hash and a count.

Pictures, faces, and what is said of persons never pass. The lists name what is kept, so that a
member that nobody thought of is dropped. What is kept decodes to the same observations with the
same keys, and keeping it again changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any, Final

DROPPED: Final = "dropped"
_EMPTY: Final[tuple[object, ...]] = (None, "", [], {}, False)


def canonical(value: object) -> bytes:
    """JSON in one form."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def hashed(data: bytes) -> str:
    """What is left of bytes that are not kept.

    >>> hashed(b"")
    '0 bytes, sha256 e3b0c44298fc1c14'
    """
    return f"{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()[:16]}"


def note(count: int, data: bytes) -> dict[str, Any]:
    """The count and the hash of what was dropped."""
    return {"count": count, "sha256": hashlib.sha256(data).hexdigest()}


def only(members: Mapping[str, Any], kept: Collection[str]) -> dict[str, Any]:
    """The members that are kept; `dropped` says how many others with a value there were.

    >>> only({"id": "7", "thumbnail": "AAAA"}, ("id",))["dropped"]["count"]
    1
    """
    left = {name: value for name, value in members.items() if name in kept}
    gone = {
        name: value
        for name, value in members.items()
        if name not in kept and name != DROPPED and value not in _EMPTY
    }
    if gone:
        left[DROPPED] = note(len(gone), canonical(gone))
    elif before := _noted(members.get(DROPPED)):
        left[DROPPED] = before
    return left


def _noted(value: object) -> dict[str, Any] | None:
    """A note that an earlier pass left; None where it is something else."""
    if not isinstance(value, dict) or value.keys() != {"count", "sha256"}:
        return None
    count, digest = value["count"], value["sha256"]
    whole = isinstance(count, int) and not isinstance(count, bool) and 0 < count < 1 << 31
    hexed = isinstance(digest, str) and len(digest) == 64 and digest.isalnum() and digest.isascii()
    return {"count": count, "sha256": digest} if whole and hexed else None
