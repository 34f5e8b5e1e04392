"""What is grown from the kept rows: the forest, the tails, and the pier-nights that calibrate.

A forest learns the last version of each landing. A pier-night that calibrates is scored by those
trees that did not see the landing (out of bag), as tonight's are by trees that cannot have seen
them; its score is the highest of all versions, because all were judged as they came.

Source: methods 5.2, 5.3; Kim, Xu & Barber, jackknife+-after-bootstrap, NeurIPS 33 (2020).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from models.anomaly import conformal
from models.anomaly.conformal import Stratum
from models.anomaly.ecod import Tail, Tails, as_dicts
from models.anomaly.features import LANDING, PIER_NIGHT, Floats, matrix, medians, vector
from models.anomaly.forest import Forest, grow

#: From here on a p-value speaks against a landing (`conformal.nats`): then nothing is unusual.
USUAL_P: Final = 0.25


@dataclass(frozen=True)
class Unusual:
    """How unusual a candidate is: nats of the anomaly block and what they rest on.

    `p` and `score` are None, and the nats 0, until there are enough pier-nights. `calibrated_by`
    pier-nights of the strata `among` ("idle/calm"); `tails` are its most unusual features, where
    it is unusual at all.
    """

    nats: float = 0.0
    p: float | None = None
    score: float | None = None
    calibrated_by: int = 0
    among: tuple[str, ...] = ()
    tails: tuple[Tail, ...] = ()

    def params(self) -> dict[str, Any]:
        """As the parameters of an entry of evidence."""
        return {
            "p": self.p,
            "score": self.score,
            "n": self.calibrated_by,
            "among": list(self.among),
            "tails": as_dicts(self.tails),
        }


@dataclass(frozen=True, eq=False)
class Learned:
    """What judges tonight's candidates."""

    middle: Floats  # of each feature
    grown: Forest
    tails: Tails
    groups: Mapping[Stratum, tuple[Stratum, ...]]  # those that were observed
    highest: Mapping[tuple[Stratum, ...], Floats]  # scores that calibrate a group, ascending

    def judge(self, rows: pl.DataFrame) -> list[Unusual]:
        """One for each row of ROW, in their order."""
        scores = self.grown.scores(matrix(rows, self.middle)).tolist()
        named = rows.iter_rows(named=True)
        return [self._unusual(row, score) for row, score in zip(named, scores, strict=True)]

    def judge_one(self, row: Mapping[str, Any]) -> Unusual:
        """One row, as `judge` has it.

        Parameters
        ----------
        row
            A checked row of ROW by name: each number as `features.known` gives it.
        """
        return self._unusual(row, self.grown.score(vector(row, self.middle)))

    def _unusual(self, row: Mapping[str, Any], score: float) -> Unusual:
        group = self.groups[row["pier_class"], row["regime"]]
        known = self.highest[group]
        p = float(conformal.p_values(known, [score])[0])
        tails = self.tails.most_unusual(row) if p < USUAL_P else ()
        return Unusual(conformal.nats(p), p, score, len(known), among(group), tails)


def among(group: tuple[Stratum, ...]) -> tuple[str, ...]:
    """The strata of a group as words.

    >>> among((("idle", "calm"), ("low", "calm")))
    ('idle/calm', 'low/calm')
    """
    return tuple(f"{pier_class}/{regime}" for pier_class, regime in group)


def learn(rows: pl.DataFrame, seed: int) -> Learned | None:
    """Grow and calibrate; None where landings or pier-nights are fewer than a stratum must have.

    Parameters
    ----------
    rows
        ROW in order of its key: the order is part of what the forest hangs on.
    seed
        The number of the night.
    """
    landings = last_versions(rows)
    pier_nights = rows.select(PIER_NIGHT).unique().height
    if min(len(landings), pier_nights) < conformal.LEAST:
        return None
    middle = medians(landings)
    grown = grow(matrix(landings, middle), seed)
    highest = _highest(rows, landings, grown, middle)
    by_stratum = {
        (pier_class, regime): part["score"].to_numpy()
        for (pier_class, regime), part in highest.partition_by(
            "pier_class", "regime", as_dict=True
        ).items()
    }
    merged = conformal.strata({stratum: len(part) for stratum, part in by_stratum.items()})
    groups = {s: tuple(t for t in group if t in by_stratum) for s, group in merged.items()}
    joined = {
        group: np.sort(np.concatenate([by_stratum[s] for s in group]))
        for group in set(groups.values())
    }
    if min(map(len, joined.values())) < conformal.LEAST:
        return None
    return Learned(middle, grown, Tails(landings), groups, joined)


def last_versions(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a landing, of rows in order of their key."""
    return rows.unique(LANDING, keep="last", maintain_order=True)


def _highest(
    rows: pl.DataFrame, landings: pl.DataFrame, grown: Forest, middle: Floats
) -> pl.DataFrame:
    """PIER_NIGHT and the highest score that trees gave it which did not see the landing."""
    place = landings.select(LANDING).with_row_index("place")
    learned_as = rows.join(place, on=LANDING, how="left", maintain_order="left")["place"]
    unseen = grown.scores_unseen(matrix(rows, middle), learned_as.cast(pl.Int64).to_numpy())
    scored = rows.with_columns(pl.Series("score", unseen, nan_to_null=True))
    return scored.group_by(PIER_NIGHT).agg(pl.col("score").max()).drop_nulls("score")
