"""What evidence rests on, named in `held.txt`: neither a disk that fills nor `forget` takes it.

The list is only ever added to here. Who gives evidence up takes its lines out by hand.
"""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import InputError
from core.times import utc_text
from ingest.archive import manifest
from ingest.archive.disk import HELD, held_files
from ingest.archive.names import parsed, plain


def hold(folder: Path, begin_s: float, end_s: float, why: str, *, now_s: float) -> list[str]:
    """Name the hours of a time, of every source: what is closed and what is still open.

    Parameters
    ----------
    folder
        The archive.
    begin_s, end_s
        Unix seconds, past.
    why
        Stands above the files: the case, the alert.

    Returns
    -------
    The files of that time as paths in the archive, without what closing appended; those that were
    held already too.

    Raises
    ------
    InputError
        No reason; no time that is past; a time of which the archive has nothing.
    OSError, UnicodeDecodeError
        The list cannot be read or written.
    """
    where = f"{utc_text(int(begin_s) * 1_000_000)} to {utc_text(int(end_s) * 1_000_000)}"
    if not why.strip():
        raise InputError(where, expected="a reason", came="none")
    if not begin_s < end_s <= now_s:
        raise InputError(where, expected="times in order that are past", came="others")
    with manifest.held(folder):  # nothing is closed or dropped meanwhile
        found = folder.glob("feeds/*/*")
        files = sorted(
            {plain(str(p.relative_to(folder))) for p in found if _within(p.name, begin_s, end_s)}
        )
        if not files:
            raise InputError(where, expected="hours that are in the archive", came="others")
        held = held_files(folder)
        new = [file for file in files if file not in held]
        said = f"\n# {' '.join(why.split())} ({where}; {utc_text(int(now_s) * 1_000_000)})\n"
        with (folder / HELD).open("a", encoding="utf-8") as out:
            out.write(said + "".join(f"{file}\n" for file in new))
            out.flush()
            os.fsync(out.fileno())
    return files


def _within(name: str, begin_s: float, end_s: float) -> bool:
    """Whether a file may hold something of a time: it is of one hour, from its beginning on."""
    said = parsed(name)
    return said is not None and said.began_s < end_s and (said.began_s // 3600 + 1) * 3600 > begin_s
