"""A county's nights: what moves, what lands, what only looks like it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geo.site import parse_site
from simulate.command import Maker, Order
from simulate.county import County
from simulate.fleet import Voyage
from simulate.motion import MPS_PER_KN
from simulate.night import Night
from simulate.place import Place
from simulate.plan import VARIANTS
from simulate.priors import NUISANCES, TEST, TEST_SEEDS, TUNING, TUNING_SEEDS
from simulate.scale import SCALES, cut
from simulate.scene import Scene

FOLDER = Path(__file__).parents[2] / "sites/xiangshan"
FILES = {p.name: p.read_bytes() for p in FOLDER.iterdir() if p.is_file()}
SEED = 206
NIGHTS = 30
Made = tuple[Night, Scene]

#: Knots that no such vessel exceeds.
FASTEST_KN = {
    "fishing": 12.0, "aquaculture": 9.0, "cargo": 15.0, "tanker": 15.0, "sand_carrier": 13.0,
    "passenger": 14.0, "law_enforcement": 16.0, "service": 15.0, "leisure": 26.0,
    "gear_beacon": 2.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def place() -> Place:
    return Place(parse_site(cut(FILES, SCALES["small"])))


@pytest.fixture(scope="module")
def county(place: Place) -> County:
    return County(place, SEED, NIGHTS)


@pytest.fixture(scope="module")
def nights(county: County) -> list[Made]:
    """The two nights with most landings."""
    busy = Counter(job.night for job in county.jobs).most_common(2)
    return [county.night(k) for k in sorted({busy[0][0], busy[1][0]})]


def voyages(nights: list[Made]) -> list[tuple[Night, Voyage]]:
    return [(night, voyage) for night, scene in nights for voyage in scene.voyages]


def test_no_vessel_is_ever_on_land(place: Place, nights: list[Made]) -> None:
    assert place.site.land is not None
    spots = [
        voyage.track.at(np.arange(0.0, night.end_s, 45.0)) for night, voyage in voyages(nights)
    ]
    lon, lat = place.plane.to_deg(*np.concatenate(spots).T)
    assert len(lon) > 400_000
    assert not place.site.land.contains(lon, lat).any()


def test_every_kind_of_vessel_keeps_to_its_speeds_and_turns(nights: list[Made]) -> None:
    for night, voyage in voyages(nights):
        t = np.arange(0.0, night.end_s, 5.0)
        t = t[(t > voyage.track.t_s[0] + 2) & (t < voyage.track.t_s[-1] - 2)]
        velocity = voyage.track.velocity_mps(t)
        speed = np.sqrt((velocity**2).sum(axis=1))
        assert speed.max() / MPS_PER_KN < FASTEST_KN[voyage.boat.kind], voyage.boat
        change = np.abs(np.diff(speed)) / 5.0
        assert np.percentile(change, 99.9) < 0.5, voyage.boat
        moving = (speed[1:] > 2.5) & (speed[:-1] > 2.5)
        if moving.sum() > 200:
            course = np.degrees(np.arctan2(velocity[:, 0], velocity[:, 1]))
            turn = np.abs((np.diff(course) + 180.0) % 360.0 - 180.0)[moving] / 5.0
            assert np.percentile(turn, 99) < 8.0, voyage.boat


def test_a_landing_lies_afloat_at_a_quiet_pier_and_its_trucks_come(
    place: Place, nights: list[Made]
) -> None:
    table, tide = place.site.piers.table, place.site.tide
    assert tide is not None
    seen = 0
    for night, scene in nights:
        tracks = {v.boat.target: v for v in scene.voyages}
        plates = {trip.plate for trip in scene.trips}
        for row in scene.landings:
            voyage = tracks[row["vessels"][0]]  # type: ignore[index]
            index = table["pier_id"].to_list().index(row["pier_id"])
            from_s, to_s = night.second(str(row["berth_from"])), night.second(str(row["berth_to"]))
            assert table["status"][index] != "active"
            assert night.clock_s(-2.6) < from_s < night.clock_s(5.9)
            assert 50 * 60 - 5 <= to_s - from_s <= 165 * 60
            inside = np.arange(from_s + 30.0, min(to_s, from_s + 3_000.0) - 30.0, 60.0)
            lon, lat = place.plane.to_deg(*voyage.track.at(inside).T)
            found, away_m = place.site.piers.nearest(lon, lat, 60.0)
            assert (found == index).mean() > 0.9
            assert 3.0 < away_m.min() < away_m.max() < 45.0
            start = np.datetime64(night.start_at.replace(tzinfo=None), "us")
            heights = tide.height_m(start + inside.astype("timedelta64[s]"))
            if table["depth_m"][index] is not None:
                assert heights.min() + table["depth_m"][index] > voyage.boat.draught_m
            assert row["trucks"]
            assert set(row["trucks"]) <= plates  # type: ignore[call-overload]
            assert row["covered_by"]
            seen += 1
    assert seen >= 4


def test_each_variant_uses_its_transponders_as_it_should(county: County) -> None:
    """One landing of each variant of the plan, wherever in the thirty nights it is."""
    assert {job.variant for job in county.jobs} <= set(VARIANTS)
    for variant in sorted({job.variant for job in county.jobs}):
        job = next(job for job in county.jobs if job.variant == variant)
        night, scene = county.night(job.night)
        row = next(row for row in scene.landings if row["landing_id"] == job.landing_id)
        (voyage,) = [v for v in scene.voyages if v.boat == job.carriers[0]]
        at_s = night.second(str(row["berth_from"]))
        quiet = any(from_ <= at_s - 60.0 and to > at_s for from_, to in voyage.silences)
        on_air = voyage.boat.ais is not None and not quiet
        if variant == "dark_approach":
            (dark,) = voyage.silences
            assert at_s - dark[0] >= 1_799.0
            assert not on_air
        elif variant == "never_any":
            assert voyage.boat.ais is None
            assert voyage.boat.beidou is None
        elif variant == "cloned":
            known = set(county.place.site.vessels["mmsi"].drop_nulls())
            assert on_air
            assert voyage.shown.mmsi != voyage.boat.ship.mmsi
            assert str(voyage.shown.mmsi) in known
        elif variant == "ais_left_on":
            assert on_air
        else:
            assert not on_air
            assert voyage.boat.beidou is not None
            assert not voyage.beidou_silences


def test_gangs_come_in_bursts_and_then_are_silent(place: Place) -> None:
    gaps: Counter[int] = Counter()
    sizes: Counter[int] = Counter()
    for seed in TEST_SEEDS[:4]:
        plan = County(place, seed, NIGHTS)
        by_gang: dict[str, list[int]] = {}
        for job in plan.jobs:
            by_gang.setdefault(job.gang, []).append(job.night)
        for gang in by_gang.values():
            gaps.update(b - a for a, b in pairwise(gang))
            sizes.update([len(gang)])
        for a, b in pairwise(plan.jobs):
            apart = np.sqrt(((place.centre(a.pier) - place.centre(b.pier)) ** 2).sum())
            assert a.night != b.night or apart > 1_500.0
    assert (gaps[2] + gaps[3]) / gaps.total() > 0.85
    assert max(sizes) <= 10
    assert not gaps[0] + gaps[1]


def test_the_small_hours_hold_most_landings_and_the_set_is_large_enough(place: Place) -> None:
    for seeds in (TUNING_SEEDS, TEST_SEEDS):
        jobs = [job for seed in seeds for job in County(place, seed, NIGHTS).jobs]
        assert len(jobs) >= 385
        hours = np.array([(job.berth_s - 32_400) / 3_600 for job in jobs])
        assert 0.7 < ((hours >= 0) & (hours < 5)).mean() < 0.93
        dwell = np.array([job.dwell_s / 60 for job in jobs])
        assert 50 <= dwell.min() <= dwell.max() <= 150
        assert 70 < np.median(dwell) < 105
        assert {job.variant for job in jobs} == set(VARIANTS)
        assert 2 <= min(job.trucks for job in jobs) <= max(job.trucks for job in jobs) <= 8


def test_tuning_and_test_seeds_are_apart_and_so_are_their_priors() -> None:
    assert not set(TUNING_SEEDS) & set(TEST_SEEDS)
    assert len(TUNING_SEEDS) == len(TEST_SEEDS) == 8
    same = [k for k in vars(TUNING) if vars(TUNING)[k] == vars(TEST)[k]]
    assert set(same) <= {"burst", "gap_d"}


def test_over_the_seeds_every_season_is_met(place: Place) -> None:
    met = [now for seed in TEST_SEEDS for now in County(place, seed, NIGHTS).conditions]
    assert any(now.shelter for now in met)
    assert any(now.fog for now in met)
    assert any(now.gale for now in met)
    assert any(now.festival_d == 0 for now in met)
    assert any(now.just_closed for now in met)
    assert any(now.reopened for now in met)


def test_what_is_switched_off_does_not_happen_and_changes_no_landing(place: Place) -> None:
    loud, hushed = County(place, SEED, 12), County(place, SEED, 12, off=set(NUISANCES))
    calm = {"shelter", "gale", "fog"}
    still = County(place, SEED, 12, off=set(NUISANCES) - calm)
    assert [job.landing_id for job in still.jobs] == [job.landing_id for job in loud.jobs]
    assert [job.berth_s for job in still.jobs] == [job.berth_s for job in loud.jobs]
    k = hushed.jobs[0].night
    _, scene = hushed.night(k)
    assert len(scene.landings) >= 1
    assert {row["kind"] for row in scene.nuisances} <= {"scout"}
    assert not scene.outages
    assert not scene.rains


@pytest.mark.parametrize("kind", sorted(k for k, whose in NUISANCES.items() if whose == "sea"))
def test_every_nuisance_at_sea_is_met_and_labelled(met: Counter[str], kind: str) -> None:
    """`fog` and `gale` have no rows in the truth: they are in regimes.csv."""
    if kind in ("fog", "gale"):
        kind = f"conditions {kind}"
    assert met[kind]


@pytest.fixture(scope="module")
def met(place: Place) -> Counter[str]:
    """Kinds of nuisance in four nights of several seasons, with rates at which none is missed."""
    often = dict.fromkeys(TUNING.rates, (300, 300)) | {"dark_home": (40, 40)}
    priors = replace(TUNING, rates=often)
    out: Counter[str] = Counter()
    for seed, wanted in ((104, "festival"), (106, "moratorium"), (108, "storm")):
        county = County(place, seed, NIGHTS, priors=priors)
        chosen = [
            k
            for k, now in enumerate(county.conditions)
            if (wanted == "festival" and now.festival_d == -4)
            or (wanted == "moratorium" and now.just_closed)
            or (wanted == "storm" and now.first)
        ][:1]
        if wanted == "festival":
            chosen.append(max(min(county.reopened.values()), 0))
        for k in chosen:
            out.update(str(row["kind"]) for row in county.night(k)[1].nuisances)
        out.update("conditions fog" for now in county.conditions if now.fog)
        out.update("conditions gale" for now in county.conditions if now.gale)
    return out


def test_regimes_and_permits_are_files_of_a_site(county: County) -> None:
    site = parse_site(
        {
            **cut(FILES, SCALES["small"]),
            "regimes.csv": county.regimes_csv(),
            "permits.csv": county.permits_csv(),
        }
    )
    kinds = {"festival", "fog", "gale", "typhoon_shelter"}
    assert {kind for kind in site.regimes["kind"] if "moratorium" not in kind} <= kinds
    assert len(site.permits) == sum(work.permitted for work in county.works)


def test_a_small_recording_has_a_hundred_piers_two_radars_and_output_every_ten_seconds() -> None:
    site = parse_site(cut(FILES, SCALES["small"]))
    assert len(site.piers) == 100
    assert site.radars["period_s"].to_list() == [10.0, 10.0]
    assert set(site.vessels["home_pier"]) <= set(site.piers.table["pier_id"])
    assert cut(FILES, SCALES["county"]) == FILES


def test_the_truth_has_the_contracts_keys() -> None:
    maker = Maker(Order(FILES, 2, SEED, "small"))
    truth: dict[str, Any] = json.loads(maker.truth([maker.night(1)]))
    assert {"landings", "nuisance", "seed", "nights", "gangs", "counts", "biases"} <= set(truth)
    assert truth["simulated"] is True
    for row in truth["nuisance"]:
        assert {"kind", "pier_id", "from", "to"} <= set(row), row
        assert row["from"].endswith("Z")
        assert datetime.fromisoformat(row["from"]) <= datetime.fromisoformat(row["to"]), row
    assert set(truth["counts"]["frames"]) == {"ais", "beidou", "cameras", "radar", "vehicles"}


def test_the_county_is_as_large_as_its_site_says() -> None:
    place = Place(parse_site(FILES))
    assert 700 < place.coast_km() < 900  # the site's own count: 791 km
    assert len(place.site.piers) == 400
    plan = County(place, 401, 5, SCALES["county"])
    assert len(plan.jobs) >= 10
