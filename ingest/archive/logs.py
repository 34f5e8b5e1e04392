"""What the service itself tells its archive: ticks and decisions, each on the disk at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from ingest.archive.growing import Durable, Growing, made_folder, refused, sync_folder
from ingest.archive.names import CLOSED, begun

HOUR_MS = 3_600_000


def begin_file(
    folder: Path, source: str, arrived_ms: int, ending: str, durable: Durable
) -> Growing:
    """A file that was never there: an earlier process may have begun one in the same second."""
    made_folder(folder)
    number = 0
    while True:
        path = folder / begun(source, arrived_ms, number, ending)
        number += 1
        if any(path.with_name(path.name + closed).exists() for closed in CLOSED):
            continue
        try:
            return Growing(path, durable)
        except FileExistsError:
            continue


class Log:
    """Lines of one feed of ours, a file an hour.

    Parameters
    ----------
    folder
        `feeds/clock` or `feeds/desk`; its name is that of the files too.
    ended
        Told each file that gets no more lines.
    """

    def __init__(self, folder: Path, durable: Durable, ended: Callable[[Path], None]) -> None:
        self._folder, self._durable, self._ended = folder, durable, ended
        self._file: Growing | None = None
        self._last_ms = 0
        self._lock = threading.Lock()

    def write(self, line: bytes, at_ms: int) -> None:
        """Append a line; when this returns it is on the disk.

        Raises
        ------
        ArchiveError
            It is not, and the line is not kept.
        """
        with self._lock:
            if at_ms // HOUR_MS != self._last_ms // HOUR_MS:
                self._end()
            try:
                if self._file is None:
                    self._file = begin_file(
                        self._folder, self._folder.name, at_ms, ".jsonl", self._durable
                    )
                    sync_folder(self._folder)
                self._file.write(line)
                self._file.flush()
            except OSError as error:
                if self._file is not None:
                    self._file.undo()
                    self._file = None
                raise refused(self._folder, error) from error
            self._file.kept = self._file.size
            self._last_ms = at_ms

    def close(self) -> None:
        """End the file."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._file is not None:
            self._file.end()
            self._ended(self._file.path)
            self._file = None
