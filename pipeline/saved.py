"""A run's state on disk: one file, replaced at once, so that a crash leaves the old or the new."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from core.errors import RecordingError

_NAME = "state.zip"
_ALWAYS = (1980, 1, 1, 0, 0, 0)  # the same state gives the same bytes


def read_state(folder: Path | None) -> dict[str, bytes] | None:
    """The parts of the state that was saved in a folder; None where there is none.

    Raises
    ------
    RecordingError
        It cannot be read.
    """
    if folder is None or not (folder / _NAME).is_file():
        return None
    try:
        with zipfile.ZipFile(folder / _NAME) as file:
            return {name: file.read(name) for name in file.namelist()}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise unusable(folder, str(error)) from error


def write_state(folder: Path, parts: Mapping[str, bytes]) -> None:
    """Save a state; when this returns it is on the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as file:
        for name, data in sorted(parts.items()):
            file.writestr(zipfile.ZipInfo(name, _ALWAYS), data)
    replace_file(folder / _NAME, packed.getvalue())


def replace_file(path: Path, data: bytes) -> None:
    """Put a file in the place of what was there; when this returns it is on the disk."""
    unfinished = path.with_name(f"{path.name}.part")
    with unfinished.open("wb") as target:
        target.write(data)
        target.flush()
        os.fsync(target.fileno())
    unfinished.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unusable(folder: Path, came: str) -> RecordingError:
    """The error of a state that cannot be continued."""
    return RecordingError(
        str(folder / _NAME), expected="a state of this site, saved by this version", came=came,
        act="Remove it to start from an empty state.",
    )  # fmt: skip
