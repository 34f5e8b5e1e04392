"""`pierwatch outlook`: where a landing is likely tonight."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from core.errors import SiteError
from core.settings import Settings
from core.times import day_number
from engine.outlooks import coming, document
from pipeline.runner import saved_engine
from pipeline.sites import make_place, read_site


def outlook(settings: Settings, state: Path | None, evening: date | None) -> dict[str, Any]:
    """The outlook on a night.

    Parameters
    ----------
    state
        A folder that `live` or `replay --state` saved into; None: nothing was learned.
    evening
        None: today's, at the site.
    """
    place = make_place(read_site(settings.site), settings, exercise=True)
    normal = saved_engine(state).nights.normal
    day = evening or datetime.now(UTC).astimezone(place.zone).date()
    found = coming(normal, day_number(day), place)
    if found is None:
        raise SiteError("outlook.toml", expected="a table of the outlook", came="none")
    return document(found, normal, place)


def lines(told: dict[str, Any], most: int = 10) -> list[str]:
    """The outlook as a person reads it on a terminal."""
    return [
        "{evening}: {expected:.2f} landings expected; {nights} nights known".format_map(told),
        *(f"{row['pier_id']:8} {row['probability']:.3%}" for row in told["piers"][:most]),
    ]
