"""A landing as it went: its steps in time, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.catalogue import LANGUAGES, words
from dashboard.chain import chain, steps
from dashboard.reading import Run

ZONE = ZoneInfo("Asia/Shanghai")
BERTHED = datetime(2026, 4, 22, 19, 29, 40, tzinfo=UTC)
RUN = Run(1, "replay", "sea", True, {}, ZONE, BERTHED)
TRUCKS = {"lag_min": -12, "trucks": 2.6}


def entry(code: str, *sources: str, **params: object) -> dict[str, Any]:
    return {"block": "land_side", "code": code, "nats": 1.0, "params": params, "sources": sources}


def landing(*entries: dict[str, Any], **more: object) -> dict[str, Any]:
    return {
        "kind": "night_landing", "berth_from": "2026-04-22T19:29:40Z", "berth_to": None,
        "targets": ["mmsi:412345678", "radar:R1:17"], "evidence": entries, **more,
    }  # fmt: skip


ALL = landing(
    entry("camera_boat", "camera:C1"),
    entry("trucks", "vehicle", "camera", **TRUCKS),
    entry("barrier_up", "barrier", bar="raised"),
    entry("left_with", "vehicle", trucks=0.4),
    berth_to="2026-04-22T20:10:00Z",
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_landing_is_told_step_by_step(language: str) -> None:
    said = words(language)
    found = steps(said, ALL)
    assert [what for _, what, _ in found] == [
        said("chain.trucks", n=3),
        said("chain.berthed"),
        said("chain.barrier_up", bar=said("value.bar.raised")),
        said("chain.camera_boat"),
        said("chain.maybe.left_with"),
        said("chain.left"),
    ]
    assert [at for at, *_ in found][:2] == [BERTHED - timedelta(minutes=12), BERTHED]
    assert found[0][2] == ["camera", "vehicle"]
    assert found[1][2] == ["ais", "radar"]
    assert "03:17" in str(chain(said, RUN, ALL))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_berthing_that_nobody_saw_says_so(language: str) -> None:
    said = words(language)
    found = steps(said, landing(entry("unseen"), entry("camera_boat", "camera"), targets=[]))
    assert found[0][1:] == (said("chain.unseen"), [])


def test_what_is_no_landing_or_no_more_than_a_berthing_has_no_steps() -> None:
    assert steps(words("zh"), landing(kind="loitering")) == []
    assert chain(words("zh"), RUN, landing()) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ["trucks", "trucks_pass", "left_with"])
def test_a_part_of_a_lorry_is_a_chance_and_not_a_number(language: str, code: str) -> None:
    said = words(language)
    assert "40%" in said.sentence(code, {"trucks": 0.4}, ZONE)
    many = said.sentence(code, {"trucks": 2.6}, ZONE)
    assert "3" in many
    assert "2.6" not in many


@pytest.mark.parametrize("language", LANGUAGES)
def test_lorries_that_came_before_the_boat_are_told_without_a_minus(language: str) -> None:
    told = words(language).sentence("trucks", TRUCKS, ZONE)
    assert "12" in told
    assert "-" not in told
    assert "−" not in told
