"""Echoes without what their radar measures wrong, and how wrong they may still be."""

from __future__ import annotations

import numpy as np
from radar_scene import GROUND, STEP_S, T0_S, Sea, heard, seen

from core.settings import FusionSettings
from models.fusion.ground import AIS_KIND, RADARS_FROM
from models.fusion.registration import RegistrationState, learn
from models.fusion.unbiased import unbiased

SETTINGS = FusionSettings()
BIAS = (60.0, 0.6, 4.0)


def registered(sea: Sea) -> RegistrationState:
    """What twenty minutes tell of R1."""
    state = RegistrationState.initial()
    for k in range(1, 41):
        t_s = float(k * STEP_S)
        echoes, references = seen(sea.echoes(t_s, BIAS)), heard(sea.references(t_s))
        state = learn(state, echoes, references, T0_S + k * STEP_S, GROUND, SETTINGS)
    return state


def test_corrected_rows_lie_where_the_vessels_are_and_say_how_sure() -> None:
    sea = Sea(dark=0.0)
    state, t_s = registered(sea), 41.0 * STEP_S
    rows = sea.echoes(t_s, BIAS)
    echoes = seen(rows)
    kind = echoes.radar + RADARS_FROM
    xy, left = unbiased(kind, echoes.xy, echoes.velocity, state, GROUND)
    number = rows["target"].str.extract(r":(\d+)$").cast(int).to_numpy()
    lag_s = T0_S + t_s - echoes.t_us * 1e-6
    true = (sea.at(t_s) - sea.going(t_s) * lag_s.max() / 2)[number]
    off = [np.median(np.hypot(*(places - true).T)) for places in (xy, echoes.xy)]
    assert off[0] < 0.7 * off[1]
    assert np.sqrt(left.max()) < 40.0


def test_rows_of_an_unregistered_or_unknown_radar_stay_and_are_said_to_be_unsure() -> None:
    echoes = seen(Sea(4).echoes(30.0, (0.0, 0.0, 0.0)))
    for number in (0, 1):
        kind = np.full(len(echoes.xy), RADARS_FROM + number)
        xy, left = unbiased(kind, echoes.xy, echoes.velocity, RegistrationState.initial(), GROUND)
        assert np.allclose(xy, echoes.xy, atol=1e-6)
        assert np.sqrt(left).min() >= (50.0, 30.0)[number]


def test_what_a_vessel_says_itself_stays_to_the_bit() -> None:
    sea = Sea(20)
    state, echoes = registered(sea), seen(sea.echoes(1_300.0, BIAS))
    kind = np.full(len(echoes.xy), AIS_KIND)
    kind[::2] = RADARS_FROM
    xy, left = unbiased(kind, echoes.xy, echoes.velocity, state, GROUND)
    assert np.array_equal(xy[1::2], echoes.xy[1::2])
    assert not np.array_equal(xy[::2], echoes.xy[::2])
    assert not left[1::2].any()


def test_what_moves_is_as_unsure_as_its_radars_clock() -> None:
    """A ferry at 6 m/s by a clock that may err by 40 s: 240 m; what lies still owes it nothing."""
    kind, xy = np.full(2, RADARS_FROM), np.array([[3_000.0, 0.0]] * 2)
    velocity = np.array([[0.0, 6.0], [np.nan, np.nan]])
    _, left = unbiased(kind, xy, velocity, RegistrationState.initial(), GROUND)
    assert np.isclose(left[0] - left[1], 240.0**2)
