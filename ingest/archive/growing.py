"""A file that grows by whole lines, and knows how much of it is on the disk."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from core.errors import ArchiveError

#: Brings a descriptor's file to the disk; an argument, so that tests can let it fail.
Durable = Callable[[int], None]


class Growing:
    """A new file. Its descriptor may be let go and is taken again when needed.

    Attributes
    ----------
    path
        The file, which was not there before.
    size
        Bytes written.
    kept
        Bytes that are known to be on the disk; set by the caller, once all that belongs together
        is.
    """

    def __init__(self, path: Path, durable: Durable = os.fdatasync) -> None:
        self.path, self.size, self.kept = path, 0, 0
        self._durable = durable
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o640)
        self._held = True

    @property
    def held(self) -> bool:
        """Whether it has a descriptor now."""
        return self._held

    def write(self, data: bytes) -> None:
        """Append; not yet on the disk."""
        if not self._held:
            self._fd, self._held = os.open(self.path, os.O_WRONLY | os.O_APPEND), True
        view = memoryview(data)
        with _named(self.path):
            while view:
                n = os.write(self._fd, view)
                self.size += n
                view = view[n:]

    def flush(self) -> None:
        """Bring it to the disk. What was let go was brought there before."""
        if self._held:
            with _named(self.path):
                self._durable(self._fd)

    def let_go(self) -> None:
        """Bring it to the disk and give the descriptor back."""
        self.flush()
        self.end()

    def end(self) -> None:
        """Give the descriptor back."""
        if self._held:
            self._held = False
            os.close(self._fd)

    def undo(self) -> None:
        """End it with what is surely on the disk: what is refused shall not be replayed."""
        with contextlib.suppress(OSError):  # where even this fails it ends as it is
            self.end()
        with contextlib.suppress(OSError):
            if self.kept:
                os.truncate(self.path, self.kept)
            else:
                self.path.unlink()


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def made_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder and those above it, each brought to the disk by name."""
    if not folder.is_dir():
        made_folder(folder.parent)
        folder.mkdir(mode=mode, exist_ok=True)
        sync_folder(folder.parent)


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """An error of a descriptor names its file."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        raise


def refused(folder: Path, error: OSError) -> ArchiveError:
    """The error that a failed write or sync becomes; names the folder where it names no file."""
    return ArchiveError(
        str(error.filename or folder), expected="a disk that keeps what is written",
        came=error.strerror or str(error), act="Make room, or look at the disk.",
    )  # fmt: skip
