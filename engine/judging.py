"""From a landing to what is said of it: facts, evidence, posterior, severity, envelope.

A loop over landings, not over observations. What is not an alert is None.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from alerts.policy import Said
from core.times import SECOND_US, utc_text
from engine import anomalies
from engine.explaining import explanation
from engine.judged import Judged
from engine.labels import NONE, Labels
from engine.landing_facts import Known, Silences, facts_of
from engine.normal import Normal
from engine.permits import Permits
from engine.place import Place
from geo.daylight import night_at
from models.landings.links import LEFT_WITH, MET_BY, heir, reason
from models.landings.schema import Landing
from models.risk.evidence import Evidence, Weighed, posterior_without, weigh
from models.risk.landing_facts import LandingFacts, consequence, landing_evidence
from models.risk.severity import severity

__all__ = ["LANDING", "Known", "Silences", "distress", "judge"]

#: What a landing is weighed with; what did not look is said with every alert.
SENSORS: Final = ("ais", "beidou", "camera", "radar", "vehicles")

#: The policy's name of the calls that are landings.
LANDING: Final = "landing"

#: Why an alert is taken back where nothing else became of the landing: it is worth no watch now.
UNLIKELY: Final = "unlikely"
MOST_AGAINST: Final = 3
#: What ended so long ago is no news.
OLD_S: Final = 3 * 3600

Row = dict[str, Any]


def judge(
    landing: Landing,
    known: Known,
    place: Place,
    permits: Permits,
    normal: Normal,
    *,
    labels: Labels = NONE,
    tick_s: int,
    settled: bool,
) -> Judged:
    """What is to be said of a landing at a tick; its word has no content where it is no alert.

    Parameters
    ----------
    permits
        Given while the service ran: those that came by the tick count.
    normal
        What is normal here, as of the last noon.
    labels
        What officers found out of landings, by the tick at which they said it.
    tick_s
        The tick at which it is said.
    """
    begun_us = landing.berth_from_us or landing.from_us
    pier = place.pier_rows[landing.pier]
    night = night_at(pier["lon"], pier["lat"], begun_us)
    lost = landing.over and landing.lost  # nothing more was heard: what was said stands
    facts = LandingFacts(pier_status=pier["status"])
    row: Row = {}
    content: Row | None = None
    weighed: Weighed | None = None
    if night and landing.stage != "withdrawn":  # of all else nothing is said, nothing is learned
        facts = facts_of(landing, begun_us, known, place, permits, tick_s=tick_s)
        facts = normal.beside(facts, landing, begun_us, place)
        if labels.second_wave(landing.pier, begun_us, place, tick_s):
            facts = replace(facts, second_wave=True)
        row = anomalies.row_of(landing, facts, begun_us, place)
        facts = anomalies.beside(facts, row, normal.anomaly)
        if not lost:
            weighed, missing = _weighed(facts, place)
            if facts.announced:
                weighed = _listed_all_the_same(weighed, facts, place)
            if weighed.level is not None:
                content = _content(landing, begun_us, facts, weighed, missing, place)
                content["explanation"] = explanation(
                    landing, facts, begun_us, normal.base.suspicious, labels, place, tick_s=tick_s
                )
    voice = tick_s, settled
    word = _word(voice, landing, begun_us, pier["pier_id"], content, _why_not(landing, weighed))
    by_itself = None
    if weighed is not None:
        by_itself = posterior_without(weighed, "near_repeat", place.calibration)
    return Judged(landing, begun_us, night, facts, word, row, by_itself)


def _word(
    voice: tuple[int, bool],
    landing: Landing,
    begun_us: int,
    pier_id: str,
    content: Row | None,
    why: Row | None,
) -> Said:
    """What a voice (its tick, and whether it is the settled one) says of a landing."""
    became = heir(landing)
    return Said(
        *voice,
        LANDING,
        pier_id,
        landing.from_us,
        begun_us,
        content,
        over=landing.over or landing.stage in ("left", "withdrawn"),
        lost=landing.over and landing.lost,
        last_sign=_last_sign(landing, begun_us),
        why=why,
        heir=None if became is None else became[:2],
        subject=landing.subject,
        heir_subject="" if became is None else became[2],
    )


def _last_sign(landing: Landing, begun_us: int) -> str | None:
    """Since when a boat that was lost may be taken to have been gone; None where that is known so
    late (transponders are waited for a day) that nobody asks any more."""
    end_us = landing.berth_to_us
    if not (landing.over and landing.lost) or end_us is None:
        return None
    if landing.clock_s - end_us // SECOND_US > OLD_S:
        return None
    return utc_text(max(end_us, begun_us))


def _weighed(facts: LandingFacts, place: Place) -> tuple[Weighed, list[str]]:
    """What the facts are worth together, and what was not covered."""
    entries, missing = landing_evidence(place.likelihoods, facts)
    limits = place.settings.alerts
    weighed = weigh(
        place.likelihoods, entries, place.prior_nats, limits.watch, limits.verify,
        place.calibration,
    )  # fmt: skip
    return weighed, missing


def _listed_all_the_same(weighed: Weighed, facts: LandingFacts, place: Place) -> Weighed:
    """A permit weighs and never hides: what would be told without it is a watch with it.

    What it would come to without is said by an entry of its own, of no nats.
    """
    without, _ = _weighed(replace(facts, announced=None), place)
    told = Evidence(
        "identity", 0.0, "without_permit", {"without_share": without.posterior}, ("permits",)
    )
    level = weighed.level or (None if without.level is None else "watch")
    return replace(weighed, evidence=(*weighed.evidence, told), level=level)


def _why_not(landing: Landing, weighed: Weighed | None) -> Row | None:
    """Why a landing is no alert (any more); None where it is one, or by day."""
    if (found := reason(landing)) is not None:
        return {"code": found[0]}
    if weighed is None or weighed.level is not None:
        return None
    against = sorted((e for e in weighed.evidence if e.nats < 0.0), key=lambda e: e.nats)
    told = [entry.as_dict() for entry in against[:MOST_AGAINST]]
    return {"code": UNLIKELY, "posterior": weighed.posterior, "evidence": told}


def _content(
    landing: Landing,
    begun_us: int,
    facts: LandingFacts,
    weighed: Weighed,
    missing: Iterable[str],
    place: Place,
) -> Row:
    """The envelope's fields but the explanation."""
    pier = place.pier_rows[landing.pier]
    grave = severity(place.judgements, consequence(place.likelihoods, facts))
    met = [link.target for link in landing.links if link.kind in (MET_BY, LEFT_WITH)]
    since_us = begun_us if facts.silent_from_us is None else facts.silent_from_us
    first = [distress(since_us, facts.heard_by)] if facts.rough else []
    return {
        "kind": "night_landing",
        "level": weighed.level,
        "posterior": weighed.posterior,
        "prior_nats": weighed.prior_nats,
        "severity": round(grave.score, 4),
        "exercise": place.exercise,
        "pier_id": pier["pier_id"],
        "lon": round(pier["lon"], 6),
        "lat": round(pier["lat"], 6),
        "berth_from": utc_text(begun_us),
        "berth_to": utc_text(landing.berth_to_us) if landing.stage == "left" else None,
        "targets": list(landing.targets),
        "vehicles": sorted({target for target in met if target is not None}),
        "evidence": [
            *(entry.as_dict() for entry in first),
            *(entry.as_dict() for entry in weighed.evidence),
        ],
        "not_covered": sorted(_not_covered(landing, facts) | set(missing)),
        "severity_parts": grave.as_parts(),
    }


def _not_covered(landing: Landing, facts: LandingFacts) -> set[str]:
    """Sensors that did not look, or of which nothing was heard there; what is not learned yet."""
    looked = set(facts.heard_by) | {link.sensor for link in landing.links}
    looked |= {"camera", "vehicles"} & landing.coverage
    unlearned = {"anomaly"} if facts.anomaly_nats is None else set()
    if facts.sea_covered:
        looked.add("radar")
    if facts.nameless or facts.ais_withheld:
        looked.add("ais")
    return (set(SENSORS) - looked) | unlearned


def distress(silent_from_us: int, sources: Iterable[str]) -> Evidence:
    """The question that comes first in a storm; it speaks neither for nor against the vessel."""
    since = {"since": utc_text(silent_from_us)}
    return Evidence("identity", 0.0, "distress_possible", since, tuple(sources))
