"""The made and the recorded samples: what each line says, and why the bad ones are refused."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from camera_lines import run

from ingest.decode import objects
from ingest.decoded import Decoded

pytestmark = pytest.mark.shared

Sample = tuple[Decoded, dict[int, dict[str, Any]]]


@pytest.fixture
def sample(shared_data: Path, request: pytest.FixtureRequest) -> Sample:
    """What a file gives, and what is expected of it by line."""
    name, folder = request.param, shared_data / "camera" / "lines"
    expected = [json.loads(text) for text in (folder / "expected.jsonl").read_text().splitlines()]
    got = run((folder / name).read_bytes())
    return got, {said["line"]: said for said in expected if said["file"] == name}


def by_line(got: Decoded) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for each in objects(got):
        found.setdefault(each["line"], []).append(each)  # type: ignore[arg-type]
    return found


def close(ours: object, theirs: str) -> bool:
    """The same time to a millisecond, as far as the samples write it."""
    apart = datetime.fromisoformat(str(ours)) - datetime.fromisoformat(theirs)
    return abs(apart) < timedelta(milliseconds=1)


def target(plate: str | None) -> str | None:
    return f"plate:{plate}" if plate else None


@pytest.mark.parametrize("sample", ["frigate.jsonl"], indirect=True)
def test_frigate_events_say_what_the_samples_say(sample: Sample) -> None:
    got, expected = sample
    found = by_line(got)
    assert len(expected) == 6
    for number, said in expected.items():
        (seen,) = found[number]
        detail = seen["detail"]
        assert (detail["label"], detail["type"]) == (said["label"], said["event"])
        assert close(seen["observed_at"], said["observed_at"])
        # A plate that a sample puts on a person is not taken: a person is a presence only.
        plate = None if said["label"] == "person" else said["plate"]
        assert (seen["target"], detail.get("plate")) == (target(plate), plate)


@pytest.mark.parametrize("sample", ["gat1400.jsonl"], indirect=True)
def test_motor_vehicles_say_what_the_samples_say(sample: Sample) -> None:
    got, expected = sample
    found = by_line(got)
    assert len(expected) == 7
    for number, said in expected.items():
        seen = found.get(number, [])
        assert [
            {
                "plate": each["detail"].get("plate"),
                "observed_at": each["observed_at"],
                "vehicle_class": each["detail"]["vehicle_class"],
                "tollgate": each["detail"]["tollgate"],
            }
            for each in seen
        ] == said["vehicles"]
        assert [each["target"] for each in seen] == [target(v["plate"]) for v in said["vehicles"]]


@pytest.mark.parametrize("sample", ["onvif.jsonl"], indirect=True)
def test_onvif_objects_say_what_the_samples_say(sample: Sample) -> None:
    got, expected = sample
    found = by_line(got)
    assert len(expected) == 6
    for number, said in expected.items():
        seen = found.get(number, [])
        assert len(seen) == len(said["objects"])
        for each, want in zip(seen, said["objects"], strict=True):
            if want.get("type") == "Human":  # a presence: not even how sure the camera was
                del want["likelihood"]
            assert close(each["observed_at"], want.pop("observed_at"))
            assert {name: each["detail"].get(name) for name in want} == want
            assert each["target"] == target(want.get("plate"))


@pytest.mark.parametrize("sample", ["barrier.jsonl"], indirect=True)
def test_barriers_say_what_the_samples_say(sample: Sample) -> None:
    got, expected = sample
    assert len(expected) == 3
    for number, (seen,) in by_line(got).items():
        assert (seen["sensor"], seen["target"]) == ("barrier", None)
        assert seen["detail"]["state"] == expected[number]["state"]
        assert seen["observed_at"] == expected[number]["observed_at"]


@pytest.mark.parametrize("sample", ["bad.jsonl"], indirect=True)
def test_every_bad_line_is_refused_with_a_reason_and_a_blank_one_skipped(sample: Sample) -> None:
    got, expected = sample
    assert len(expected) == 20
    assert got.observations.is_empty()
    assert dict(zip(got.refusals["line"], got.refusals["reason"], strict=True)) == {
        1: "bad_json", 2: "bad_json", 3: "unknown_format", 4: "no_payload", 5: "no_time",
        6: "bad_time", 7: "bad_state", 8: "bad_time", 9: "bad_time", 10: "bad_time",
        11: "bad_payload", 12: "bad_payload", 13: "bad_xml", 14: "bad_xml", 15: "bad_xml",
        16: "bad_time", 17: "bad_payload", 18: "bad_time", 19: "too_deep",
    }  # fmt: skip


@pytest.mark.parametrize("sample", ["bad.jsonl"], indirect=True)
def test_nothing_of_a_file_that_xml_names_shows(sample: Sample) -> None:
    host = Path("/etc/hostname").read_text().strip()
    assert host not in sample[0].refusals.filter(line=15)["detail"].item()
