"""`pierwatch archive`: is it whole, what is in it, what shall be held and what be forgotten."""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path

from core.errors import InputError
from ingest.archive import deleting, holding, manifest, verifying
from ingest.archive.manifest import Entry


def verify(keep: Path, key_dir: Path | None = None) -> tuple[list[str], bool]:
    """What is wrong with the archive of a service's folder, a sentence each; whether it is whole.

    Where it is whole the text names the manifest's head, to be noted where nobody can change it:
    only that tells later whether the newest hours were cut off together with their lines.
    """
    folder = _archive(keep)
    faults = verifying.verify(folder, key_dir)
    n_lines, head = verifying.head(folder)
    n_files = len(manifest.standing_files(manifest.entries(folder)))
    state = f"{n_files} closed files, {n_lines} lines in the manifest, the last one's hash {head}"
    if faults:
        return [*faults, f"{len(faults)} faults; {state}"], False
    return [f"whole: {state}"], True


def listing(keep: Path) -> list[str]:
    """What the archive holds by feed and day (UTC), and what went from it."""
    said = manifest.entries(_archive(keep))
    days: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for file, entry in manifest.standing_files(said).items():
        days[Path(file).parent.name, str(entry["feed"]), str(entry["day"])].append(entry)
    texts = []
    for (sensor, feed, day), entries in sorted(days.items()):
        sums = {name: sum(int(e[name]) for e in entries) for name in ("lines", "bytes")}
        times = sorted(e[name] for e in entries for name in ("first", "last") if e[name])
        between = f", {times[0]} to {times[-1]}" if times else ""
        texts.append(
            f"{day} {sensor}/{feed}: {len(entries)} files, {sums['lines']} lines, "
            f"{sums['bytes']} bytes{between}"
        )
    for entry in said:
        if entry["what"] != "closed":
            texts.append(
                f"{entry['at']} {entry['what']}: {len(entry['files'])} files, "
                f"{len(entry.get('keys', ()))} keys: {entry['why']}"
            )
    return texts or ["no closed files"]


def hold(keep: Path, begin: datetime, end: datetime, why: str) -> list[str]:
    """Hold the hours that evidence rests on; names their files.

    Raises
    ------
    InputError
        No reason, no time that is past, or one of which the archive has nothing.
    """
    folder, times = _archive(keep), (begin.timestamp(), end.timestamp())
    return [f"held: {file}" for file in holding.hold(folder, *times, why, now_s=time.time())]


def forget(
    keep: Path, feed: str, first: date, last: date, why: str, key_dir: Path | None = None
) -> list[str]:
    """Destroy the keys of a feed's days and delete its files; names what is gone.

    Raises
    ------
    InputError
        A day is not over, a file of those days is still open, or evidence rests on one.
    """
    gone = deleting.forget(_archive(keep), feed, first, last, why, now_s=time.time(), keys=key_dir)
    return [f"destroyed: {file}" for file in gone] or [
        f"nothing of {feed} from {first} to {last} is in the archive"
    ]


def _archive(keep: Path) -> Path:
    folder = keep / "archive"
    if not (folder / "recording.toml").is_file():
        raise InputError(
            str(keep), expected="the folder of a `pierwatch live` (--keep)",
            came="one without an archive", act="Name the folder that holds `archive`.",
        )  # fmt: skip
    return folder
