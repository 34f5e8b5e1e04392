"""Which alerts may be heard: the first of tonight by rank, every call for help, and what says that
the service itself is blind or full: who listens must know when nothing can be heard.

The budget is one of sounds. Everything is listed and drawn whatever it says; and because rank
decides and not the order of coming, what a decoy has used up is taken back from it by a stronger
lead that comes later. A second landing at a pier is listed under the first and spends no sound.

Source: methods 5.4 (K a night, patrol capacity).
"""

from __future__ import annotations

from typing import Any

from dashboard.nights import SOS, SYSTEM, at_one_pier, leads
from dashboard.reading import Run

Json = dict[str, Any]


def sounding(run: Run, alerts: list[Json], most: int) -> list[str]:
    """The alerts that may be heard, by id: calls for help, notices of the service, then the first
    of the list.

    Parameters
    ----------
    alerts
        All of the run, in any order.
    most
        How many leads.
    """
    always = [
        a["alert_id"] for a in alerts if a["kind"] in (SOS, *SYSTEM) and a["status"] != "cancel"
    ]
    tonight = at_one_pier(leads(run, alerts).tonight)
    return [*always, *(first["alert_id"] for first, *_ in tonight[:most])]
