"""What a sender repeats because our acknowledgement did not reach it is kept once.

MQTT with QoS 1, JT/T 808 and HTTP devices send again what was not acknowledged. A frame may have
been brought to disk just before a cut or a crash: its repetition is the same, byte for byte, for
all three carry a serial number, an id or a time of their own. Its digest is known for as long as a
sender may try, also after a restart, from the archive's own last lines.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from core.errors import RecordingError
from ingest.archive.names import parsed
from ingest.archive.reading import chunks
from ingest.archive.stamps import in_hex, in_json
from ingest.archive.tail import tail_offsets
from ingest.arrived import Arrived

KEEP_S = 900
MOST = 500_000  # digests; 1,000 frames a second for 8 minutes
_ASKING = ("vehicles", "cameras")  # sensors whose senders repeat
_HEARTBEAT = b'"format":"device.keepalive"'  # all alike, and none is missed


class Repeats:
    """The digests of the frames that were kept lately."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, int] = OrderedDict()

    @staticmethod
    def of_archive(files: Iterable[Path], now_ms: int, keys: Path | None = None) -> Repeats:
        """With what the archive took lately: where it was killed, senders go on repeating."""
        repeats = Repeats()
        since_s = now_ms // 1000 - KEEP_S
        for path, offset in tail_offsets(files, since_s, keys).items():
            name = parsed(path.name)
            if name is None or path.parent.name not in _ASKING:
                continue
            rest = b""
            with suppress(RecordingError):  # as far as it can be read
                for piece in chunks(path, offset, keys):
                    *lines, rest = (rest + piece).split(b"\n")
                    repeats.learn(name.feed, name.ending, lines, now_ms)
        return repeats

    def split(
        self, frames: Sequence[Arrived], arrived_ms: int
    ) -> tuple[list[Arrived], list[Arrived]]:
        """Those that are new, and those that are on the disk or among the new ones already."""
        self._forget(arrived_ms)
        new: list[Arrived] = []
        again: list[Arrived] = []
        for frame in frames:
            if frame.done is None or frame.sensor not in _ASKING or _HEARTBEAT in frame.frame:
                new.append(frame)
                continue
            digest = _digest_of(frame)
            if digest in self._known:
                again.append(frame)
            else:
                self._known[digest] = arrived_ms
                new.append(frame)
        return new, again

    def unlearn(self, frames: Iterable[Arrived]) -> None:
        """These could not be kept after all: when they come again they are new."""
        for frame in frames:
            self._known.pop(_digest_of(frame), None)

    def learn(self, feed: str, ending: str, lines: Iterable[bytes], arrived_ms: int) -> None:
        """Know the lines of an archive, as `ingest.archive.stamps` wrote them."""
        for line in lines:
            if line:
                self._known[_digest(feed, _unstamped(line, ending))] = arrived_ms
        self._forget(arrived_ms)

    def _forget(self, now_ms: int) -> None:
        while self._known:
            digest, kept_ms = next(iter(self._known.items()))
            if len(self._known) <= MOST and kept_ms > now_ms - 1000 * KEEP_S:
                return
            del self._known[digest]


def _unstamped(line: bytes, ending: str) -> bytes:
    if ending == ".jsonl":
        return b"{" + line.partition(b",")[2]
    return line.partition(b" ")[2]


def _digest_of(frame: Arrived) -> bytes:
    """The same for a frame and for the line that the archive makes of it."""
    line = (in_json if frame.ending == ".jsonl" else in_hex)(frame.frame, 0)
    return _digest(frame.feed, _unstamped(line.rstrip(b"\n"), frame.ending))


def _digest(feed: str, frame: bytes) -> bytes:
    return blake2b(frame, digest_size=16, key=feed.encode()[:64]).digest()
