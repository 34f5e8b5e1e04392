"""What holds whatever comes: cuts, rubbish, and that no picture or person is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from camera_lines import (
    PLATE,
    barrier,
    details,
    frigate,
    gat1400,
    keepalive,
    onvif,
    onvif_object,
    run,
    tracked,
    vehicle,
)
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from core.schema import OBSERVATION, REFUSAL, arriving
from ingest.cameras.envelope import kept
from ingest.decoded import Decoded

SECRET = "QUJDREVGRw"  # stands for a picture, a name, a face
WITH_SECRETS = [
    frigate(thumbnail=SECRET, sub_label=[SECRET, 0.9], snapshot={"box": [1], "data": SECRET}),
    frigate(label="person", recognized_license_plate=SECRET, current_zones=[SECRET]),
    frigate(label="person", attributes={"face": 0.8, SECRET: 1}),
    gat1400(vehicle(SubImageList={"SubImageInfoObject": [{"Data": SECRET}]}, Calling=SECRET)),
    gat1400(vehicle(), FaceListObject={"FaceObject": [{"Name": SECRET}]}),
    onvif(onvif_object("Vehicle", PLATE + f"<tt:Image>{SECRET}</tt:Image>")),
    onvif(onvif_object("Human", f"<tt:HumanFace><tt:Age>{SECRET}</tt:Age></tt:HumanFace>")),
    tracked(plate="浙B12345", name=SECRET, plate_box=[1, 2, 3, 4], snapshot=SECRET),
    barrier(state="raised")[:-3] + f',"photo":"{SECRET}"}}}}\n'.encode(),
]  # fmt: skip
REFUSED_WITH_SECRETS = [
    b'{"payload":"' + SECRET.encode() + b"\n",
    gat1400(vehicle(PassTime={"Data": SECRET}, SubImageList=SECRET)),
    barrier(format="gat1400.faces", payload={"FaceListObject": SECRET}),
    onvif(f"<tt:Image>{SECRET}"),
    frigate("gone", label="person", sub_label=SECRET),
    tracked("face", name=SECRET, score=0.95),
]
PIECES = [
    *WITH_SECRETS, *REFUSED_WITH_SECRETS, frigate(), gat1400(vehicle(), vehicle()), barrier(),
    onvif(onvif_object("Vehicle", PLATE) * 2), keepalive(), tracked(plate="浙B12345"),
    b"\n", b"\r\n", b"garbage \xff\n",
    barrier(received_at="2026-03-01T18:00:00Z"), barrier(received_at="2020-03-01T18:00:00Z"),
    barrier(received_at="2026-03-01T18:00:30Z"),
]  # fmt: skip


def everything(got: Decoded) -> str:
    return str(got.observations.to_dicts()) + str(got.refusals.to_dicts()) + str(got.counts)


@pytest.mark.parametrize("data", WITH_SECRETS, ids=range(len(WITH_SECRETS)))
def test_pictures_and_persons_leave_a_hash_and_a_count(data: bytes) -> None:
    got = run(data)
    assert got.counts["sighting"] == 1
    assert SECRET not in everything(got)
    left = kept(data)
    assert left is not None
    assert SECRET.encode() not in left
    assert b'"dropped":{"count":' in left


@pytest.mark.parametrize("data", REFUSED_WITH_SECRETS, ids=range(len(REFUSED_WITH_SECRETS)))
def test_what_is_refused_shows_nothing_of_a_picture_or_a_person(data: bytes) -> None:
    got = run(data)
    assert got.refusals.height == 1
    assert SECRET not in everything(got)
    assert SECRET.encode() not in (kept(data) or b"")


def test_a_person_is_a_presence_at_that_camera_and_nothing_more() -> None:
    for data in WITH_SECRETS[1:3]:
        (detail,) = details(run(data))
        assert detail.keys() == {"format", "event", "type", "start", "label"}


@examples(40)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join), st.integers(20, 900))
def test_the_answer_does_not_depend_on_how_the_stream_is_cut(data: bytes, size: int) -> None:
    one, other = run(data), run(data, size)
    assert_frame_equal(one.observations, other.observations)
    assert_frame_equal(one.refusals, other.refusals)
    assert_frame_equal(one.alive, other.alive)
    assert one.counts == other.counts


TELLING = ["20260302010000", "2026-03-01T17:00:00Z", "浙B12345", 1.7e9, 10**400, "\ud800"]
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
json_values = st.recursive(
    plain | st.sampled_from(TELLING),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
WHOLE = [piece for piece in PIECES if piece[:1] == b"{" and piece[-2:-1] == b"}"]


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    if not isinstance(value, dict | list):
        return [here]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [here, *(path for key, each in inner for path in paths(each, (*here, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good line of which one value is another."""
    members = json.loads(draw(st.sampled_from(WHOLE)))
    place = draw(st.sampled_from(paths(members)[1:]))
    at = members
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = draw(json_values)
    return json.dumps(members).encode() + b"\n"


@examples(250)
@given(mutated())
def test_a_line_with_any_value_anywhere_does_no_harm_and_what_is_kept_says_the_same(
    data: bytes,
) -> None:
    got = run(data)
    assert got.observations.schema == arriving(OBSERVATION)
    assert got.refusals.schema == REFUSAL
    left = kept(data)
    if left is None:
        assert got.observations.is_empty()
        assert got.refusals.height == 1
        return
    assert kept(left) == left
    again = run(left + b"\n")
    assert_frame_equal(again.observations, got.observations)
    assert again.refusals["reason"].to_list() == got.refusals["reason"].to_list()


@examples(60)
@given(st.binary(max_size=300), st.integers(5, 64))
def test_bytes_of_any_kind_do_no_harm(data: bytes, size: int) -> None:
    got = run(data + b"\n" + barrier(), size)
    assert got.observations["source"].to_list()[-1:] == ["bar-1"]


@examples(200)
@given(
    st.sampled_from(PIECES),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 255)), max_size=4),
)
def test_a_damaged_line_does_no_harm(data: bytes, flips: list[tuple[int, int]]) -> None:
    damaged = bytearray(data)
    for at, mask in flips:
        damaged[at % len(damaged)] ^= mask
    got = run(bytes(damaged))
    assert got.observations.schema == arriving(OBSERVATION)
