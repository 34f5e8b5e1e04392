"""A decision has the members of its kind, or a sentence says what is wrong."""

from __future__ import annotations

import json

import pytest
from decided import CONTENTS
from hypothesis import given
from hypothesis import strategies as st

from core.decisions import KINDS, checked
from core.errors import DecisionError

anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_every_kind_is_taken_and_taken_again_is_the_same() -> None:
    assert set(CONTENTS) == set(KINDS)
    for kind, content in CONTENTS.items():
        kept = checked(kind, content)
        assert checked(kind, kept) == kept


@pytest.mark.parametrize("kind", KINDS)
def test_a_member_that_is_missing_unknown_or_too_long_is_named(kind: str) -> None:
    content = CONTENTS[kind]
    for name, member in KINDS[kind].items():
        rest = {k: v for k, v in content.items() if k != name}
        if member.needed:
            with pytest.raises(DecisionError, match=f"{kind}, {name}: .*got nothing"):
                checked(kind, rest)
        with pytest.raises(DecisionError, match=f"{kind}, {name}: expected"):
            checked(kind, {**content, name: "x" * 201})
    with pytest.raises(DecisionError, match="officer_name"):
        checked(kind, {**content, "officer_name": "Wang"})


@pytest.mark.parametrize("kind", ["", "order", None, 7, ["permit"]])
def test_an_unknown_kind_is_refused(kind: object) -> None:
    with pytest.raises(DecisionError, match="expected one of verdict"):
        checked(kind, {})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"to": "2026-03-01T14:00:00Z"}, "permit, to: expected a time within 366 days"),
        ({"to": "2028-03-01T14:00:00Z"}, "permit, to: expected a time within 366 days"),
        ({"from": "2026-03-01T14:00:00"}, "permit, from: expected an RFC 3339 time"),
        ({"from": 1772385730}, "permit, from"),
        ({"vessel_id": None}, "vessel_id or plate"),
        ({"reason": "un\x00load"}, "permit, reason"),
        ({"reason": "\ud800"}, "permit, reason"),
        ({"pier_id": "  "}, "permit, pier_id"),
    ],
)
def test_a_permit_that_makes_no_sense_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(DecisionError, match=words):
        checked("permit", {**CONTENTS["permit"], **change})


def test_no_person_can_be_watched_and_no_place_is_off_the_earth() -> None:
    with pytest.raises(DecisionError, match="a target"):
        checked("watch_list", {**CONTENTS["watch_list"], "target": "person:Wang"})
    for lat in (91, float("nan"), True, "29"):
        with pytest.raises(DecisionError, match="patrol_position, lat"):
            checked("patrol_position", {**CONTENTS["patrol_position"], "lat": lat})


@given(st.sampled_from(sorted(KINDS)), anything, st.data())
def test_whatever_comes_is_taken_as_text_or_refused(
    kind: str, value: object, data: st.DataObject
) -> None:
    content = dict(CONTENTS[kind])
    content[data.draw(st.sampled_from(sorted(KINDS[kind])))] = value
    for given_ in (content, value):
        try:
            kept = checked(kind, given_)
        except DecisionError:
            continue
        assert len(json.dumps(kept, allow_nan=False).encode()) < 4096
