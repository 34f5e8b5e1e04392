"""What officers decide in the scenes of the engine, by seed: mostly permits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import numpy as np
import polars as pl
from nasty_scenes import STARTS_S

from core.schema import DECISION
from core.times import utc_text

REGIMES = ("fog", "gale", "festival", "typhoon_shelter")
Decided = tuple[int, str, dict[str, Any]]


def decisions(told: Sequence[Decided]) -> pl.DataFrame:
    """Tick, kind and content as the engine gets them, by tick."""
    rows = [
        {"tick_s": tick_s, "decision_id": i, "kind": kind, "content": json.dumps(content)}
        for i, (tick_s, kind, content) in enumerate(sorted(told, key=itemgetter(0)))
    ]
    return pl.DataFrame(rows, DECISION)


def permit(
    pier_id: str, from_s: int, to_s: int, vessel_id: str | None = None, plate: str | None = None
) -> dict[str, Any]:
    """A permit's content; for any call where nobody is named."""
    times = {"from": utc_text(from_s * 1_000_000), "to": utc_text(to_s * 1_000_000)}
    named = {"vessel_id": vessel_id, "plate": plate}
    whom = {name: value for name, value in named.items() if value}
    return {"pier_id": pier_id, **times, **whom, "reason": "ice", "issued_by": "harbour"}


def regime(kind: str, from_s: int, to_s: int | None) -> dict[str, Any]:
    """A declaration's content; until further notice where it has no end."""
    end = {} if to_s is None else {"to": utc_text(to_s * 1_000_000)}
    return {"kind": kind, "from": utc_text(from_s * 1_000_000), **end}


def interception(pier_id: str, at_s: int) -> dict[str, Any]:
    """That a landing was intercepted: the desk fills in its pier and berthing."""
    at = utc_text(at_s * 1_000_000)
    return {"alert_id": "a", "at": at, "result": "seized", "pier_id": pier_id, "berth_from": at}


def decided(seed: int) -> pl.DataFrame:
    """Permits before, within and after the stories, some given twice; verdicts, interceptions;
    fogs and gales, some ended early."""
    rng = np.random.default_rng([seed, 77])
    told: list[Decided] = []
    for _ in range(int(rng.integers(0, 8))):
        start = int(rng.choice(STARTS_S, p=[0.1, 0.9]))  # most is said in the second night
        tick_s = start + int(rng.integers(-3600, 4 * 3600))
        if rng.random() < 0.2:
            told.append((tick_s, "verdict", {"alert_id": "a", "verdict": "lawful"}))
            told.append((tick_s + 600, "interception", interception("P2", tick_s)))
            continue
        from_s = start + int(rng.integers(-7200, 3600))
        if rng.random() < 0.25:
            kind, lasts_s = str(rng.choice(REGIMES)), int(rng.choice([0, 60, 7200, 90_000, -1]))
            until_s = None if lasts_s < 0 else max(from_s, tick_s) + lasts_s
            told.append((tick_s, "regime", regime(kind, from_s, until_s)))
            continue
        to_s = from_s + int(rng.choice([0, 600, 7200, 8 * 3600, 90_000]))
        whom = str(rng.choice(["V9", ""], p=[0.2, 0.8])) or None
        content = permit(str(rng.choice(["P1", "P2", "P3"], p=[0.8, 0.1, 0.1])), from_s, to_s, whom)
        told.append((tick_s, "permit", content))
        if rng.random() < 0.3:
            told.append((tick_s + int(rng.integers(0, 90_000)), "permit", content))
    return decisions(told)
