"""The evaluation set, recordings altered, one search for all, and the page of figures."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import ROOT, SELDOM, rows
from hypothesis import given
from hypothesis import strategies as st
from scored import alert, landing, nuisance, scored
from tiny_county import tiny_county

from core.errors import InputError, SettingsError
from core.settings import Settings
from geo.site import parse_site
from pipeline.baselines.envelopes import Replayed
from pipeline.baselines.weighing import uncorrected
from pipeline.evaluation.altered import altered, whole_lines
from pipeline.evaluation.raised import raised, raising_everything
from pipeline.evaluation.runs import make_runs, run
from pipeline.evaluation.search import BUDGET, NEVER, search
from pipeline.evaluation.sets import Cache, seeds_of
from pipeline.evaluation.unseen import unseen
from pipeline.recording import Recording, read_recording
from pipeline.replay import replay
from simulate.county import County
from simulate.place import Place
from simulate.priors import TEST_SEEDS, TUNING_SEEDS
from simulate.scale import SCALES, cut
from simulate.scoring.ablations import Ablation, ablations, chosen
from simulate.scoring.pool import Pool, pool
from simulate.scoring.words import WORDS

Call = Callable[..., Any]  # the command, in this process
SITE = ROOT / Settings().site


@pytest.fixture
def county(tmp_path: Path) -> Path:
    return tiny_county(tmp_path / "tiny")


def test_the_test_seeds_have_landings_enough_for_a_recall_of_ninety_per_cent_to_be_known() -> None:
    files = {p.name: p.read_bytes() for p in SITE.iterdir() if p.is_file()}
    scale = SCALES["small"]
    place = Place(parse_site(cut(files, scale)))
    assert len(place.site.piers) == 100
    assert sum(len(County(place, seed, 30, scale).jobs) for seed in TEST_SEEDS) >= 385


def test_a_set_is_kept_by_what_it_was_made_from(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (place / "site.toml").write_bytes(b'name = "a"')
    cache = Cache(tmp_path, place)
    first = cache.path(1, 2)
    assert first == cache.path(1, 2)
    assert len({first, cache.path(2, 2), cache.path(1, 3), cache.path(1, 2, "county")}) == 4
    (place / "site.toml").write_bytes(b'name = "b"')
    assert cache.path(1, 2) != first


def test_seeds_are_named_by_their_list_or_by_number() -> None:
    assert seeds_of("test") == TEST_SEEDS
    assert not {*seeds_of("tuning")} & {*seeds_of("test")}
    assert {*TUNING_SEEDS} == {*seeds_of("tuning")}
    assert seeds_of("3, 4,3") == (3, 4)
    for wrong in ("", "tests", "-1", "1,,2", "1e3"):
        with pytest.raises(SettingsError, match="--seeds"):
            seeds_of(wrong)


def test_the_first_nights_are_a_recording_of_their_own(county: Path, tmp_path: Path) -> None:
    about = read_recording(altered(county, tmp_path / "first", nights=1))
    assert [p.name for p in about.feeds["ais"]] == ["S1-20260301.nmea.gz"]
    truth = json.loads((tmp_path / "first/truth.json").read_bytes())
    assert (truth["nights"], len(truth["landings"]), len(truth["nuisance"])) == (1, 0, 1)
    assert about.start is not None
    assert about.end is not None
    assert (about.end - about.start).total_seconds() == 18 * 3600
    for nights in (0, 3):
        with pytest.raises(InputError, match="at most the 2"):
            altered(county, tmp_path / f"more{nights}", nights=nights)


def test_a_sensor_is_left_out_and_what_is_not_touched_is_a_link(
    county: Path, tmp_path: Path
) -> None:
    deaf = read_recording(altered(county, tmp_path / "deaf", Ablation("x", frozenset({"ais"}))))
    assert not deaf.feeds["ais"]
    assert [p.is_symlink() for p in deaf.feeds["radar"]] == [True, True]


def test_a_clock_that_is_ahead_changes_every_line_of_its_feed_alone(
    county: Path, tmp_path: Path
) -> None:
    late = altered(county, tmp_path / "late", Ablation("x", ahead_s={"ais": 30}))
    (was, *_), (now, *_) = (read_recording(path).feeds["ais"] for path in (county, late))
    before, after = (gzip.decompress(path.read_bytes()).splitlines() for path in (was, now))
    assert len(before) == len(after)
    assert not {*before} & {*after}
    assert read_recording(late).feeds["radar"][0].is_symlink()


@given(st.binary(max_size=60), st.integers(1, 9))
def test_lines_come_whole_however_they_are_read(data: bytes, size: int) -> None:
    text = data.replace(b"\r", b"").replace(b"\x0b", b"").replace(b"\x0c", b"")
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    assert list(whole_lines(pieces)) == text.splitlines(keepends=True)


def test_what_a_level_raises_out_of_everything_is_what_a_replay_at_that_level_raises(
    county: Path, tmp_path: Path
) -> None:
    about, everything = read_recording(county), raising_everything(SELDOM)
    weighed = _replayed(about, everything, tmp_path / "all")
    levels = sorted({row["posterior"] for row in weighed})[1:]
    assert levels, "posteriors differ, or no level would part them"
    level = levels[len(levels) // 2]
    limits = SELDOM.alerts.model_copy(update={"watch": level})
    settings = SELDOM.model_copy(update={"alerts": limits})
    again = raised(weighed, level)
    assert len(weighed) > len(again) > 0
    assert _nameless(again) == _nameless(_replayed(about, settings, tmp_path / "level"))


def test_runs_made_in_other_processes_are_those_made_here_and_are_made_once(
    county: Path, tmp_path: Path
) -> None:
    asked = [(county, each) for each in chosen(["without radar"])]
    told: list[str] = []
    for _ in range(2):
        make_runs(asked, tmp_path / "there", None, 2, told.append)
    assert [text for text in told if "to make" in text] == [
        "2 replays to make",
        "0 replays to make",
    ]
    there, here = (run(county, tmp_path / name).replayed for name in ("there", "here"))
    assert there.alerts == here.alerts
    assert there.alerts


def _replayed(about: Recording, settings: Settings, out: Path) -> list[dict[str, Any]]:
    replay(about, settings, out=out)
    said = rows((out / "alerts.jsonl").read_bytes())
    return [row for row in said if row["kind"] == "night_landing"]


def _nameless(alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An alert is named after its first issue, which is earlier where everything is raised; and
    where everything is raised nothing is unlikely."""
    return [{k: v for k, v in row.items() if k not in ("alert_id", "withdrawn")} for row in alerts]


def test_an_alert_below_the_level_is_cancelled_and_comes_back() -> None:
    said = [
        alert("a", revision=i, status="new" if i == 1 else "update", issued=5 * i, posterior=p)
        for i, p in enumerate((0.1, 0.3, 0.1, 0.05, 0.4), 1)
    ]
    found = raised([*said, alert("b", posterior=0.1)], 0.2)
    assert [(r["revision"], r["status"], r["posterior"]) for r in found] == [
        (1, "new", 0.3), (2, "cancel", 0.3), (3, "update", 0.4)
    ]  # fmt: skip
    assert found[1]["issued_at"] == said[2]["issued_at"]


def test_what_a_permit_puts_below_the_level_is_told_all_the_same() -> None:
    told = {"block": "identity", "code": "without_permit", "nats": 0.0, "sources": ["permits"]}
    said = [
        {**alert(name, posterior=0.1), "evidence": [{**told, "params": {"without_share": share}}]}
        for name, share in (("a", 0.3), ("b", 0.15))
    ]
    assert [row["alert_id"] for row in raised(said, 0.2)] == ["a"]


def test_the_search_finds_the_most_landings_within_the_false_alarms_admitted() -> None:
    # 5 piers, 20 nights: one hundred pier-nights admit one false alarm.
    truth = [landing("P1", night=n) for n in range(4)]
    true = [alert(f"t{n}", night=n, posterior=0.9 - n / 5) for n in range(4)]  # 0.9 0.7 0.5 0.3
    false = [alert(f"f{n}", "FAR", night=n, posterior=p) for n, p in enumerate((0.8, 0.4, 0.4))]
    found = search(pool([scored([*true, *false], truth, nights=20)]))
    assert (found.threshold, found.recall, found.false_alarms) == (0.5, 0.75, 1.0)
    none = search(pool([scored(false, truth, nights=2)]))
    assert (none.threshold, none.recall) == (NEVER, 0.0)


def test_a_kind_that_was_off_when_the_threshold_was_chosen_lets_it_fall() -> None:
    # 5 piers, 20 nights: one hundred pier-nights admit one false alarm.
    def made(sure: dict[str, float], kinds: dict[str, str]) -> Pool:
        rows = [alert(f"t{i}", "P1", night=9, posterior=0.95) for i in range(1)]
        rows += [alert(n, "FAR", night=int(n[1:]), posterior=p) for n, p in sure.items()]
        nuisances = [nuisance(k, "FAR", -5, 5, night=int(n[1:])) for n, k in kinds.items()]
        return pool([scored(rows, [landing("P1", night=9)], nuisances, nights=20)])

    tuning = made({"f1": 0.8, "f2": 0.6, "f3": 0.4}, {"f1": "patrol", "f2": "queue"})
    test = made(
        {"f4": 0.9, "f5": 0.7, "f6": 0.65, "f7": 0.5, "f8": 0.3},
        dict.fromkeys(("f4", "f5", "f6", "f7", "f8"), "patrol"),
    )
    found = unseen(tuning, test)
    assert found["threshold"] == 0.8  # one, and the next would be the second
    (patrol,) = found["kinds"]
    assert (patrol["name"], patrol["threshold"]) == ("patrol", 0.6)
    assert (patrol["known"].count, patrol["unseen"].count) == (1, 3)
    assert patrol["times"].value == 3.0
    assert not patrol["kept"]
    assert found["together"]["times"].count == 3
    kept = unseen(tuning, made({"f4": 0.9, "f5": 0.7}, {"f4": "patrol", "f5": "patrol"}))
    assert kept["together"]["kept"]
    assert kept["kinds"][0]["times"].value == 2.0


def test_no_contender_may_try_more_thresholds_than_the_budget() -> None:
    many = [alert(f"a{n}", "FAR", n, posterior=0.1 + n / 1000) for n in range(3 * BUDGET)]
    assert search(pool([scored(many, [])])).tried == BUDGET


def test_a_correction_is_taken_out_before_another_is_fitted() -> None:
    entries = [{"block": "rarity", "nats": 4.0}, {"block": "anomaly", "nats": 1.0},
               {"block": "calibration", "nats": -2.5}]  # fmt: skip
    row = {"posterior": 0.9, "prior_nats": -6.0, "evidence": entries}
    (bare,) = uncorrected(Replayed(parse_site({"site.toml": b'name = "cove"'}), [row], []))
    assert bare["posterior"] == pytest.approx(1 / (1 + math.exp(1.0)), abs=1e-6)


def test_of_a_few_landings_no_calibration_is_fitted(
    pierwatch: Call, cache: Path, tmp_path: Path
) -> None:
    asked = ("--cache", cache, "--site", SITE, "--seeds", "1,2", "--recorded", 2, "--nights", 2)
    done = pierwatch(
        "evaluation", "calibrate", *asked, "--workers", 1, "--out", tmp_path / "c.toml"
    )
    assert done.code == 2
    assert "expected 20 landings and as many others" in done.err
    assert not (tmp_path / "c.toml").exists()


def test_a_run_is_kept_and_one_that_broke_off_is_run_again(county: Path, tmp_path: Path) -> None:
    first = run(county, tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    said = folder / "alerts.jsonl"
    assert first.replayed.alerts
    said.write_bytes(b"")
    assert not run(county, tmp_path / "runs").replayed.alerts, "it was not run again"
    (folder / "summary.json").unlink()
    assert run(county, tmp_path / "runs").replayed.alerts == first.replayed.alerts


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which three recordings of two nights are made already."""
    folder = tmp_path_factory.mktemp("cache")
    for seed in (1, 2, 3):
        tiny_county(Cache(folder, SITE).path(seed, 2))
    return folder


def test_one_command_writes_the_page_with_the_figures_of_a_real_coast_first(
    pierwatch: Call, cache: Path, tmp_path: Path
) -> None:
    done = pierwatch(
        "evaluation", "report", "--cache", cache, "--out", tmp_path, "--site", SITE,
        "--seeds", "1,2", "--tuning", "3", "--rivals", "1", "--ablate", "1",
        "--recorded", 2, "--nights", 2,
        "--tuning-nights", 1, "--ablate-nights", 1, "--only", "without radar", "--workers", 1,
    )  # fmt: skip
    assert done.code == 0, done.err
    found = json.loads((tmp_path / "evaluation.json").read_bytes())
    assert found["shipped"]["counts"]["landings"] == 2
    assert found["beside"]["counts"]["landings"] == 1
    assert [*found["contenders"]] == ["product", "b0", "b1", "b2", "b3", "b4"]
    assert {one["tuned"]["tried"] <= BUDGET for one in found["contenders"].values()} == {True}
    assert [*found["ablations"]["rows"]] == ["as recorded", "without radar"]
    assert found["shipped"]["conformal"]["counts"]["reported_nights"] >= 1
    assert "conformal" not in found["contenders"]["b0"]["scores"]
    assert found["unseen"]["bar"] == 2.0
    for name, first, last in (
        ("evaluation.md", "source's own rate", "Found and raised falsely"),
        ("evaluation.zh.md", "来源地自身发生率", "发现与误报"),
    ):
        text = (tmp_path / name).read_text("utf-8")
        assert text.index(first) < text.index("B0 ") < text.index(last)
        assert str(tmp_path) not in text, "no folder of this machine"
        for code in ("unseen", "conformal"):
            assert WORDS[code][name != "evaluation.md"] in text
        widths = [line.count(" |") for line in text.splitlines() if line.startswith("| ---")]
        assert len(widths) > 8


def test_evaluate_tabulates_the_ablations_of_a_recording(
    pierwatch: Call, county: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/alerts.jsonl").touch()
    asked = ("--ablate", "--nights", 1, "--only", "without ais", "--only", "AIS thinned by 50 %")
    done = pierwatch("evaluate", county, tmp_path / "out", *asked)
    assert done.code == 0, done.err
    for name in ("as recorded", "without ais", "AIS thinned by 50 %"):
        assert f"\n{name} " in done.out
    assert done.out.index("own rate") < done.out.index("With a sensor removed")
    assert pierwatch("evaluate", county, tmp_path / "out", "--ablate", "--only", "x").code == 2


def test_without_a_choice_every_ablation_is_run_the_untouched_recording_first() -> None:
    assert chosen() == ablations()
    assert chosen()[0].name == "as recorded"
    assert len({each.name for each in chosen()}) == 1 + 5 + 2 + 4 + 10 + 3
    assert all(each.title_zh for each in chosen())


def test_making_a_set_counts_what_it_holds(pierwatch: Call, cache: Path) -> None:
    done = pierwatch("evaluation", "make", "--cache", cache, "--seeds", "1,2", "--nights", 2,
                     "--site", SITE)  # fmt: skip
    assert done.code == 0, done.err
    assert "2 recordings, 4 nights, 2 landings, 400 frames" in done.out
