"""What is counted of a vessel while radar alone sees it: how long, and whether it came from far.

A boat is seen at `dark_instants` instants, and for most of ten among the last of these it is under
way, far from where it lay. It may lie again at the end: who comes home through five minutes of a
radar's view is a boat. To ask for all the instants is what keeps clutter out; it moves like a boat
at times, and does not last.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.settings import EventSettings
from geo.plane import distance_m
from models.events.instants import Bool, Instant, Int

Counts = Mapping[str, NDArray[Any]]  # the columns of `dark_cases.COUNT`, by vessel

WINDOW: Final = 10  # instants of which most must be under way; methods 2.1, 2.3
_WINDOW_BITS: Final = (1 << WINDOW) - 1


def count(of: Counts, at: Instant, named: Bool, by_radar: Bool, rule: EventSettings) -> None:
    """Take an instant.

    Parameters
    ----------
    named, by_radar
        At which of its fixes a transponder, and a radar, was heard.
    """
    of["there_s"][at.who] = at.clock_s
    spoke = at.who[named]
    of["named_s"][spoke] = at.clock_s
    of["from_s"][spoke] = -1
    rows = np.flatnonzero(by_radar & ~named)
    alone, speed_kn = at.who[rows], at.speed_kn[rows]
    lost = at.clock_s - of["seen_s"][alone] > rule.dark_lost_s
    new = alone[(of["from_s"][alone] < 0) | lost]
    of["from_s"][new] = at.clock_s
    of["seen"][new] = of["moving"][new] = 0
    of["went"][new] = of["went_m"][new] = -1
    of["seen"][alone] += 1
    under_way = (speed_kn >= rule.dark_kn) & (speed_kn <= rule.dark_max_kn)
    moving = (of["moving"][alone] << 1 | under_way) & _WINDOW_BITS
    of["moving"][alone] = moving
    known = (of["seen"][alone] == 1) | (of["seen"][alone] >= WINDOW // 2)  # else it is too new
    rests = known & (np.bitwise_count(moving) < WINDOW // 2)
    of["lon"][alone[rests]], of["lat"][alone[rests]] = at.lon[rows[rests]], at.lat[rows[rests]]
    of["seen_s"][at.who[by_radar]] = at.clock_s


def follow(of: Counts, at: Instant, rows: Int, rule: EventSettings) -> None:
    """Note which of some fixes, by radar alone, are under way and far from where they lay."""
    rows = rows[np.bitwise_count(of["moving"][at.who[rows]]) >= rule.dark_share * WINDOW]
    who = at.who[rows]
    away = distance_m(of["lon"][who], of["lat"][who], at.lon[rows], at.lat[rows])
    far = away >= np.maximum(rule.dark_travelled_m, rule.dark_sigmas * at.sigma_m[rows])
    of["went"][who[far]], of["went_m"][who[far]] = of["seen"][who[far]], away[far]


def came(of: Counts, who: Int, rule: EventSettings) -> Bool:
    """Which of some vessels were seen for long enough, and came from afar within that time.

    Whose transponder was heard must be under way still: at a berth it may be off lawfully.
    """
    seen, went = of["seen"][who], of["went"][who]
    lately = (went >= 0) & (seen - went < rule.dark_instants) & (of["named_s"][who] < 0)
    return np.asarray((seen >= rule.dark_instants) & ((seen == went) | lately), np.bool_)
