"""`night_reports.jsonl`: the p-value of every pier-night that somebody came in, alert or not.

A report is made at the noon that ends a night. Its p-values compare the pier-night's most unusual
version with pier-nights before it; one that nobody came in has none, and none is known before
enough nights are learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulate.scoring.alerts import rows_of
from simulate.scoring.ground import Ground, Spots
from simulate.scoring.intervals import Float
from simulate.scoring.reading import Row
from simulate.scoring.truth import Landing

FILE: Final = "night_reports.jsonl"
MOST_PIERS: Final = 100_000
#: The stratum of a run that does not say which strata were taken as one.
UNSAID: Final = ""

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PierNights:
    """Columns of the pier-nights that were judged, one row a pier and night (and regime).

    `night` the row of the recording's night; `p`; `stratum`, the strata that were taken as one
    ("idle/calm + low/calm"); `calibrated_by`, how many pier-nights of it p was found among;
    `landing`, whether a true landing began there that night. `reported` (nights,): whether there
    is a report; `not_judged` (nights,): pier-nights that somebody came in before p was known.
    """

    night: Ints
    p: Float
    stratum: NDArray[np.str_]
    calibrated_by: Ints
    landing: Bools
    reported: Bools
    not_judged: Ints


def parse_pier_nights(
    data: bytes,
    nights: Sequence[date],
    landings: Sequence[tuple[Landing, int]],
    ground: Ground,
    file: str = FILE,
) -> PierNights:
    """The pier-nights of a file's bytes.

    Parameters
    ----------
    nights
        Of the recording, by their evenings.
    landings
        The true ones, each with the row of its night.

    Raises
    ------
    RecordingError
        Naming the file, the line, the field and what was expected.
    """
    numbers = {night.isoformat(): n for n, night in enumerate(nights)}
    spots = Spots([landing.spot for landing, _ in landings])
    landed = np.array([night for _, night in landings], np.int64)
    reported, not_judged = np.zeros(len(nights), np.bool_), np.zeros(len(nights), np.int64)
    found: list[tuple[int, float, str, int, bool]] = []
    for report in rows_of(data, file):
        n = numbers.get(report.text("evening"))
        if n is None or reported[n]:
            raise report.wrong("evening", "an evening of the recording that no line before has")
        reported[n], not_judged[n] = True, report.whole("not_judged", 0, MOST_PIERS)
        strata, mine = _strata(report), np.flatnonzero(landed == n)
        for row in report.rows("pier_nights", MOST_PIERS):
            if (p := row.number_or_none("p", 0.0, 1.0)) is None:
                continue
            kind = f"{row.text('pier_class')}/{row.text('regime')}"
            met = bool(len(spots.at(ground.spot(row), mine)))
            found.append((n, p, *strata.get(kind, (UNSAID, 0)), met))
    night, p_values, stratum, calibrated_by, landing = (
        zip(*found, strict=True) if found else [()] * 5
    )
    return PierNights(
        np.array(night, np.int64), np.array(p_values, np.float64), np.array(stratum, np.str_),
        np.array(calibrated_by, np.int64), np.array(landing, np.bool_), reported, not_judged,
    )  # fmt: skip


def joined(parts: Sequence[PierNights | None], nights: Sequence[int]) -> PierNights | None:
    """Several recordings as one, nights counted through; None where none has reports.

    Parameters
    ----------
    nights
        Of each recording, with reports or without.
    """
    known = [
        (part, offset)
        for part, offset in zip(parts, np.cumsum([0, *nights]), strict=False)
        if part is not None
    ]
    if not known:
        return None
    reported, not_judged = np.zeros(sum(nights), np.bool_), np.zeros(sum(nights), np.int64)
    for part, offset in known:
        here = slice(offset, offset + len(part.reported))
        reported[here], not_judged[here] = part.reported, part.not_judged
    return PierNights(
        np.concatenate([part.night + offset for part, offset in known]),
        np.concatenate([part.p for part, _ in known]),
        np.concatenate([part.stratum for part, _ in known]),
        np.concatenate([part.calibrated_by for part, _ in known]),
        np.concatenate([part.landing for part, _ in known]),
        reported, not_judged,
    )  # fmt: skip


def _strata(report: Row) -> dict[str, tuple[str, int]]:
    """By kind of pier-night the name of its group and how many calibrated it."""
    if report.fields.get("strata") is None:
        return {}
    groups = [
        (row.texts("among"), row.whole("calibrated_by", 1, MOST_PIERS))
        for row in report.rows("strata", MOST_PIERS)
    ]
    return {kind: (" + ".join(among), n) for among, n in groups for kind in among}
