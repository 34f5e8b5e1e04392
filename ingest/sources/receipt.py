"""One word to a sender about several frames."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Receipt:
    """The `done` of several frames: tells once, when all are decided, whether all are kept.

    >>> told: list[bool] = []
    >>> receipt = Receipt(2, told.append)
    >>> receipt(True), told, receipt(True), told
    (None, [True], None, [True])
    """

    def __init__(self, n: int, tell: Callable[[bool], None]) -> None:
        self._left, self._kept, self._tell = n, True, tell
        self._lock = threading.Lock()

    def __call__(self, kept: bool) -> None:
        with self._lock:
            self._left -= 1
            self._kept = self._kept and kept
            last = self._left == 0
        if last:
            self._tell(self._kept)
