"""What officers' verdicts would make of the weights: proposed beside those in force, in shadow.

Each likelihood that is a share is taken as a Dirichlet whose mean is the table's and whose weight
is what the table says its proposals count as: 20 landings and 40 innocent calls. Labelled landings
are added to it (confirmed ones to one side, lawful ones to the other), so that few labels move a
number little and none moves it not at all. Nothing here changes a table: a person does.

Only what was alerted is ever labelled, so the innocent side learns from calls that looked like
landings: what it proposes speaks of alerts, and is nearer to 0 than of all calls.

Source: methods 3.2 (tables fitted or checked), 4.2 (pseudo-counts); Gelman et al., Bayesian Data
Analysis, 3rd edition, 3.4 (Dirichlet); evidence.toml (what its proposals count as).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scipy.special import polygamma

from models.risk.calibration import IDENTITY, Calibration
from models.risk.evidence import Evidence, Weighed, weigh
from models.risk.evidence_table import EvidenceTable
from models.risk.landing_table import Manners, Named
from models.risk.likelihood import log_ratio
from models.risk.table_parts import TwoShares

Json = Mapping[str, Any]
#: What the table's own share counts as, in labelled landings and innocent calls.
LANDINGS: Final = 20.0
INNOCENT: Final = 40.0
#: Of a normal distribution: 95 in 100 lie within.
_SIGMAS: Final = 1.959964
NAMED: Final = ("heard", "silent", "silent_moored", "silent_tracked")
USES: Final = ("idle", "low", "active")
#: Facts of which only that they hold is evidence: that they do not is counted, and has no nats.
ONE_SIDED: Final = (
    "landing.doubtful_name", "landing.nameless", "register_says_fisherman_home", "announced",
    "landing.left_with", "landing.scouted",
)  # fmt: skip
#: Codes that `weigh` makes itself.
_MADE: Final = ("block_cap", "block_floor", "calibration", "posterior_bound")
#: Tables of nats, rates and curves: labels of alerts say nothing of how often they come.
LEFT_ALONE: Final = (
    "idle_pier", "tide_window", "known_service", "landing.pier_use", "landing.sightings",
    "landing.crowd", "landing.nobody_afloat", "landing.landing_hours", "landing.near_repeat",
    "landing.burst", "landing.small_repeats", "landing.second_wave", "landing.unusual",
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """A table of shares: its name, and of each answer how often landings and innocent calls give
    it. `landings` and `innocent` are what the shares count as. Questions with one `ours` (a
    landing's shares) are asked of the same landings."""

    name: str
    answers: tuple[str, ...]
    landing_share: tuple[float, ...]
    innocent_share: tuple[float, ...]
    landings: float = LANDINGS
    innocent: float = INNOCENT
    ours: str = ""


@dataclass(frozen=True)
class Answer:
    """What an alert says to a question, and at which place of its evidence; None: by silence."""

    question: str
    answer: str
    at: int | None = None


@dataclass(frozen=True)
class Weight:
    """An answer's nats in force and proposed, between which (95 %) they lie, and the labelled
    landings behind it: so many confirmed and lawful ones gave it, of so many that were asked."""

    question: str
    answer: str
    current: float
    proposed: float
    low: float
    high: float
    confirmed: int
    lawful: int
    of_confirmed: int
    of_lawful: int


def questions(table: EvidenceTable) -> dict[str, Question]:
    """By name, all that labels may speak of."""
    landing = table.landing
    asked = [*_seen(landing.seen.landing, landing.seen.innocent)]
    two: dict[str, TwoShares] = {
        "landing.doubtful_name": landing.doubtful_name,
        "landing.nameless": landing.nameless,
        "register_says_fisherman_home": table.register_says_fisherman_home,
        "announced": table.announced,
        "landing.left_with": landing.left_with,
        "landing.camera_boat": landing.camera_boat,
        "landing.barrier_up": landing.barrier_up,
        "landing.scouted": landing.scouted,
    }
    for name, row in two.items():
        ours, theirs = row.landing_share, row.innocent_share
        asked.append(Question(name, ("yes", "no"), (ours, 1 - ours), (theirs, 1 - theirs)))
    counts = ("0", "1", "2", "3")
    for use in (*USES, "announced"):
        theirs_too = getattr(landing.trucks, use)
        name = f"landing.trucks.{use}"
        asked.append(
            Question(name, counts, landing.trucks.landing, theirs_too, ours="landing.trucks")
        )
    passing, dwell = landing.passing, table.dwell
    asked.append(Question("landing.passing", counts, passing.landing, passing.innocent))
    bands = tuple(f"{start:g}" for start in dwell.from_min)
    asked.append(Question("dwell", bands, dwell.landing_share, dwell.innocent_share))
    return {one.name: one for one in asked}


def _seen(ours: Manners, theirs: Manners) -> Iterator[Question]:
    """How the sea saw the visit, and what the register says beyond that."""
    names = (*NAMED, "beidou_alone", "radar_only", "unseen")

    def both(of: Manners) -> tuple[float, ...]:
        named: list[Named] = [getattr(of, name) for name in NAMED]
        return (*(n.both for n in named), of.beidou_alone, of.radar_only, of.unseen)

    yield Question("landing.seen", names, both(ours), both(theirs))
    for name in NAMED:
        mine: Named = getattr(ours, name)
        other: Named = getattr(theirs, name)
        yield Question(
            f"landing.seen.{name}",
            ("registered", "unregistered"),
            (mine.registered / mine.both, mine.unregistered / mine.both),
            (other.registered / other.both, other.unregistered / other.both),
            LANDINGS * mine.both,
            INNOCENT * other.both,
        )


def answers(table: EvidenceTable, alert: Json) -> list[Answer]:
    """What the evidence of an alert says to the questions; of one that was not asked, nothing.

    Parameters
    ----------
    alert
        The envelope: its `evidence` and `not_covered`.
    """
    at = {entry["code"]: i for i, entry in enumerate(alert["evidence"])}
    params = {entry["code"]: entry["params"] for entry in alert["evidence"]}
    out = [*_manner(at, params), *_ashore(at, params)]

    def two(name: str, yes: str, no: str | None = None, *, asked: bool = True) -> None:
        if yes in at:
            out.append(Answer(name, "yes", at[yes]))
        elif no in at or (no is None and asked):
            out.append(Answer(name, "no", at.get(no or "")))

    two("landing.doubtful_name", "doubtful_name")
    unlooked = "camera_boat" in at and "radar" in alert.get("not_covered", ())
    two("landing.nameless", "nameless", asked=unlooked)
    two("register_says_fisherman_home", "register_says_fisherman_home", asked="registered" in at)
    two("announced", "announced")
    two("landing.left_with", "left_with", asked="trucks" in at)
    two("landing.camera_boat", "camera_boat", "nobody_on_camera")
    two("landing.barrier_up", "barrier_up", "barrier_down")
    two("landing.scouted", "scouted")
    if "dwell" in at and params["dwell"].get("over") and not params["dwell"].get("at_least"):
        starts = table.dwell.from_min
        band = max(start for start in starts if start <= max(params["dwell"]["dwell_min"], 0))
        out.append(Answer("dwell", f"{band:g}", at["dwell"]))
    return out


def _manner(at: Mapping[str, int], params: Mapping[str, Json]) -> Iterator[Answer]:
    name = None
    if "heard_all_the_way" in at:
        name, code = "heard", "heard_all_the_way"
    elif "dark_approach" in at:
        code, told = "dark_approach", params["dark_approach"]
        moored = "silent_moored" if told.get("moored") else "silent"
        name = "silent_tracked" if told.get("corroborated") else moored
    elif "beidou_alone" in at:
        name = code = "beidou_alone"
    elif "radar_only" in at:
        name = code = "radar_only"
    elif "unseen" in at and "waited_min" not in params["unseen"]:
        name = code = "unseen"
    if name is None:
        return
    yield Answer("landing.seen", name, at[code])
    for said in ("registered", "unregistered"):
        if said in at and name in NAMED:
            yield Answer(f"landing.seen.{name}", said, at[said])


def _ashore(at: Mapping[str, int], params: Mapping[str, Json]) -> Iterator[Answer]:
    use = "announced" if "announced" in at else params.get("idle_pier", {}).get("status")
    for code in ("trucks", "no_trucks"):
        if code in at and use in (*USES, "announced"):
            yield Answer(f"landing.trucks.{use}", _many(params[code]), at[code])
    if "trucks_pass" in at:
        yield Answer("landing.passing", _many(params["trucks_pass"]), at["trucks_pass"])


def _many(told: Json) -> str:
    """Whole vehicles: none, one, two, three and more."""
    return str(min(math.floor(told["trucks"] + 0.5), 3))


def weights(table: EvidenceTable, labelled: Iterable[tuple[str, Json]]) -> list[Weight]:
    """The nats of each answer in force, and as the labels propose them.

    Parameters
    ----------
    labelled
        Outcome (`models.risk.outlook.OUTCOMES`) and envelope of each labelled landing; what is
        neither confirmed nor lawful counts nothing.

    Returns
    -------
    By question and answer, in the table's order; of `ONE_SIDED` ones the first answer alone.
    """
    asked = questions(table)
    ours, theirs = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for outcome, alert in labelled:
        for said in answers(table, alert):
            if outcome == "confirmed":
                ours[asked[said.question].ours or said.question, said.answer] += 1
            elif outcome == "lawful":
                theirs[said.question, said.answer] += 1
    out = []
    for one in asked.values():
        mine = [ours[one.ours or one.name, answer] for answer in one.answers]
        other = [theirs[one.name, answer] for answer in one.answers]
        worth = one.answers[:1] if one.name in ONE_SIDED else one.answers
        out += [_weight(one, i, mine, other) for i in range(len(worth))]
    return out


def _weight(one: Question, i: int, ours: Sequence[int], theirs: Sequence[int]) -> Weight:
    mine = _side(one.landings, one.landing_share[i], ours[i], sum(ours))
    other = _side(one.innocent, one.innocent_share[i], theirs[i], sum(theirs))
    current = log_ratio(one.landing_share[i], one.innocent_share[i])
    proposed = current + mine.moved - other.moved
    spread = _SIGMAS * math.sqrt(mine.variance + other.variance)
    return Weight(
        one.name, one.answers[i], current, proposed, proposed - spread, proposed + spread,
        ours[i], theirs[i], sum(ours), sum(theirs),
    )  # fmt: skip


@dataclass(frozen=True)
class _Side:
    moved: float  # of ln share
    variance: float


def _side(worth: float, share: float, count: int, of: int) -> _Side:
    """How far labels move a share whose table counts as so many, and how sure it then is.

    The variance of ln share is that of the logarithm of a Beta(a, b): ψ₁(a) − ψ₁(a + b).
    """
    a, whole = worth * share + count, worth + of
    moved = math.log(a / (whole * share)) if of else 0.0
    return _Side(moved, float(polygamma(1, a) - polygamma(1, whole)))


def rescored(
    table: EvidenceTable,
    proposed: Iterable[Weight],
    alert: Json,
    watch: float,
    verify: float,
    calibration: Calibration = IDENTITY,
) -> Weighed:
    """What an alert would have come to under proposed weights: each reason moves by as much as its
    answer does, caps and curve as in force."""
    moved = {(w.question, w.answer): w.proposed - w.current for w in proposed}
    said = [answer for answer in answers(table, alert) if answer.at is not None]
    by_place = {answer.at: moved[answer.question, answer.answer] for answer in said}
    entries = [
        Evidence(
            entry["block"],
            entry["nats"] + (0.0 if "counted_in" in entry["params"] else by_place.get(i, 0.0)),
            entry["code"],
            entry["params"],
            tuple(entry["sources"]),
        )
        for i, entry in enumerate(alert["evidence"])
        if entry["code"] not in _MADE
    ]
    return weigh(table, entries, alert["prior_nats"], watch, verify, calibration)
