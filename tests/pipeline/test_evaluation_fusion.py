"""`pierwatch evaluation fusion`: nights made once, sums added, the table between its marks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from commands import ROOT
from scored import PIERS_EAST_M, lon_lat
from tiny_county import BERTH_MIN, EVENING, tiny_county

from core.errors import SettingsError
from core.settings import Settings
from pipeline.evaluation.fusion import BEGIN, END, biases_of
from pipeline.evaluation.sets import Cache
from simulate.scoring.tracking.records import ECHOES, TRUTH
from simulate.scoring.tracking.tables import joined_table
from simulate.tracks import parquet

Call = Callable[..., Any]
SITE = ROOT / Settings().site
PAGE = f"# Figures\n\nBefore.\n\n{BEGIN}STALE{END}\n\nAfter.\n"


def tiny_nights(folder: Path, nights: int = 1) -> Path:
    """The tiny county's first nights, each with the truth of its only boat, which is heard all
    along on the first."""
    recording = tiny_county(folder, nights=nights)
    lon, lat = lon_lat(PIERS_EAST_M["FAR"])
    begun_s = int(EVENING.timestamp()) + int((9 * 60 + BERTH_MIN) * 60)
    truth = recording / "truth"
    truth.mkdir()
    for night in range(nights):
        rows = [
            ("mmsi:412000001", "fishing", begun_s + 86_400 * night + 30 * k, lon,
             lat - max(-k, 0) * 90 / 111_320, 6.0 * (k < 0), 412_000_001, None, 0, 0, 1, 1, True,
             True)
            for k in range(-20, 40)
        ]  # fmt: skip
        frame = parquet(pl.DataFrame(rows, TRUTH, orient="row"))
        (truth / f"tracks-2026030{night + 1}.parquet").write_bytes(frame)
        (truth / f"echoes-2026030{night + 1}.parquet").write_bytes(parquet(ECHOES.to_frame()))
    return recording


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache with two nights at no bias and at the whole of it."""
    kept = Cache(tmp_path / "cache", SITE)
    for seed in (1, 2):
        for bias in "01":
            of = kept.path(seed, 1)
            tiny_nights(of.with_name(f"{of.name}-tracks-{bias}"))
    return kept.folder


def test_one_command_writes_the_table_between_its_marks_and_keeps_what_it_made(
    pierwatch: Call, cache: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, "utf-8")
    asked = (
        "evaluation", "fusion", "--cache", cache, "--out", page, "--site", SITE,
        "--seeds", "1,2", "--radar-bias", "0,1", "--workers", 1,
    )  # fmt: skip
    done = pierwatch(*asked)
    assert done.code == 0, done.err
    text = page.read_text("utf-8")
    assert text.startswith("# Figures\n\nBefore.\n\n")
    assert text.endswith("\n\nAfter.\n")
    assert "STALE" not in text
    assert str(tmp_path) not in text, "no folder of this machine"
    assert "pierwatch evaluation fusion" in text
    assert "seeds 1, 2" in text
    assert "| figure | wanted | no bias, nights: 2 | 60 m / 0.6°, nights: 2 |" in text
    association = "| correct association | ≥ 0.97 | 1.0000 [1.0000–1.0000] | 1.0000 "
    assert association in text
    assert len([*(cache / "fusion").glob("*/nights.json")]) == 4
    for path in (cache / "fusion").glob("*/vessels.parquet"):
        path.unlink()
    again = pierwatch(*asked)
    assert again.code == 0, "what was scored once is not replayed again"
    table = text[text.index("| figure") :]
    assert page.read_text("utf-8").endswith(table)


def test_several_nights_of_a_seed_are_scored_each_for_itself(
    pierwatch: Call, tmp_path: Path
) -> None:
    kept = Cache(tmp_path / "cache", SITE)
    of = kept.path(1, 2)
    tiny_nights(of.with_name(f"{of.name}-tracks-1"), nights=2)
    page = tmp_path / "page.md"
    page.write_text(PAGE, "utf-8")
    done = pierwatch(
        "evaluation", "fusion", "--cache", kept.folder, "--out", page, "--site", SITE,
        "--seeds", "1", "--nights", 2, "--workers", 1,
    )  # fmt: skip
    assert done.code == 0, done.err
    text = page.read_text("utf-8")
    assert "The first 2 nights of each of the seeds 1, " in text
    assert "60 m / 0.6°, nights: 2 |" in text


def test_a_page_without_marks_is_named_and_left_as_it_is(
    pierwatch: Call, cache: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    for text in ("# Figures\n", f"# Figures\n{BEGIN}never ended\n"):
        page.write_text(text, "utf-8")
        done = pierwatch("evaluation", "fusion", "--cache", cache, "--out", page, "--site", SITE)
        assert done.code != 0
        assert str(page) in done.err
        assert page.read_text("utf-8") == text


def test_biases_are_shares_of_the_worst() -> None:
    assert biases_of("0, 0.5,1,0.50") == (0.0, 0.5, 1.0)
    for wrong in ("", "a", "1.1", "-1", "nan", "0,,1", ",".join(f"0.{n}" for n in range(12))):
        with pytest.raises(SettingsError, match="--radar-bias"):
            biases_of(wrong)


def test_of_events_it_is_said_how_many_of_how_many() -> None:
    nights = [{"dark_event_recall": (3.0, 4.0), "rmse_m": (400.0, 4.0)}, {"rmse_m": (0.0, 0.0)}]
    table = joined_table({"a": nights, "b": nights[1:]})
    assert "| dark vessels told: recall | ≥ 0.95 | 0.7500 [" in table
    assert "], 3 of 4 (0.30–0.95) | – |" in table
    assert "| position RMSE, m |  | 10.0 [" in table
