"""What differs where a BeiDou terminal or a radar speaks instead of AIS."""

from __future__ import annotations

import polars as pl
import pytest
from made_tracks import T0_S, Fix, every, over_batches, rows, take

from models.tracks.positions import RADAR_BREAK_S, RADAR_EXPIRY_S
from models.tracks.silences import nominal_interval_s

TERMINAL, ECHO = "beidou:0000017", "radar:R1:17"
QUIET_S = 3 * 3600


def test_a_radars_target_that_ends_is_lost_and_not_silent() -> None:
    state, out = take(rows(every(3, 50, speed_kn=6.0), ECHO), QUIET_S)
    assert out.called.is_empty()
    assert state.tracks.is_empty(), "and it is given up soon"
    begun, out = take(rows(every(180, 50, speed_kn=6.0), TERMINAL), 2 * QUIET_S + 9000)
    assert out.called["target"].to_list() == [TERMINAL]
    assert len(begun.tracks), "a terminal may speak again"


def test_a_radars_track_breaks_after_ten_minutes_and_is_given_up_five_minutes_later() -> None:
    later = float(RADAR_BREAK_S + 1)
    fixes = [*every(3, 5), *every(3, 5, begin_s=12 + RADAR_BREAK_S)]
    _, out = take(rows(fixes, ECHO), 2000)
    assert out.linked["fresh"].to_list() == [True, *[False] * 9]
    broken: list[Fix] = [(0.0, 0.0, 0.0, 0.0), (later, 0.0, 0.0, 0.0)]
    assert take(rows(broken, ECHO), 2000)[1].linked["fresh"].to_list() == [True, True]
    held, _ = over_batches(rows(every(3, 1), ECHO), [RADAR_EXPIRY_S - 1])
    gone, _ = over_batches(rows(every(3, 1), ECHO), [RADAR_EXPIRY_S])
    assert (len(held.tracks), len(gone.tracks)) == (1, 0)


@pytest.mark.parametrize(("speed_kn", "target", "tracks"), [
    (60.0, ECHO, 1), (60.0, TERMINAL, 2), (80.0, ECHO, 2),
])  # fmt: skip
def test_what_a_radar_sees_may_be_faster(speed_kn: float, target: str, tracks: int) -> None:
    moved = speed_kn * 1852 / 3600 * 300
    _, out = take(rows([(0.0, 0.0, 0.0, None), (300.0, moved, 0.0, None)], target), 600)
    assert out.linked["track"].n_unique() == tracks


def test_noise_of_a_radar_is_no_second_vessel() -> None:
    far: list[Fix] = [(0.0, 0.0, 0.0, 5.0), (3.0, 900.0, 0.0, 5.0)]
    one = rows(far, ECHO).with_columns(pl.lit(200.0).alias("sigma_m"))
    assert take(one, 10)[1].linked["track"].to_list() == [ECHO, ECHO]
    sharp = rows(far, ECHO).with_columns(pl.lit(20.0).alias("sigma_m"))
    assert take(sharp, 10)[1].linked["track"].to_list() == [ECHO, f"{ECHO}#2"]


@pytest.mark.parametrize(("target", "stops"), [(ECHO, 1), (TERMINAL, 0)])
def test_a_radars_stop_begins_below_half_a_knot_and_ends_above_one(target: str, stops: int) -> None:
    lies = [(60.0 * i, 0.0, 0.0, 0.4 if i < 10 else 0.9) for i in range(20)]
    _, out = take(rows([*lies, (1200.0, 300.0, 0.0, 6.0)], target), 1300)
    assert len(out.stops) == stops


def test_each_way_of_reception_is_learned_from_its_own_rows() -> None:
    both = pl.concat([
        rows(every(30, 30, speed_kn=6.0)), rows(every(180, 5, speed_kn=6.0), TERMINAL),
        rows(every(3, 300, speed_kn=6.0), ECHO),
    ])  # fmt: skip
    state, _ = take(both, 900)
    assert dict(state.cells.group_by("sensor").agg(pl.col("heard").sum()).rows()) == {
        "ais": 29, "beidou": 4,
    }  # fmt: skip
    assert set(state.bins["sensor"]) == {"ais", "beidou"}


def test_a_terminal_reports_every_three_minutes_at_any_speed() -> None:
    frame = pl.DataFrame(
        {"target": [TERMINAL] * 2, "speed_kn": [0.0, 12.0], "ais_type": [None] * 2}
    )
    assert frame.select(nominal_interval_s()).to_series().to_list() == [180, 180]


def test_who_saw_it_stands_with_every_row() -> None:
    both = pl.concat([rows(every(30, 2)), rows(every(3, 2), ECHO)])
    _, out = take(both, 60)
    assert set(out.linked.select("sensor", "source").rows()) == {("ais", "S1"), ("radar", "S1")}
    assert T0_S * 1_000_000 in out.linked["t_us"]
