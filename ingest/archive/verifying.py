"""Whether an archive is what it was: every line of its manifest, every byte of its files."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path

from ingest.archive import manifest
from ingest.archive.keys import KeyGone, Keys, key_folder
from ingest.archive.manifest import Entry
from ingest.archive.names import CLOSED, PART, parsed
from ingest.archive.reading import opened

_PIECE = 1 << 18


def verify(folder: Path, keys: Path | None = None) -> list[str]:
    """The faults of an archive, a sentence each; none where it is whole.

    Checked are the chain of the manifest, the bytes of every closed file as stored and as they were
    when it was open, files that are missing and files that are too many. Files that still grow are
    not checked; a service may go on writing meanwhile. That the manifest's last lines were not cut
    off together with their files only `head`, noted elsewhere, can tell.

    Parameters
    ----------
    keys
        The folder of the keys; `keys` beside the archive.
    """
    lines = manifest.lines(folder)
    faults = list(_chain(lines))
    said = manifest.entries_of(lines)
    standing = manifest.standing_files(said)
    found: list[tuple[str, str]] = []
    for file, entry in standing.items():
        found += ((file, fault) for fault in _file(folder, file, entry, key_folder(folder, keys)))
    found += _gone(folder, said, standing, Keys(key_folder(folder, keys)))
    with manifest.still(folder):
        lines_now = manifest.lines(folder)
        now = manifest.entries_of(lines_now)
        faults_now = [*_missing(folder, lines_now), *_surplus(folder, manifest.standing_files(now))]
    # What a running service dropped meanwhile is not missing.
    moved = {file for entry in now[len(said) :] for file in entry.get("files", ())}
    return faults + [fault for file, fault in found if file not in moved] + faults_now


def head(folder: Path) -> tuple[int, str]:
    """Lines of the manifest and the SHA-256 of the last: to be noted where nobody can change it."""
    lines = manifest.lines(folder)
    return len(lines), hashlib.sha256(lines[-1]).hexdigest() if lines else manifest.FIRST


def _chain(lines: list[bytes]) -> Iterator[str]:
    previous = manifest.FIRST
    for number, line in enumerate(lines, 1):
        said = manifest.read(line)
        if said is None:
            yield f"{manifest.NAME}, line {number}: it is not as it was written."
        elif said.get("previous") != previous:
            yield (
                f"{manifest.NAME}, line {number}: it does not follow the line before; a line "
                "between was changed, added or taken away."
            )
        previous = hashlib.sha256(line).hexdigest()


def _file(folder: Path, file: str, entry: Entry, keys: Path) -> Iterator[str]:
    path = folder / file
    try:
        with path.open("rb") as stored:
            digest = hashlib.file_digest(stored, "sha256").hexdigest()
    except FileNotFoundError:
        yield f"{file} is missing."
        return
    except OSError as error:
        yield f"{file} cannot be read: {error.strerror}."
        return
    if digest != entry.get("sha256"):
        yield f"{file} was changed: its bytes are not those that were stored."
        return
    plain_digest = hashlib.sha256()
    try:
        with opened(path, keys) as unpacked:
            while piece := unpacked.read(_PIECE):
                plain_digest.update(piece)
    except KeyGone as error:
        yield f"{file} cannot be read: {error}."
    except (OSError, EOFError, zlib.error) as error:
        yield f"{file} cannot be unpacked with its key: {error}."
    else:
        if plain_digest.hexdigest() != entry.get("plain_sha256"):
            yield f"{file} does not hold the lines that were closed."


def _gone(
    folder: Path, said: list[Entry], standing: dict[str, Entry], keys: Keys
) -> Iterator[tuple[str, str]]:
    for entry in said:
        for file in entry.get("files", ()):
            if file not in standing and (folder / file).exists():
                yield file, f"{file} was {entry['what']} and is still there."
        for name in entry.get("keys", ()):
            if keys.there(name):
                yield "", f"The key {name} was destroyed and is still there."


def _missing(folder: Path, lines: list[bytes]) -> Iterator[str]:
    """Asked while the manifest stands still: it may have begun since it was read first."""
    if not lines and any(folder.glob("feeds/*/*.gz*")):
        yield f"{manifest.NAME} is missing or empty."


def _surplus(folder: Path, standing: dict[str, Entry]) -> Iterator[str]:
    for path in sorted(folder.glob("feeds/*/*")):
        file = str(path.relative_to(folder))
        if path.name.endswith(PART):
            yield f"{file} is unfinished: the next start of `pierwatch live` takes it away."
        elif path.name.endswith(CLOSED) and file not in standing:
            yield f"{file} is not in the manifest."
        elif parsed(path.name) is None:
            yield f"{file} is no file of the archive."
        elif any(file + ending in standing for ending in CLOSED):
            yield f"{file} stands there open and closed: the next start puts it right."
