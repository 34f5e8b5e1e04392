"""No detector may know what the simulator invents: its numbers, its names, its marks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulate.plan import VARIANTS
from simulate.priors import NUISANCES, TEST_SEEDS, TUNING_SEEDS

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "geo", "models", "ingest", "alerts", "engine")
SOURCES = sorted(
    path for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in (".py", ".toml")
)

#: What would tell a simulated vessel, gang or set of seeds from a real one.
MARKS = (
    r"41[23]99\d",  # the invented MMSI
    r"\bDARK [\d{]",
    r"\bSKIFF\b",
    r"truth\.json",
    r"\bpriors_of\b",
    r"\b(TUNING|TEST)_SEEDS\b",
    "("
    + "|".join(
        str(tuple(seeds))[1:-1].replace(", ", r",\s*") for seeds in (TUNING_SEEDS, TEST_SEEDS)
    )
    + ")",
    r"['\"](never_any|cloned|ais_left_on|beidou_only)['\"]",
)


@pytest.mark.parametrize("mark", MARKS)
def test_no_detector_knows_a_mark_of_what_is_invented(mark: str) -> None:
    assert len(SOURCES) > 150
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in SOURCES
        for match in re.finditer(mark, path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_the_marks_are_those_of_the_simulator() -> None:
    """The test above would find them where they do stand."""
    simulator = "".join(path.read_text("utf-8") for path in (ROOT / "simulate").glob("*.py"))
    registers = (ROOT / "sites/xiangshan/vessels.csv").read_text("utf-8")
    for mark in MARKS:
        assert re.search(mark, simulator + registers), mark


def test_kinds_and_variants_are_plain_words() -> None:
    for word in (*NUISANCES, *VARIANTS):
        assert re.fullmatch(r"[a-z_]+", word)
    assert set(NUISANCES.values()) == {"sea", "land", "sensor"}
