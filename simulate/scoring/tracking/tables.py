"""The figures of a fusion as a table of the report."""

from __future__ import annotations

from simulate.scoring.tables import Cell, Scores, Table, figure
from simulate.scoring.tracking.figures import BARS
from simulate.scoring.tracking.words import TRACKING

_NOT_ROWS = frozenset({"tracking", "tracking_says", "wanted", "in_sight", "in_reach"})


def tracking_table(found: Scores) -> Table:
    """What `figures` gave (as `scores.plain` gives it): a row a figure, with what is wanted."""
    rows = [
        [
            Cell(code), figure(found[code]), _wanted(code),
            figure(found[f"{code}_reach"]) if f"{code}_reach" in found else Cell(text=""),
        ]
        for code in TRACKING
        if code not in _NOT_ROWS and code in found
    ]  # fmt: skip
    columns = [Cell("name"), Cell("in_sight"), Cell("wanted"), Cell("in_reach")]
    return Table("tracking", columns, rows, Cell("tracking_says", {"nights": found["nights"]}))


def _wanted(code: str) -> Cell:
    bar = BARS.get(code)
    if bar is None:
        return Cell(text="")
    return Cell(text=f"≥ {bar:g}" if bar > 0 else f"≤ {-bar:g}")
