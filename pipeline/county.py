"""`pierwatch simulate` and `evaluate`: a county that is known, and how alerts did there."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from core.errors import InputError, RecordingError
from pipeline.fusion_scores import fusion_sums
from pipeline.recording import read_recording
from simulate.command import simulate as make
from simulate.scoring import scores
from simulate.scoring.pier_nights import FILE as NIGHT_REPORTS
from simulate.scoring.report_html import report_html
from simulate.scoring.report_text import report_text
from simulate.scoring.tracking.figures import figures
from simulate.scoring.tracking.tables import tracking_table


def simulate(
    site_folder: Path,
    out: Path,
    nights: int,
    seed: int,
    scale: str,
    *,
    off: Collection[str] = (),
    tracks: bool = False,
    radar_bias: float | None = None,
    workers: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Write a simulated recording; the folder is new, and has its name only when it is whole.

    Parameters are those of `simulate.command.simulate`.

    Raises
    ------
    InputError
        The folder is there.
    """
    if out.exists():
        raise InputError(
            str(out), expected="a folder that is not there yet", came="one that is",
            act="Name another, or remove it.",
        )  # fmt: skip
    unfinished = out.with_name(out.name + ".part")
    if unfinished.exists():  # a second run beside the one that writes it would mix with it
        raise InputError(
            str(unfinished), expected="a folder that is not there yet",
            came="one that is being written, or was when it broke off",
            act="Wait for the other run, or remove it.",
        )  # fmt: skip
    unfinished.mkdir(parents=True)
    files = {p.name: p.read_bytes() for p in sorted(site_folder.iterdir()) if p.is_file()}
    for name, data in make(
        files, nights, seed, scale, off=off, radar_bias=radar_bias, tracks=tracks, workers=workers
    ):
        path = unfinished / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        progress(len(data))
    unfinished.rename(out)


def evaluate(recording: Path, results: Path, language: str = "en") -> tuple[dict[str, Any], str]:
    """Score a replay's alerts against the truth (contract, "How alerts are scored"), and its
    vessels where both the truth of tracks and `vessels.parquet`, `links.parquet` are there.

    Writes `scores.json` and `scores.html` beside the alerts.

    Returns
    -------
    The scores, and the report as text.

    Raises
    ------
    RecordingError, SiteError
        Naming file, row, field and what was expected.
    """
    about = read_recording(recording)
    alerts, truth = _read(results / "alerts.jsonl"), _read(recording / "truth.json")
    ended = results / NIGHT_REPORTS
    judged = scores.judge_bytes(
        alerts, truth, about.site, about.start, about.end, about.name,
        _read(ended) if ended.exists() else None,
    )  # fmt: skip
    found = scores.plain(scores.scores([judged]))
    nights = fusion_sums(recording, results, about.site)
    more = []
    if nights:
        found["tracking"] = scores.plain(figures(nights))
        more.append(tracking_table(found["tracking"]))
    text = json.dumps(found, ensure_ascii=False, indent=1)
    (results / "scores.json").write_text(text + "\n", "utf-8")
    (results / "scores.html").write_text(report_html(found, about.name, language, more), "utf-8")
    return found, report_text(found, language, more)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecordingError(
            str(path), expected="a file to read", came=error.strerror or "nothing",
            act="Name a recording with its truth, and the folder of a replay of it.",
        ) from error  # fmt: skip
