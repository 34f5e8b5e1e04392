"""Evidence in nats, weighed against a prior: the posterior, and the level it deserves.

Nats are held in hundredths, as integers, so that what is shown adds up exactly and never hangs
on the order of the rows. Whatever keeps the sum from its face value is an entry of its own: a
block's cap or floor, and the bound of the posterior.

Source: methods 3.2, 5.4; design decision 5.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from models.risk.calibration import IDENTITY, Calibration
from models.risk.evidence_table import BLOCKS, EvidenceTable
from models.risk.likelihood import posterior

#: Blocks that count as independent of each other; anomaly and calibration judge the same facts.
INDEPENDENT: Final = ("identity", "rarity", "timing", "land_side", "recurrence")
#: One of these must speak for a landing before a person is asked to check.
DECISIVE: Final = ("identity", "land_side")
#: Log-odds in hundredths between which the posterior lies within [0.0001, 0.999].
_LOW, _HIGH = -921, 690


@dataclass(frozen=True)
class Evidence:
    """One reason: block, nats to 0.01, code, and the raw facts a person can check.

    `params` are numbers and codes that the catalogues turn into a sentence; `sources` are the
    sensors or registers that it rests on.
    """

    block: str
    nats: float
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As it stands in the alert's envelope."""
        return {
            "block": self.block,
            "nats": self.nats,
            "code": self.code,
            "params": dict(self.params),
            "sources": list(self.sources),
        }

    def sort_key(self) -> tuple[int, str, int, str, tuple[str, ...]]:
        """Order by block, then code, then the strongest first, then what it says."""
        text = json.dumps(dict(self.params), sort_keys=True, default=str)
        return BLOCKS.index(self.block), self.code, -hundredths(self.nats), text, self.sources


@dataclass(frozen=True)
class Weighed:
    """A posterior in [0.0001, 0.999] whose log-odds are `prior_nats` plus the evidence's nats.

    `level` is "verify", "watch" or None where there is nothing to raise; `version` names the
    table of likelihoods. `sum_nats` is the evidence before calibration: what a calibration is
    fitted on.
    """

    posterior: float
    prior_nats: float
    evidence: tuple[Evidence, ...]
    level: str | None
    version: str
    sum_nats: float = 0.0


def hundredths(nats: float) -> int:
    """Nats in hundredths, halves to even; ±99 nats stand for infinity.

    >>> hundredths(3.7495), hundredths(float("-inf"))
    (375, -9900)
    """
    if math.isnan(nats):
        raise ValueError("evidence of NaN nats: a likelihood was computed from nothing")
    return round(min(max(nats, -99.0), 99.0) * 100)


def entry(block: str, nats: float, code: str, sources: Iterable[str], **params: object) -> Evidence:
    """One reason, its nats rounded; parameters that are None are not known, and left out."""
    known = {name: value for name, value in params.items() if value is not None}
    return Evidence(block, hundredths(nats) / 100, code, known, tuple(sorted(sources)))


def weigh(
    table: EvidenceTable,
    entries: Iterable[Evidence],
    prior_nats: float,
    watch: float = 0.2,
    verify: float = 0.6,
    calibration: Calibration = IDENTITY,
) -> Weighed:
    """Add the evidence to the prior, block by block.

    Codes that tell one fact count once: the strongest keeps its nats, the others are shown with
    none. Each block is held between its floor and its cap.

    Parameters
    ----------
    table
        Caps and floors, and which codes tell one fact.
    entries
        In any order.
    prior_nats
        Log-odds of a landing at this pier tonight, before any evidence.
    watch, verify
        Posteriors at which the levels begin (`core.settings.AlertSettings`).
    calibration
        What the sum of all blocks was worth in the end; its correction is the last entry but one.
    """
    shown: list[Evidence] = []
    sums: dict[str, int] = {}
    counted = _each_fact_once(table, entries)
    for name in BLOCKS:
        mine = [e for e in counted if e.block == name]
        raw = sum(hundredths(e.nats) for e in mine)
        block = table.block(name)
        kept = min(max(raw, hundredths(block.floor_nats)), hundredths(block.cap_nats))
        shown.extend(mine)
        if kept < raw:
            shown.append(_entry(name, kept - raw, "block_cap", cap_nats=block.cap_nats))
        elif kept > raw:
            shown.append(_entry(name, kept - raw, "block_floor", floor_nats=block.floor_nats))
        sums[name] = kept
    prior = hundredths(prior_nats)
    raw = sum(sums.values())
    worth = hundredths(calibration(raw / 100))
    if worth != raw:
        shown.append(_entry("calibration", worth - raw, "calibration", sum_nats=raw / 100))
    total = prior + worth
    bounded = min(max(total, _LOW), _HIGH)
    if bounded != total:
        shown.append(_entry("calibration", bounded - total, "posterior_bound"))
    probability = round(posterior(bounded / 100), 6)
    level = _level(probability, sums, watch, verify)
    return Weighed(probability, prior / 100, tuple(shown), level, table.version, raw / 100)


def posterior_without(weighed: Weighed, code: str, calibration: Calibration = IDENTITY) -> float:
    """The posterior that the evidence without one code's nats gives (caps as they are)."""
    less = math.fsum(e.nats for e in weighed.evidence if e.code == code)
    total = hundredths(weighed.prior_nats + calibration(weighed.sum_nats - less))
    return round(posterior(min(max(total, _LOW), _HIGH) / 100), 6)


def _each_fact_once(table: EvidenceTable, entries: Iterable[Evidence]) -> list[Evidence]:
    """Entries in their order, rounded; of one fact in one block only the strongest counts."""
    ordered = _ordered(entries)
    strongest: dict[tuple[str, str], int] = {}
    for row, entry in enumerate(ordered):
        key = (entry.block, table.fact_of(entry.code))
        best = strongest.setdefault(key, row)
        if abs(hundredths(entry.nats)) > abs(hundredths(ordered[best].nats)):
            strongest[key] = row
    out = []
    for row, entry in enumerate(ordered):
        best = strongest[entry.block, table.fact_of(entry.code)]
        if best == row:
            nats = hundredths(entry.nats) / 100
            out.append(entry if nats == entry.nats else replace(entry, nats=nats))
        else:
            params = {**entry.params, "counted_in": ordered[best].code}
            out.append(replace(entry, nats=0.0, params=params))
    return out


def _ordered(entries: Iterable[Evidence]) -> list[Evidence]:
    """By `Evidence.sort_key`, of which what an entry says is written out only to part equals."""
    heads = [(BLOCKS.index(e.block), e.code, -hundredths(e.nats), e) for e in entries]
    if len({head[:3] for head in heads}) < len(heads):
        return sorted((head[3] for head in heads), key=Evidence.sort_key)
    return [head[3] for head in sorted(heads, key=lambda head: head[:3])]


def _entry(block: str, nats_hundredths: int, code: str, **params: float) -> Evidence:
    return Evidence(block, nats_hundredths / 100, code, params)


def _level(probability: float, sums: Mapping[str, int], watch: float, verify: float) -> str | None:
    """Watch and verify; neither on the word of one block, whatever the prior."""
    speaking = [name for name in INDEPENDENT if sums[name] > 0]
    if len(speaking) < 2 or probability < watch:
        return None
    if probability >= verify and any(name in DECISIVE for name in speaking):
        return "verify"
    return "watch"
