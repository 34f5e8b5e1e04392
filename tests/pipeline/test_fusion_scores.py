"""`evaluate` scores a replay's vessels where the recording has the truth of tracks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_fusion import perfect, site, truth

from core.errors import RecordingError
from pipeline.fusion_scores import fusion_sums
from simulate.scoring.report_html import _table
from simulate.scoring.report_text import table_text
from simulate.scoring.scores import plain
from simulate.scoring.tracking.figures import BARS, figures
from simulate.scoring.tracking.tables import tracking_table
from simulate.scoring.tracking.words import TRACKING
from simulate.tracks import parquet


def written(folder: Path, night: str = "20260301") -> tuple[Path, Path]:
    of = truth()
    recording, results = folder / "recording", folder / "out"
    (recording / "truth").mkdir(parents=True, exist_ok=True)
    results.mkdir(exist_ok=True)
    (recording / f"truth/tracks-{night}.parquet").write_bytes(parquet(of.tracks))
    (recording / f"truth/echoes-{night}.parquet").write_bytes(parquet(of.echoes))
    said = perfect(of)
    (results / "vessels.parquet").write_bytes(parquet(said.fixes))
    (results / "links.parquet").write_bytes(parquet(said.links))
    return recording, results


def test_a_perfect_fusion_in_files_has_perfect_figures_in_both_languages(tmp_path: Path) -> None:
    recording, results = written(tmp_path)
    (results / "events.jsonl").write_bytes(b"")
    nights = fusion_sums(recording, results, site())
    found = plain(figures(nights))
    assert found["nights"] == 1
    assert found["associated"] == {"value": 1.0, "low": None, "high": None, "method": "nights"}
    assert set(BARS) <= set(found)
    assert {code.removesuffix("_reach") for code in found} - {"nights"} <= set(TRACKING)
    table = tracking_table(found)
    for index, language in enumerate(("en", "zh")):
        text = table_text(table, language)
        assert TRACKING["associated"][index] in text
        assert "≥ 0.97" in text
        assert "≤ 0.02" in text
    assert TRACKING["dark_recall"][1] in _table(table)


def test_an_event_is_read_from_both_files_under_a_number_of_its_own(tmp_path: Path) -> None:
    recording, results = written(tmp_path)
    row = {"kind": "dark_vessel", "from": "2026-02-25T06:30:00Z", "targets": ["radar:R1:3"]}
    over = json.dumps({**row, "to": "2026-02-25T07:30:00Z"})
    (results / "events.jsonl").write_text(over + "\n")
    (results / "open_events.jsonl").write_text(json.dumps({**row, "to": None}) + "\n")
    (night,) = fusion_sums(recording, results, site())
    assert night["dark_event_precision_anywhere"][1] == 2


def test_without_vessels_or_without_the_truth_of_tracks_there_is_nothing_to_score(
    tmp_path: Path,
) -> None:
    recording, results = written(tmp_path)
    (results / "links.parquet").unlink()
    assert fusion_sums(recording, results, site()) == []
    assert fusion_sums(tmp_path / "elsewhere", results, site()) == []


def test_a_night_with_half_of_its_truth_is_named(tmp_path: Path) -> None:
    recording, results = written(tmp_path)
    (recording / "truth/echoes-20260301.parquet").unlink()
    with pytest.raises(RecordingError, match="echoes-20260301"):
        fusion_sums(recording, results, site())
