"""The product and its rivals on the same recordings: thresholds from the tuning seeds, scores from
the test seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.evaluation.contenders import CONTENDERS, Contender
from pipeline.evaluation.raised import raised
from pipeline.evaluation.runs import SETTINGS, Run, run
from pipeline.evaluation.search import BUDGET, search
from simulate.scoring.pool import pool
from simulate.scoring.scores import plain, ranked, scores

Tell = Callable[[str], None]


def compared(
    tuning: Sequence[Path], test: Sequence[Path], nights: int | None, runs: Path, told: Tell
) -> dict[str, Any]:
    """Every contender: the threshold found on the tuning recordings, and the scores on the test
    recordings, by code; JSON values only.

    Parameters
    ----------
    nights
        How many of each recording's; None: all.
    runs
        Where replays are kept.
    """
    found = {}
    for contender in CONTENDERS:
        mine = [_run(contender, path, nights, runs, told) for path in tuning]
        best = search(pool([r.judged(contender.says(r.replayed), contender.code) for r in mine]))
        asked = [_run(contender, path, nights, runs, told) for path in test]
        said = [contender.says(r.replayed) for r in asked]
        found[contender.code] = {
            "tuned": {**asdict(best), "budget": BUDGET},
            "everything": _ranked(asked, said, contender.code),
            "scores": _at(asked, said, best.threshold, contender.code),
        }
        told(f"{contender.code}: threshold {best.threshold:g}")
    return found


def shipped(test: Sequence[Path], nights: int | None, runs: Path, told: Tell) -> dict[str, Any]:
    """The product's scores at the level that it ships with."""
    product = CONTENDERS[0]
    asked = [_run(product, path, nights, runs, told) for path in test]
    said = [r.replayed.alerts for r in asked]
    return _at(asked, said, SETTINGS.alerts.watch, product.code)


def ablated(runs_of: Sequence[Run], watch: float | None = None) -> dict[str, Any]:
    """What one ablation's runs came to: the ranking of everything, and what the level raised."""
    said = [r.replayed.alerts for r in runs_of]
    level = SETTINGS.alerts.watch if watch is None else watch
    return {
        "everything": _ranked(runs_of, said, "product"),
        "scores": _at(runs_of, said, level, "product"),
    }


def _run(who: Contender, path: Path, nights: int | None, runs: Path, told: Tell) -> Run:
    told(f"{path.name}, {who.hears.name}")
    return run(path, runs, nights, who.hears)


def _ranked(asked: Sequence[Run], said: Sequence[Any], who: str) -> dict[str, Any]:
    judged = [r.judged(rows, who) for r, rows in zip(asked, said, strict=True)]
    made: dict[str, Any] = plain(ranked(pool(judged)))
    return made


def _at(asked: Sequence[Run], said: Sequence[Any], level: float, who: str) -> dict[str, Any]:
    judged = [r.judged(raised(rows, level), who) for r, rows in zip(asked, said, strict=True)]
    made: dict[str, Any] = plain(scores(judged))
    return made
