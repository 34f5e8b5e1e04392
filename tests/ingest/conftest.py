"""Fixtures of this room's tests."""

from __future__ import annotations

import pytest
from ingest_runs import Decode, decode_ais


@pytest.fixture
def decode() -> Decode:
    """Decode bytes; see `ingest_runs.decode_ais`."""
    return decode_ais
