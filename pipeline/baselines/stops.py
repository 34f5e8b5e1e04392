"""B0: any stop at a listed pier that begins between 22:00 and 05:00, local time."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.baselines.envelopes import Call, Replayed, Row, calls, in_order, said

FROM_HOUR, TO_HOUR = 22, 5
#: It says again how long the stop has lasted, so that its one threshold is the least minutes.
AFTER_MIN: Final = (5, 10, 15, 20, 30, 45, 60)


def stops_at_piers(replayed: Replayed) -> list[Row]:
    """What B0 raises; the score is the minutes of the stop so far, in hundreds."""
    zone = ZoneInfo(replayed.site.timezone)
    stops = [c for c in calls(replayed.events) if not c.dark and by_night(c.begun_at, zone)]
    return in_order(
        row
        for call in stops
        for row in said("B0", call, replayed.prior_nats, [(m, m / 100) for m in _while(call)])
    )


def by_night(at: datetime, zone: ZoneInfo) -> bool:
    """Whether a stop begins at night."""
    hour = at.astimezone(zone).hour
    return hour >= FROM_HOUR or hour < TO_HOUR


def _while(call: Call) -> list[int]:
    """Minutes at which it is looked at: once at least, then while the vessel lies there."""
    ends_at = call.left_at or call.over_at
    lain_min = (ends_at - call.begun_at).total_seconds() / 60
    return [m for i, m in enumerate(AFTER_MIN) if i == 0 or m <= lain_min]
