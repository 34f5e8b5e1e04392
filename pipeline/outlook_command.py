"""`pierwatch outlook`: where a landing is likely tonight, and where teams may stand."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from core.errors import SiteError
from core.settings import Settings
from core.times import day_number, utc_text
from dashboard.patrol_plan import plan_of
from engine.outlooks import coming, document
from models.outlook.patrol import Duty
from pipeline.runner import saved_engine
from pipeline.sites import make_place, read_site


def outlook(
    settings: Settings,
    state: Path | None,
    evening: date | None,
    duty: Duty,
    seed: str | None,
    *,
    planned: bool,
) -> dict[str, Any]:
    """The outlook on a night, and with `planned` a plan for its teams, secret windows among it.

    Parameters
    ----------
    state
        A folder that `live` or `replay --state` saved into; None: nothing was learned.
    evening
        None: today's, at the site.
    seed
        Of the lots; None: from the machine's secret source. It is told, to be kept.
    """
    place = make_place(read_site(settings.site), settings, exercise=True)
    normal = saved_engine(state).nights.normal
    day = evening or datetime.now(UTC).astimezone(place.zone).date()
    found = coming(normal, day_number(day), place)
    if found is None:
        raise SiteError("outlook.toml", expected="a table of the outlook", came="none")
    told = document(found, normal, place)
    if not planned:
        return told
    lots = seed or secrets.token_hex(16)
    made = plan_of(place.site, told, lots, duty)
    windows = [
        {
            "team": window.team + 1,
            "from": utc_text(window.from_us),
            "to": utc_text(window.to_us),
            "pier_id": None if window.pier is None else place.pier_rows[window.pier]["pier_id"],
            "lon": window.lon,
            "lat": window.lat,
            "expected": window.expected,
            "secret": window.secret,
        }
        for window in made.windows
    ]
    return {**told, "plan": {"seed": lots, "windows": windows}}


def lines(told: dict[str, Any], most: int = 10) -> list[str]:
    """The outlook as a person reads it on a terminal."""
    windows = told.get("plan", {}).get("windows", [])
    return [
        "{evening}: {expected:.2f} landings expected; {nights} nights known".format_map(told),
        *(f"{row['pier_id']:8} {row['probability']:.3%}" for row in told["piers"][:most]),
        *(f"team {w['team']}: {w['from']} - {w['to']} {_where(w)}" for w in windows),
    ]


def _where(window: dict[str, Any]) -> str:
    return window["pier_id"] or f"{window['lon']:.5f} {window['lat']:.5f} (by lot)"
