"""What officers decide that the engine may use: the kinds, their members, what each may be.

No member names a person: a decision is the signed-in desk's (design, decision 6), `issued_by` is
an office and `unit` a patrol. The text of a tip is private and has no member here.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from core.errors import DecisionError
from core.schema import AFLOAT
from core.times import unix_us, utc_text

LONGEST_NAME: Final = 64
LONGEST_TEXT: Final = 200
LONGEST_SPAN: Final = timedelta(days=366)
_TARGETS: Final = (*AFLOAT, "plate:", "terminal:")


@dataclass(frozen=True)
class Member:
    """One member of a kind: what is expected, as words; the value as it is kept, or ValueError."""

    expected: str
    kept: Callable[[object], object]
    needed: bool = True


def _text(longest: int = LONGEST_NAME, *, needed: bool = True) -> Member:
    def kept(value: object) -> object:
        if not isinstance(value, str) or not 0 < len(value.strip()) <= longest:
            raise ValueError
        if any(unicodedata.category(c) in ("Cc", "Cs", "Cn") for c in value):
            raise ValueError
        return value.strip()

    return Member(f"a text of 1 to {longest} characters", kept, needed)


def _matching(pattern: str, expected: str, *, needed: bool = True) -> Member:
    def kept(value: object) -> object:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError
        return value

    return Member(expected, kept, needed)


def _target() -> Member:
    name = _text()

    def kept(value: object) -> object:
        text = str(name.kept(value))
        if not text.startswith(_TARGETS) or text.endswith(":"):
            raise ValueError
        return text

    return Member(f"a target ({', '.join(_TARGETS)}…)", kept)


def _time(*, needed: bool = True) -> Member:
    def kept(value: object) -> object:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is None or at.tzinfo is None or not 2000 <= at.year < 2100:
            raise ValueError
        return utc_text(unix_us(at.astimezone(UTC)))

    return Member("an RFC 3339 time such as 2026-03-01T17:22:10Z", kept, needed)


def _degrees(most: int) -> Member:
    def kept(value: object) -> object:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ValueError
        if not math.isfinite(value) or abs(value) > most:
            raise ValueError
        return float(value)

    return Member(f"degrees from -{most} to {most}", kept)


_WORD: Final = "[a-z][a-z_]{0,39}", "a word in small letters, such as not_found"
_CODE: Final = _matching(*_WORD)
#: Which landing an alert is of: the desk fills it in, so that a decision can be read by itself.
_LANDING: Final = {"pier_id": _text(needed=False), "berth_from": _time(needed=False)}

#: By kind, its members.
KINDS: Final[dict[str, dict[str, Member]]] = {
    "verdict": {
        "alert_id": _text(), "verdict": _CODE, "because": _matching(*_WORD, needed=False),
        **_LANDING,
    },
    "interception": {"alert_id": _text(), "at": _time(), "result": _CODE, **_LANDING},
    "weights": {"version": _text()},
    "watch_list": {"target": _target(), "reason": _text(LONGEST_TEXT), "until": _time()},
    "tip": {
        "pier_id": _text(), "from": _time(), "to": _time(),
        "reliability": _matching("[A-F][1-6]?", "A to F, and 1 to 6 behind it where it is known"),
    },
    "permit": {
        "pier_id": _text(), "from": _time(), "to": _time(),
        "vessel_id": _text(needed=False), "plate": _text(needed=False),
        "reason": _text(LONGEST_TEXT), "issued_by": _text(),
    },
    "regime": {
        "kind": _matching(
            "gale|typhoon|typhoon_shelter|fog|festival|moratorium(_[a-z_]{1,30})?",
            "gale, typhoon, typhoon_shelter, fog, festival or moratorium_…",
        ),
        "from": _time(), "to": _time(needed=False), "source": _text(LONGEST_TEXT, needed=False),
    },
    "patrol_position": {"unit": _text(), "lon": _degrees(180), "lat": _degrees(90)},
}  # fmt: skip


def checked(kind: object, content: object) -> dict[str, Any]:
    """A decision's content as it is kept: texts stripped, times in UTC, nothing else among it.

    Raises
    ------
    DecisionError
        The kind is unknown; a member is missing, unknown, too long or out of range.

    >>> checked("weights", {"version": " 2026-03 "})
    {'version': '2026-03'}
    """
    members = KINDS.get(kind) if isinstance(kind, str) else None
    if members is None:
        raise DecisionError("kind", expected=f"one of {', '.join(KINDS)}", came=_shown(kind))
    if not isinstance(content, dict):
        raise DecisionError(f"{kind}, content", expected="a JSON object", came=_shown(content))
    for name in content:
        if name not in members:
            raise DecisionError(
                str(kind), expected=f"only {', '.join(members)}", came=_shown(name)
            )  # fmt: skip
    kept = {
        name: _kept(f"{kind}, {name}", member, content[name])
        for name, member in members.items()
        if member.needed or content.get(name) is not None
        if name in content or _missing(f"{kind}, {name}", member)
    }
    _check_whole(str(kind), kept)
    return kept


def _missing(where: str, member: Member) -> bool:
    raise DecisionError(where, expected=member.expected, came="nothing")


def _kept(where: str, member: Member, value: object) -> object:
    try:
        return member.kept(value)
    except (ValueError, OverflowError) as error:
        raise DecisionError(where, expected=member.expected, came=_shown(value)) from error


def _check_whole(kind: str, kept: dict[str, Any]) -> None:
    """What its members must be to each other."""
    if kept.keys() >= {"from", "to"}:
        from_, to = (datetime.fromisoformat(kept[name]) for name in ("from", "to"))
        if not timedelta(0) <= to - from_ <= LONGEST_SPAN:
            raise DecisionError(
                f"{kind}, to", expected=f"a time within {LONGEST_SPAN.days} days after from",
                came=kept["to"],
            )  # fmt: skip
    if kind == "permit" and not kept.keys() & {"vessel_id", "plate"}:
        raise DecisionError("permit", expected="vessel_id or plate: for whom", came="neither")


def _shown(value: object) -> str:
    return repr(value)[:60]
