"""Registration of radars: bias, drift, clock, and when there is none to be had (methods 2.3)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from radar_scene import ECHO, GROUND, REFERENCE, STEP_S, T0_S, Bias, Sea, heard, seen

from core.settings import FusionSettings
from models.fusion.ground import KN_MS
from models.fusion.registration import RegistrationState, learn, said
from models.fusion.schema import REGISTRATION

SETTINGS = FusionSettings()


def learned(
    state: RegistrationState, echoes: pl.DataFrame, references: pl.DataFrame, k: int
) -> RegistrationState:
    clock_s = T0_S + k * STEP_S
    return learn(state, seen(echoes), heard(references), clock_s, GROUND, SETTINGS)


def fresh(state: RegistrationState) -> pl.DataFrame:
    return pl.DataFrame(list(state.fresh), schema=REGISTRATION)


def run(
    sea: Sea, bias: Bias, instants: Sequence[int], *, cuts: Sequence[int] = ()
) -> tuple[RegistrationState, pl.DataFrame]:
    """The state after some instants, and all that was told; saved and loaded after the cuts."""
    state, told = RegistrationState.initial(), []
    for k in instants:
        t_s = float(k * STEP_S)
        echoes, references = sea.echoes(t_s, bias(t_s)), sea.references(t_s)
        state = learned(state, echoes, references, k)
        told.append(fresh(state))
        if k in cuts:
            state = RegistrationState.load(state.frames())
    return state, pl.concat(told)


def one(state: RegistrationState) -> dict[str, float]:
    return said(state).row(0, named=True)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("bias", [(0.0, 0.0, 0.0), (30.0, 0.3, 0.0), (60.0, 0.6, 0.0)])
def test_ten_instants_of_the_published_scene_give_the_bias(
    seed: int, bias: tuple[float, float, float]
) -> None:
    found = one(run(Sea(seed=seed), lambda _: bias, range(1, 11))[0])
    assert found["state"] == "registered"
    assert abs(found["range_m"] - bias[0]) <= 10.0
    assert abs(found["bearing_deg"] - bias[1]) <= 0.1
    assert found["range_sigma_m"] <= 5.0
    assert found["bearing_sigma_deg"] <= 0.1


def test_a_bias_beyond_the_gate_at_far_range_is_found_from_what_is_nearer() -> None:
    found = one(run(Sea(), lambda _: (-300.0, 2.0, 0.0), range(1, 11))[0])
    assert abs(found["range_m"] + 300.0) <= 10.0
    assert abs(found["bearing_deg"] - 2.0) <= 0.1


@pytest.mark.parametrize("ahead_s", [5.0, 38.0, -20.0])
def test_a_clock_that_is_wrong_shows_along_the_way(ahead_s: float) -> None:
    found = one(run(Sea(40), lambda _: (60.0, 0.6, ahead_s), range(1, 61))[0])
    assert abs(found["clock_offset_s"] - ahead_s) <= 2.0
    assert found["clock_sigma_s"] <= 2.0
    assert abs(found["range_m"] - 60.0) <= 10.0


def test_a_drift_of_thirty_metres_in_a_night_is_followed() -> None:
    night_s = 8 * 3600.0
    sea, state = Sea(80, seed=1), RegistrationState.initial()
    off = []
    for k in range(1, int(night_s) // STEP_S, 4):
        t_s = float(k * STEP_S)
        drifted = 40.0 + 30.0 * t_s / night_s
        echoes = sea.echoes(t_s, (drifted, 0.2, 0.0))
        state = learned(state, echoes, sea.references(t_s), k)
        off.append(abs(one(state)["range_m"] - drifted) if state.radars["R1"].known else 0.0)
    assert max(off[20:]) <= 10.0
    assert one(state)["state"] == "registered"


def test_an_antenna_that_was_turned_is_found_again() -> None:
    def bias(t_s: float) -> tuple[float, float, float]:
        return (60.0, 0.2, 0.0) if t_s < 1200 else (60.0, 2.9, 0.0)

    state, told = run(Sea(), bias, range(1, 200))
    assert abs(one(state)["bearing_deg"] - 2.9) <= 0.1
    assert told["state"].to_list()[-1] == "registered"


def test_without_vessels_in_common_it_is_impossible_and_said_so() -> None:
    sea, other = Sea(60, seed=1), Sea(60, seed=2)
    state, told = RegistrationState.initial(), []
    for k in range(1, 150):
        t_s = float(k * STEP_S)
        echoes = sea.echoes(t_s, (0.0, 0.0, 0.0))
        state = learned(state, echoes, other.references(t_s), k)
        told.append(fresh(state))
    assert pl.concat(told)["state"].to_list() == ["learning", "impossible"]


def test_where_nobody_speaks_it_is_impossible() -> None:
    sea = Sea(60, dark=1.1)
    _, told = run(sea, lambda _: (0.0, 0.0, 0.0), range(1, 130))
    assert told["state"].to_list() == ["learning", "impossible"]
    assert told["range_m"].null_count() == 2


def test_a_convoy_and_its_copy_leave_the_mode_in_doubt() -> None:
    """Every vessel has a second echo at one and the same offset: two heaps, so no answer."""
    sea, state = Sea(40, dark=0.0), RegistrationState.initial()
    for k in range(1, 20):
        t_s = float(k * STEP_S)
        real, ghost = (sea.echoes(t_s, b) for b in ((0.0, 0.0, 0.0), (300.0, 0.0, 0.0)))
        echoes = pl.concat([real, ghost.with_columns(pl.col("target") + ":2")])
        state = learned(state, echoes, sea.references(t_s), k)
    assert one(state)["state"] == "learning"
    assert one(state)["range_m"] is None


def test_beidou_serves_where_ais_lacks_and_only_there() -> None:
    sea, state, both = Sea(), RegistrationState.initial(), RegistrationState.initial()
    for k in range(1, 11):
        t_s = float(k * STEP_S)
        echoes, beidou = sea.echoes(t_s, (60.0, 0.6, 0.0)), sea.references(t_s, "beidou")
        late = beidou.with_columns(pl.col("y") + 220.0)  # as from a terminal that lags
        state = learned(state, echoes, beidou, k)
        both = learned(both, echoes, pl.concat([late, sea.references(t_s)]), k)
    for found in (one(state), one(both)):
        assert abs(found["range_m"] - 60.0) <= 10.0


def test_saved_and_loaded_anywhere_it_learns_the_same_bits() -> None:
    instants = range(1, 60)
    whole, told = run(Sea(seed=3), lambda t: (60.0 + t / 600, 0.6, 1.0), instants)
    cut, cut_told = run(
        Sea(seed=3), lambda t: (60.0 + t / 600, 0.6, 1.0), instants, cuts=[1, 2, 9, 20, 40]
    )
    assert told.equals(cut_told)
    for name, frame in whole.frames().items():
        assert frame.equals(cut.frames()[name]), name


def test_the_order_of_rows_does_not_show() -> None:
    sea = Sea(seed=4)
    states = [RegistrationState.initial()] * 2
    for k in range(1, 6):
        t_s = float(k * STEP_S)
        echoes, references = sea.echoes(t_s, (60.0, 0.6, 0.0)), sea.references(t_s)
        for i, order in enumerate((False, True)):
            mixed = [f.sample(fraction=1.0, shuffle=order, seed=k) for f in (echoes, references)]
            states[i] = learned(states[i], *mixed, k)
    assert all(states[0].frames()[n].equals(f) for n, f in states[1].frames().items())


def test_a_hostile_feed_piled_on_one_place_costs_little_and_breaks_nothing() -> None:
    n = 20_000
    pile = {"x": [9_700.0] * n, "target": [f"x{i}" for i in range(n)]}
    nothing = [float("nan"), float("inf"), 0.0, 1e150]
    echoes = pl.DataFrame(
        {**pile, "source": "R1", "t_us": [T0_S * 1_000_000] * n, "east_mps": nothing * (n // 4)}
    ).with_columns(north_mps=0.0, y=pl.Series([0.0, 0.0, *[float("nan")] * 9] * n)[:n])
    references = pl.DataFrame(
        {**pile, "y": 0.0, "sensor": "ais", "sigma_m": 20.0, "east_mps": 0.0, "north_mps": 0.0}
    )
    state = RegistrationState.initial()
    for k in range(3):
        state = learned(state, echoes.select(ECHO.names()), references.select(REFERENCE.names()), k)
    assert state.radars["R1"].votes.sum() > n
    assert sum(len(frame) for frame in state.frames().values()) < 20_000


def harbour(seed: int) -> Sea:
    """Forty boats that swing at anchor, and three ferries at 12 kn."""
    sea = Sea(43, seed=seed, dark=0.0)
    sea.v_mps[:] = 0.0
    turn = np.array([0.3, 2.0, 4.0])
    sea.v_mps[40:] = 12 * KN_MS * np.column_stack([np.sin(turn), np.cos(turn)])
    return sea


def with_ferries(rows: pl.DataFrame, sail: bool) -> pl.DataFrame:
    number = rows["target"].str.extract(r"(\d+)$").cast(pl.Int64) % 1_000
    return rows.filter((number < 40) | sail)


@pytest.mark.parametrize("seed", range(3))
def test_a_late_radar_among_boats_at_anchor_does_not_claim_to_know_its_clock(seed: int) -> None:
    """25 s behind: what lies still says nothing of that, though AIS has it swing; ferries do."""
    sea, state, ahead_s = harbour(seed), RegistrationState.initial(), 25.0
    dice = np.random.default_rng(seed)
    off_s, sigmas_s = [], []
    for k in range(31, 89):  # the ferries hold their course meanwhile
        t_s, sail = float(k * STEP_S), k >= 56
        echoes = with_ferries(sea.echoes(t_s, (60.0, 0.6, ahead_s)), sail)
        references = with_ferries(sea.references(t_s), sail)
        swing = dice.normal(0, 0.3, (len(references), 2))
        references = references.with_columns(
            pl.col("east_mps") + swing[:, 0], pl.col("north_mps") + swing[:, 1]
        )
        state = learned(state, echoes, references, k)
        found = one(state)
        if found["clock_offset_s"] is not None:
            off_s.append(abs(found["clock_offset_s"] - ahead_s))
            sigmas_s.append(found["clock_sigma_s"])
    assert found["state"] == "registered"
    assert sigmas_s[15] >= 20.0
    assert (np.array(off_s) <= 3.0 * np.array(sigmas_s)).all()
    assert off_s[-1] <= 6.0
    assert sigmas_s[-1] <= 6.0
