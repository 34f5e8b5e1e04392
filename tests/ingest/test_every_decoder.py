"""What every decoder keeps to, whatever its form."""

from __future__ import annotations

import gc
import time
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np
import polars as pl
import pytest
from decoder_forms import FORMS, hostile_lines, seeds
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from nmea_feeds import run
from polars.testing import assert_frame_equal
from unbelievable import believable

from ingest.decoded import Decoded
from pipeline.forms import FORMATS

each = pytest.mark.parametrize("form", FORMS)
LEAST_S = 0.05  # CPU that no line of 4 KiB may cost
MOST_HELD = 40 << 20  # bytes that a decoder may hold whoever speaks
FRAMES = ("observations", "identities", "messages", "ahead", "heard_again", "alive", "refusals")


def decoded(form: str, data: bytes, size: int | None = None) -> Decoded:
    return run(FORMS[form].make(), data, size)


def file_of(form: str) -> bytes:
    return FORMS[form].head + b"".join(FORMS[form].sample)


def same(one: Decoded, other: Decoded) -> None:
    """All that two runs gave; refusals of one line in any order."""
    for name in FRAMES[:-1]:
        assert_frame_equal(getattr(one, name), getattr(other, name))
    order = ["line", "reason", "detail"]
    assert_frame_equal(one.refusals.sort(order), other.refusals.sort(order))
    assert one.observation_payloads.to_list() == other.observation_payloads.to_list()
    assert one.identity_payloads.to_list() == other.identity_payloads.to_list()
    assert one.receptions == other.receptions == one.heard_again.height
    kinds = one.counts.keys() | other.counts.keys()
    assert {k for k in kinds if one.counts.get(k, 0) != other.counts.get(k, 0)} == set()


def test_every_form_that_the_pipeline_reads_is_held_to_this() -> None:
    assert FORMS.keys() == FORMATS.keys()


@each
def test_the_sample_yields_observations_and_all_of_it_is_believable(form: str) -> None:
    got = decoded(form, file_of(form))
    assert got.observations.height > 0
    believable(got)


@each
@examples(6)
@given(size=st.integers(5, 600))
def test_any_cut_of_the_bytes_gives_the_same_yield(form: str, size: int) -> None:
    same(decoded(form, file_of(form)), decoded(form, file_of(form), size))


@each
def test_a_frame_again_gives_the_same_keys(form: str) -> None:
    once, twice = decoded(form, file_of(form)), decoded(form, file_of(form))
    assert once.observations["key"].to_list() == twice.observations["key"].to_list()
    assert once.identities["key"].to_list() == twice.identities["key"].to_list()
    both = decoded(form, file_of(form) + b"".join(FORMS[form].sample))
    assert set(both.observations["key"]) == set(once.observations["key"])
    assert set(both.identities["key"]) == set(once.identities["key"])


@pytest.mark.parametrize("form", [name for name, form in FORMS.items() if form.blank])
def test_what_was_not_reported_is_null(form: str) -> None:
    (row,) = decoded(form, FORMS[form].head + FORMS[form].blank).observations.to_dicts()
    assert (row["speed_kn"], row["course_deg"], row["heading_deg"]) == (None, None, None)


@each
@examples(40)
@given(data=st.data())
def test_damaged_samples_do_no_harm(form: str, data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from(seeds(form, None))))
    for _ in range(data.draw(st.integers(0, 5))):
        at = data.draw(st.integers(0, len(damaged)))
        end = at + data.draw(st.integers(0, 3))
        damaged[at:end] = data.draw(
            st.binary(max_size=3) | st.sampled_from([b"nan", b"1e999", b"-", b"9" * 30, b"\0"])
        )
    believable(decoded(form, bytes(damaged) + b"\n" + file_of(form)))


@each
def test_no_line_of_four_kib_costs_more_than_fifty_milliseconds(form: str) -> None:
    slow = {}
    for line in [*hostile_lines(form), *FORMS[form].sample]:
        taken = min(_cpu_s(form, line) for _ in range(2))
        if taken > LEAST_S:
            slow[line[:60]] = taken
    assert not slow


def _cpu_s(form: str, line: bytes) -> float:
    decoder = FORMS[form].make()
    begin = time.thread_time()
    believable_or_not = decoder.feed(line), decoder.close()
    assert believable_or_not
    return time.thread_time() - begin


@each
def test_what_a_decoder_remembers_is_bounded_whoever_speaks(form: str) -> None:
    decoder = FORMS[form].make()
    decoder.feed(FORMS[form].head)
    most = 10_000 if form == "asterix" else 100_000  # which has 4,096 tracks at most
    for begin in range(0, most, 5_000):
        decoder.feed(b"".join(map(FORMS[form].hostile, range(begin, begin + 5_000))))
    assert held_bytes(decoder) < MOST_HELD


def held_bytes(root: object) -> int:
    """What an object holds, with all that it leads to but code."""
    seen: set[int] = set()
    waiting: list[Any] = [root]
    total = 0
    while waiting:
        each = waiting.pop()
        code = isinstance(each, type | ModuleType | FunctionType | BuiltinFunctionType)
        if id(each) in seen or code:
            continue
        seen.add(id(each))
        if isinstance(each, pl.DataFrame | pl.Series):
            total += int(each.estimated_size())
        else:
            total += each.nbytes if isinstance(each, np.ndarray) else each.__sizeof__()
            waiting.extend(gc.get_referents(each))
    return total
