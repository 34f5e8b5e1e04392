"""`pierwatch weights`: labels of a saved state or the database; it changes none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from engine_decisions import decisions
from shore_night import LORRIES, camera, goes_dark, scene, shore, waits

from alerts.envelope import line
from core.schema import DECISION
from engine.fold import Batch, EngineState, advance
from engine.labels import LABEL, take
from pipeline.saved import write_state
from pipeline.weights_command import matched
from store.engine import Store

Call = Callable[..., Any]
Json = dict[str, Any]
BERTH_S = 5400.0
MET = {name: waits(BERTH_S - 600, BERTH_S + 4200) for name in LORRIES}
BOAT = scene({**goes_dark(BERTH_S, 50), **MET}, camera(0, 4 * 3600))


@cache
def told() -> tuple[tuple[Json, ...], EngineState]:
    """The revisions of a night on which a boat went dark and met two lorries."""
    until_s = int(BOAT["arrived_at"].dt.epoch("s").max()) + 1900  # type: ignore[arg-type]
    state, out = advance(EngineState.initial(), Batch(BOAT, until_s), shore(plain=False))
    return tuple(json.loads(line(alert)) for alert in out.alerts), state


def verdict(word: str, alert: Json, tick_s: int = 1_772_400_000) -> pl.DataFrame:
    content = {name: alert[name] for name in ("alert_id", "pier_id", "berth_from")}
    return decisions([(tick_s, "verdict", {**content, "verdict": word})])


def written(folder: Path, said: pl.DataFrame | None = None) -> tuple[Path, Path]:
    """A run's folder, and the one of its state with what officers said."""
    alerts, state = told()
    text = "".join(json.dumps(alert, ensure_ascii=False) + "\n" for alert in alerts)
    (folder / "alerts.jsonl").write_text(text, "utf-8")
    labels = take(
        pl.DataFrame(schema=LABEL), pl.DataFrame(schema=DECISION) if said is None else said
    )
    write_state(folder / "state", replace(state, labels=labels).save())
    return folder, folder / "state"


def asked(pierwatch: Call, *args: object, **settings: str) -> Json:
    ran = pierwatch("weights", *args, "--json", **settings)
    assert ran.code == 0, ran.err
    return dict(json.loads(ran.out))


def test_without_labels_the_same_is_proposed_and_tonights_alert_scores_as_it_did(
    tmp_path: Path, pierwatch: Call
) -> None:
    run, state = written(tmp_path)
    found = asked(pierwatch, run, "--state", state)
    assert found["labels"] == {"without_alert": 0}
    assert all(w["current"] == w["proposed"] for w in found["weights"])
    (alert,) = found["tonight"]["alerts"]
    assert alert["proposed_posterior"] == alert["posterior"]
    assert alert["proposed_level"] == alert["level"]
    assert asked(pierwatch, run) == found, "a run without a state has no labels"


def test_a_verdict_in_the_saved_state_moves_what_the_alert_rests_on(
    tmp_path: Path, pierwatch: Call
) -> None:
    alerts, _ = told()
    before = (tmp_path / "lawful", tmp_path / "confirmed")
    posteriors = []
    for folder in before:
        folder.mkdir()
        run, state = written(folder, verdict(folder.name, alerts[-1]))
        kept = (run / "alerts.jsonl").read_bytes(), (state / "state.zip").read_bytes()
        found = asked(pierwatch, run, "--state", state)
        assert ((run / "alerts.jsonl").read_bytes(), (state / "state.zip").read_bytes()) == kept
        assert found["labels"] == {folder.name: 1, "without_alert": 0}
        (lorries,) = [w for w in found["weights"] if w["question"] == "landing.trucks.idle"
                      and w["answer"] == "2"]  # fmt: skip
        assert lorries[folder.name] == lorries[f"of_{folder.name}"] == 1
        (alert,) = found["tonight"]["alerts"]
        posteriors.append(alert["proposed_posterior"])
    assert posteriors[0] < alert["posterior"] <= posteriors[1]
    text = pierwatch("weights", run, "--state", state).out
    assert text.startswith("in shadow, nothing is changed")
    assert "landing.trucks.idle = 2" in text
    assert "landing.barrier_up = yes" not in text, "of what nobody labelled the text says nothing"
    assert alert["alert_id"] in text


def test_the_later_word_stands_and_a_label_of_no_alert_is_counted_as_such() -> None:
    alerts, _ = told()
    last = alerts[-1]
    words = [verdict("lawful", last), verdict("confirmed", last, 1_772_400_060)]
    elsewhere = verdict("confirmed", {**last, "pier_id": "P9"})
    labels = take(pl.DataFrame(schema=LABEL), pl.concat([*words, elsewhere]))
    found, without = matched([last], labels)
    assert found == [("confirmed", last)]
    assert without == 1
    twin = {**last, "alert_id": "later", "berth_from": _later(last["berth_from"])}
    found, _ = matched([twin, last], labels)
    assert found == [("confirmed", last)], "of two alerts of one berthing the nearer"


def _later(text: str) -> str:
    return datetime.fromtimestamp(
        datetime.fromisoformat(text).timestamp() + 600, UTC
    ).isoformat().replace("+00:00", "Z")  # fmt: skip


def test_a_folder_without_alerts_is_one_sentence(tmp_path: Path, pierwatch: Call) -> None:
    ran = pierwatch("weights", tmp_path)
    assert ran.code == 2
    assert "expected a run's alerts" in ran.err


@pytest.mark.postgis
def test_without_a_folder_the_databases_run_and_decisions_are_taken(
    store: Store, tmp_path: Path, pierwatch: Call
) -> None:
    alerts, _ = told()
    name = asked_site()
    run_id = store.open_run("live", name, name, True, f"live {name}", "湾", "Cove", "Asia/Shanghai")
    store.write_alerts(run_id, list(alerts))
    url = {"DATABASE_URL": store.libpq_url}
    assert asked(pierwatch, **url)["labels"] == {"without_alert": 0}
    content = {n: alerts[-1][n] for n in ("alert_id", "pier_id", "berth_from")}
    at = datetime(2026, 3, 2, tzinfo=UTC)
    store.decide(run_id, "verdict", {**content, "verdict": "lawful"}, "desk", at)
    found = asked(pierwatch, **url)
    assert found["labels"] == {"lawful": 1, "without_alert": 0}
    (alert,) = found["tonight"]["alerts"]
    assert alert["proposed_posterior"] < alert["posterior"]


def asked_site() -> str:
    """The name of the site that the settings name."""
    from core.settings import Settings
    from pipeline.sites import read_site

    return read_site(Settings().site).name
