"""Messages sent in sub-packages are put together; what is waited for is bounded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MOST_WAITING: Final = 256  # messages
MOST_PARTS: Final = 64  # of 1,023 bytes at most
LONGEST_WAIT: Final = 300 * 1_000_000  # microseconds of the feed's own time


@dataclass
class _Waiting:
    since: int
    line: int
    arrival: int
    parts: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Lost:
    """A message of which not all came: the line and arrival of its last part, and what it was."""

    line: int
    arrival: int
    sample: bytes


_Name = tuple[str, int, int, int]  # phone, message id, serial of the first part, parts


class Parts:
    """Collects the parts of messages by terminal, message id and serial of the first part."""

    def __init__(self) -> None:
        self._waiting: dict[_Name, _Waiting] = {}
        self.lost: list[Lost] = []

    def add(
        self, phone: str, message_id: int, serial: int, part: tuple[int, int], body: bytes,
        line: int, arrival: int,
    ) -> bytes | None:  # fmt: skip
        """Take one part, numbered from 1; the whole body where it was the last one missing.

        A part that came before is not taken again.
        """
        number, count = part
        self._drop_old(arrival)
        name = (phone, message_id, (serial - number + 1) & 0xFFFF, count)
        waiting = self._waiting.setdefault(name, _Waiting(arrival, line, arrival))
        waiting.parts.setdefault(number, body)
        waiting.line, waiting.arrival = line, arrival
        if len(waiting.parts) == count:
            del self._waiting[name]
            return b"".join(waiting.parts[i] for i in range(1, count + 1))
        if len(self._waiting) > MOST_WAITING:
            self._lose(next(iter(self._waiting)))
        return None

    def close(self) -> None:
        """Give up what is still waiting."""
        for name in list(self._waiting):
            self._lose(name)

    def _drop_old(self, now: int) -> None:
        while self._waiting:
            name, oldest = next(iter(self._waiting.items()))
            if now - oldest.since <= LONGEST_WAIT:
                return
            self._lose(name)

    def _lose(self, name: _Name) -> None:
        waiting = self._waiting.pop(name)
        phone, message_id, _, count = name
        said = f"0x{message_id:04x} of {phone}: {len(waiting.parts)} of {count} parts"
        self.lost.append(Lost(waiting.line, waiting.arrival, said.encode()))
