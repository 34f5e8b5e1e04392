"""Replays of the evaluation, kept beside the set: what was run once is not run again.

A run's folder says of which recording, of how many of its nights, what was done to them, and, by a
hash of the source, which version of the product replayed them.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from core.settings import Settings
from pipeline.baselines.envelopes import Replayed, Row, read_replayed
from pipeline.collector import looks_seldom
from pipeline.evaluation.altered import altered
from pipeline.evaluation.raised import raising_everything
from pipeline.evaluation.sets import hashed, source
from pipeline.recording import Recording, read_recording
from pipeline.replay import replay
from simulate.scoring.ablations import AS_RECORDED, Ablation
from simulate.scoring.alerts import as_rows, gather
from simulate.scoring.ground import Ground
from simulate.scoring.judging import Judged, judge
from simulate.scoring.pier_nights import FILE as NIGHT_REPORTS
from simulate.scoring.truth import parse_truth

OUTLOOKS: Final = "outlooks.jsonl"
#: The rooms that decide what a replay says.
_ROOMS: Final = ("core", "geo", "models", "ingest", "alerts", "engine", "pipeline")
_NOT: Final = ("sources", "baselines", "evaluation", "play")
SETTINGS: Final = Settings()  # the defaults: a figure must not hang on somebody's pierwatch.toml


@dataclass(frozen=True)
class Run:
    """A replay that raised everything, with the recording that it was made of; `reports` on its
    nights are None of a version that wrote none. `outlooks` as the engine wrote them."""

    about: Recording
    truth: bytes
    replayed: Replayed
    reports: bytes | None
    outlooks: Sequence[Row] = ()

    def judged(self, alerts: Iterable[Row], who: str) -> Judged:
        """Alerts of this recording against its truth."""
        ground = Ground(self.about.site)
        said = gather(as_rows(alerts, who), ground)
        truth = parse_truth(self.truth, ground)
        start, end = self.about.start, self.about.end
        return judge(said, truth, ground, start, end, self.about.name, self.reports)


def run(
    recording: Path, runs: Path, nights: int | None = None, ablation: Ablation = AS_RECORDED
) -> Run:
    """The run of a recording's first nights with something done to it; replayed where it is new."""
    folder = _folder(recording, runs, nights, ablation)
    heard = folder / "recording"
    if not _is_made(folder):
        shutil.rmtree(folder, ignore_errors=True)  # of a run that was broken off
        folder.mkdir(parents=True)
        altered(recording, heard, ablation, nights)
        replay(read_recording(heard), raising_everything(SETTINGS), out=folder)
        shutil.rmtree(heard / "feeds")
    about = read_recording(heard)
    truth = (heard / "truth.json").read_bytes()
    ended = folder / NIGHT_REPORTS
    reports = ended.read_bytes() if ended.exists() else None
    outlooks = [json.loads(line) for line in (folder / OUTLOOKS).read_bytes().splitlines()]
    return Run(about, truth, read_replayed(about.site, folder), reports, outlooks)


def make_runs(
    asked: Sequence[tuple[Path, Ablation]],
    runs: Path,
    nights: int | None,
    workers: int,
    told: Callable[[str], None],
) -> None:
    """Replay what is new of many, several at once: one replay keeps one core busy."""
    new = {
        folder: each
        for each in asked
        if not _is_made(folder := _folder(each[0], runs, nights, each[1]))
    }
    told(f"{len(new)} replays to make")
    if workers == 1 or len(new) < 2:  # a process takes seconds to begin
        for each in new.values():
            _make(each, runs, nights)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_make, each, runs, nights) for each in new.values()]
        for number, done in enumerate(as_completed(waiting), 1):
            told(f"{done.result()}: {number} of {len(new)}")


def _make(asked: tuple[Path, Ablation], runs: Path, nights: int | None) -> str:
    looks_seldom()  # in a process of its own nobody else said so
    run(asked[0], runs, nights, asked[1])
    return f"{asked[0].name}, {asked[1].name}"


def _folder(recording: Path, runs: Path, nights: int | None, ablation: Ablation) -> Path:
    return runs / f"{recording.name}~{nights or 'all'}~{slug(ablation.name)}~{version()}"


def _is_made(folder: Path) -> bool:
    return (folder / "summary.json").exists()


@cache
def version() -> str:
    """A hash of everything that decides what a replay says, as it was when it was first asked."""
    return hashed(source(*_ROOMS, without=_NOT))


def slug(name: str) -> str:
    """A name that may stand in a file's.

    >>> slug("AIS thinned by 10 %"), slug("radar clock +30 s"), slug("radar bias 30 m, 0.3°")
    ('ais-thinned-by-10', 'radar-clock-30-s', 'radar-bias-30-m-0.3')
    """
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-")
