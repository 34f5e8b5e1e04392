"""`pierwatch night-report`: of a run's folder or the database, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from store.engine import Store

Call = Callable[..., Any]


def report(evening: str, found: int) -> dict[str, Any]:
    rows = [
        {
            "pier_id": f"P{i}", "pier_class": "idle", "regime": "calm", "p": 0.005 * (i + 1),
            "found": i < found, "alerts": [],
        }
        for i in range(12)
    ]  # fmt: skip
    rows[0]["alerts"] = [{"alert_id": "a0", "level": "verify"}]
    rows[11]["alerts"] = [{"alert_id": "a1", "level": None}]
    return {
        "evening": evening, "q": 0.2, "judged": 12, "not_judged": 0, "found": found,
        "found_alerted": 1, "alerts": {"standing": 1, "taken_back": 1},
        "so_far": {
            "promised": 0.005, "realised": 0.01, "count": 4, "of": 400, "low": 0.0027,
            "high": 0.0254, "nights": 9,
        },
        "pier_nights": rows,
    }  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Path:
    told = [report("2026-03-10", 2), report("2026-03-11", 1)]
    text = "".join(json.dumps(one) + "\n" for one in told)
    (tmp_path / "night_reports.jsonl").write_text(text, "utf-8")
    return tmp_path


def test_the_last_night_or_one_that_is_named_is_told_from_a_runs_folder(
    run: Path, pierwatch: Call
) -> None:
    last = json.loads(pierwatch("night-report", run, "--json").out)
    assert last == report("2026-03-11", 1)
    named = json.loads(pierwatch("night-report", run, "--evening", "2026-03-10", "--json").out)
    assert named["found"] == 2


def test_the_text_names_what_stands_out_and_every_alert(run: Path, pierwatch: Call) -> None:
    text = pierwatch("night-report", run, "--evening", "2026-03-10").out.splitlines()
    assert text[0].endswith("2 stand out at q = 0.2, 1 of them alerted")
    assert text[2].startswith("promised 0.500%; so far 1.000% (4 of 400 in 9 nights")
    assert text[2].endswith("95 %, whole nights varying: 0.270% to 2.540%)")
    rows = {line.split()[0]: line for line in text[3:]}
    assert list(rows) == [*(f"P{i}" for i in range(10)), "P11"]
    assert rows["P0"].split() == ["P0", "p", "0.0050", "*", "idle/calm", "a0", "verify"]
    assert rows["P11"].endswith("a1 taken back")


def test_of_one_judged_night_no_interval_is_told(run: Path, pierwatch: Call) -> None:
    told = report("2026-03-12", 1)
    told["so_far"] |= {"nights": 1, "low": None, "high": None}
    (run / "night_reports.jsonl").write_text(json.dumps(told) + "\n", "utf-8")
    text = pierwatch("night-report", run).out.splitlines()
    assert text[2].endswith("95 %, whole nights varying: – to –)")


def test_a_night_without_a_report_is_one_sentence(run: Path, pierwatch: Call) -> None:
    for args in ((run, "--evening", "2026-03-09"), (run / "nowhere",)):
        ran = pierwatch("night-report", *args)
        assert ran.code == 2
        assert "expected a report on" in ran.err
    assert pierwatch("night-report", run, "--evening", "March").code == 2


@pytest.mark.postgis
def test_without_a_folder_the_databases_newest_run_is_asked(store: Store, pierwatch: Call) -> None:
    titles = ("湾", "Cove", "Asia/Shanghai")
    run_id = store.open_run("replay", "report", "cove", True, "report", *titles)
    asked = pierwatch("night-report", "--json", DATABASE_URL=store.libpq_url)
    assert asked.code == 2
    store.write_night_reports(run_id, [report("2026-03-10", 2)])
    asked = pierwatch("night-report", "--json", DATABASE_URL=store.libpq_url)
    assert json.loads(asked.out) == report("2026-03-10", 2)
