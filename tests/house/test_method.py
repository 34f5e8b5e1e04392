"""The page on the method says what the tables say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image


@pytest.mark.parametrize(("language", "page"), [("en", "method.md"), ("zh", "method.zh.md")])
def test_the_worked_numbers_are_those_of_the_tables_that_ship(
    language: str, page: str, root: Path, script: Callable[[str], ModuleType]
) -> None:
    made = script("method_numbers").worked(language)
    assert made in (root / "docs" / page).read_text("utf-8"), (
        f"docs/{page} is behind the tables: run scripts/method_numbers.py"
    )


def test_the_worked_landing_is_told_and_the_lawful_one_is_not(
    script: Callable[[str], ModuleType],
) -> None:
    landing, lawful, _ = script("method_numbers").worked().split("\n\n#### ")
    assert "level: **verify**" in landing
    assert "level: **none**" in lawful


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["chain", "evidence"])
def test_the_pictures_are_of_the_worked_numbers(
    name: str, language: str, root: Path, script: Callable[[str], ModuleType]
) -> None:
    picture = root / "docs" / "images" / f"method-{name}-{language}.png"
    with Image.open(picture) as shown:
        assert shown.text["Description"] == script("draw_method").digest(), (
            f"{picture.name} is behind the tables: run scripts/draw_method.py"
        )
    page = "method.md" if language == "en" else "method.zh.md"
    assert f"images/{picture.name}" in (root / "docs" / page).read_text("utf-8")
