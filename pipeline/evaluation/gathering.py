"""What `pierwatch evaluation` and `evaluate --ablate` do: runs, scores, and the files of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from models.risk.calibration import as_toml
from pipeline.evaluation.calibrating import fitted
from pipeline.evaluation.comparing import Part, ablated, compared
from pipeline.evaluation.page import ablation_table, page
from pipeline.evaluation.runs import version
from pipeline.evaluation.sets import Cache, seeds_of
from simulate.scoring.ablations import AS_RECORDED
from simulate.scoring.report_text import table_text

_HOUSE: Final = Path(__file__).parents[2]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What is to be scored.

    Attributes
    ----------
    seeds, tuning, rivals, ablate
        As `sets.seeds_of` reads them: scored, tuned on, rivals scored beside, and spoilt.
    recorded
        Nights of each recording.
    nights, tuning_nights, ablate_nights
        The first so many are replayed; 0 of `ablate_nights`: no ablations.
    only
        Names of ablations; none: all.
    command
        To be named on the page.
    workers
        Replays at once.
    """

    seeds: str
    tuning: str
    rivals: str
    ablate: str
    recorded: int
    nights: int
    tuning_nights: int
    ablate_nights: int
    command: str
    only: tuple[str, ...] = ()
    workers: int = 1


def write_report(asked: Asked, cache: Cache, out: Path, told: Tell) -> dict[str, Any]:
    """Replay, tune, score; write `evaluation.md`, `evaluation.zh.md` and `evaluation.json`.

    Raises
    ------
    SettingsError, InputError, RecordingError
        Naming what was expected.
    """
    runs = cache.folder / "runs"

    def part(seeds: str, nights: int) -> Part:
        paths = [cache.recording(seed, asked.recorded) for seed in seeds_of(seeds)]
        return Part(paths, None if nights == asked.recorded else nights)

    tuning, test = part(asked.tuning, asked.tuning_nights), part(asked.seeds, asked.nights)
    rivals = part(asked.rivals, asked.nights)
    found = compared(tuning, test, rivals, runs, told, asked.workers)
    if asked.ablate_nights:
        found["ablations"] = ablated(
            part(asked.ablate, asked.ablate_nights), runs, told, asked.only, asked.workers
        )
    found["made"] = {
        "command": asked.command, "commit": commit(), "version": version(),
        "test_seeds": _listed(asked.seeds), "tuning_seeds": _listed(asked.tuning),
        "tuning_nights": asked.tuning_nights, "rival_seeds": _listed(asked.rivals),
    }  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "evaluation.json", found)
    (out / "evaluation.md").write_text(page(found, "en"), "utf-8")
    (out / "evaluation.zh.md").write_text(page(found, "zh"), "utf-8")
    return found


def calibrate(
    seeds: str, recorded: int, nights: int, cache: Cache, out: Path, told: Tell, workers: int
) -> str:
    """Fit a calibration on seeds of the set and write it; what it rests on, in a sentence.

    Raises
    ------
    ValueError
        The seeds have too few landings, or other alerts, for a curve.
    """
    runs = cache.folder / "runs"
    paths = [cache.recording(seed, recorded) for seed in seeds_of(seeds)]
    part = Part(paths, None if nights == recorded else nights)
    part.make([AS_RECORDED], runs, told, workers)
    source = f"simulated county, tuning seeds {_listed(seeds)}, {nights} nights each"
    found = fitted(part.replayed(AS_RECORDED, runs, told), version(), source)
    out.write_text(as_toml(found.curve), "utf-8")
    return str(found)


def ablate(
    recording: Path, results: Path, nights: int | None, only: list[str], language: str, told: Tell
) -> str:
    """Ablations of one recording, replays kept under `results`; their table as text."""
    found = ablated(Part([recording], nights), results / "ablations", told, only)
    _write(results / "ablations.json", found)
    return table_text(ablation_table(found, language), language)


def _write(path: Path, found: dict[str, Any]) -> None:
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _listed(seeds: str) -> str:
    return ", ".join(map(str, seeds_of(seeds)))


def commit() -> str:
    """The checkout's commit, with a plus where files differ from it; `unknown` without git."""
    try:
        told = [
            subprocess.run(
                ["git", "-C", str(_HOUSE), *words],
                capture_output=True, text=True, check=True, timeout=20,
            ).stdout.strip()
            for words in (["rev-parse", "--short", "HEAD"], ["status", "--porcelain", "-uno"])
        ]  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return told[0] + "+" * bool(told[1])
