"""What is known of one landing, in plain values, and all the evidence that follows from it.

The judge fills in what it knows; everything else stays None, which is not known: it counts nothing
and is named. Nothing here knows tracks, links or frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from models.baseline.bursts import Burst
from models.baseline.likely import Follows
from models.risk import chain_cues, cues, landing_cues
from models.risk.evidence import Evidence
from models.risk.evidence_table import EvidenceTable
from models.risk.pier_use import pier_use
from models.risk.severity import likely_goods
from models.risk.value_function import Fact

#: Every reason that a landing can have: each has its sentence in both catalogues.
CODES: Final = (
    "heard_all_the_way",
    "dark_approach",
    "beidou_alone",
    "radar_only",
    "unseen",
    "nameless",
    "registered",
    "unregistered",
    "doubtful_name",
    "register_says_fisherman_home",
    "known_service",
    "announced",
    "idle_pier",
    "night_hours",
    "tide_window",
    "dwell",
    "trucks",
    "no_trucks",
    "trucks_pass",
    "left_with",
    "camera_boat",
    "nobody_on_camera",
    "barrier_up",
    "barrier_down",
    "near_repeat",
    "none_before",
    "burst",
    "small_repeats",
    "second_wave",
    "scouted",
    "unusual",
)
#: What could not be judged, by the code of a sensor or a register.
MISSING: Final = ("baseline", "camera", "hour", "register", "silence", "tide", "vehicles")


@dataclass(frozen=True)
class LandingFacts:
    """Facts of one landing at a tick. Minutes, metres, days and hours as named.

    Pier: `pier_status` and `pier_kind` of the register; `pier_visits` and `pier_nights` are the
    decayed counts of the baseline (`rates.observed`), `visits_tonight` other visits since noon that
    were nothing suspicious; `visit_probability` is 1 once a boat was seen at the berth, before that
    the probability that the approach goes here, and 0 where only lorries speak of a visit;
    `sighting` who alone tells of it, where that may be wrong (`landing_table.SIGHTINGS`);
    `idle_visited` of the other `idle_piers` were visited since noon, `storm` a gale or typhoon
    announced for the berthing.

    Time: `hour_local` 0 … 23 and `day_kind` of the berthing (of the approach: as expected);
    `hour_share` what was learned (`hours.share`); `margin_m` water to spare, `feasible_share` of
    the tide in which there is any; `dwell_min` in berth so far, or in all where it is over, and at
    least so much where the arrival or the departure was not seen.

    Afloat: `silent_min` 0 heard all the way, None nobody can tell; `silence_nats` its surprise,
    `silent_from_us` its beginning (microseconds since 1970);
    `dark_on_the_way` that a radar went on seeing it through the silence; `radar_only` that it was
    never named by what it sent; `had_transponder` that who it is is known all the same, and the
    register gives it one: then it is dark; `unseen` that no track was there, and `sea_covered`
    whether one would have been seen; `nameless` that a dock camera saw it, and no transponder was
    heard where stations hear them; `ais_withheld` that BeiDou alone speaks of a boat which the
    register gives AIS, where stations hear it. `rough` is a gale or typhoon at the time of the
    silence.

    Land: `trucks` (that stand at the quay: by terminal or dock camera), `trucks_passing` (that
    plate readers saw on the road, and did not stand) and `left_with` are sums of probabilities;
    `trucks_covered` whether terminals or a dock camera look there, `roads_covered` plate readers;
    `trucks_watched_min` since berthing (default: the dwell);
    `waited_min` since the first came, where only they speak of a landing, and `quay_covered`
    whether a radar or a dock camera would have seen a boat;
    `truck_classes` one for each of them, or none at all;
    `camera_boat` seen, not seen, None not covered; `barrier` raised, damaged, lowered, None.

    History: what earlier landings here and at neighbours within 5 km make of one tonight; how many
    nights are remembered; `suspicious_14d` within 5 km, for severity.
    """

    pier_status: str = "unknown"
    pier_kind: str = "pier"
    pier_visits: float | None = None
    pier_nights: float | None = None
    visits_tonight: int = 0
    visit_probability: float = 1.0
    sighting: str | None = None
    idle_visited: int = 0
    idle_piers: int = 0
    storm: bool = False

    hour_local: int | None = None
    day_kind: str = "workday"
    hour_share: float | None = None
    hours_from_high_water: float | None = None
    margin_m: float | None = None
    feasible_share: float | None = None
    dwell_min: float | None = None
    dwell_over: bool = False
    dwell_at_least: bool = False

    silent_min: float | None = None
    silence_nats: float | None = None
    silent_from_us: int | None = None
    silence_moored: bool = False
    dark_on_the_way: bool = False
    radar_only: bool = False
    had_transponder: bool | None = None
    unseen: bool = False
    nameless: bool = False
    ais_withheld: bool = False
    sea_covered: bool | None = None
    rough: bool = False
    in_register: bool | None = None
    doubtful_name: bool = False
    at_home: bool | None = None
    vessel_type: str | None = None
    length_m: float | None = None
    announced: bool | None = None
    heard_by: tuple[str, ...] = ()

    trucks: float = 0.0
    trucks_covered: bool = False
    trucks_usual: tuple[float, ...] = ()
    trucks_passing: float = 0.0
    roads_covered: bool = False
    trucks_watched_min: float | None = None
    waited_min: float | None = None
    quay_covered: bool = False
    truck_lag_min: float | None = None
    truck_classes: tuple[str, ...] = ()
    trucks_seen_by: tuple[str, ...] = ()
    left_with: float = 0.0
    camera_boat: bool | None = None
    barrier: str | None = None

    burst: Burst | None = None
    follows: Follows | None = None
    memory_nights: float | None = None
    small_repeats: float | None = None
    second_wave: bool = False
    scouted: float | None = None
    suspicious_14d: int | None = None
    anomaly_nats: float | None = None
    anomaly: Mapping[str, Any] = field(default_factory=dict)

    @property
    def manner(self) -> str | None:
        """How the sea saw the visit, one of `landing_table.MANNERS`; None: nobody can tell."""
        if self.unseen:
            return "unseen" if self.sea_covered else None
        if self.dark_on_the_way:
            return "silent_tracked"
        if self.radar_only:
            return {None: "radar_only", True: "silent_tracked"}.get(self.had_transponder)
        if self.silent_min is None or (self.silent_min > 0 and self.silence_nats is None):
            return None
        if self.silent_min <= 0:
            return "beidou_alone" if self.ais_withheld else "heard"
        return "silent_moored" if self.silence_moored else "silent"


def observed(facts: LandingFacts) -> tuple[float, float]:
    """Visits and covered nights that are known of the pier, tonight's among them."""
    tonight = facts.visits_tonight
    return (facts.pier_visits or 0.0) + tonight, (facts.pier_nights or 0.0) + (tonight > 0)


def pier_class(table: EvidenceTable, facts: LandingFacts) -> str:
    """What kind of pier it most likely is now; `unknown` where neither register nor visits say."""
    visits, nights = observed(facts)
    if not nights:
        return facts.pier_status if facts.pier_status in ("idle", "low", "active") else "unknown"
    use = pier_use(table, facts.pier_status, visits, nights)
    return max(sorted(use), key=lambda name: use[name])


def landing_evidence(table: EvidenceTable, facts: LandingFacts) -> tuple[list[Evidence], list[str]]:
    """The entries that the facts give, and what was not covered.

    Returns
    -------
    Entries for `evidence.weigh`, by block, and the sorted codes of `MISSING` that hold.
    """
    kind = pier_class(table, facts)
    afloat, when = _afloat(table, facts), _when(table, facts)
    visits, nights = observed(facts)
    rare = landing_cues.rare_visit(
        table,
        facts.pier_status,
        visits=visits,
        covered_nights=nights or None,
        probability=facts.visit_probability,
        sighting=facts.sighting,
        crowd=landing_cues.crowding(table, facts.idle_visited, facts.idle_piers, storm=facts.storm),
    )
    found = [*afloat, rare, *when, *_ashore(table, facts, kind), *_before(table, facts, kind)]
    entries = [entry for entry in found if entry is not None]
    codes = {entry.code for entry in entries}
    missing = {
        "baseline": facts.memory_nights is None,
        "camera": facts.camera_boat is None,
        "hour": facts.hour_local is None,
        "register": facts.in_register is None,
        "silence": facts.manner is None and not facts.nameless,
        "tide": "tide_window" not in codes,
        "vehicles": not facts.trucks_covered,
    }
    return entries, sorted(name for name, holds in missing.items() if holds)


def _afloat(table: EvidenceTable, facts: LandingFacts) -> list[Evidence | None]:
    named = not facts.unseen and not facts.doubtful_name
    return [
        *landing_cues.seen_afloat(
            table,
            # Who bears another's name is heard all the way: it is borne to be heard.
            None if facts.doubtful_name and facts.manner == "heard" else facts.manner,
            facts.silence_nats,
            in_register=facts.in_register if named else None,
            silent_min=facts.silent_min,
            rough=facts.rough,
            sources=facts.heard_by,
        ),
        landing_cues.nobody_afloat(
            table, None if facts.unseen else facts.waited_min, facts.quay_covered
        ),
        landing_cues.doubtful_name(table, facts.doubtful_name),
        landing_cues.nameless(table, facts.nameless),
        cues.home_pier(table, facts.at_home if named else None),
        cues.known_service(table, facts.vessel_type if named else None),
        cues.announced(table, facts.announced),
    ]


def _when(table: EvidenceTable, facts: LandingFacts) -> list[Evidence | None]:
    hour = (facts.hour_local, facts.day_kind, facts.hour_share)
    tide = (facts.hours_from_high_water, facts.margin_m, facts.feasible_share)
    return [
        landing_cues.berthing_hour(table, *hour),
        landing_cues.water(table, facts.pier_kind, *tide),
        cues.dwell(table, facts.dwell_min, facts.dwell_over, facts.dwell_at_least),
    ]


def _ashore(table: EvidenceTable, facts: LandingFacts, kind: str) -> list[Evidence | None]:
    since = facts.trucks_watched_min
    # Where many come, and where work was announced, bars are opened for that.
    opened = kind == "active" or facts.announced
    return [
        chain_cues.trucks(
            table,
            pier_use(table, facts.pier_status, *observed(facts)),
            facts.trucks,
            covered=facts.trucks_covered,
            watched_min=facts.dwell_min if since is None else since,
            lag_min=facts.truck_lag_min,
            sources=facts.trucks_seen_by,
            announced=bool(facts.announced),
            usual=facts.trucks_usual,
        ),
        chain_cues.passing(table, facts.trucks_passing, covered=facts.roads_covered),
        chain_cues.left_with(table, facts.left_with, facts.trucks_seen_by),
        chain_cues.camera_boat(table, facts.camera_boat),
        chain_cues.barrier(table, None if opened else facts.barrier),
    ]


def _before(table: EvidenceTable, facts: LandingFacts, kind: str) -> list[Evidence | None]:
    burst = facts.burst if kind != "active" else None  # where many come, many seem furtive
    return [
        chain_cues.near_repeat(table, facts.follows, facts.memory_nights),
        None if burst is None else chain_cues.burst(table, burst.visits, burst.days, burst.nats),
        chain_cues.small_repeats(table, facts.small_repeats if kind != "active" else None),
        chain_cues.second_wave(table, facts.second_wave, kind),
        chain_cues.scouted(table, facts.scouted, facts.heard_by),
        chain_cues.unusual(table, facts.anomaly_nats, facts.anomaly),
    ]


def consequence(table: EvidenceTable, facts: LandingFacts) -> dict[str, Fact]:
    """The facts that severity asks for, by criterion; None is not known.

    Trucks are told by their classes where these are known, else by their number; none seen is
    known only where somebody looks.
    """
    usual = table.landing.consequence.usual_dwell_min
    left_min = 0.0 if facts.dwell_over else max(usual - (facts.dwell_min or 0.0), 0.0)
    seen = facts.trucks_covered or facts.trucks > 0
    number: Fact = round(facts.trucks, 1) if seen else None
    return {
        "vessel_size": facts.length_m,
        "trucks": list(facts.truck_classes) or number,
        "goods": likely_goods(facts.vessel_type, facts.truck_classes),
        "recurrence": facts.suspicious_14d,
        "minutes_left": round(left_min),
    }
