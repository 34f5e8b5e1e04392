"""Tables for a page of the documentation."""

from __future__ import annotations

from collections.abc import Sequence

from simulate.scoring.report_text import said
from simulate.scoring.tables import Cell, Table
from simulate.scoring.words import word


def table_markdown(table: Table, language: str, *, level: int = 3) -> str:
    """One table with its heading and the sentence beneath it.

    Parameters
    ----------
    language
        `en` or `zh`.
    level
        Of the heading.
    """
    parts = ["#" * level + " " + word(table.title, language)]
    if table.says is not None:
        parts.append(said(table.says, language))
    rows = [[_said(cell, language) for cell in row] for row in table.rows]
    if rows:
        heads = [_said(cell, language) for cell in table.columns] or [""] * len(rows[0])
        rule = ["---"] * len(rows[0])
        parts.append("\n".join(_line(cells) for cells in (heads, rule, *rows)))
    return "\n\n".join(parts)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _said(cell: Cell, language: str) -> str:
    """A bar in a foreign name would begin a column of its own."""
    return said(cell, language).replace("|", "\\|")
