"""The few nearest places to a place, along an axis on which they stand in order."""

from __future__ import annotations

import numpy as np

from core.compiled import compiled
from models.fusion.filters import Float, Int


@compiled
def nearest(
    x: float, y: float, places: Float, order: Int, reach_m: float, found: Int, away2: Float
) -> int:
    """Put the rows of the nearest places within reach into `found`, the nearest first; how many.

    The search goes from `x` to both sides until nothing nearer can follow, so that a crowd costs
    no more than what lies as near as its few nearest.

    Parameters
    ----------
    places
        Shape (m, 2 or more): metres east and north, in the first two columns.
    order
        Shape (some,): rows of `places` from west to east.
    found, away2
        Shape (most,): room for what is found, and for its squared distance in m².
    """
    n, most = len(order), len(found)
    low, high = 0, n
    while low < high:  # the first that is not to the west
        middle = (low + high) // 2
        if places[order[middle], 0] < x:
            low = middle + 1
        else:
            high = middle
    left, right, count, farthest = low - 1, low, 0, reach_m * reach_m
    while left >= 0 or right < n:
        west = x - places[order[left], 0] if left >= 0 else np.inf
        east = places[order[right], 0] - x if right < n else np.inf
        aside = min(west, east)
        if aside * aside >= farthest:
            break
        if west <= east:
            at = order[left]
            left -= 1
        else:
            at = order[right]
            right += 1
        dx, dy = places[at, 0] - x, places[at, 1] - y
        metres2 = dx * dx + dy * dy
        if not metres2 < farthest:
            continue
        place = min(count, most - 1)
        while place > 0 and away2[place - 1] > metres2:
            found[place], away2[place] = found[place - 1], away2[place - 1]
            place -= 1
        found[place], away2[place] = at, metres2
        count = min(count + 1, most)
        if count == most:
            farthest = away2[most - 1]
    return count
