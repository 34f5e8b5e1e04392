"""The patrol plan of a night, from its outlook: as everybody may see it, and as one team does.

The lot is drawn from the installation's secret and the evening, so that the plan of a night stays
the same while it is looked at, and nobody can reckon it who does not know the secret.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

import polars as pl

from core.times import unix_us
from geo.site import Site
from models.outlook.patrol import Duty, Plan, plan
from models.outlook.risk_hours import HOUR_US, Outlook
from models.outlook.shore import segments

Json = dict[str, Any]
#: Shore so near to a pier is patrolled; the land of a site reaches farther.
SHORE_M: Final = 2_000.0
DUTY: Final = Duty()


def plan_of(site: Site, told: Json, seed: str, duty: Duty = DUTY) -> Plan:
    """The plan on an outlook (`engine.outlooks.document`), with its secret windows."""
    at = {pier_id: row for row, pier_id in enumerate(site.piers.table["pier_id"].to_list())}
    from_us, to_us = (unix_us(datetime.fromisoformat(told[name])) for name in ("from", "to"))
    begins = range(from_us, to_us, HOUR_US)
    hours = {at[row["pier_id"]]: row["hours"] for row in told["piers"] if row["pier_id"] in at}
    none = [0.0] * len(begins)
    frame = pl.DataFrame(
        {
            "hour_from_us": list(begins) * len(at),
            "probability": [p for row in range(len(at)) for p in hours.get(row, none)],
        },
        schema={"hour_from_us": pl.Int64(), "probability": pl.Float64()},
    )
    outlook = Outlook(
        date.fromisoformat(told["evening"]), from_us, to_us, frame, told["expected"],
        tuple(told["not_covered"]), told["version"],
    )  # fmt: skip
    return plan(outlook, site.piers, _shore(site), duty, seed, int(told["usual_stay_min"]))


def seed_of(secret: bytes, site: str, evening: str) -> str:
    """The seed of a night's lots."""
    return hmac.new(secret, f"patrol {site} {evening}".encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=4)
def _shore(site: Site) -> pl.DataFrame:
    return segments(site, SHORE_M)
