"""The page on the method says what the tables say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType


def test_the_worked_numbers_are_those_of_the_tables_that_ship(
    root: Path, script: Callable[[str], ModuleType]
) -> None:
    made = script("method_numbers").worked()
    assert made in (root / "docs" / "method.md").read_text("utf-8"), (
        "docs/method.md is behind the tables: run scripts/method_numbers.py"
    )


def test_the_worked_landing_is_told_and_the_lawful_one_is_not(
    script: Callable[[str], ModuleType],
) -> None:
    landing, lawful, _ = script("method_numbers").worked().split("\n\n#### ")
    assert "level: **verify**" in landing
    assert "level: **none**" in lawful
