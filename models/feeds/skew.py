"""By how much a source's clock is off: judged from a run of rows, then corrected for all rows.

A row's *offset* is observed minus arrived. It *agrees* with its source's judged skew (0 at first)
where it is at most 60 s ahead of it and no more behind than the sensor's allowed lateness. A row
that does not agree is a sample, and waits: one ahead always, one behind while the last three
samples look constant, else it is merely late. A run of samples, not interrupted by one that agrees,
is judged at the tick at which it is long enough and nearly constant; from that tick on all rows of
the source are corrected, those that wait among them; but a row of that tick that agrees with what
was believed before it keeps to that, so that what agrees is never held back. What waits for 15
minutes in vain is given up: a row ahead is refused, a row behind passes as it is.

Of one message only the newest row is a sample: a batch kept over a dead spot holds old rows, and
its lag varies from message to message, which no clock's does. Running behind takes ten minutes to
prove, since a line that is sent again is behind too. A clock off by whole hours within 30 s (a
time zone) is corrected by whole hours; another by the median offset, so that its usual lag is
taken for skew too: seconds, against minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from core.schema import LATENESS_S

AHEAD_S: Final = 60.0  # the contract's bound of `future`
SAMPLES: Final = 12
FEW: Final = 5
LOOKS: Final = 3
FEW_S: Final = 60  # five samples ahead over a minute are enough
BEHIND_S: Final = 600
PATIENCE_S: Final = 900
RUN_MEMORY_S: Final = 1800  # a run that pauses longer is forgotten
TOLERANCE_S: Final = 15.0  # a clock's offsets: lag and the second of AIS, not store-and-forward
SHARE: Final = 0.8
FOLLOW_S: Final = 2.0  # a drift below this is lag
ZONE_S: Final = 30.0
HOURS_S: Final = 120.0
HOUR_S: Final = 3600


@dataclass(frozen=True)
class Clock:
    """What is believed of one source's clock; `agreed` and `dissent` hold at most 12 offsets."""

    skew_s: float = 0.0
    sigma_s: float | None = None
    agreed: tuple[float, ...] = ()
    dissent: tuple[tuple[int, float], ...] = ()  # tick, offset
    since_s: int = 0  # tick of the run's first sample

    def idle(self, until_s: int) -> bool:
        """Whether it is like any other clock, so that nothing need be remembered."""
        over = not self.dissent or self.dissent[-1][0] <= until_s - RUN_MEMORY_S
        return self.skew_s == 0 and over


def lateness_s(sensor: str) -> float:
    """The sensor's allowed lateness."""
    return float(LATENESS_S.get(sensor, max(LATENESS_S.values())))


def agrees(offset_s: float, skew_s: float, late_s: float) -> bool:
    """Whether an offset may be that of a clock with this skew."""
    return -late_s <= offset_s - skew_s <= AHEAD_S


def follow(
    clock: Clock, ticks: Sequence[int], offsets_s: Sequence[float], late_s: float
) -> tuple[Clock, list[tuple[int, float]], list[int]]:
    """Take a source's samples in order; whole ticks at a time.

    Returns
    -------
    The clock; every change of the skew with the tick from which it holds; and the ticks at which
    the run of samples looked constant.
    """
    changes, constant = [], []
    for i, (tick_s, offset) in enumerate(zip(ticks, offsets_s, strict=True)):
        if agrees(offset, clock.skew_s, late_s):
            if clock.dissent:
                clock = replace(clock, dissent=())
            if clock.skew_s:
                clock = replace(clock, agreed=(*clock.agreed, offset)[-SAMPLES:])
        else:
            old = not clock.dissent or clock.dissent[-1][0] <= tick_s - RUN_MEMORY_S
            run = () if old else clock.dissent
            since_s = tick_s if old else clock.since_s
            clock = replace(clock, dissent=(*run, (tick_s, offset))[-SAMPLES:], since_s=since_s)
        if i + 1 < len(ticks) and ticks[i + 1] == tick_s:
            continue  # a tick is judged as a whole
        last = [o for _, o in clock.dissent[-LOOKS:]]
        if len(last) == LOOKS and max(last) - min(last) <= 2 * TOLERANCE_S:
            constant.append(tick_s)
        after = _judged(clock, late_s)
        if after.skew_s != clock.skew_s:
            changes.append((tick_s, after.skew_s))
        clock = after
    return clock, changes, constant


def _judged(clock: Clock, late_s: float) -> Clock:
    """The clock after a tick: a new verdict, or the old one followed as it drifts."""
    if not clock.dissent:
        if not clock.agreed:
            return clock
        drifted = _skew(median(clock.agreed), late_s)
        if abs(drifted - clock.skew_s) <= FOLLOW_S:
            return replace(clock, sigma_s=_sigma(clock.agreed))
        return Clock(drifted, _sigma(clock.agreed), clock.agreed if drifted else ())
    offsets = [offset for _, offset in clock.dissent]
    middle = median(offsets)
    inside = tuple(o for o in offsets if abs(o - middle) <= TOLERANCE_S)
    span_s = clock.dissent[-1][0] - clock.since_s
    if middle > clock.skew_s:
        ripe = len(offsets) >= SAMPLES or (len(offsets) >= FEW and span_s >= FEW_S)
    else:
        ripe = len(offsets) >= FEW and span_s >= BEHIND_S
    if not ripe or len(inside) < SHARE * len(offsets):
        return clock
    skew = _skew(middle, late_s)
    return Clock(skew, _sigma(inside) if skew else None, inside if skew else ())


def _skew(offset_s: float, late_s: float) -> float:
    """The skew of a constant offset: 0 where it is usual, whole hours where it is nearly that."""
    if agrees(offset_s, 0.0, late_s):
        return 0.0
    hours = round(offset_s / HOUR_S)
    if hours and abs(offset_s - hours * HOUR_S) <= ZONE_S:
        return float(hours * HOUR_S)
    return round(offset_s, 1)


def _sigma(offsets: Sequence[float]) -> float:
    """Spread of the offsets, as the standard deviation that the median deviation stands for."""
    middle = median(offsets)
    return round(1.4826 * median(abs(o - middle) for o in offsets), 3)


def suspicion(skew_s: float) -> str | None:
    """The code of a skew: `clock_8h`, `clock_minus_8h`, `clock`; None where there is none.

    >>> suspicion(28800.0), suspicion(-28710.5), suspicion(400.0), suspicion(0.0)
    ('clock_8h', 'clock_minus_8h', 'clock', None)
    """
    hours = round(skew_s / HOUR_S)
    if hours and abs(skew_s - hours * HOUR_S) <= HOURS_S:
        return f"clock_{'minus_' if hours < 0 else ''}{abs(hours)}h"
    return "clock" if skew_s else None
