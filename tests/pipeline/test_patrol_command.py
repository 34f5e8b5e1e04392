"""`pierwatch patrol`: the screen's plan, and what is drawn by lot for its team alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.settings import Settings
from dashboard.patrol_plan import DUTY, plan_of, seed_of
from pipeline.secrets import session_secret
from pipeline.sites import read_site
from store.engine import Store

Call = Callable[..., Any]
EVENING = "2026-03-10"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    return tmp_path / "secrets"


@pytest.fixture
def run(tmp_path: Path, pierwatch: Call) -> Path:
    told = pierwatch("outlook", "--evening", EVENING, "--json").out
    (tmp_path / "outlooks.jsonl").write_text(told, "utf-8")
    return tmp_path


@pytest.fixture
def patrol(run: Path, secrets: Path, pierwatch: Call) -> Call:
    def call(*args: object) -> dict[str, Any]:
        ran = pierwatch("patrol", run, *args, "--json", PIERWATCH_SCREEN__SECRET_DIR=str(secrets))
        assert ran.code == 0, ran.err
        told: dict[str, Any] = json.loads(ran.out)
        return told

    return call


def drawn(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [window for window in told["windows"] if window["by_lot"]]


def test_everybody_sees_the_screens_plan_and_nothing_that_was_drawn(
    run: Path, secrets: Path, patrol: Call
) -> None:
    told = patrol()
    site = read_site(Settings().site)
    outlook = json.loads((run / "outlooks.jsonl").read_text("utf-8"))
    seed = seed_of(session_secret(secrets), site.name, EVENING)
    screen = plan_of(site, outlook, seed).shown_to(None)
    assert [(w["team"], w["lon"], w["lat"]) for w in told["windows"]] == [
        (w.team + 1, w.lon, w.lat) for w in screen.windows
    ]
    assert drawn(told) == []
    assert told["seed"] is None
    assert told["not_told"] > 0


def test_a_team_is_told_its_own_lot_and_all_together_are_what_the_keeper_sees(patrol: Call) -> None:
    whole = patrol("--keeper")
    assert whole["not_told"] == 0
    mine = [patrol("--team", n + 1) for n in range(DUTY.teams)]
    for n, told in enumerate(mine):
        assert {window["team"] for window in drawn(told)} <= {n + 1}
        assert told["seed"] is None
    together = [window for told in mine for window in drawn(told)]
    assert sorted(together, key=str) == sorted(drawn(whole), key=str)
    assert together


def test_the_seed_is_written_down_once_it_was_used_and_outlives_the_secret(
    secrets: Path, patrol: Call
) -> None:
    patrol()
    assert not (secrets / "patrol").exists()  # nobody was told a lot
    before = patrol("--keeper")
    (kept,) = (secrets / "patrol").iterdir()
    assert kept.name.startswith(EVENING)
    assert kept.stat().st_mode & 0o077 == 0
    assert kept.read_text("ascii").strip() == before["seed"]
    (secrets / "session").unlink()
    assert patrol("--keeper") == before


def test_the_text_says_where_when_and_how_many_are_not_told(
    run: Path, secrets: Path, pierwatch: Call
) -> None:
    folder = str(secrets)
    said = pierwatch("patrol", run, PIERWATCH_SCREEN__SECRET_DIR=folder).out
    assert said.startswith(f"night of {EVENING}")
    assert "more drawn by lot, told to their teams alone" in said
    assert "(by lot)" not in said
    assert "seed" not in said
    whole = pierwatch("patrol", run, "--keeper", PIERWATCH_SCREEN__SECRET_DIR=folder).out
    assert "(by lot)" in whole
    assert "more drawn" not in whole


def test_a_night_without_an_outlook_and_a_team_that_is_none_are_one_sentence(
    run: Path, pierwatch: Call
) -> None:
    ran = pierwatch("patrol", run, "--evening", "2026-03-09")
    assert ran.code == 2
    assert "expected an outlook on the night of 2026-03-09" in ran.err
    ran = pierwatch("patrol", run, "--team", DUTY.teams + 1)
    assert ran.code == 2
    assert f"a team from 1 to {DUTY.teams}" in ran.err


@pytest.mark.postgis
def test_without_a_folder_the_newest_run_of_the_database_is_asked(
    run: Path, secrets: Path, store: Store, pierwatch: Call
) -> None:
    name = read_site(Settings().site).name
    told = json.loads((run / "outlooks.jsonl").read_text("utf-8"))
    asked = ("patrol", "--json", "--keeper")
    there = {"DATABASE_URL": store.libpq_url, "PIERWATCH_SCREEN__SECRET_DIR": str(secrets)}
    other = store.open_run("replay", "a", "cove", True, "a", "湾", "Cove", "Asia/Shanghai")
    store.write_outlooks(other, [told])
    ran = pierwatch(*asked, **there)
    assert ran.code == 2
    assert f"one of the site {name}" in ran.err
    mine = store.open_run("replay", "b", name, True, "b", "湾", "Cove", "Asia/Shanghai")
    store.write_outlooks(mine, [told, {**told, "evening": "2026-03-11"}])
    assert json.loads(pierwatch(*asked, **there).out)["evening"] == "2026-03-11"
    named = json.loads(pierwatch(*asked, "--evening", EVENING, **there).out)
    assert named["evening"] == EVENING
    assert named["windows"]
