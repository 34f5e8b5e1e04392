"""A recording as it would have been: fewer nights, a sensor less, a clock that is wrong.

The copy is a recording like any other, so that one pipeline runs over all; files that stay as they
are, are links.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from core.errors import InputError
from ingest.archive.names import plain
from ingest.archive.reading import chunks
from pipeline.recording import Recording, read_recording
from simulate.scoring.ablations import AS_RECORDED, Ablation

_DAY: Final = re.compile(r"-(\d{8})\.")
_NIGHT: Final = timedelta(days=1)
_LEVEL: Final = 1
_MOST_LINE: Final = 1 << 20


def altered(
    recording: Path, to: Path, ablation: Ablation = AS_RECORDED, nights: int | None = None
) -> Path:
    """Write a recording of the first nights of another, with something done to its feeds.

    Parameters
    ----------
    to
        A folder that is not there yet.
    nights
        Of a simulated recording, whose files are named by evenings; None: all.

    Raises
    ------
    InputError, RecordingError
        It has fewer nights, or none by name; it cannot be read.
    """
    about = read_recording(recording)
    cut = None if nights is None else _cut(about, recording, nights)
    part = to.with_name(to.name + ".part")
    part.mkdir(parents=True)
    (part / "site").symlink_to((recording / "site").resolve(), target_is_directory=True)
    for feed, paths in about.feeds.items():
        (part / "feeds" / feed).mkdir(parents=True)
        for path in paths:
            if cut is None or _evening(path) < cut.date():
                _feed_file(path, part / "feeds" / feed, ablation, about.keys)
    _head(recording, part, cut, nights)
    part.rename(to)
    return to


def _feed_file(path: Path, folder: Path, ablation: Ablation, keys: Path | None) -> None:
    feed = folder.name
    if feed in ablation.without:
        return
    if not touches(ablation, feed):
        (folder / path.name).symlink_to(path.resolve())
        return
    lines = ablation.lines(feed, whole_lines(chunks(path, keys=keys)))
    if lines is not None:
        with gzip.open(folder / f"{plain(path.name)}.gz", "wb", _LEVEL) as file:
            file.writelines(lines)


def touches(ablation: Ablation, feed: str) -> bool:
    """Whether a feed's files are other than they were."""
    return bool(
        ablation.ahead_s.get(feed)
        or (feed == "ais" and ablation.thinned_percent)
        or (feed == "radar" and (ablation.range_m or ablation.bearing_deg))
    )


def whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Lines with their ends; one of more than a megabyte comes in parts.

    >>> list(whole_lines([b"a\\nb", b"c\\n", b"d"]))
    [b'a\\n', b'bc\\n', b'd']
    """
    rest = b""
    for piece in pieces:
        lines = (rest + piece).splitlines(keepends=True)
        last = lines.pop() if lines else b""
        yield from lines
        rest = last
        if last.endswith(b"\n") or len(last) > _MOST_LINE:
            yield last
            rest = b""
    if rest:
        yield rest


def _head(recording: Path, to: Path, cut: datetime | None, nights: int | None) -> None:
    """`recording.toml` and `truth.json`; cut where nights are."""
    text = (recording / "recording.toml").read_text("utf-8")
    truth = (recording / "truth.json").read_bytes()
    if cut is not None:
        begun = cut - _NIGHT
        kept = [line for line in text.splitlines() if not re.match(r"end\s*=", line)]
        text = "\n".join([*kept, f"end = {begun + timedelta(hours=18):%Y-%m-%dT%H:%M:%SZ}", ""])
        truth = json.dumps(_first(json.loads(truth), cut, nights), ensure_ascii=False).encode()
    (to / "recording.toml").write_text(text, "utf-8")
    (to / "truth.json").write_bytes(truth)


def _first(truth: dict[str, Any], cut: datetime, nights: int | None) -> dict[str, Any]:
    """The truth of what began before the cut."""
    begun = {"landings": "berth_from", "nuisance": "from"}
    kept = {
        name: [row for row in truth[name] if datetime.fromisoformat(row[when]) < cut]
        for name, when in begun.items()
    }
    return {**truth, **kept, "nights": nights}


def _cut(about: Recording, recording: Path, nights: int) -> datetime:
    """When the night after the last one that is kept begins."""
    spanned = (
        0 if about.start is None or about.end is None else -(-(about.end - about.start) // _NIGHT)
    )
    if about.start is None or not 1 <= nights <= spanned:
        raise InputError(
            f"--nights {nights}", expected=f"at most the {spanned} that {recording} has",
            came=str(nights),
        )  # fmt: skip
    return about.start + nights * _NIGHT


def _evening(path: Path) -> date:
    """The evening in a simulated file's name."""
    found = _DAY.search(path.name)
    if found is None:
        raise InputError(
            str(path), expected="the evening in its name, as simulated files have it",
            came="none", act="Leave --nights out.",
        )  # fmt: skip
    return datetime.strptime(found[1], "%Y%m%d").date()
