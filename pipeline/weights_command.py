"""`pierwatch weights`: what officers' verdicts would make of the weights. It changes none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from alerts.envelope import weighed
from core.errors import RecordingError
from core.schema import DECISION, empty
from core.settings import Settings
from core.times import SECOND_US, unix_us
from engine.labels import LABEL, SAME_US, take
from engine.place import Place
from geo.calendar import operational_night
from models.risk import shadow_weights
from models.risk.shadow_weights import Weight
from pipeline.runner import saved_engine
from pipeline.sites import make_place, read_site

Json = dict[str, Any]
_AT_ONCE: Final = 1000
#: Alerts that are read of a database at most, the newest.
MOST_ALERTS: Final = 10_000


def weights(settings: Settings, run: Path | None, state: Path | None) -> Json:
    """Weights in force beside those that labels propose, and tonight's alerts under both.

    Parameters
    ----------
    run, state
        The folder that a run wrote its files into and the one that it saved its state into, where
        the labels are; without a run the newest of the database, with its officers' decisions.

    Returns
    -------
    `evidence`, the version of the table; `labels` by outcome, and those `without_alert`; `prior`
    what the table counts as; `weights` (`models.risk.shadow_weights.Weight`, nats to 0.001);
    `left_alone`, tables of which labels say nothing; `tonight`: `evening` of the newest alert, and
    its night's `alerts` with `posterior`, `level`, `proposed_posterior`, `proposed_level`.
    """
    place = make_place(read_site(settings.site), settings, exercise=True)
    if run is None:
        alerts, labels = _stored(settings, place)
    else:
        alerts, labels = _written(run), saved_engine(state).labels
    alerts = [alert for alert in alerts if weighed(alert) and alert.get("berth_from")]
    labelled, without = matched(alerts, labels)
    table = place.likelihoods
    found = shadow_weights.weights(table, labelled)
    counts = labels["outcome"].value_counts().rows()
    return {
        "evidence": table.version,
        "labels": {**dict(sorted(counts)), "without_alert": without},
        "prior": {"landings": shadow_weights.LANDINGS, "innocent": shadow_weights.INNOCENT},
        "weights": [_rounded(weight) for weight in found],
        "left_alone": list(shadow_weights.LEFT_ALONE),
        "tonight": _tonight(alerts, found, place),
    }


def matched(alerts: list[Json], labels: pl.DataFrame) -> tuple[list[tuple[str, Json]], int]:
    """Each label's outcome with the alert it is about, and how many are about none.

    A label is of a pier and a berthing; the later word on an alert stands, and of two alerts of
    one berthing the nearer is taken, so that a landing is counted once.
    """
    by_pier: dict[str, list[tuple[int, Json]]] = {}
    for alert in alerts:
        berth_us = unix_us(datetime.fromisoformat(alert["berth_from"]))
        by_pier.setdefault(alert["pier_id"], []).append((berth_us, alert))
    said: dict[str, tuple[str, Json]] = {}
    without = 0
    rows = labels.sort("tick_s", maintain_order=True).select("pier_id", "berth_us", "outcome")
    for pier_id, berth_us, outcome in rows.iter_rows():
        near = [
            (abs(at_us - berth_us), alert["alert_id"], alert)
            for at_us, alert in by_pier.get(pier_id, [])
            if abs(at_us - berth_us) <= SAME_US
        ]
        if near:
            _, alert_id, alert = min(near, key=lambda one: one[:2])
            said[alert_id] = outcome, alert
        else:
            without += 1
    return list(said.values()), without


def _tonight(alerts: list[Json], found: list[Weight], place: Place) -> Json:
    """The alerts that stand of the newest night, under both weights, by rank."""
    zone = place.site.timezone

    def night(alert: Mapping[str, Any]) -> str:
        return operational_night(datetime.fromisoformat(alert["berth_from"]), zone).isoformat()

    evening = max(map(night, alerts), default=None)
    limits = place.settings.alerts
    rows = []
    for alert in alerts:
        if night(alert) != evening or alert["status"] == "cancel":
            continue
        then = shadow_weights.rescored(
            place.likelihoods, found, alert, limits.watch, limits.verify, place.calibration
        )
        rows.append(
            {
                **{name: alert[name] for name in ("alert_id", "pier_id", "posterior", "level")},
                "proposed_posterior": then.posterior,
                "proposed_level": then.level,
            }
        )
    rows.sort(key=lambda row: (-row["posterior"], row["alert_id"]))
    return {"evening": evening, "alerts": rows}


def _rounded(weight: Weight) -> Json:
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in asdict(weight).items()}


def _written(run: Path) -> list[Json]:
    """The last revision of each alert of a run's folder."""
    path = run / "alerts.jsonl"
    if not path.is_file():
        raise RecordingError(
            str(path), expected="a run's alerts", came="none", act="Name its --out folder."
        )
    alerts = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return list({alert["alert_id"]: alert for alert in alerts}.values())


def _stored(settings: Settings, place: Place) -> tuple[list[Json], pl.DataFrame]:
    """The alerts of the database's newest run, and the labels of all that the site's officers
    decided."""
    from pipeline.database import open_store

    with open_store(settings) as store:
        run = store.current_run()
        alerts = store.alerts(run["run_id"], limit=MOST_ALERTS) if run else []
        rows: list[Json] = []
        while more := store.decisions_after(
            place.site.name, rows[-1]["decision_id"] if rows else 0, _AT_ONCE
        ):
            rows += more
    told = [
        {
            "tick_s": int(unix_us(row["decided_at"].astimezone(UTC)) // SECOND_US),
            "decision_id": row["decision_id"],
            "kind": row["kind"],
            "content": json.dumps(row["content"], ensure_ascii=False),
        }
        for row in rows
    ]
    return alerts, take(empty(LABEL), pl.DataFrame(told, DECISION))


def lines(told: Json) -> list[str]:
    """As a person reads it on a terminal: the answers with labels, and tonight's alerts."""
    labels = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in told["labels"].items())
    moved = [w for w in told["weights"] if w["confirmed"] or w["lawful"]]
    tonight = told["tonight"]
    return [
        f"in shadow, nothing is changed; {told['evidence']}; labels: {labels}",
        "labels are of what was alerted: innocent calls that were not are not among them",
        f"{'answer':46} {'nats':>6} {'proposed':>8} {'95 % interval':>15}  confirmed lawful",
        *map(_line, moved),
        f"night of {tonight['evening'] or '-'}: {len(tonight['alerts'])} alerts",
        *map(_alert, tonight["alerts"]),
    ]


def _line(row: Json) -> str:
    interval = f"{row['low']:+.2f} to {row['high']:+.2f}"
    mine = f"{row['confirmed']} of {row['of_confirmed']}"
    other = f"{row['lawful']} of {row['of_lawful']}"
    name = f"{row['question']} = {row['answer']}"
    return (
        f"{name:46} {row['current']:+6.2f} {row['proposed']:+8.2f} {interval:>15}  {mine:9} {other}"
    )


def _alert(row: Json) -> str:
    return (
        f"{row['alert_id']} {row['pier_id']:8} {row['posterior']:.3f} {row['level']:6} -> "
        f"{row['proposed_posterior']:.3f} {row['proposed_level'] or 'no alert'}"
    )
