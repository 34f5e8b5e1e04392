"""One row of plain numbers for each candidate landing, and the matrix that a forest reads.

A number that is not known is null. A forest cannot read that, and a number put in its place would
be an invention ("0 km from the next vessel"). So the matrix has the median of what is known there,
and a mask says how many features were not known, another how many sensors looked at all. Masks
are counts on purpose: a forest divides by each column as readily as by any other, and a flag for
each feature and sensor, most of them 0 or 1 by chance, drowned the numbers (ROC-AUC 0.76 instead
of 0.90 on made rows with three features 4 sigma out).

Source: methods 5.2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: What is told of a candidate; null: not known.
VALUES: Final = (
    "hour_h",  # of berthing from local midnight, -12 … 12
    "dwell_min",  # in berth so far
    "silence_min",  # the longest on the way in; 0: heard all the time
    "approach_kn",  # speed on the way in
    "turn_deg",  # largest change of heading on the way in, 0 … 180
    "length_m",
    "surprise_nats",  # of a visit at this pier tonight (models.baseline.rates)
    "tide_margin_m",  # water under the keel at the berth
    "high_water_h",  # from the nearest high water, negative before it
    "trucks",  # goods vehicles that were there with it
    "truck_lag_min",  # of the first of them, negative before berthing
    "scout_lag_min",  # of a scout or a second vessel of the convoy
    "radar_only",  # 1: no transponder was ever heard, 0: it was
)
#: 1: the sensor looked at the pier, 0: it did not.
COVERED: Final = (
    "covered_ais",
    "covered_radar",
    "covered_camera",
    "covered_vehicles",
    "covered_anpr",
)
FEATURES: Final = VALUES + COVERED
#: What a row is about. A landing is (pier, from_us, subject); `clock_s` is the tick of the version.
LANDING: Final = ("pier", "from_us", "subject")
KEY: Final = (*LANDING, "clock_s")
#: What is compared with its own kind only (Mondrian strata).
PIER_CLASSES: Final = ("idle", "low", "active")
REGIMES: Final = ("calm", "storm_shelter", "moratorium", "festival")
#: What calibrates: the highest score of one pier in one night, within its stratum.
PIER_NIGHT: Final = ("pier", "night", "pier_class", "regime")

ROW: Final = pl.Schema(
    {
        "pier": pl.Int64(),  # row of the site's pier table
        "from_us": pl.Int64(),
        "subject": pl.String(),
        "clock_s": pl.Int64(),
        "night": pl.Int32(),  # days since 1970 of its evening
        "pier_class": pl.String(),
        "regime": pl.String(),
        **{name: pl.Float64() for name in FEATURES},
    }
)

_LARGEST: Final = 1e9  # no feature is larger in its unit; what is, is not known


def checked(rows: pl.DataFrame) -> pl.DataFrame:
    """ROW in the order it came in; what is not finite, or too large to be, is not known.

    Raises
    ------
    ValueError
        A pier class or a regime that is none.
    """
    numbers = (
        # -0.0 sorts as 0.0 does, and one of them is to be kept.
        pl.when(pl.col(n) == 0.0).then(0.0).when(pl.col(n).abs() <= _LARGEST).then(n).alias(n)
        for n in FEATURES
    )
    rows = rows.select(ROW.names()).cast(ROW).with_columns(numbers)
    for column, words in (("pier_class", PIER_CLASSES), ("regime", REGIMES)):
        other = set(rows[column].to_list()) - set(words)
        if other:
            raise ValueError(
                f"anomaly row: {column} is one of {words}, not {sorted(map(str, other))}"
            )
    return rows


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """ROW by key, one row a key, whatever order the rows came in; checked."""
    ordered = checked(rows).sort(*KEY, pl.all().exclude(KEY))
    return ordered.unique(KEY, keep="first", maintain_order=True)


def medians(rows: pl.DataFrame) -> Floats:
    """The median of what is known of each of VALUES, shape (values,); NaN where nothing is."""
    known = (rows[name].drop_nulls().to_numpy() for name in VALUES)
    return np.array([float(np.median(x)) if len(x) else np.nan for x in known])


def matrix(rows: pl.DataFrame, middle: Floats) -> Floats:
    """VALUES, how many sensors looked, how many features are not known: shape (rows, values + 2).

    Parameters
    ----------
    middle
        `medians` of the rows that the forest learns from. A value of which they know nothing is
        0 in every row, known or not: a constant, by which no tree divides.
    """
    numbers = np.asarray(rows.select(FEATURES).to_numpy(), np.float64)  # NaN: not known
    unknown = np.isnan(numbers)
    out = np.zeros((len(rows), len(VALUES) + 2))
    for j in range(len(VALUES)):
        if not np.isnan(middle[j]):
            out[:, j] = np.where(unknown[:, j], middle[j], numbers[:, j])
    for j in range(len(VALUES), len(FEATURES)):
        out[:, -2] += np.where(unknown[:, j], 0.0, numbers[:, j])
    out[:, -1] = unknown.sum(axis=1)
    return out


def vector(row: Mapping[str, float | None], middle: Floats) -> Floats:
    """A row of `matrix` from plain numbers by name, None where not known; shape (values + 2,)."""
    out = np.zeros(len(VALUES) + 2)
    for j, name in enumerate(VALUES):
        value, usual = row[name], float(middle[j])
        if not math.isnan(usual):
            out[j] = usual if value is None else value
    for name in COVERED:
        out[-2] += row[name] or 0.0
    out[-1] = sum(row[name] is None for name in FEATURES)
    return out


def known(value: float | None) -> float | None:
    """A number as ROW has it after `checked`.

    >>> known(-0.0), known(float("nan")), known(1e12), known(3)
    (0.0, None, None, 3.0)
    """
    if value is None or not abs(value) <= _LARGEST:
        return None
    return float(value) or 0.0
