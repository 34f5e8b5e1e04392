"""What `evaluate` makes of a replay's vessels, where the recording has the truth of tracks."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from core.errors import RecordingError
from geo.site import Site
from pipeline.vessels import LINKED, OPEN, VESSELS
from simulate.scoring.tracking.dark_events import dark_events
from simulate.scoring.tracking.records import ECHOES, FIXES, LINKS, TRUTH, Said, Truth, read
from simulate.scoring.tracking.sums import Sums, sums


def fusion_sums(recording: Path, results: Path, site: Site) -> list[Sums]:
    """The sums of every night; none where the truth of tracks or the vessels are not there.

    Raises
    ------
    RecordingError
        One of the files is wrong, or a night has one of its two only.
    """
    nights = sorted((recording / "truth").glob("tracks-*.parquet"))
    if not nights or not all((results / name).is_file() for name in (VESSELS, LINKED)):
        return []
    said = Said(
        read((results / VESSELS).read_bytes(), FIXES, VESSELS),
        read((results / LINKED).read_bytes(), LINKS, LINKED),
        _events(results),
    )
    out = []
    for tracks in nights:
        echoes = tracks.with_name(tracks.name.replace("tracks-", "echoes-"))
        if not echoes.is_file():
            raise RecordingError(str(echoes), expected="a file to read", came="nothing")
        truth = Truth(
            read(tracks.read_bytes(), TRUTH, tracks.name),
            read(echoes.read_bytes(), ECHOES, echoes.name),
        )
        out.append(sums(truth, said, site))
    return out


def _events(results: Path) -> pl.DataFrame | None:
    """The dark vessels that were told, over or not; None where there are no events to score."""
    events, open_ = results / "events.jsonl", results / OPEN
    if not events.is_file():
        return None
    over = dark_events(events.read_bytes())
    if not open_.is_file():
        return over
    number = int(over["event"].max() or 0)  # type: ignore[arg-type]
    return pl.concat([over, dark_events(open_.read_bytes(), OPEN, number=number)])
