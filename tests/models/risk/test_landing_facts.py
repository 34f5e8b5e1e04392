"""Facts of a landing become entries of evidence, each fact once."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import models.risk
from models.baseline.bursts import Burst
from models.baseline.likely import Follows
from models.risk import chain_cues, landing_cues
from models.risk.evidence import Evidence, Weighed, weigh
from models.risk.evidence_table import parse_evidence
from models.risk.landing_facts import (
    MISSING,
    LandingFacts,
    consequence,
    landing_evidence,
    pier_class,
)
from models.risk.likelihood import prior_nats
from models.risk.pier_use import CLASSES, pier_use, visit_chance

TABLE = parse_evidence((Path(models.risk.__file__).parent / "evidence.toml").read_bytes())
PRIOR = prior_nats(0.068)
TWO_NIGHTS_AGO = Follows(8.0, 2, 0.03, here=True)
LANDING = LandingFacts(
    pier_status="idle",
    hour_local=1,
    hours_from_high_water=-0.8,
    dwell_min=85,
    dwell_over=True,
    silent_min=74,
    silence_nats=5.0,
    in_register=False,
    heard_by=("ais",),
    trucks=3.4,
    trucks_covered=True,
    camera_boat=True,
    memory_nights=30,
    follows=TWO_NIGHTS_AGO,
)
FISHERMAN = LandingFacts(
    pier_status="low",
    hour_local=3,
    dwell_min=400,
    dwell_over=True,
    silent_min=0,
    silence_nats=0.0,
    in_register=True,
    at_home=True,
    vessel_type="fishing",
    trucks=1.0,
    trucks_covered=True,
)


def weighed(facts: LandingFacts) -> Weighed:
    return weigh(TABLE, landing_evidence(TABLE, facts)[0], PRIOR)


def nats(entry: Evidence | None) -> float:
    assert entry is not None
    return entry.nats


def block(facts: LandingFacts, name: str) -> float:
    return math.fsum(e.nats for e in landing_evidence(TABLE, facts)[0] if e.block == name)


def test_a_dark_boat_that_lorries_meet_at_an_idle_pier_in_the_small_hours_is_to_be_verified() -> (
    None
):
    w = weighed(LANDING)
    assert w.level == "verify"
    assert w.posterior > 0.99
    assert landing_evidence(TABLE, LANDING)[1] == []


def test_a_boat_that_only_radar_saw_is_to_be_verified_by_its_lorries() -> None:
    dark = replace(LANDING, silent_min=None, silence_nats=None, in_register=None, radar_only=True)
    assert weighed(dark).level == "verify"
    alone = replace(dark, trucks=0.0, follows=None)
    assert weighed(alone).level == "watch"
    assert weighed(replace(alone, camera_boat=False)).level is None


def test_a_fishing_boat_that_comes_home_to_its_fish_lorry_raises_nothing() -> None:
    assert weighed(FISHERMAN).posterior < 0.001


def test_lorries_that_wait_where_nobody_was_seen_afloat_are_watched_but_not_on_their_own() -> None:
    waiting = LandingFacts(
        pier_status="idle", visit_probability=0.0, unseen=True, hour_local=2,
        trucks=4.0, trucks_covered=True, hours_from_high_water=0.5, memory_nights=30,
        follows=TWO_NIGHTS_AGO,
    )  # fmt: skip
    entries, missing = landing_evidence(TABLE, waiting)
    assert "rarity" not in {e.block for e in entries}
    assert {"silence", "register", "camera"} <= set(missing)
    assert weigh(TABLE, entries, PRIOR).level == "watch"
    by_noon = replace(waiting, hour_local=14, follows=None)
    assert weighed(by_noon).level is None


def test_what_nobody_covered_counts_nothing_and_is_named() -> None:
    entries, missing = landing_evidence(TABLE, LandingFacts())
    assert {e.block for e in entries} == {"rarity"}
    assert missing == list(MISSING)


def used(kind: str) -> dict[str, float]:
    return {name: float(name == kind) for name in CLASSES}


def test_no_lorries_speak_against_only_where_somebody_looks_and_the_more_the_longer_it_lasts() -> (
    None
):
    at_once, later = (
        nats(chain_cues.trucks(TABLE, used("idle"), 0, covered=True, watched_min=m))
        for m in (0, 90)
    )
    assert later < at_once < 0
    assert chain_cues.trucks(TABLE, used("idle"), 0, covered=False) is None
    assert nats(chain_cues.trucks(TABLE, used("idle"), 0, covered=True)) == 0  # nobody berthed yet
    seen = chain_cues.trucks(TABLE, used("active"), 0.4, covered=False, watched_min=90)
    assert nats(seen) == 0


@pytest.mark.parametrize("kind", CLASSES)
@given(a=st.floats(1, 6), b=st.floats(1, 6), minutes=st.none() | st.floats(-200, 400))
def test_more_lorries_never_make_a_landing_less_likely(
    kind: str, a: float, b: float, minutes: float | None
) -> None:
    less, more = (
        nats(chain_cues.trucks(TABLE, used(kind), n, covered=True, watched_min=minutes))
        for n in sorted((a, b))
    )
    assert more >= less


def test_three_lorries_mean_less_where_lorries_are_usual_and_those_that_pass_mean_little() -> None:
    worth = [nats(chain_cues.trucks(TABLE, used(k), 3, covered=True)) for k in CLASSES]
    assert worth == sorted(worth, reverse=True)
    between = chain_cues.trucks(TABLE, {"idle": 0.5, "low": 0.0, "active": 0.5}, 3, covered=True)
    assert worth[-1] < nats(between) < worth[0]
    passing = nats(chain_cues.passing(TABLE, 9.0, covered=True))
    assert 0 < passing < worth[-1]
    assert nats(chain_cues.passing(TABLE, 0.0, covered=True)) < 0
    assert chain_cues.passing(TABLE, 0.0, covered=False) is None


def test_lorries_say_little_where_they_stand_every_night_and_more_where_none_ever_does() -> None:
    def worth(*usual: float, n: float = 3) -> float:
        return nats(chain_cues.trucks(TABLE, used("idle"), n, covered=True, usual=usual))

    depot, quiet = worth(10.0, 5.0, 5.0, 10.0), worth(30.0, 0.0, 0.0, 0.0)
    assert depot == pytest.approx(0.2, abs=0.3)
    assert depot < worth() < quiet
    row = TABLE.landing.trucks
    share = row.table_nights * row.idle[3] / (row.table_nights + 30.0)
    assert quiet == pytest.approx(math.log(row.landing[3] / share), abs=0.01)
    assert worth(0.0, 0.0, 0.0, 0.0) == worth()


def test_announced_work_comes_with_lorries_whatever_stands_there_else() -> None:
    asked = partial(chain_cues.trucks, TABLE, used("idle"), 3, covered=True, announced=True)
    assert asked(usual=(30.0, 0.0, 0.0, 0.0)) == asked()


def test_camera_and_bar_speak_for_and_against_and_are_silent_where_there_is_none() -> None:
    seen, nobody = (nats(chain_cues.camera_boat(TABLE, s)) for s in (True, False))
    up, down = (nats(chain_cues.barrier(TABLE, s)) for s in ("damaged", "lowered"))
    assert (seen > 0 > nobody, up > 0 > down) == (True, True)
    assert chain_cues.camera_boat(TABLE, None) is None
    assert chain_cues.barrier(TABLE, None) is None


@pytest.mark.parametrize("manner", ["heard", "silent", "silent_moored", "silent_tracked"])
@pytest.mark.parametrize("known", [True, False])
def test_manner_and_register_add_up_to_their_joint_ratio(manner: str, known: bool) -> None:
    entries = landing_cues.seen_afloat(TABLE, manner, 5.0, in_register=known)
    row, name = TABLE.landing.seen, "registered" if known else "unregistered"
    lost = 0.0 if manner == "heard" else math.exp(-5.0)
    ours, theirs = (
        getattr(getattr(side, manner), name) + lost * getattr(side.heard, name)
        for side in (row.landing, row.innocent)
    )
    assert len(entries) == 2
    assert math.fsum(e.nats for e in entries) == pytest.approx(math.log(ours / theirs), abs=0.011)


def test_the_darker_the_more_it_says_and_what_losses_explain_says_nothing() -> None:
    def worth(manner: str, surprise: float = 5.0) -> float:
        return landing_cues.seen_afloat(TABLE, manner, surprise)[0].nats

    assert worth("silent") > worth("silent_moored") >= 0 > worth("heard")
    assert worth("silent_tracked") > worth("silent_moored")
    assert worth("silent", 0.0) == 0
    assert 0 <= worth("silent", 1.0) < worth("silent", 3.0) < worth("silent", 5.0)
    assert worth("silent", 50.0) == worth("silent", 5.0)


def test_a_silence_in_a_gale_is_shown_and_counts_nothing() -> None:
    entry, register = landing_cues.seen_afloat(TABLE, "silent", 5.0, in_register=False, rough=True)
    assert (entry.code, entry.nats) == ("dark_approach", 0.0)
    assert register == landing_cues.seen_afloat(TABLE, None, in_register=False)[0]


def test_a_radar_track_whose_vessel_has_a_transponder_is_dark_and_without_one_is_nothing() -> None:
    nameless = LandingFacts(radar_only=True)
    assert nameless.manner == "radar_only"
    assert replace(nameless, had_transponder=True).manner == "silent_tracked"
    assert replace(nameless, had_transponder=False).manner is None
    assert replace(nameless, dark_on_the_way=True).manner == "silent_tracked"


def test_who_answers_to_beidou_alone_speaks_for_a_landing_and_being_heard_by_all_against_it() -> (
    None
):
    heard = LandingFacts(silent_min=0.0, silence_nats=0.0, in_register=True, heard_by=("beidou",))
    alone = replace(heard, ais_withheld=True)
    (entry,) = [e for e in landing_evidence(TABLE, alone)[0] if e.block == "identity"]
    assert (entry.code, entry.sources) == ("beidou_alone", ("beidou",))
    assert block(heard, "identity") < 0 < block(alone, "identity")
    assert replace(alone, silent_min=40.0, silence_nats=3.0).manner == "silent"


def test_nobody_afloat_is_evidence_only_where_somebody_would_have_been_seen() -> None:
    assert LandingFacts(unseen=True).manner is None
    gone = LandingFacts(unseen=True, sea_covered=True, in_register=True)
    entries, _ = landing_evidence(TABLE, gone)
    assert [e.code for e in entries if e.block == "identity"] == ["unseen"]
    assert block(gone, "identity") < 0


def test_a_name_in_doubt_is_not_looked_up_nor_cleared_by_being_heard() -> None:
    facts = replace(FISHERMAN, doubtful_name=True)
    codes = {e.code for e in landing_evidence(TABLE, facts)[0] if e.block == "identity"}
    assert codes == {"doubtful_name"}


def test_a_burst_says_nothing_where_the_pier_is_in_use() -> None:
    burst = Burst(visits=5, days=7, nats=6.0)
    quiet = LandingFacts(pier_status="idle", pier_visits=0.0, pier_nights=20.0, burst=burst)
    busy = replace(quiet, pier_visits=90.0)
    told = [
        {e.code for e in landing_evidence(TABLE, facts)[0]} & {"burst"} for facts in (quiet, busy)
    ]
    assert told == [{"burst"}, set()]


def test_a_pier_that_comes_back_to_use_is_normal_again_after_one_night() -> None:
    idle = LandingFacts(pier_status="idle", pier_visits=0.0, pier_nights=50.0)
    reopened = replace(idle, pier_nights=1.0, pier_visits=4.0)
    tonight = LandingFacts(pier_status="idle", visits_tonight=4)
    assert [pier_class(TABLE, f) for f in (idle, reopened, tonight)] == ["idle", "active", "active"]
    assert block(idle, "rarity") > 3.5
    assert block(reopened, "rarity") < 0.5
    assert block(tonight, "rarity") == pytest.approx(block(reopened, "rarity"))
    busy = replace(tonight, trucks=3.0, trucks_covered=True)
    assert block(busy, "land_side") < block(replace(busy, visits_tonight=0), "land_side") - 1


def test_the_register_is_believed_until_visits_say_otherwise() -> None:
    for status in CLASSES:
        use = pier_use(TABLE, status)
        assert max(use, key=lambda name: use[name]) == status
        assert math.fsum(use.values()) == pytest.approx(1.0)
    assert pier_class(TABLE, LandingFacts(pier_status="unknown")) == "unknown"
    disused = LandingFacts(pier_status="active", pier_visits=0.0, pier_nights=60.0)
    assert pier_class(TABLE, disused) == "idle"
    camera_down = replace(disused, pier_nights=0.0)
    assert pier_class(TABLE, camera_down) == "active"


@given(
    st.sampled_from([*CLASSES, "unknown"]), st.floats(0, 200), st.floats(0, 90), st.floats(0.1, 50)
)
def test_more_quiet_nights_make_a_visit_rarer(
    status: str, visits: float, nights: float, more: float
) -> None:
    chance = visit_chance(TABLE, status, visits, nights + 0.5)
    assert 0 < visit_chance(TABLE, status, visits, nights + 0.5 + more) <= chance * (1 + 1e-9)
    assert chance < 1


def test_an_approach_says_less_of_the_pier_than_a_visit_and_waiting_lorries_nothing() -> None:
    sure, half, little = (
        nats(landing_cues.rare_visit(TABLE, "idle", probability=p)) for p in (1.0, 0.5, 0.05)
    )
    assert sure > half > little
    assert sure - half == pytest.approx(math.log(2), abs=0.02)
    assert landing_cues.rare_visit(TABLE, "idle", probability=0.0) is None


def test_a_glance_of_a_camera_is_hardly_a_visit_and_a_storm_drives_boats_to_idle_piers() -> None:
    def worth(**facts: Any) -> float:
        return block(LandingFacts(pier_status="idle", **facts), "rarity")

    assert worth(sighting="glance") < 0.5 < worth(sighting="echo") < worth()
    assert worth(storm=True) < worth() - 1.0
    assert worth(idle_visited=20, idle_piers=50) < worth(idle_visited=2, idle_piers=50)


def test_vehicles_that_wait_while_nobody_comes_say_less_the_longer_it_lasts() -> None:
    def worth(waited_min: float, covered: bool = True) -> float:
        facts = LandingFacts(waited_min=waited_min, quay_covered=covered)
        return block(facts, "identity")

    assert 0 > worth(10) > worth(40) > worth(120)
    assert worth(120, covered=False) == 0


def test_vehicles_and_bars_of_announced_work_say_little() -> None:
    asked = LandingFacts(pier_status="idle", trucks=3, trucks_covered=True, barrier="damaged")
    assert block(asked, "land_side") > 4
    assert block(replace(asked, announced=True), "land_side") < 0.5


def test_a_learned_hour_takes_the_place_of_the_tables_so_that_night_counts_once() -> None:
    def worth(share: float | None) -> float:
        return nats(landing_cues.berthing_hour(TABLE, 2, "workday", share))

    assert worth(1 / 24) == pytest.approx(worth(None), abs=0.02)
    assert worth(0.180) == TABLE.landing.landing_hours.workday_nats  # a pier of night boats
    assert worth(0.0) - TABLE.landing.landing_hours.workday_nats <= 1.57
    holiday = nats(landing_cues.berthing_hour(TABLE, 2, "holiday"))
    assert holiday - worth(None) == pytest.approx(0.69, abs=0.01)


@pytest.mark.parametrize("kind", ["beach", "mudflat"])
def test_boats_ground_on_purpose_where_there_is_no_berth(kind: str) -> None:
    shallow = {"margin_m": -3.0, "feasible_share": 0.2, "hours_from_high_water": 3.0}
    assert nats(landing_cues.water(TABLE, kind, **shallow)) == 0
    assert nats(landing_cues.water(TABLE, "pier", **shallow)) == -4
    assert nats(landing_cues.water(TABLE, kind, hours_from_high_water=1.0)) > 0
    assert landing_cues.water(TABLE, kind, margin_m=1.0) is None


def test_what_an_earlier_landing_draws_is_worth_its_logarithm_up_to_a_cap() -> None:
    by_times = [nats(chain_cues.near_repeat(TABLE, repeated(times))) for times in (2.0, 8.0, 500.0)]
    assert by_times == [0.69, 2.08, TABLE.landing.near_repeat.cap_nats]
    told = chain_cues.near_repeat(TABLE, repeated(8.0, here=False))
    assert told is not None
    assert told.params == {"nights": 2, "chance_share": 0.03, "neighbour": True}


def test_that_nothing_was_before_says_something_only_to_who_remembers() -> None:
    assert chain_cues.near_repeat(TABLE, None, 3) is None
    assert nats(chain_cues.near_repeat(TABLE, None, 30)) < 0
    assert chain_cues.near_repeat(TABLE, repeated(0.9), 30) == chain_cues.near_repeat(
        TABLE, None, 30
    ), "what draws less than the usual is nothing"


def repeated(times: float, *, here: bool = True) -> Follows:
    return Follows(times, 2, 0.03, here)


def test_a_burst_and_its_last_landing_are_one_history() -> None:
    facts = replace(LANDING, burst=Burst(4, 14, 6.0))
    recurrence = [e for e in weighed(facts).evidence if e.block == "recurrence"]
    counted = {e.code: e.nats for e in recurrence}
    assert counted == {"burst": 0.0, "near_repeat": 2.08}


def test_twenty_small_repeats_count_and_three_do_not() -> None:
    assert chain_cues.small_repeats(TABLE, 3.0) is None
    assert nats(chain_cues.small_repeats(TABLE, 20.0)) > 2
    at_work = LandingFacts(pier_status="active", small_repeats=20.0)
    assert block(at_work, "recurrence") == 0


def test_a_catch_nearby_makes_quiet_piers_likelier_and_a_scout_its_follower() -> None:
    assert nats(chain_cues.second_wave(TABLE, True, "idle")) == 1.0
    assert chain_cues.second_wave(TABLE, True, "active") is None
    sure, unsure = (nats(chain_cues.scouted(TABLE, p)) for p in (1.0, 0.3))
    assert sure > unsure > 0
    assert chain_cues.scouted(TABLE, 0.0) is None


def test_severity_is_told_lorries_and_recurrence_where_they_are_known() -> None:
    known = consequence(TABLE, replace(LANDING, suspicious_14d=2, length_m=30.0))
    assert known == {
        "vessel_size": 30.0, "trucks": 3.4, "goods": None, "recurrence": 2, "minutes_left": 0,
    }  # fmt: skip
    blind = consequence(TABLE, LandingFacts(dwell_min=15))
    assert (blind["trucks"], blind["minutes_left"]) == (None, 70)
    cold = consequence(TABLE, replace(LANDING, truck_classes=("refrigerated", "truck_heavy")))
    assert (cold["trucks"], cold["goods"]) == (["refrigerated", "truck_heavy"], "frozen_meat")
