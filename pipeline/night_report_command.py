"""`pierwatch night-report`: what stood out in a night that ended, and what of it was alerted."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from core.errors import RecordingError
from core.settings import Settings

#: Pier-nights that are listed beyond those that stand out or were alerted.
MOST = 10


def night_report(settings: Settings, run: Path | None, evening: date | None) -> dict[str, Any]:
    """The report on the night of an evening, or on the last that ended.

    Parameters
    ----------
    run
        The folder that a run wrote its files into; None: the database's newest run.

    Raises
    ------
    RecordingError
        There is no such report.
    """
    told = _stored(settings, evening) if run is None else _written(run, evening)
    if told is None:
        night = "on a night that ended" if evening is None else f"on the night of {evening}"
        where = "the newest run" if run is None else str(run / "night_reports.jsonl")
        act = "A night is reported half an hour after its noon."
        raise RecordingError(where, expected=f"a report {night}", came="none", act=act)
    return told


def _written(run: Path, evening: date | None) -> dict[str, Any] | None:
    path = run / "night_reports.jsonl"
    if not path.is_file():
        return None
    told: list[dict[str, Any]] = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    mine = [one for one in told if evening is None or one["evening"] == evening.isoformat()]
    return mine[-1] if mine else None


def _stored(settings: Settings, evening: date | None) -> dict[str, Any] | None:
    from pipeline.database import open_store

    with open_store(settings) as store:
        run = store.current_run()
        return None if run is None else store.night_report(run["run_id"], evening)


def lines(told: dict[str, Any]) -> list[str]:
    """The report as a person reads it on a terminal."""
    so_far = told["so_far"]
    came = "nothing judged so far"
    if so_far["of"]:
        low, high = ("–" if so_far[n] is None else f"{so_far[n]:.3%}" for n in ("low", "high"))
        came = (
            f"so far {so_far['realised']:.3%} ({so_far['count']} of {so_far['of']} in "
            f"{so_far['nights']} nights; 95 %, whole nights varying: {low} to {high})"
        )
    rows = told["pier_nights"]
    told_of = [row for n, row in enumerate(rows) if n < MOST or row["found"] or row["alerts"]]
    return [
        f"night of {told['evening']}: {told['judged']} pier-nights judged, "
        f"{told['not_judged']} not; {told['found']} stand out at q = {told['q']:g}, "
        f"{told['found_alerted']} of them alerted",
        "alerts: {standing} standing, {taken_back} taken back".format_map(told["alerts"]),
        f"promised {so_far['promised']:.3%}; {came}",
        *map(_row, told_of),
    ]


def _row(row: dict[str, Any]) -> str:
    p = "not judged" if row["p"] is None else f"p {row['p']:.4f}"
    kind = "" if row["p"] is None else f"{row['pier_class']}/{row['regime']}"
    alerts = ", ".join(f"{a['alert_id']} {a['level'] or 'taken back'}" for a in row["alerts"])
    return f"{row['pier_id']:8} {p:10} {'*' if row['found'] else ' '} {kind:16} {alerts}".rstrip()
