"""What is known of one pier call, and all the evidence that follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from models.risk import cues
from models.risk.evidence import Evidence
from models.risk.evidence_table import EvidenceTable


@dataclass(frozen=True)
class CallFacts:
    """Facts of one pier call; None is not known, and what no sensor covered is said so.

    Minutes, metres and hours as named; `hour_local` 0 … 23 and `day_kind` (`workday`, `weekend`,
    `holiday`) of the berthing; `heard_by` names the stations or radars behind the track.
    """

    pier_status: str = "unknown"
    pier_visits: float | None = None
    pier_covered_days: float | None = None
    hour_local: int | None = None
    day_kind: str = "workday"
    hours_from_high_water: float | None = None
    margin_m: float | None = None
    feasible_share: float | None = None
    dwell_min: float | None = None
    dwell_over: bool = False
    dwell_at_least: bool = False
    silent_min: float | None = None
    silence_nats: float | None = None
    silence_moored: bool = False
    silence_corroborated: bool = False
    in_register: bool | None = None
    at_home: bool | None = None
    vessel_type: str | None = None
    announced: bool | None = None
    heard_by: tuple[str, ...] = ()


def call_evidence(table: EvidenceTable, facts: CallFacts) -> tuple[list[Evidence], list[str]]:
    """The entries that the facts give, and what was not covered.

    Returns
    -------
    Entries for `evidence.weigh`, and the sorted codes of what could not be judged: `silence`,
    `tide`, `register`, `hour`.
    """
    found = {
        "silence": cues.dark_approach(
            table,
            facts.silent_min,
            facts.silence_nats,
            moored=facts.silence_moored,
            corroborated=facts.silence_corroborated,
            sources=facts.heard_by,
        ),
        "rarity": cues.idle_pier(
            table,
            facts.pier_status,
            visits=facts.pier_visits,
            covered_days=facts.pier_covered_days,
        ),
        "hour": cues.night_hours(table, facts.hour_local, facts.day_kind),
        "tide": cues.tide_window(
            table, facts.hours_from_high_water, facts.margin_m, facts.feasible_share
        ),
        "dwell": cues.dwell(table, facts.dwell_min, facts.dwell_over, facts.dwell_at_least),
        "register": cues.unregistered(table, facts.in_register),
        "home": cues.home_pier(table, facts.at_home),
        "service": cues.known_service(table, facts.vessel_type),
        "permit": cues.announced(table, facts.announced),
    }
    entries = [entry for entry in found.values() if entry is not None]
    missing = sorted(
        name for name in ("silence", "hour", "tide", "register") if found[name] is None
    )
    return entries, missing
