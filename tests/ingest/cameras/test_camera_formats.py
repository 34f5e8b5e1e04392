"""Each format: what becomes a sighting, what is left out, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from camera_lines import (
    PLATE,
    barrier,
    details,
    frigate,
    gat1400,
    line,
    onvif,
    onvif_object,
    reasons,
    run,
    vehicle,
)

AT = datetime(2026, 3, 1, 17, tzinfo=UTC)


def test_a_plate_may_come_as_text_or_with_its_score() -> None:
    for given in (
        {"recognized_license_plate": "浙B12345", "recognized_license_plate_score": 0.93},
        {"recognized_license_plate": ["浙B12345", 0.93]},
    ):
        got = run(frigate(**given))
        assert got.observations["target"].to_list() == ["plate:浙B12345"]
        assert details(got)[0]["plate_score"] == 0.93


def test_messages_of_one_event_are_observations_of_their_own() -> None:
    data = frigate() + frigate("update", frame_time=1_772_384_402) + frigate(
        "end", end_time=1_772_384_404.5
    )  # fmt: skip
    got = run(data)
    assert got.observations["observed_at"].dt.second().to_list() == [0, 2, 4]
    assert got.observations["key"].n_unique() == 3
    assert {each["event"] for each in details(got)} == {"1772384400.25-abc"}
    assert {each["start"] for each in details(got)} == {"2026-03-01T17:00:00.250Z"}


def test_a_boat_or_a_bird_has_no_plate() -> None:
    got = run(frigate(label="boat", recognized_license_plate="浙B12345"))
    assert got.observations["target"].to_list() == [None]
    assert "plate" not in details(got)[0]


def test_false_positives_and_faces_are_counted_and_give_nothing() -> None:
    got = run(frigate(false_positive=True) + frigate(label="face"))
    assert got.counts == {"frigate.events": 2, "false_positive": 1, "face": 1}
    assert got.observations.is_empty()


@pytest.mark.parametrize(
    ("change", "after", "reason"),
    [
        ("gone", {}, "bad_payload"),
        ("new", {"frame_time": None}, "bad_time"),
        ("new", {"frame_time": True}, "bad_time"),
        ("new", {"frame_time": 7}, "bad_time"),
        ("new", {"frame_time": 10**400}, "bad_time"),
        ("end", {"end_time": None}, "bad_time"),
        ("new", {"id": None}, "bad_payload"),
        ("new", {"label": 3}, "bad_payload"),
        ("new", {"frame_time": 1_772_384_466}, "future"),
    ],
)
def test_an_event_that_cannot_be_one_is_refused(
    change: str, after: dict[str, Any], reason: str
) -> None:
    assert reasons(run(frigate(change, **after))) == [reason]


def test_a_vehicle_that_is_wrong_does_not_stop_the_others() -> None:
    got = run(gat1400(vehicle(), vehicle(PassTime="x"), "no object", vehicle(PlateNo="浙B2222挂")))
    assert got.observations["target"].to_list() == ["plate:浙B12345", "plate:浙B2222挂"]
    assert reasons(got) == ["bad_time", "bad_payload"]
    assert got.observations["key"].n_unique() == 2


def test_a_body_of_thousands_of_vehicles_is_refused_as_one() -> None:
    assert reasons(run(gat1400(*[None] * 1001))) == ["bad_payload"]


def test_what_a_vehicle_says_is_kept_with_its_units() -> None:
    got = run(gat1400(vehicle(PlateReliability="85", Speed="55.56", LaneNo="", IsDecked="1")))
    row = got.observations.row(0, named=True)
    assert row["observed_at"] == AT
    assert row["speed_kn"] == pytest.approx(30)
    detail = details(got)[0]
    assert (detail["plate_score"], detail["decked"]) == (0.85, True)
    assert "lane" not in detail


@pytest.mark.parametrize("plate", ["无车牌", "", "未识别", "00000000", "-", None, 7, "浙" * 50])
def test_what_devices_write_for_no_plate_is_no_identity(plate: object) -> None:
    got = run(gat1400(vehicle(PlateNo=plate)))
    assert got.observations["target"].to_list() == [None]


def test_has_plate_nought_stands_above_what_was_read() -> None:
    assert run(gat1400(vehicle(HasPlate="0"))).observations["target"].to_list() == [None]


def test_pass_times_are_of_the_sites_zone() -> None:
    (at,) = run(gat1400(vehicle(PassTime="20260301170000")), timezone="UTC").observations[
        "observed_at"
    ]
    assert at == AT


def test_a_human_is_a_presence_whatever_else_is_said_of_it() -> None:
    got = run(onvif(onvif_object("Human", PLATE + "<tt:HumanBody>tall</tt:HumanBody>")))
    assert details(got) == [{"format": "onvif.metadata", "object_id": "7", "type": "Human"}]
    assert got.observations["target"].to_list() == [None]


def test_classes_of_the_older_edition_are_read() -> None:
    inside = (
        '<tt:Object ObjectId="1"><tt:Appearance><tt:Class>'
        "<tt:ClassCandidate><tt:Type>Animal</tt:Type><tt:Likelihood>0.2</tt:Likelihood>"
        "</tt:ClassCandidate><tt:ClassCandidate><tt:Type>Vehicle</tt:Type>"
        "<tt:Likelihood>0.7</tt:Likelihood></tt:ClassCandidate>"
        "</tt:Class></tt:Appearance></tt:Object>"
    )
    (detail,) = details(run(onvif(inside)))
    assert (detail["type"], detail["likelihood"]) == ("Vehicle", 0.7)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (onvif("", head="<!DOCTYPE m>"), "bad_xml"),
        (onvif("&b;", head='<!DOCTYPE m [<!ENTITY b "x">]>'), "bad_xml"),
        (onvif("&b;", head='<!DOCTYPE m [<!ENTITY b SYSTEM "file:///etc/hostname">]>'), "bad_xml"),
        (onvif("&undefined;"), "bad_xml"),
        (onvif("<a>" * 100 + "</a>" * 100), "too_deep"),
        (onvif("<a/>" * 6000), "too_deep"),
        (onvif("x" * 300_000), "too_long"),
        (line("onvif.metadata", {"xml": "<other/>"}), "bad_xml"),
        (line("onvif.metadata", {"xml": ""}), "bad_xml"),
        (line("onvif.metadata", {"xml": "\ud800".encode("utf-16", "surrogatepass").hex()}),
         "bad_xml"),
        (line("onvif.metadata", {"xml": 3}), "bad_payload"),
        (onvif(onvif_object("Vehicle"), time="2026-02-30T00:00:00Z"), "bad_time"),
    ],
    ids=range(12),
)  # fmt: skip
def test_xml_that_is_not_plain_and_bounded_is_refused(data: bytes, reason: str) -> None:
    assert reasons(run(data)) == [reason]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xfe{}\n", "bad_json"),
        (b'{"received_at":NaN}\n', "bad_json"),
        (b'{"received_at":1e999}\n', "bad_json"),
        (b"9" * 5000 + b"\n", "bad_json"),
        (b"[" * 100_000 + b"\n", "too_deep"),
        (line("frigate.events", [[]], source=None), "no_source"),
        (line("frigate.events", []), "no_payload"),
        (barrier(received_at=None), "bad_time"),
        (barrier(received_at="2026-03-01T17:00:00"), "bad_time"),
        (barrier(received_at="2026-03-01"), "bad_time"),
        (barrier(received_at="1970-01-01T00:00:00Z"), "bad_time"),
        (barrier(format="gat1400.faces"), "person_data"),
        (barrier(format=["barrier.state"]), "unknown_format"),
        (line("gat1400.motor_vehicles", {"FaceListObject": {}}), "person_data"),
        (barrier(at="2026-03-01T17:01:06Z"), "future"),
    ],
    ids=range(15),
)
def test_a_line_that_is_none_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    got = run(data + barrier())
    assert reasons(got) == [reason]
    assert got.counts["sighting"] == 1


def test_a_line_of_gigabytes_is_forgotten_while_it_comes() -> None:
    got = run(b'"' + b"x" * (9 << 20) + b"\n" + barrier(), 1 << 20)
    assert reasons(got) == ["too_long"]
    assert got.observations["line"].to_list() == [2]


def test_the_place_is_the_cameras_where_the_site_knows_it() -> None:
    got = run(frigate() + barrier(), cameras={"cam-1": (121.9, 29.2)}, bars={"cam-1": (0.0, 0.0)})
    assert got.observations.select("lon", "lat").rows() == [(121.9, 29.2), (None, None)]
    assert got.observations["sensor"].to_list() == ["camera", "barrier"]


def test_a_clock_known_to_be_ahead_is_set_right_and_said() -> None:
    data = frigate(frame_time=1_772_384_400 + 28_800)
    assert reasons(run(data)) == ["future"]
    got = run(data, skew_s={"cam-1": 28_800})
    assert got.observations["observed_at"].to_list() == [AT]
    assert details(got)[0]["skew_s"] == 28_800


def test_hours_without_anything_are_no_fault() -> None:
    data = barrier() + barrier(received_at="2026-03-01T20:00:00Z")
    late = barrier(received_at="2026-03-01T20:00:01Z")
    got = run(data + late)
    assert reasons(got) == []
    assert got.counts["sighting"] == 3


def test_a_receipt_that_leaps_ahead_and_is_not_borne_out_is_refused() -> None:
    data = barrier() + barrier(received_at="2036-03-01T20:00:00Z") + barrier("lowered")
    got = run(data)
    assert reasons(got) == ["bad_receipt"]
    assert got.observations["line"].to_list() == [1, 3]
