"""What a feed heard and nobody has taken yet: bounded in frames and in bytes, and it can count.

A source puts frames in, the clerk takes them out. Whoever finds no room must wait, or shed what
came and say so: nothing is dropped silently.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ingest.arrived import Arrived

MOST_BYTES: Final = 1 << 26  # a feed: with ten feeds flooded still well under a gigabyte
_PER_FRAME: Final = 256  # what a frame costs beside its bytes
_SAMPLE_BYTES: Final = 256
_SAMPLES: Final = 5  # of a source and reason
_MOST_REFUSALS: Final = 1024  # pairs of source and reason; the others go under the feed's own name
_MOST_STATE: Final = 200  # characters


@dataclass(frozen=True)
class Refused:
    """What was not taken from one source for one reason, with the first few samples of it."""

    source: str
    reason: str
    n: int
    samples: tuple[bytes, ...]


@dataclass(frozen=True)
class FeedState:
    """How a feed does.

    Attributes
    ----------
    state, detail
        A word (`starting`, `connecting`, `listening`, `connected`, `reading`, `waiting`, `ended`,
        `stopped`) and what there is to say about it: an address, an error.
    waiting
        Frames that nobody has taken yet.
    taken
        Frames that were taken in since the start.
    lost
        Frames for which there was no room.
    peers
        Counterparts that are connected now.
    owner
        The department that answers for it.
    """

    feed: str
    sensor: str
    url: str
    state: str
    detail: str
    waiting: int
    taken: int
    lost: int
    peers: int
    refusals: tuple[Refused, ...]
    owner: str = ""

    @property
    def refused(self) -> dict[str, int]:
        """Refused input by reason."""
        counts: Counter[str] = Counter()
        for each in self.refusals:
            counts[each.reason] += each.n
        return dict(counts)

    @property
    def samples(self) -> dict[str, list[bytes]]:
        """Some of what was refused, by reason."""
        found: dict[str, list[bytes]] = {}
        for each in self.refusals:
            found.setdefault(each.reason, []).extend(each.samples)
        return {reason: some[:_SAMPLES] for reason, some in found.items()}


class Inbox:
    """The frames of one feed that wait. Every method may be called from any thread.

    Parameters
    ----------
    feed
        The feed's name: what is refused without a source is counted under it.
    most_frames, most_bytes
        The bounds. What does not fit into an empty inbox is taken all the same: it is in memory.
    """

    def __init__(self, feed: str, most_frames: int, most_bytes: int = MOST_BYTES) -> None:
        self.feed = feed
        self.peers = 0  # written by the source alone
        self._most_frames, self._most_bytes = most_frames, most_bytes
        self._frames: deque[Arrived] = deque()
        self._bytes = 0
        self._taken = self._lost = 0
        self._state = "starting"
        self._refused: Counter[tuple[str, str]] = Counter()
        self._samples: dict[tuple[str, str], list[bytes]] = {}
        self._changed = threading.Condition()

    @property
    def waiting(self) -> int:
        """Frames that nobody has taken yet."""
        return len(self._frames)

    @property
    def taken(self) -> int:
        """Frames put in since the start."""
        return self._taken

    @property
    def lost(self) -> int:
        """Frames that were shed."""
        return self._lost

    def put(self, frames: Sequence[Arrived]) -> bool:
        """Take them in, all or none; False where there is no room: wait, or shed and count."""
        cost = sum(len(each.frame) for each in frames) + _PER_FRAME * len(frames)
        with self._changed:
            full = (
                len(self._frames) + len(frames) > self._most_frames
                or self._bytes + cost > self._most_bytes
            )
            if full and self._frames:
                return False
            self._frames.extend(frames)
            self._bytes += cost
            self._taken += len(frames)
        return True

    def push(self, frames: Sequence[Arrived], stop: threading.Event) -> bool:
        """Take them in as soon as there is room; where it was stopped before, they are counted as
        shed."""
        while not self.put(frames):
            if stop.is_set():
                self.shed(len(frames))
                return False
            with self._changed:
                self._changed.wait(0.2)
        return True

    def wait_room(self, timeout_s: float) -> bool:
        """Wait until at most half of the bounds is in use; False where the time was over."""
        with self._changed:
            return self._changed.wait_for(self._roomy, timeout_s)

    def _roomy(self) -> bool:
        return 2 * len(self._frames) <= self._most_frames and 2 * self._bytes <= self._most_bytes

    def take(self, most: int) -> list[Arrived]:
        """The oldest frames, `most` at most."""
        with self._changed:
            frames = [self._frames.popleft() for _ in range(min(most, len(self._frames)))]
            if frames:
                self._bytes -= sum(len(each.frame) + _PER_FRAME for each in frames)
                self._changed.notify_all()
        return frames

    def shed(self, n: int) -> None:
        """Count frames for which there was no room."""
        with self._changed:
            self._lost += n

    def refuse(self, reason: str, sample: bytes, source: str = "") -> None:
        """Count what is no frame of this feed, by source (else the feed) and reason."""
        with self._changed:
            name = (source or self.feed, reason)
            if name not in self._refused and len(self._refused) >= _MOST_REFUSALS:
                name = (self.feed, reason)
            self._refused[name] += 1
            kept = self._samples.setdefault(name, [])
            if len(kept) < _SAMPLES:
                kept.append(bytes(sample[:_SAMPLE_BYTES]))

    def state(self, text: str) -> None:
        """Say how the source does: a word, or `word: detail`."""
        self._state = text[:_MOST_STATE]

    def report(self, sensor: str, url: str, owner: str = "") -> FeedState:
        """How the feed does."""
        with self._changed:
            word, _, detail = self._state.partition(": ")
            refusals = tuple(
                Refused(*name, n, tuple(self._samples[name])) for name, n in self._refused.items()
            )
            return FeedState(
                self.feed, sensor, url, word, detail, len(self._frames),
                self._taken, self._lost, self.peers, refusals, owner,
            )  # fmt: skip
