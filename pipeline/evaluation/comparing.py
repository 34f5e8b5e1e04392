"""The product and its rivals on the same recordings: thresholds from the tuning seeds, scores from
the test seeds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.evaluation.contenders import CONTENDERS, Contender
from pipeline.evaluation.patrols import patrols
from pipeline.evaluation.raised import raised
from pipeline.evaluation.runs import SETTINGS, Run, make_runs, run
from pipeline.evaluation.search import ADMITTED, BUDGET, search
from pipeline.evaluation.unseen import unseen
from simulate.scoring.ablations import AS_RECORDED, Ablation, chosen
from simulate.scoring.pool import Pool, pool
from simulate.scoring.scores import overall, plain, ranked, scores

Found = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """So many nights of some recordings."""

    recordings: Sequence[Path]
    nights: int | None

    def make(
        self, hears: Collection[Ablation], runs: Path, told: Callable[[str], None], workers: int
    ) -> None:
        """What is not replayed yet, so many at once."""
        asked = [(path, ablation) for ablation in hears for path in self.recordings]
        make_runs(asked, runs, self.nights, workers, told)

    def replayed(self, ablation: Ablation, runs: Path, told: Callable[[str], None]) -> list[Run]:
        """Their runs with something done to them."""
        found = []
        for path in self.recordings:
            told(f"{path.name}, {ablation.name}")
            found.append(run(path, runs, self.nights, ablation))
        return found


def compared(
    tuning: Part,
    test: Part,
    beside: Part,
    runs: Path,
    told: Callable[[str], None] = lambda _: None,
    workers: int = 1,
) -> Found:
    """Every contender's threshold and scores; JSON values only.

    Parameters
    ----------
    tuning, test, beside
        Where thresholds are found, the product is scored, and all contenders are: a part of `test`.

    Returns
    -------
    `shipped`, the product's scores at the level it ships with, and `everything`, how all that it
    weighed is ranked; `unseen`, false alarms of kinds of nuisance that were off when its threshold
    was chosen; `beside`, the first on that part; `contenders` by code: `tuned` (the
    threshold found), `everything`, and `scores` (of what it raises at that threshold).
    """
    product, level = CONTENDERS[0], SETTINGS.alerts.watch
    test.make([product.hears], runs, told, workers)
    for part in (tuning, beside):
        part.make([contender.hears for contender in CONTENDERS], runs, told, workers)
    found, known = {}, _weighed(tuning.replayed(product.hears, runs, told), product)
    for contender in CONTENDERS:
        rival = contender is not product
        best = search(
            _weighed(tuning.replayed(contender.hears, runs, told), contender) if rival else known
        )
        asked = beside.replayed(contender.hears, runs, told)
        found[contender.code] = {
            "tuned": asdict(best),
            "everything": plain(ranked(_weighed(asked, contender))),
            "scores": _at(asked, contender, best.threshold),
        }
        told(f"{contender.code}: threshold {best.threshold:g}")
    asked = test.replayed(product.hears, runs, told)
    weighed = _weighed(asked, product)
    return {
        "budget": BUDGET, "admitted": ADMITTED, "level": level,
        "shipped": _at(asked, product, level), "everything": plain(overall(weighed)),
        "unseen": plain(unseen(known, weighed)), "patrols": plain(patrols(asked)),
        "beside": _at(beside.replayed(product.hears, runs, told), product, level),
        "contenders": found,
    }  # fmt: skip


def ablated(
    part: Part,
    runs: Path,
    told: Callable[[str], None] = lambda _: None,
    only: Collection[str] = (),
    workers: int = 1,
) -> Found:
    """The product on a part of a set under ablations, at the level it ships with.

    Parameters
    ----------
    only
        Their names; none: all.
    """
    product, rows = CONTENDERS[0], {}
    part.make(chosen(only), runs, told, workers)
    for ablation in chosen(only):
        asked = part.replayed(ablation, runs, told)
        rows[ablation.name] = {
            "title_zh": ablation.title_zh,
            "everything": plain(ranked(_weighed(asked, product))),
            "scores": _at(asked, product, SETTINGS.alerts.watch),
        }
    counts = rows[AS_RECORDED.name]["scores"]["counts"]
    return {"nights": counts["nights"], "landings": counts["landings"], "rows": rows}


def _weighed(asked: Sequence[Run], who: Contender) -> Pool:
    """All that a contender weighed, whatever the level."""
    return pool([one.judged(who.says(one.replayed), who.code) for one in asked])


def _at(asked: Sequence[Run], who: Contender, level: float) -> Found:
    judged = [one.judged(raised(who.says(one.replayed), level), who.code) for one in asked]
    made: Found = plain(scores(judged))
    del made["curve"]
    if who is not CONTENDERS[0]:
        del made["conformal"]  # of the replay, not of what a rival makes of it
    return made
