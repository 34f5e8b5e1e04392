"""`pierwatch patrol`: where teams may stand tonight; windows drawn by lot for their team alone.

The plan is the screen's own, of the same outlook and the same lot. Its seed hangs on the
installation's secret and the evening; it is written down the first time that a night's lots are
told, so that the night can be reckoned with later, whatever became of the secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from core.errors import InputError, RecordingError
from core.settings import Settings
from core.times import utc_text
from dashboard.patrol_plan import DUTY, plan_of, seed_of
from geo.site import Site
from models.outlook.patrol import Plan, Window
from pipeline import secrets
from pipeline.sites import read_site


def patrol(
    settings: Settings, run: Path | None, evening: date | None, team: int | None, *, keeper: bool
) -> dict[str, Any]:
    """The plan of a night as everybody may see it, or as one team or the keeper of the lots does.

    Parameters
    ----------
    run
        The folder that a run wrote its files into; None: the database's newest run.
    evening
        None: the last night that there is an outlook on.
    team
        From 1 on.
    keeper
        Tell every window and the seed.

    Raises
    ------
    RecordingError
        There is no such outlook.
    InputError
        No such team.
    """
    if team is not None and not 1 <= team <= DUTY.teams:
        raise InputError("--team", expected=f"a team from 1 to {DUTY.teams}", came=str(team))
    site = read_site(settings.site)
    told = _outlook(settings, run, evening, site)
    folder = settings.screen.secret_dir
    seed = seed_of(secrets.session_secret(folder), site.name, told["evening"])
    if team is not None or keeper:
        seed = secrets.patrol_seed(folder, site.name, told["evening"], seed)
    made = plan_of(site, told, seed)
    shown = made if keeper else made.shown_to(None if team is None else team - 1)
    return {
        "evening": told["evening"],
        "seed": shown.seed,
        "segments": shown.segments,
        "windows": list(_windows(shown, site)),
        "not_told": len(made.windows) - len(shown.windows),
    }


def _outlook(
    settings: Settings, run: Path | None, evening: date | None, site: Site
) -> dict[str, Any]:
    told = _stored(settings, evening, site) if run is None else _written(run, evening)
    if told is None:
        night = "on a coming night" if evening is None else f"on the night of {evening}"
        where = "the newest run" if run is None else str(run / "outlooks.jsonl")
        act = "An outlook is made half an hour after noon."
        raise RecordingError(where, expected=f"an outlook {night}", came="none", act=act)
    return told


def _written(run: Path, evening: date | None) -> dict[str, Any] | None:
    path = run / "outlooks.jsonl"
    if not path.is_file():
        return None
    told: list[dict[str, Any]] = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    mine = [one for one in told if evening is None or one["evening"] == evening.isoformat()]
    return mine[-1] if mine else None


def _stored(settings: Settings, evening: date | None, site: Site) -> dict[str, Any] | None:
    from pipeline.database import open_store

    with open_store(settings) as store:
        run = store.current_run()
        if run is None:
            return None
        if run["site"] != site.name:
            raise RecordingError(
                "the newest run", expected=f"one of the site {site.name}", came=str(run["site"]),
                act="Name its site with --site.",
            )  # fmt: skip
        return store.outlook(run["run_id"], evening)


def _windows(shown: Plan, site: Site) -> Iterator[dict[str, Any]]:
    names = site.piers.table["pier_id"].to_list()
    for window in shown.windows:
        yield {
            "team": window.team + 1,
            "from": utc_text(window.from_us),
            "to": utc_text(window.to_us),
            "pier_id": _pier(window, names),
            "lon": window.lon,
            "lat": window.lat,
            "expected": window.expected,
            "by_lot": window.secret,
        }


def _pier(window: Window, names: list[str]) -> str | None:
    return None if window.pier is None else names[window.pier]


def lines(told: dict[str, Any]) -> list[str]:
    """The plan as a person reads it on a terminal."""
    seed = [] if told["seed"] is None else [f"seed of the lots: {told['seed']}"]
    hidden = f"{told['not_told']} more drawn by lot, told to their teams alone (--team)"
    return [
        f"night of {told['evening']}, UTC",
        *(f"team {w['team']}: {w['from']} - {w['to']} {_where(w)}" for w in told["windows"]),
        *([hidden] if told["not_told"] else []),
        *seed,
    ]


def _where(window: dict[str, Any]) -> str:
    place = f"{window['lon']:.5f} {window['lat']:.5f}"
    return f"{place} (by lot)" if window["by_lot"] else f"{window['pier_id']} {place}"
