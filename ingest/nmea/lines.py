"""Bytes of a stream become blocks of whole lines, however the stream was cut.

Memory is bounded by the block and by the longest line that is kept: of a longer one only its
beginning stays, one byte more than allowed, so that whoever reads the block sees that it is too
long.
"""

from __future__ import annotations

from collections.abc import Iterator

MAX_LINE = 4096  # bytes; NMEA 0183 allows 82 and a tag block 80, real trailers reach 300
BLOCK = 1 << 21  # bytes worked on at a time: large enough for arrays, small enough for the cache


class LineBuffer:
    """Collects bytes until whole lines are there; of a line, `most` bytes and one are kept.

    At most `block` bytes are worked on at a time.
    """

    def __init__(self, most: int = MAX_LINE, block: int = BLOCK) -> None:
        self._rest = b""
        self._most, self._block = most, block

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Blocks of whole lines, each ending with a line feed."""
        for start in range(0, len(chunk), self._block):
            piece = chunk[start : start + self._block]
            if len(self._rest) > self._most:  # the line is lost already: wait for its end
                end = piece.find(b"\n")
                if end < 0:
                    continue
                piece = piece[end:]
            whole = piece.rfind(b"\n") + 1
            if whole:
                block = self._rest + piece[:whole]
                self._rest = piece[whole : whole + self._most + 1]
                yield block
            else:
                self._rest = (self._rest + piece)[: self._most + 1]

    def close(self) -> bytes:
        """The last line, where the stream ended without a line feed; empty if there is none."""
        rest, self._rest = self._rest, b""
        return rest + b"\n" if rest else b""
