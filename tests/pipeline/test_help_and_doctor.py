"""Help fits a screen, and the doctor says what is there and what to do about the rest."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

COMMANDS = ("decode", "replay", "live", "serve", "demo", "doctor")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_one_screen(pierwatch, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")
    ran = pierwatch(*command.split(), "--help")
    assert ran.code == 0
    assert 5 < len(ran.out.splitlines()) <= 24
    assert max(map(len, ran.out.splitlines())) <= 80


def test_a_command_imports_what_it_needs_and_no_more():
    """A fresh interpreter: `--help` without data frames, a replay without database and screen."""
    loaded = (
        "import sys; import pipeline.command{}; "
        "print(sorted({{'dash', 'polars', 'scipy', 'sqlalchemy', 'utide'}} & set(sys.modules)))"
    )
    modules = ("", ", pipeline.recording, pipeline.replay")
    said = [
        subprocess.run(
            [sys.executable, "-c", loaded.format(more)], capture_output=True, text=True, check=True
        ).stdout
        for more in modules
    ]
    assert said == ["[]\n", "['polars', 'scipy']\n"]


def test_an_unknown_option_or_command_is_wrong_input(pierwatch):
    assert pierwatch("replay", "--fast").code == 2
    assert pierwatch("fly").code == 2


def test_the_doctor_says_the_same_to_people_and_programs(pierwatch, monkeypatch, tmp_path):
    monkeypatch.setenv("PIERWATCH_SCREEN__PORT", "1")
    monkeypatch.setenv("PIERWATCH_STORE__CLUSTER_DIR", str(tmp_path / "none"))
    findings = {f["name"]: f for f in json.loads(pierwatch("doctor", "--json").out)}
    assert {"Python", "packages", "site", "PostGIS", "database", "screen", "disk"} <= set(findings)
    assert findings["site"]["ok"]
    assert not findings["screen"]["ok"]
    assert findings["screen"]["act"]
    assert not findings["database"]["ok"]
    said = pierwatch("doctor").out
    assert all(name in said for name in findings)
    assert findings["screen"]["act"] in said


def test_the_doctor_ends_with_3_where_something_needed_is_missing(pierwatch, monkeypatch, tmp_path):
    monkeypatch.setenv("PIERWATCH_SITE", str(tmp_path / "nowhere"))
    ran = pierwatch("doctor")
    assert ran.code == 3
    assert "nowhere: expected a site folder" in ran.out


def test_a_misspelt_setting_stops_every_command_with_its_name(pierwatch, monkeypatch):
    monkeypatch.setenv("PIERWATCH_ALERTS__WATHC", "0.3")
    for command in ("doctor", "serve"):
        ran = pierwatch(command)
        assert ran.code == 2
        assert "PIERWATCH_ALERTS__WATCH" in ran.err
        assert ran.err.count("\n") == 1
