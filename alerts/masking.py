"""Plates and terminals are shown masked: who needs one states a purpose first (decision 6)."""

from __future__ import annotations

import re
from typing import Any

#: A plate of mainland China: province, letter, five or six characters.
_PLATE = re.compile(
    r"(?:plate:)?([\u4e00-\u9fff][A-Z])[·\s]?([A-Z0-9]{3,5})([A-Z0-9\u4e00-\u9fff])\b"
)
_ANY_PLATE = re.compile(r"^plate:(.{0,2})(.*?)(.?)$")
#: The number of a vehicle's terminal, which may be that of its telephone card.
_TERMINAL = re.compile(r"\bterminal:(\w*?)(\w{0,2})(?!\w)")


def masked(value: Any) -> Any:
    """The value with every plate and terminal in it masked, however deep it stands.

    >>> masked({"vehicles": ["plate:浙B12345"], "params": {"plate": "浙BD12345", "n": 2}})
    {'vehicles': ['plate:浙B****5'], 'params': {'plate': '浙B*****5', 'n': 2}}
    """
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, str):
        return _masked_text(value)
    return value


def _masked_text(text: str) -> str:
    named = _ANY_PLATE.match(text)
    if named:
        return f"plate:{named[1]}{'*' * len(named[2])}{named[3]}"
    text = _TERMINAL.sub(lambda found: f"terminal:{'*' * len(found[1])}{found[2]}", text)
    return _PLATE.sub(lambda found: f"{found[1]}{'*' * len(found[2])}{found[3]}", text)
