"""Marks on elements that the page's own scripts look for: `data-alert`, `data-sign`, ..."""

from __future__ import annotations

from typing import Any


def mark(name: str, value: str = "1") -> dict[str, Any]:
    """A data attribute as keyword arguments of a Dash element.

    >>> mark("alert", "a1")
    {'data-alert': 'a1'}
    """
    return {f"data-{name}": value}
