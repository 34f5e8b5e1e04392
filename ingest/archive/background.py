"""Work that may take its time, one piece after the other in a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

Task = Callable[[], None]


class Background:
    """Tasks in the order in which they were put; the thread begins with the first.

    Attributes
    ----------
    fault
        What the last task failed with; empty where it did not.
    """

    def __init__(self) -> None:
        self.fault = ""
        self._tasks: queue.Queue[Task] = queue.Queue()
        self._open = 0
        self._done = threading.Condition()
        self._thread: threading.Thread | None = None

    def put(self, task: Task) -> None:
        """Have it done later."""
        with self._done:
            self._open += 1
            self._tasks.put(task)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="archive", daemon=True)
                self._thread.start()

    def settle(self, timeout_s: float | None = None) -> bool:
        """Wait until all is done; whether it is."""
        with self._done:
            return self._done.wait_for(lambda: not self._open, timeout_s)

    def _work(self) -> None:
        while True:
            try:
                task = self._tasks.get(timeout=1.0)
            except queue.Empty:
                with self._done:
                    if self._tasks.empty():
                        self._thread = None  # begun again when there is something to do
                        return
                continue
            try:
                task()
                self.fault = ""
            except Exception as error:  # of a task: the next one may do better, and it is told
                self.fault = f"{type(error).__name__}: {error}"
            with self._done:
                self._open -= 1
                self._done.notify_all()
