"""B3 and B4: the product's own evidence, weighed otherwise."""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import cache
from importlib.resources import files

from models.risk.evidence import INDEPENDENT
from models.risk.judgements import Judgements, parse_judgements
from models.risk.severity import severity
from pipeline.baselines.envelopes import Replayed, Row, bounded

PAPER = "judgements_paper.toml"


def ahp_alone(replayed: Replayed) -> list[Row]:
    """B3, the source paper's way: AHP over the evidence itself, by the matrix of methods 6.2.

    Each block of evidence is a criterion, and its nats give the value (`judgements_paper.toml`).
    """
    judgements = _paper()
    return [
        {**alert, "posterior": bounded(severity(judgements, _nats(alert)).score)}
        for alert in replayed.alerts
    ]


def chain_alone(replayed: Replayed) -> list[Row]:
    """B4: prior and evidence of the five blocks, without anomaly and calibration."""
    return _of_blocks(replayed, INDEPENDENT)


def uncorrected(replayed: Replayed) -> list[Row]:
    """The product before calibration: prior and evidence, the anomaly's with it."""
    return _of_blocks(replayed, (*INDEPENDENT, "anomaly"))


def _of_blocks(replayed: Replayed, blocks: Collection[str]) -> list[Row]:
    out = []
    for alert in replayed.alerts:
        odds = float(alert["prior_nats"]) + sum(_nats(alert, blocks).values())
        out.append({**alert, "posterior": bounded(1.0 / (1.0 + math.exp(-odds)))})
    return out


@cache
def _paper() -> Judgements:
    return parse_judgements(files("models.risk").joinpath(PAPER).read_bytes(), PAPER)


def _nats(alert: Row, blocks: Collection[str] = INDEPENDENT) -> dict[str, float]:
    """The sum of each of the blocks; nothing said is nothing known, and counts nothing."""
    entries = alert.get("evidence") or ()
    sums = dict.fromkeys(blocks, 0.0)
    for entry in entries:
        if entry["block"] in sums:
            sums[entry["block"]] += float(entry["nats"])
    return sums
