"""A radar's tracks: begun by some hits, carried over misses, lost, mixed up, numbered again."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulate.dice import Dice
from simulate.sensors.echoes import Radar
from simulate.sensors.written import Echo

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

_CARRIED_S = 30.0  # without a hit; then the track is lost
_LAG_S = 30.0  # over which a tracker averages a target's velocity
_SMOOTHED_S = 12.0  # over which it averages its noise
_SWAP_M, _SWAP_PERCENT = 90.0, 12
_LOOK_S = 10.0  # between two looks for tracks that are close
_LAST_NUMBER = 999


@dataclass(eq=False)
class Segment:
    """One track from its beginning to its loss.

    Attributes
    ----------
    target
        Whose it is in truth; empty where it is nothing.
    first
        The output at which it begins; it has `len(xy_m)` outputs, the last says that it is lost.
    xy_m, velocity_mps
        Shape (n, 2): what the tracker believes, before bias and noise.
    number
        Shape (n,): under which it is put out.
    """

    target: str
    first: int
    xy_m: Float
    velocity_mps: Float
    length_m: float = 10.0
    number: Int = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def last(self) -> int:
        """Its last output."""
        return self.first + len(self.xy_m) - 1


@dataclass(frozen=True)
class Swap:
    """Two tracks that came close and went on under each other's number."""

    at: int
    first: str
    second: str
    xy_m: tuple[float, float]


def held(hit: Bool, radar: Radar) -> list[tuple[int, int]]:
    """First and last outputs of the tracks that hits make.

    Three hits of five outputs begin a track (two of three where an output is several turns);
    half a minute without any ends it.
    """
    need, of = (2, 3) if radar.turns > 1 else (3, 5)
    patience = max(round(_CARRIED_S / radar.period_s), 2)
    total = np.concatenate([[0], np.cumsum(hit)])
    after = np.arange(1, len(total))
    begins = np.flatnonzero(hit & (total[after] - total[np.maximum(after - of, 0)] >= need))
    ends = np.flatnonzero(total[after] == total[np.maximum(after - patience, 0)])
    spans: list[tuple[int, int]] = []
    at = 0
    while True:
        begin = np.searchsorted(begins, at)
        if begin == len(begins):
            return spans
        from_ = int(begins[begin])
        end = np.searchsorted(ends, from_)
        if end == len(ends):
            spans.append((from_, len(hit) - 1))
            return spans
        at = int(ends[end])
        spans.append((from_, at))
        at += 1


def segments(target: str, length_m: float, hit: Bool, xy_m: Float, radar: Radar) -> list[Segment]:
    """The tracks of one target: `hit` and `xy_m` (true places) by output."""
    spans = held(hit, radar)
    if not spans:
        return []
    lag = max(round(_LAG_S / radar.period_s), 1)
    index = np.arange(len(hit))
    velocity = (xy_m - xy_m[np.maximum(index - lag, 0)]) / (lag * radar.period_s)
    seen = np.maximum.accumulate(np.where(hit, index, 0))
    # Without a hit the tracker goes on as it went.
    carried = xy_m[seen] + velocity[seen] * ((index - seen) * radar.period_s)[:, None]
    return [
        Segment(target, from_, carried[from_ : to + 1], velocity[seen[from_ : to + 1]], length_m)
        for from_, to in spans
    ]


def smoothed(sigma: float, count: int, radar: Radar, dice: Dice) -> Float:
    """Shape (count,): noise that a tracker has averaged over some seconds."""
    over = max(round(_SMOOTHED_S / radar.period_s), 1)
    white = dice.bell(sigma, count + over - 1)
    total = white[:count].copy()
    for shift in range(1, over):
        total += white[shift : shift + count]
    return np.asarray(total / float(np.sqrt(over)), np.float64)


def encounters(tracks: Sequence[Segment], radar: Radar, dice: Dice) -> list[tuple[int, int, int]]:
    """Which tracks are mixed up: (output, index, index), by time.

    Every pair that comes close has one chance. Method: at each look the tracks stand in the order
    of their eastings, and only neighbours in it are compared.
    """
    every = max(round(_LOOK_S / radar.period_s), 1)
    counts = [len(track.xy_m) - 1 for track in tracks]  # the last says that it is lost
    who = np.repeat(np.arange(len(tracks)), counts)
    starts = np.repeat(np.cumsum([0, *counts])[:-1], counts)
    at = np.arange(len(who)) - starts + np.array([t.first for t in tracks], np.int64)[who]
    looked = np.flatnonzero((at % every == 0) & (np.arange(len(who)) > starts))
    xy = np.concatenate([track.xy_m[:-1] for track in tracks] or [np.zeros((0, 2))])[looked]
    order = np.lexsort((xy[:, 0], at[looked]))
    who, at, x, y = who[looked][order], at[looked][order], xy[order, 0], xy[order, 1]
    pairs: dict[tuple[int, int], int] = {}
    for apart in range(1, len(who)):
        east = x[apart:] - x[:-apart]
        near = (at[apart:] == at[:-apart]) & (east < _SWAP_M)
        if not near.any():
            break
        north = y[apart:] - y[:-apart]
        for row in np.flatnonzero(near & (east * east + north * north < _SWAP_M**2)).tolist():
            a, b = sorted((int(who[row]), int(who[row + apart])))
            pairs[a, b] = min(int(at[row]), pairs.get((a, b), int(at[row])))
    met = sorted((first, a, b) for (a, b), first in pairs.items())
    return [pair for pair in met if dice.chance(_SWAP_PERCENT)]


def numbered(
    tracks: Sequence[Segment], swaps: Sequence[tuple[int, int, int]], radar: Radar
) -> None:
    """Give each track its numbers: the lowest that is free, again half a minute after a loss."""
    rest = max(round(_CARRIED_S / radar.period_s), 1)
    events = [(track.first, 1, i, i) for i, track in enumerate(tracks)]
    events += [(track.last + rest, 0, i, i) for i, track in enumerate(tracks)]
    events += [(at, 2, a, b) for at, a, b in swaps]
    free = list(range(1, _LAST_NUMBER + 1))
    now: dict[int, int] = {}
    for track in tracks:
        track.number = np.zeros(len(track.xy_m), np.int64)
    for at, what, a, b in sorted(events):
        if what == 0:
            if a in now:
                heapq.heappush(free, now.pop(a))
        elif what == 1:
            if free:
                now[a] = heapq.heappop(free)
                tracks[a].number[:] = now[a]
        elif a in now and b in now:
            now[a], now[b] = now[b], now[a]
            for i in (a, b):
                tracks[i].number[at - tracks[i].first :] = now[i]


def echoes(tracks: Sequence[Segment], radar: Radar) -> list[Echo]:
    """Whose each number was, by number and time; what had no number was not put out."""
    parts = []
    for track in tracks:
        changed = np.flatnonzero(np.diff(track.number)) + 1
        ends = [*changed.tolist(), len(track.number)]
        for begin, end in zip([0, *ends[:-1]], ends, strict=True):
            if end and track.number[begin]:
                number = int(track.number[begin])
                parts.append((number, track.first + begin, track.first + end - 1, track.target))
    out: list[Echo] = []
    life, now, ended = 0, 0, 0
    for number, first, last, target in sorted(parts):
        if number != now:
            life = 1
        elif first > ended + 1:
            life += 1
        now, ended = number, last
        out.append(Echo(number, life, first * radar.period_s, last * radar.period_s, target))
    return out
