"""The simulator's JT/T 808 frames, read by the product's decoder."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from ingest.decoded import Decoded, concat
from ingest.jt808 import Jt808Decoder
from simulate.sensors import jt808

AT = 1_772_384_400  # 2026-03-02 01:00:00 in Beijing
GENERATIONS = (2011, 2013, 2019)


def fixes(n: int, **changed: Any) -> jt808.Fixes:
    """Near Shipu, a second apart; latitudes that hold every escape."""
    whole = {
        "unix_s": AT + np.arange(n), "lon": 121_900_000 + np.arange(n),
        "lat": 0x1BD7D7E + np.arange(n),
        "speed": np.full(n, 605), "course": np.full(n, 90), "altitude": np.full(n, 35),
        "status": np.full(n, jt808.ACC_ON | jt808.FIXED | jt808.BEIDOU),
        "mileage": np.full(n, 123_457), "rssi": np.full(n, 21), "satellites": np.full(n, 14),
    }  # fmt: skip
    return jt808.Fixes(**{**whole, **changed})


def decoded(lines: list[bytes]) -> Decoded:
    decoder = Jt808Decoder()
    return concat([decoder.feed(b"".join(lines)), decoder.close()])


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_location_comes_back_to_the_digit(generation: int) -> None:
    terminal = jt808.Terminal("10990000001", generation)
    n = 600
    sent = fixes(n)
    frames = jt808.alike(terminal, jt808.LOCATION, np.arange(n), jt808.bodies(sent))
    back = decoded(jt808.lines((AT + np.arange(n)) * 1000 + 7, frames))
    assert back.refusals.is_empty()
    rows = back.observations
    assert len(rows) == n
    assert rows["source"].unique().to_list() == ["10990000001"]
    assert (np.rint(rows["lat"].to_numpy() * 1e6).astype(int) == sent.lat).all()
    assert (np.rint(rows["lon"].to_numpy() * 1e6).astype(int) == sent.lon).all()
    assert rows["speed_kn"].to_numpy() == pytest.approx(60.5 / 1.852)
    assert rows["course_deg"].unique().to_list() == [90.0]
    assert rows["observed_at"][3] == datetime.fromtimestamp(AT + 3, UTC)
    detail = json.loads(rows["detail"][0])
    assert detail["mileage_km"] == 12_345.7
    assert (detail["altitude_m"], detail["rssi"], detail["satellites"]) == (35, 21, 14)
    assert detail["status"] == ["acc_on", "beidou"]


def test_both_bytes_that_must_be_escaped_are() -> None:
    terminal = jt808.Terminal("10990000001", 2013)
    (frame,) = jt808.alike(terminal, jt808.LOCATION, np.array([0x7E7D]), jt808.bodies(fixes(1)))
    inside = bytes.fromhex(frame.decode())[1:-1]
    assert b"\x7e" not in inside
    assert inside.count(b"\x7d\x01") >= 2
    assert inside.count(b"\x7d\x02") >= 2


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_terminal_says_which_plate_it_is_built_into(generation: int) -> None:
    terminal = jt808.Terminal("10990000002", generation)
    said = jt808.registration(terminal, "浙B8QX12", heavy=True)
    frames = [
        jt808.single(terminal, jt808.REGISTER, 1, said),
        jt808.single(terminal, jt808.AUTHENTICATE, 2, jt808.authentication(terminal)),
        jt808.single(terminal, jt808.HEARTBEAT, 3, b""),
    ]
    back = decoded(jt808.lines(AT * 1000 + np.arange(3), frames))
    assert back.refusals.is_empty()
    assert back.identities["target"].to_list() == ["terminal:10990000002"]
    assert "浙B8QX12" in str(back.identities.to_dicts()[0])
    assert back.counts["type_0102"] == back.counts["type_0002"] == 1


def test_a_batch_brings_what_was_kept_without_a_network() -> None:
    terminal = jt808.Terminal("10990000003", 2019)
    body = jt808.batch(jt808.bodies(fixes(15)))
    assert len(body) < 1_024
    frame = jt808.single(terminal, jt808.BATCH, 9, body)
    back = decoded(jt808.lines(np.array([(AT + 900) * 1000]), [frame]))
    assert back.refusals.is_empty()
    assert back.observations["observed_at"].n_unique() == 15
    assert json.loads(back.observations["detail"][0])["late"] is True


def test_a_fix_that_there_is_not_yields_no_place() -> None:
    terminal = jt808.Terminal("10990000004", 2011)
    blind = jt808.bodies(fixes(2, status=np.full(2, jt808.ACC_ON)))
    frames = jt808.alike(terminal, jt808.LOCATION, np.arange(2), blind)
    back = decoded(jt808.lines(AT * 1000 + np.arange(2), frames))
    assert back.observations.is_empty()
    assert back.counts["no_fix"] == 2
