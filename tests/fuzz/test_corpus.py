"""What fuzzing found stays read: the corpus as it is, the real samples damaged anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from decoder_forms import FORMS, seeds
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from nmea_feeds import run
from unbelievable import believable

CORPUS = Path(__file__).parent / "corpus"
each = pytest.mark.parametrize("form", FORMS)


@each
def test_every_input_that_fuzzing_kept_is_decoded(form: str) -> None:
    found = sorted((CORPUS / form).iterdir())
    assert found
    for path in found:
        believable(run(FORMS[form].make(), path.read_bytes()))


@pytest.mark.shared
@each
@examples(40)
@given(data=st.data())
def test_real_samples_damaged_at_random_do_no_harm(
    form: str, shared_data: Path, data: st.DataObject
) -> None:
    lines = data.draw(st.lists(st.sampled_from(seeds(form, shared_data)), min_size=1, max_size=6))
    damaged = bytearray(b"".join(lines))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(damaged)))
        damaged[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    believable(run(FORMS[form].make(), bytes(damaged)))
