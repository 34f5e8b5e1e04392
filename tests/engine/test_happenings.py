"""From what a detector says to a line of events and to an alert that adds up."""

from __future__ import annotations

import json
import math
from typing import Any

import polars as pl
import pytest
from engine_scenes import place
from made_tracks import T0_S

from alerts import policy
from core.times import utc_text
from engine.happenings import events, words
from engine.place import Place
from models.fusion.schema import HAPPENING

ROUGH = "kind,from,to,source\ngale,2026-03-01T15:00:00Z,2026-03-01T20:00:00Z,x\n"
REGISTER = (
    "vessel_id,name,mmsi,beidou_id,type,length_m,draught_m,home_pier\n"
    "V1,x,412000001,,fishing,30,2,P1\n"
)


def happened(**given: Any) -> pl.DataFrame:
    row = {
        "kind": "dark_vessel", "matter": "V7", "clock_s": T0_S + 600, "phase": "began",
        "targets": ["radar:R1:17"], "track": "radar:R1:17", "from_us": T0_S * 1_000_000,
        "to_us": None, "lon": 121.9000004, "lat": 29.2, "pier": None, "level": "watch",
        "nats": 2.5, "detail": '{"instants": 9}', "sources": ["radar:R1"],
    }  # fmt: skip
    return pl.DataFrame([{**row, **given}], schema=HAPPENING)


def said(frame: pl.DataFrame, where: Place | None = None) -> list[policy.Said]:
    return words(frame, where or place(), settled=False, tick=int)


def content(frame: pl.DataFrame, where: Place | None = None) -> dict[str, Any]:
    found = said(frame, where)[0].content
    assert found is not None
    return found


def test_a_happening_with_a_level_is_an_alert_whose_log_odds_add_up() -> None:
    found = content(happened())
    assert (found["kind"], found["level"], found["pier_id"]) == ("dark_vessel", "watch", None)
    assert found["targets"] == ["radar:R1:17"]
    assert found["lon"] == 121.9
    entry = found["evidence"][0]
    assert (entry["block"], entry["code"], entry["nats"]) == ("identity", "dark_vessel", 2.5)
    assert entry["params"] == {"from": utc_text(T0_S * 1_000_000), "instants": 9}
    assert entry["sources"] == ["radar:R1"]
    assert found["not_covered"] == ["ais", "beidou", "camera", "vehicles"]
    odds = math.log(found["posterior"] / (1 - found["posterior"]))
    total = found["prior_nats"] + sum(e["nats"] for e in found["evidence"])
    assert odds == pytest.approx(total, abs=0.01)


def test_nats_beyond_the_cap_of_their_block_are_shown_and_taken_back() -> None:
    found = content(happened(nats=9.0))
    assert [(e["code"], e["nats"]) for e in found["evidence"]] == [
        ("dark_vessel", 9.0), ("block_cap", -4.0),
    ]  # fmt: skip


def test_who_falls_dark_in_a_gale_is_asked_for_distress_first_and_not_suspected() -> None:
    found = content(happened(), place(regimes=ROUGH))
    assert [(e["code"], e["nats"]) for e in found["evidence"]] == [
        ("distress_possible", 0.0), ("dark_vessel", 0.0),
    ]  # fmt: skip
    calm = content(happened(from_us=(T0_S + 5 * 3600) * 1_000_000), place(regimes=ROUGH))
    assert [e["code"] for e in calm["evidence"]] == ["dark_vessel"]
    other = content(happened(kind="rendezvous"), place(regimes=ROUGH))
    assert [e["code"] for e in other["evidence"]] == ["rendezvous"]
    ended = happened(phase="ended", to_us=T0_S * 1_000_000 + 1)
    assert events(ended, place(regimes=ROUGH), tick=int)[0]["detail"]["ask"] == "distress_possible"


def test_the_largest_registered_vessel_makes_the_severity() -> None:
    known = happened(targets=["mmsi:412000001", "radar:R1:17"])
    parts = content(known, place(vessels=REGISTER))["severity_parts"]
    assert {p["criterion"]: p["known"] for p in parts}["vessel_size"] is True
    assert content(known)["severity_parts"][0]["criterion"] == parts[0]["criterion"]


def test_only_what_ended_is_an_event_and_only_what_has_a_level_is_spoken_of() -> None:
    quiet = happened(level=None, nats=None)
    assert said(quiet) == []
    assert events(quiet, place(), tick=int) == []
    over = happened(level=None, phase="ended", to_us=(T0_S + 60) * 1_000_000, pier=0)
    line = events(over, place(), tick=lambda clock_s: clock_s + 900)[0]
    assert (line["kind"], line["pier_id"], line["detail"]) == ("dark_vessel", "P1", {"instants": 9})
    assert line["settled_at"] == utc_text((T0_S + 1500) * 1_000_000)
    assert json.dumps(line)


def test_an_alert_ends_is_withdrawn_and_keeps_its_name() -> None:
    over = happened(phase="ended", to_us=(T0_S + 60) * 1_000_000, clock_s=T0_S + 700)
    gone = happened(phase="withdrawn", clock_s=T0_S + 800)
    told = [word for frame in (happened(), over, gone) for word in said(frame)]
    _, lines = policy.advance(policy.Book(), told, T0_S + 800, site="x", hold_s=900)
    assert [line["status"] for line in lines] == ["new", "update", "cancel"]
    assert len({line["alert_id"] for line in lines}) == 1


def test_a_last_word_of_what_was_never_an_alert_leaves_nothing_behind() -> None:
    over = happened(level=None, phase="ended", to_us=(T0_S + 60) * 1_000_000)
    book, lines = policy.advance(policy.Book(), said(over), T0_S + 700, site="x", hold_s=900)
    assert (book.entries, lines) == ((), [])


def test_passes_that_name_different_piers_speak_of_one_alert() -> None:
    fast = said(happened(pier=0))
    settled = words(happened(pier=None), place(), settled=True, tick=int)
    _, lines = policy.advance(policy.Book(), [*fast, *settled], T0_S + 2000, site="x", hold_s=900)
    assert len({line["alert_id"] for line in lines}) == 1
