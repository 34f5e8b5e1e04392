"""What a sensor wrote in a night: lines with the moment of their receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulate.scene import Label

Int = NDArray[np.int64]


class Echo(NamedTuple):
    """What a radar's target number was, from one output to another, both included.

    A number's `life` begins where it is given to a new track; within one, another `target` means
    that two tracks were mixed up. `target` is empty where it was nothing.
    """

    number: int
    life: int
    from_s: float
    to_s: float
    target: str


@dataclass(frozen=True, eq=False)
class Written:
    """The lines of one file of a feed, in any order.

    Attributes
    ----------
    stem
        Folder and name, such as `ais/NANTIAN`; the night's date and `ending` follow.
    ending
        `.nmea`, `.jt808` or `.jsonl`.
    at_ms
        Shape (n,): when each was received, Unix milliseconds; lines are sorted by it, stably.
    text
        All lines, each with its line feed. A message of several sentences may be one entry.
    ends
        Shape (n,): where each entry ends in `text`.
    labels
        Nuisances of the sensor's own making (ghost tracks, swaps), for the truth.
    echoes
        Of a radar: whose its target numbers were, for the truth.
    """

    stem: str
    ending: str
    at_ms: Int
    text: bytes
    ends: Int
    labels: list[Label] = field(default_factory=list)
    echoes: list[Echo] = field(default_factory=list)

    def in_order(self) -> bytes:
        """The text in the order of receipt."""
        if not len(self.at_ms) or bool((np.diff(self.at_ms) >= 0).all()):
            return self.text
        order = np.argsort(self.at_ms, kind="stable")
        begins = np.concatenate([[0], self.ends[:-1]])
        return b"".join(
            self.text[begin:end]
            for begin, end in zip(begins[order].tolist(), self.ends[order].tolist(), strict=True)
        )


def written(
    stem: str,
    ending: str,
    at_ms: Sequence[int] | Int,
    lines: Sequence[bytes],
    labels: Sequence[Label] = (),
) -> Written:
    """From a list of lines, each with its line feed."""
    lengths = np.fromiter((len(line) for line in lines), np.int64, len(lines))
    return Written(
        stem, ending, np.asarray(at_ms, np.int64), b"".join(lines), np.cumsum(lengths), [*labels]
    )
