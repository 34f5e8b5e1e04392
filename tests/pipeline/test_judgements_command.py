"""Judgements are proposed by one office and put in force by another, unless they contradict."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from pipeline.judgements_command import IN_FORCE, history

SHIPPED = files("models.risk").joinpath(IN_FORCE).read_text("utf-8")
OURS = SHIPPED.replace('version = "severity-2026.11"', 'version = "ours-1"')


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "coast"
    folder.mkdir()
    (folder / "site.toml").write_text('name = "coast"\n', "utf-8")
    return folder


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    path = tmp_path / "ours.toml"
    path.write_text(OURS, "utf-8")
    return path


def test_what_one_office_proposes_another_puts_in_force(pierwatch, site: Path, ours: Path) -> None:
    ran = pierwatch("judgements", "propose", ours, "--by", "海防处", "--site", site)
    assert ran.code == 0, ran.err
    assert "ours-1" in ran.out
    assert "consistency ratio" in ran.out
    assert not (site / IN_FORCE).exists()
    ran = pierwatch("judgements", "activate", "ours-1", "--by", " 海防处 ", "--site", site)
    assert ran.code == 5
    assert "another office than 海防处" in ran.err
    assert not (site / IN_FORCE).exists()
    assert pierwatch("judgements", "activate", "ours-1", "--by", "duty 7", "--site", site).code == 0
    assert (site / IN_FORCE).read_text("utf-8") == OURS
    assert [(s["what"], s["by"]) for s in history(site)] == [
        ("proposed", "海防处"), ("activated", "duty 7")]  # fmt: skip
    ran = pierwatch("judgements", "show", "--site", site)
    assert ran.out.startswith("ours-1\n")
    assert "activated ours-1 by duty 7" in ran.out


def test_judgements_that_contradict_are_refused_with_the_one_to_look_at_and_the_last_stay(
    pierwatch, site: Path, ours: Path, tmp_path: Path
) -> None:
    pierwatch("judgements", "propose", ours, "--by", "a", "--site", site)
    pierwatch("judgements", "activate", "ours-1", "--by", "b", "--site", site)
    start = OURS.index("upper = [")
    wrong = OURS[:start] + "upper = [[9, '1/9', 9, 9], [9, '1/9', 9], ['1/9', 9], [9]]\n"
    bad = tmp_path / "bad.toml"
    bad.write_text(wrong.replace("ours-1", "ours-2"), "utf-8")
    ran = pierwatch("judgements", "propose", bad, "--by", "a", "--site", site)
    assert ran.code == 5
    assert "matrix of severity" in ran.err
    assert " : " in ran.err or "vessel_size" in ran.err or "goods" in ran.err
    assert (site / IN_FORCE).read_text("utf-8") == OURS
    assert len(history(site)) == 2


def test_what_nobody_proposed_or_what_was_changed_since_is_not_put_in_force(
    pierwatch, site: Path, ours: Path
) -> None:
    for version in ("ours-1", "../../etc/passwd"):
        ran = pierwatch("judgements", "activate", version, "--by", "b", "--site", site)
        assert ran.code == 5
        assert "a version that was proposed" in ran.err
    pierwatch("judgements", "propose", ours, "--by", "a", "--site", site)
    kept = site / "judgements" / "ours-1.toml"
    kept.write_text(kept.read_text("utf-8") + "\n# later\n", "utf-8")
    ran = pierwatch("judgements", "activate", "ours-1", "--by", "b", "--site", site)
    assert ran.code == 5
    assert "changed since" in ran.err
    ours.write_text(OURS + "\n# another\n", "utf-8")
    kept.write_text(OURS, "utf-8")
    ran = pierwatch("judgements", "propose", ours, "--by", "a", "--site", site)
    assert ran.code == 5
    assert "a version of its own" in ran.err
