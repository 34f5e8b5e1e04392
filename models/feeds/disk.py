"""The disk that fills: raised at the archive's warning, over when there is room again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

#: At 95 % the archive drops its oldest hours; a county's day is about 1 % of a disk of 500 GB, so
#: that 80 % leaves a fortnight to act.
FULL: Final = 0.80
ROOM: Final = 0.75  # no flicker about one bound
STEP: Final = 0.05  # an update for every further step
QUIET_S: Final = 600  # the fact is recorded while it holds: ten minutes without it, it does not

Disk = tuple[float, int]  # the share that was told, the tick of the last fact


def take(
    disk: Disk | None, facts: Iterable[tuple[int, float]], until_s: int
) -> tuple[Disk | None, list[tuple[int, float | None]]]:
    """Take the shares of the disk that are used, by tick.

    Returns
    -------
    What stands; and tick and share to tell, None where it is over.

    >>> take(None, [(10, 0.7), (20, 0.81), (30, 0.82), (40, 0.86), (50, 0.74)], 60)[1]
    [(20, 0.8), (40, 0.85), (50, None)]
    """
    said: list[tuple[int, float | None]] = []
    for tick_s, share in sorted(facts):
        if disk is not None and disk[1] + QUIET_S < tick_s:
            said.append((disk[1] + QUIET_S, None))
            disk = None
        if share < ROOM or (disk is None and share < FULL):
            if disk is not None:
                said.append((tick_s, None))
            disk = None
            continue
        step = int(round(share / STEP, 6)) * STEP
        told = round(max(step, FULL, disk[0] if disk else 0.0), 2)
        if disk is None or told != disk[0]:
            said.append((tick_s, told))
        disk = (told, tick_s)
    if disk is not None and disk[1] + QUIET_S <= until_s:
        said.append((disk[1] + QUIET_S, None))
        disk = None
    return disk, said
