"""Batches on disk that wait for the database, first in first out, one file each.

A file is written under another name, brought to the disk and then renamed, so that a file with its
right name is whole. Frames are Arrow IPC, everything else is JSON.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from core.errors import StoreError

_ENDINGS = (".arrow", ".json")


@dataclass(frozen=True)
class Batch:
    """One call of a writing method of the store.

    Parameters
    ----------
    serial
        Its place in the order.
    method
        The method's name: "write_observations".
    run_id
        Its first argument.
    load
        Its second: a frame, a list of objects, or for `set_tick` `{"tick": …, "counts": …}`.
    """

    serial: int
    method: str
    run_id: int
    load: Any

    @property
    def rows(self) -> int:
        """What it counts in memory; at least 1."""
        return max(len(self.load), 1)


class SpoolFiles:
    """The folder of the batches that wait.

    Parameters
    ----------
    folder
        Made where it is not there. What stands in it from an earlier process is taken up.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._refused = folder / "refused"
        with _disk(folder):
            self._refused.mkdir(parents=True, exist_ok=True)
            for unfinished in folder.glob("*.part"):
                unfinished.unlink()
        self._waiting = sorted(path for path in folder.iterdir() if path.suffix in _ENDINGS)
        kept = [*self._waiting, *self._refused.iterdir()]
        self.last_serial = max((int(path.name.split("-")[0]) for path in kept), default=0)

    def __len__(self) -> int:
        return len(self._waiting)

    def append(self, batch: Batch) -> None:
        """Write a batch behind the others; when this returns it is on the disk."""
        frame = isinstance(batch.load, pl.DataFrame)
        name = f"{batch.serial:012d}-{batch.method}-{batch.run_id}{_ENDINGS[0 if frame else 1]}"
        path, part = self._folder / name, self._folder / f"{name}.part"
        with _disk(part):
            with part.open("wb") as file:
                if frame:
                    batch.load.write_ipc(file)
                else:
                    file.write(json.dumps(batch.load, default=_plain, ensure_ascii=False).encode())
                file.flush()
                os.fsync(file.fileno())
            part.rename(path)
            _sync_folder(self._folder)
        self._waiting.append(path)

    def first(self) -> Batch:
        """The batch that has waited longest."""
        path = self._waiting[0]
        serial, method, run_id = path.stem.split("-")
        with _disk(path):
            if path.suffix == ".arrow":
                load: Any = pl.read_ipc(path.read_bytes())
            else:
                load = json.loads(path.read_bytes())
        return Batch(int(serial), method, int(run_id), load)

    def drop_first(self) -> None:
        """Forget the first batch: the database has it."""
        self._waiting.pop(0).unlink()

    def refuse(self, batch: Batch, reason: str) -> None:
        """Put a batch that the database will never take aside, with what it said."""
        waiting = self._waiting and self._waiting[0].name.startswith(f"{batch.serial:012d}-")
        if not waiting:
            self.append(batch)
            path = self._waiting.pop()
        else:
            path = self._waiting.pop(0)
        path.rename(self._refused / path.name)
        (self._refused / f"{path.name}.txt").write_text(reason + "\n")


class _disk:
    """Turns the disk's complaints into ours."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError | pl.exceptions.PolarsError | ValueError):
            raise StoreError(
                str(self._path),
                expected="a spool that can be read and written",
                came=str(error),
                act="Make room there, or set PIERWATCH_STORE__SPOOL_DIR to another folder.",
            ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} in a spooled batch")
