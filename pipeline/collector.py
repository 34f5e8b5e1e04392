"""How often Python looks for cycles of objects that nobody holds."""

from __future__ import annotations

import gc
from typing import Final

#: More new objects than this before a look: a replay of twenty hours then looks twice. Python's
#: own 700 made it look 1,332 times, 5 of 23 seconds of CPU, and live pauses for each; what the
#: fold makes is in no cycles and goes when nobody counts it.
NEW_OBJECTS: Final = 100_000


def looks_seldom() -> None:
    """Set it for this process."""
    gc.set_threshold(NEW_OBJECTS, 20, 50)
