"""The figures of a fusion as a table of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from simulate.scoring.intervals import Estimate, wilson
from simulate.scoring.tables import Cell, Scores, Table, figure
from simulate.scoring.tracking.figures import BARS, figures
from simulate.scoring.tracking.sums import Sums
from simulate.scoring.tracking.words import TRACKING

#: Figures that the joined table has in nominal reach too.
_IN_REACH: Final = ("associated", "completeness", "spuriousness", "switches_an_hour")
_ALONE: Final = "_alone"
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


def joined_table(columns: Mapping[str, Sequence[Sums]]) -> str:
    """Several sets of nights side by side, as Markdown: a row a figure, with what is wanted.

    In square brackets the interval over nights drawn again. Events are few: how many of how many
    is said, with Wilson's interval, which takes them for independent.

    Parameters
    ----------
    columns
        The sums of each set's nights, by the head of its column.
    """
    made = {head: figures(nights) for head, nights in columns.items()}
    heads = [f"{head}, nights: {len(nights)}" for head, nights in columns.items()]
    lines = [f"| {' | '.join(['figure', 'wanted', *heads])} |", "| --- " * (len(heads) + 2) + "|"]
    for code in TRACKING:
        for name in (code, f"{code}_reach") if code in _IN_REACH else (code,):
            if not any(name in found for found in made.values()):
                continue
            label = "— ambiguous or not" if name.endswith(_ALONE) else TRACKING[code][0]
            label += ", in nominal reach" * (name != code)
            cells = [_joined(name, made[head], columns[head]) for head in columns]
            lines.append(f"| {' | '.join([label, _wanted(name).text or '', *cells])} |")
    return "\n".join(lines)


def _joined(name: str, found: Mapping[str, Estimate], nights: Sequence[Sums]) -> str:
    one = found.get(name)
    if one is None or one.value is None:
        return "–"
    digits = 1 if name.endswith("_m") else 4
    text = f"{one.value:.{digits}f}"
    if one.nights_low is not None:
        text += f" [{one.nights_low:.{digits}f}–{one.nights_high:.{digits}f}]"
    if name.startswith("dark_event_") and "_time_" not in name:
        count, of = (sum(night.get(name, (0.0, 0.0))[i] for night in nights) for i in (0, 1))
        low, high = wilson(count, of)
        text += f", {count:g} of {of:g} ({low:.2f}–{high:.2f})"
    return text
