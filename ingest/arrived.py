"""One frame on its way from a live source to the raw archive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: What a frame is by the ending of its file; the archive adds its arrival.
#: `.nmea`: a line without its end. `.jt808`, `.asterix`: the frame in hex. `.jsonl`: the text of a
#: JSON object without `received_at`.
ENDINGS: Final = (".nmea", ".jt808", ".asterix", ".jsonl")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A frame as it came, with what the archive needs to file it.

    Attributes
    ----------
    feed
        The row of the configuration.
    sensor
        The contract's folder: `ais`, `beidou`, `radar`, `vehicles`, `cameras`.
    ending
        One of ENDINGS.
    source
        Names the file of the archive: the feed, with the peer behind `~` where there are several.
    frame
        See ENDINGS.
    done
        Called once, from any thread: True when the frame is on the disk, False when it cannot be
        kept. Only then is a sender told.
    """

    feed: str
    sensor: str
    ending: str
    source: str
    frame: bytes
    done: Callable[[bool], None] | None = None
