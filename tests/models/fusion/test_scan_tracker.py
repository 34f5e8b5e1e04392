"""Targets out of plots without numbers: what begins, what is held, what ends, what is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

from core.errors import InputError
from core.settings import ScanSettings
from models.fusion.scan_tracker import ScanOutput, ScanState, advance
from models.fusion.scans import Scan, View

SETTINGS = ScanSettings()
S = 1_000_000


def scan(k: int, *plots: tuple[float, float], view: View | None = None) -> Scan:
    """Turn k of a radar that turns in three seconds."""
    return Scan.of("R1", 3 * S * k, np.array(plots).reshape(-1, 2), 15.0, 0.9, 1e-9, view)


def run(scans: list[Scan], settings: ScanSettings = SETTINGS) -> list[ScanOutput]:
    state, out = ScanState.initial(), []
    for each in scans:
        state, said = advance(state, each, settings)
        out.append(said)
    return out


def boat(k: int) -> tuple[float, float]:
    """Ten metres a second to the east."""
    return 30.0 * k, 500.0


@pytest.mark.parametrize("missed", [(), (1,), (1, 2), (2, 3)])
def test_three_of_five_scans_make_a_target(missed: tuple[int, ...]) -> None:
    out = run([scan(k, *([] if k in missed else [boat(k)])) for k in range(5)])
    confirmed = [k for k, said in enumerate(out) if len(said.tracks)]
    assert confirmed == list(range(2 + len(missed), 5))


def test_three_misses_end_the_hope() -> None:
    out = run([scan(k, *([] if k in (1, 2, 3) else [boat(k)])) for k in range(6)])
    assert [len(said.tracks) for said in out] == [0] * 6
    state = ScanState.initial()
    for k in range(4):
        state, _ = advance(state, scan(k, *([] if k else [boat(0)])), SETTINGS)
    assert len(state.targets) == 0


def test_a_target_is_where_it_is_and_goes_as_it_goes() -> None:
    tracks = run([scan(k, boat(k)) for k in range(20)])[-1].tracks
    np.testing.assert_allclose(tracks.states.x[0], [570.0, 500.0, 10.0, 0.0], atol=0.5)


def test_plots_are_told_their_target() -> None:
    out = run([scan(k, (5000.0, 5000.0 + 400.0 * k), boat(k)) for k in range(6)])
    assert out[1].numbers.tolist() == [0, 0]
    assert out[5].numbers.tolist() == [0, 1]  # 400 m in a turn: no boat


def test_five_misses_in_a_row_end_no_target_but_six_do() -> None:
    out = run([scan(k, *([boat(k)] if k < 10 else [])) for k in range(16)])
    assert [len(said.tracks) for said in out[10:]] == [1, 1, 1, 1, 1, 0]
    assert out[15].ended.tolist() == [1]


def test_a_target_out_of_view_is_not_missed_but_ends_when_nothing_is_heard_for_long() -> None:
    held = [scan(k, boat(k)) for k in range(10)]
    away = View(0.0, 50_000.0, 1000.0)
    wide = SETTINGS.model_copy(update={"drop_sigma_m": 1e4})
    out = run([*held, *(scan(k, view=away) for k in range(10, 60))], wide)
    alive = [k for k, said in enumerate(out) if len(said.tracks)]
    assert alive == list(range(2, 9 + 40 + 1))  # 120 s after the last plot, at turn 9


def test_a_target_that_may_be_anywhere_is_none() -> None:
    held = [scan(k, boat(k)) for k in range(10)]
    out = run([*held, *(scan(k, view=View(0.0, 50_000.0, 1.0)) for k in range(10, 60))])
    last = max(k for k, said in enumerate(out) if len(said.tracks))
    assert 12 < last < 45


def test_two_boats_that_pass_keep_their_numbers() -> None:
    out = run(
        [scan(k, (30.0 * k, 60.0), (30.0 * (40 - k), 0.0)) for k in range(41)]
    )  # fmt: skip
    first, last = out[2].tracks, out[-1].tracks
    assert first.number.tolist() == last.number.tolist() == [1, 2]
    assert np.sign(first.states.x[:, 2]).tolist() == np.sign(last.states.x[:, 2]).tolist()
    assert all(len(said.tracks) == 2 for said in out[2:])


def of_a_large_boat(beside_m: float | None = None) -> list[Scan]:
    """Its middle, from turn 6 on a further plot about it as well, and who goes beside it."""
    rng = np.random.default_rng(1)
    scans = []
    for k in range(40):
        x, y = boat(k)
        plots = [(x, y)] if beside_m is None else [(x, y), (x, y + beside_m)]
        if k >= 6:
            plots.append((x + rng.normal(0, 20.0), y + rng.normal(0, 20.0)))
        scans.append(replace(scan(k, *plots), clutter_m2=1e-7))
    return scans


def test_further_plots_of_a_large_boat_are_no_boats_but_a_boat_beside_it_is() -> None:
    def targets(scans: list[Scan]) -> set[int]:
        return {int(n) for said in run(scans) for n in said.tracks.number}

    def large(scans: list[Scan]) -> list[Scan]:
        return [replace(each, further=1.0, extent_m=20.0) for each in scans]

    assert targets(large(of_a_large_boat())) == {1}
    assert len(targets(of_a_large_boat())) > 1
    assert targets(large(of_a_large_boat(200.0))) == {1, 2}


def test_a_target_behind_another_is_held_where_misses_are_known_to_hang_together() -> None:
    away = range(10, 17)
    scans = [scan(k, *([] if k in away else [boat(k)])) for k in range(20)]
    hides = [replace(each, visible_s=30.0, hidden_s=15.0) for each in scans]
    assert {int(n) for said in run(scans)[9:] for n in said.tracks.number} == {1, 2}
    assert [said.tracks.number.tolist() for said in run(hides)[9:]] == [[1]] * 11


@pytest.mark.parametrize("seen", ["111111", "1110001", "1110110001100"])
def test_misses_say_what_the_chain_of_hiding_says(seen: str) -> None:
    """Against the forward algorithm of the two states, visible and hidden."""
    rates = np.array([[-1 / 20.0, 1 / 20.0], [1 / 8.0, -1 / 8.0]])
    move, chance = expm(3.0 * rates), np.array([0.9, 0.0])
    scans = [scan(k, *([boat(k)] if each == "1" else [])) for k, each in enumerate(seen)]
    scans = [replace(each, visible_s=20.0, hidden_s=8.0) for each in scans]
    out = run(scans, SETTINGS.model_copy(update={"most_nats": 1e9}))
    p = np.array([1.0, 0.0])
    for k in range(1, len(seen)):
        p = (p @ move) * (chance if seen[k] == "1" else 1 - chance)
        said, p = math.log(p.sum()), p / p.sum()
        if k < 3:
            continue  # there is no target yet
        assert out[k].tracks.visible[0] == pytest.approx(p[0], abs=1e-9)
        if seen[k] == "0":
            told = out[k].tracks.score[0] - out[k - 1].tracks.score[0]
            assert told == pytest.approx(said, abs=1e-8)


def test_a_number_is_never_given_again() -> None:
    scans = [scan(k, *([boat(k % 10)] if k % 20 < 10 else [])) for k in range(60)]
    given = {int(n) for said in run(scans) for n in said.tracks.number}
    assert len(given) == 3


@pytest.mark.parametrize("t_us", [3 * S, 0, -1])
def test_a_scan_that_is_not_after_the_last_is_refused_by_name(t_us: int) -> None:
    state, _ = advance(ScanState.initial(), scan(1, boat(1)), SETTINGS)
    with pytest.raises(InputError, match=r"scan of R1 at -?\d+ µs: expected a time after"):
        advance(state, replace(scan(2, boat(2)), t_us=t_us), SETTINGS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"detection": 1.0}, {"detection": 0.0}, {"clutter_m2": 0.0}, {"clutter_m2": np.nan},
        {"further": -1.0}, {"further": np.nan}, {"extent_m": -1.0}, {"visible_s": 0.0},
        {"hidden_s": -1.0}, {"hidden_s": np.inf},
    ],
)  # fmt: skip
def test_a_sensor_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="scan of R1"):
        advance(ScanState.initial(), replace(scan(1, boat(1)), **wrong), SETTINGS)


def test_what_is_no_plot_is_counted_and_moves_nothing() -> None:
    good = [scan(k, boat(k)) for k in range(5)]
    bad = [scan(k, boat(k), (np.nan, 0.0), (0.0, np.inf), (1e300, 0.0)) for k in range(5)]
    bad[4] = replace(bad[4], along_var=np.array([225.0, 1.0, 1.0, -1.0]))
    odd = run(bad)
    assert odd[0].refused["no_place"] == 3
    for one, two in zip(run(good), odd, strict=True):
        assert one.tracks.states.x.tobytes() == two.tracks.states.x.tobytes()
    wrong = replace(good[0], along_var=np.array([0.0]))
    assert run([wrong])[0].refused["no_noise"] == 1


def test_targets_and_plots_are_bounded_and_what_is_refused_is_counted() -> None:
    few = SETTINGS.model_copy(update={"most_targets": 5, "most_plots": 8})
    state = ScanState.initial()
    for k in range(4):
        state, said = advance(state, scan(k, *((1000.0 * i, 0.0) for i in range(20))), few)
        assert len(state.targets) <= 5
        assert said.refused["too_many_plots"] == 12
    assert said.refused["too_many_targets"] == 3


@pytest.mark.parametrize("place", ["one point", "one line", "far apart"])
def test_hostile_scans_of_many_plots_take_bounded_time(place: str) -> None:
    rng = np.random.default_rng(1)
    xy = rng.uniform(-1.0, 1.0, (3000, 2)) * {
        "one point": [1.0, 1.0], "one line": [1e7, 0.0], "far apart": [1e7, 1e7]
    }[place]  # fmt: skip
    state = ScanState.initial()
    for k in range(3):
        state, _ = advance(state, scan(k, *xy.tolist()), SETTINGS)
    assert len(state.targets) <= SETTINGS.most_targets
