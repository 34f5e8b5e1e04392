"""The report for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from simulate.scoring.tables import Cell, Scores, Table, tables
from simulate.scoring.words import printable, word


def report_text(found: Scores, language: str = "en", more: Sequence[Table] = ()) -> str:
    """Scores (as `scores.plain` gives them) as text.

    Parameters
    ----------
    language
        `en` or `zh`.
    more
        Further tables, such as `tables.compared` of the ablations.
    """
    parts = [word("title", language), word("simulated", language), word("how", language)]
    parts += [table_text(table, language) for table in (*tables(found), *more)]
    return "\n\n".join(parts) + "\n"


def table_text(table: Table, language: str) -> str:
    """One table with its heading, columns aligned."""
    lines = ["## " + word(table.title, language)]
    if table.says is not None:
        lines.append(said(table.says, language))
    rows = [[said(cell, language) for cell in row] for row in table.rows]
    if table.columns and rows:
        rows.insert(0, [said(cell, language) for cell in table.columns])
    return "\n".join([*lines, *_aligned(rows)])


def said(cell: Cell, language: str) -> str:
    """What a cell says; control characters of foreign names are shown as such."""
    text = word(cell.code, language, **cell.values) if cell.text is None else cell.text
    return printable(text)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    widths = [max(_width(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    """Columns that a text takes on a terminal: a Chinese letter takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
