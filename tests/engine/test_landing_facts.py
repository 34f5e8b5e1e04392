"""How a boat was heard on its way, from the calls of its landing."""

from __future__ import annotations

from typing import Any

import pytest
from engine_scenes import place

from engine.landing_facts import Silence, Silences, silence_of
from models.landings.schema import Landing

BERTH_US = 1_790_000_000_000_000


def call(target: str) -> dict[str, Any]:
    return {
        "track": target, "target": target, "quiet_from_us": None, "quiet_to_us": None,
        "dark_from_us": None, "entry_seen": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("heard", "names", "expected"),
    [
        (("beidou:1",), ("beidou:1",), Silence(0.0, 0.0)),
        (("beidou:1", "mmsi:2"), ("beidou:1", "mmsi:2"), Silence(0.0, 0.0)),
        (("beidou:1",), ("beidou:1", "mmsi:2"), Silence()),
    ],
)
def test_who_left_its_ais_out_was_not_heard_all_the_way(
    heard: tuple[str, ...], names: tuple[str, ...], expected: Silence
) -> None:
    landing = Landing(
        0, BERTH_US, BERTH_US // 10**6, heard[0], tuple(call(name) for name in heard), None, names,
        BERTH_US, None, "berthed", (), frozenset(), over=False, lost=False,
    )  # fmt: skip
    assert silence_of(landing, BERTH_US, Silences({}), place()) == expected
