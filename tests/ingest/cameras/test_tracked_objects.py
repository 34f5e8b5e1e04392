"""Frigate's updates of tracked objects, and devices that only say that they live."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from camera_lines import details, frigate, keepalive, line, reasons, run, tracked

from core.schema import ALIVE
from ingest.cameras.envelope import kept


def test_a_plate_read_later_revises_the_sighting_of_its_event() -> None:
    got = run(frigate() + tracked(plate="浙B·12345", score=0.95, name="Our lorry"))
    first, then = details(got)
    assert first["event"] == then["event"]
    assert got.observations["target"].to_list() == [None, "plate:浙B12345"]
    assert then == {
        "format": "frigate.tracked_object_update", "event": "1772384400.25-abc", "type": "lpr",
        "plate": "浙B12345", "plate_score": 0.95, "dropped": then["dropped"],
    }  # fmt: skip
    at = datetime(2026, 3, 1, 17, 0, 0, 250_000, UTC)
    assert got.observations["observed_at"].to_list() == [at, at]
    assert got.observations["key"].n_unique() == 2


def test_a_letter_misread_stays_a_claim_of_its_own() -> None:
    got = run(tracked(plate="浙B12345", score=0.9) + tracked(plate="浙B1234S", score=0.4))
    assert got.observations["target"].to_list() == ["plate:浙B12345", "plate:浙B1234S"]
    assert [said["plate_score"] for said in details(got)] == [0.9, 0.4]


def test_a_face_is_refused_and_nothing_of_it_is_kept() -> None:
    data = tracked("face", name="John", score=0.95)
    got = run(data)
    assert got.refusals.select("reason", "detail").rows() == [("person_data", "a face")]
    assert got.alive.is_empty()
    assert kept(data) is None


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (tracked("description", description="A man in red walks away."), "description"),
        (tracked("classification", sub_label="delivery_person", score=0.9), "classification"),
        (tracked("whatever_comes", text="A man"), "other_update"),
        (tracked(plate="?"), "no_plate"),
    ],
)
def test_other_updates_show_only_that_the_camera_lives(data: bytes, kind: str) -> None:
    got = run(data)
    assert got.observations.is_empty()
    assert got.refusals.is_empty()
    assert got.counts[kind] == 1
    assert got.alive["source"].to_list() == ["cam-1"]
    left = kept(data) or b""
    assert not any(word in left for word in (b"man", b"delivery"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (tracked(plate="浙B12345", id=None), "bad_payload"),
        (tracked(plate="浙B12345", timestamp="soon"), "bad_time"),
        (tracked(plate="浙B12345", timestamp=1_772_384_466), "future"),
    ],
)
def test_an_update_without_event_or_time_is_refused(data: bytes, reason: str) -> None:
    assert reasons(run(data)) == [reason]


def test_a_keepalive_is_no_sighting_and_shows_that_its_source_lives() -> None:
    got = run(keepalive())
    assert got.observations.is_empty()
    assert got.alive.schema == ALIVE
    assert got.alive.rows() == [("cam-1", datetime(2026, 3, 1, 17, 0, 5, tzinfo=UTC))]
    assert json.loads(kept(keepalive()) or b"")["format"] == "device.keepalive"


@pytest.mark.shared
def test_the_updates_in_frigates_own_documentation_are_read(shared_data: Path) -> None:
    folder = shared_data / "camera" / "frigate"
    found = {}
    for path in sorted(folder.glob("tracked_object_update_*.json")):
        data = line(
            "frigate.tracked_object_update",
            json.loads(path.read_text()),
            received_at="2020-12-04T23:19:19Z",
        )
        got = run(data)
        rows = [*got.observations["target"], *reasons(got), *got.alive["source"]]
        found[path.stem.removeprefix("tracked_object_update_")] = rows
    assert found == {
        "attribute": ["cam-1"], "classification": ["cam-1"], "description": ["cam-1"],
        "face": ["person_data"], "lpr": ["plate:123ABC"],
    }  # fmt: skip
