"""What goes from the archive, and is said to have gone: by law with its keys, or for room."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from core.errors import InputError
from core.times import utc_text
from ingest.archive import manifest
from ingest.archive.closing import Closing
from ingest.archive.disk import held_files
from ingest.archive.keys import Keys, key_folder
from ingest.archive.names import filed, parsed, plain


def forget(
    folder: Path,
    feed: str,
    first: date,
    last: date,
    why: str,
    *,
    now_s: float,
    keys: Path | None = None,
) -> list[str]:
    """Destroy the keys of a feed's days and delete its files; the chain of the manifest stays.

    Parameters
    ----------
    folder
        The archive.
    first, last
        UTC days that are over, both included.
    why
        Written into the manifest.

    Returns
    -------
    The files that are gone, as paths in the archive.

    Raises
    ------
    InputError
        A day is not over, a file of those days is still open, or evidence rests on one.
    """
    where, name = f"{feed}, {first} to {last}", filed(feed)
    if not why.strip():
        raise InputError(where, expected="a reason", came="none")
    if not first <= last < datetime.fromtimestamp(now_s, UTC).date():
        raise InputError(where, expected="days in order that are over", came="others")
    days = (first.strftime("%Y%m%d"), last.strftime("%Y%m%d"))
    with manifest.held(folder) as chain:
        _none_open(folder, name, days, where)
        said = manifest.entries(folder)
        meant = [
            entry for entry in said
            if entry.get("feed") == name and days[0] <= str(entry.get("day")) <= days[1]
        ]  # fmt: skip
        standing = manifest.standing_files(said)
        gone = sorted(e["file"] for e in meant if standing.get(e.get("file", "")) is e)
        _none_held(folder, gone, where)
        kept = Keys(key_folder(folder, keys))
        # Those of dropped hours too: somebody may have a copy of the files.
        names = sorted({str(e["key"]) for e in meant if e.get("key") and kept.there(e["key"])})
        if gone or names:
            entry: manifest.Entry = {
                "what": "destroyed", "feed": name, "from": days[0], "to": days[1], "keys": names,
                "files": gone, "why": why, "at": utc_text(int(now_s) * 1_000_000),
            }  # fmt: skip
            chain.add(entry)  # said first: should the power fail now, the next start does it
            Closing(folder, kept).delete(entry)
    return gone


def _none_open(folder: Path, feed: str, days: tuple[str, str], where: str) -> None:
    for path in folder.glob("feeds/*/*"):
        name = parsed(path.name)
        if name is None or name.feed != feed or not days[0] <= name.day <= days[1]:
            continue
        if plain(path.name) == path.name:
            raise InputError(
                where, expected="only files that are closed", came=f"{path.name} open",
                act="Wait until `pierwatch live` has closed it; a start closes what a crash left.",
            )  # fmt: skip


def _none_held(folder: Path, files: list[str], where: str) -> None:
    held = held_files(folder)
    for file in files:
        if plain(file) in held:
            raise InputError(
                where, expected="no file that evidence rests on", came=file,
                act="Whoever keeps the evidence pack must give it up first (held.txt).",
            )  # fmt: skip


def drop(closing: Closing, files: tuple[str, ...], why: str, *, now_s: float) -> None:
    """Delete files for room, but what somebody has come to hold meanwhile; their keys stay, for
    other hours of their days."""
    with manifest.held(closing.folder) as chain:
        held = held_files(closing.folder)
        going = [file for file in files if plain(file) not in held]
        if not going:
            return
        said: manifest.Entry = {
            "what": "dropped", "files": going, "why": why,
            "at": utc_text(int(now_s) * 1_000_000),
        }  # fmt: skip
        chain.add(said)
        closing.delete(said)
