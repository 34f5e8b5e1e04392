"""Truth and alerts come from outside: whatever is wrong is a sentence naming file and row."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored import MIDNIGHT, alert, alerts_file, at, landing, nuisance, scored, site, truth_file

from core.errors import RecordingError, SiteError
from geo.site import parse_site
from simulate.scoring.alerts import parse_alerts
from simulate.scoring.ground import Ground
from simulate.scoring.scores import judge_bytes
from simulate.scoring.truth import parse_truth

GROUND = Ground(site())


def refused(rows: list[dict[str, Any]]) -> str:
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    with pytest.raises(RecordingError) as caught:
        parse_alerts(data, GROUND)
    return str(caught.value)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("landing_id", None, "landing_id: expected a text"),
        ("landing_id", "\ud800", "landing_id: expected a text"),
        ("landing_id", "x" * 201, "landing_id: expected a text"),
        ("variant", 3, "variant: expected a text of at most 200 characters, got 3"),
        ("pier_id", "P99", "pier_id: expected a pier of the recording's piers.geojson, got 'P99'"),
        ("berth_from", "2026-03-01 17:00:00Z", "berth_from: expected a time"),
        ("berth_from", "2026-03-01T17:00:00", "berth_from: expected a time"),
        ("berth_from", "1970-01-01T00:00:00Z", "berth_from: expected a time"),
        ("berth_from", 1772385730, "berth_from: expected a time"),
        ("berth_to", None, "berth_to: expected a time"),
        ("berth_to", at(0), "berth_to: expected a time after berth_from"),
        ("vessels", "mmsi:412000001", "vessels: expected a list of texts"),
        ("covered_by", [1], "covered_by: expected a list of texts, got [1]"),
    ],
)
def test_a_wrong_field_of_a_landing_is_named(field: str, value: object, said: str) -> None:
    rows = [landing("P2", 200, 290), {**landing(), field: value}]
    data = json.dumps({"landings": rows, "nuisance": [], "nights": 1}).encode()
    with pytest.raises(RecordingError) as caught:
        parse_truth(data, GROUND)
    assert str(caught.value).startswith(f"truth.json, landings[1], {said}")


@pytest.mark.parametrize("field", ["landing_id", "gang", "variant", "berth_from", "berth_to"])
def test_a_missing_field_of_a_landing_is_named(field: str) -> None:
    row = {k: v for k, v in landing().items() if k != field}
    with pytest.raises(RecordingError, match=rf"truth.json, landings\[0\], {field}.*got nothing"):
        parse_truth(truth_file([row]), GROUND)


def test_a_landing_away_from_piers_must_say_where() -> None:
    for lon in (None, 181, "121.9", True):
        with pytest.raises(RecordingError, match=r"landings\[0\], lon: expected a number"):
            parse_truth(truth_file([landing(None, lon=lon)]), GROUND)
    data = truth_file([landing(None)]).replace(b"121.9", b"NaN")
    with pytest.raises(RecordingError, match=r"truth.json: expected JSON in UTF-8, got NaN"):
        parse_truth(data, GROUND)


def test_two_landings_of_one_name_are_refused() -> None:
    with pytest.raises(RecordingError, match=r"landings\[1\], landing_id: expected a name of its"):
        parse_truth(truth_file([landing(), landing()]), GROUND)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (nuisance("x", "P9", 0, 1), r"nuisance\[0\], pier_id: expected a pier"),
        (nuisance("x", "P1", 1, 0), r"nuisance\[0\], to: expected a time not before from"),
        (nuisance("", "P1", 0, 1), r"nuisance\[0\], kind: expected a text"),
        (nuisance("x", "P1", 0, 1, plates=[None]), r"nuisance\[0\], plates: expected a list of te"),
        ({"kind": "x"}, r"nuisance\[0\], from: expected a time .*got nothing"),
    ],
)
def test_a_wrong_nuisance_is_named(row: dict[str, Any], said: str) -> None:
    with pytest.raises(RecordingError, match=said):
        parse_truth(truth_file([], [row]), GROUND)


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"\xff", b"{", b'{"landings": {}}', b"[" * 100_000, b"1" * 5_000,
     b'{"landings": [], "nuisance": [7], "nights": 1}',
     b'{"landings": [], "nuisance": [], "nights": true}',
     b'{"landings": [], "nuisance": [], "nights": 0}', b'{"landings": [], "nuisance": []}'],
)  # fmt: skip
def test_what_is_no_truth_is_a_sentence_that_names_the_file(data: bytes) -> None:
    with pytest.raises(RecordingError, match=r"^truth\.json"):
        parse_truth(data, GROUND)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("posterior", 0.9991), ("posterior", 0.00009), ("posterior", True), ("posterior", None),
        ("posterior", "0.5"), ("prior_nats", None), ("prior_nats", 1e9), ("level", "alarm"),
        ("status", "raised"), ("revision", 1.0), ("revision", 2), ("pier_id", "P9"),
        ("pier_id", 7), ("berth_from", "now"), ("berth_to", at(-1)), ("issued_at", None),
        ("targets", [7]), ("vehicles", "x"), ("alert_id", ""), ("kind", None),
        ("evidence", "x"),
    ],
)  # fmt: skip
def test_a_wrong_field_of_an_alert_is_named_with_its_line(field: str, value: object) -> None:
    said = refused([alert("other", "FAR"), {**alert("a"), field: value}])
    assert said.startswith(f"alerts.jsonl, line 2, {field}: expected ")


def test_an_alert_without_pier_or_place_is_refused() -> None:
    assert "line 1, lon" in refused([alert("a", None, lon=None)])


def test_revisions_left_out_or_out_of_order_are_refused() -> None:
    first = alert("a")
    third = alert("a", revision=3, status="update", issued=20)
    assert "line 2, revision: expected 2, the alert's next, got 3" in refused([first, third])
    assert "status: expected new" in refused([first, {**third, "revision": 2, "status": "new"}])
    assert "status: expected new" in refused([alert("a", status="cancel")])
    assert "issued_at: expected a time not before" in refused([first, alert("b", issued=4)])
    other_kind = alert("a", revision=2, status="update", kind="dark_vessel")
    assert "line 2, kind: expected 'night_landing'" in refused([first, other_kind])


@pytest.mark.parametrize("line", [b"7", b"{", b"\xff", b'{"a": NaN}', b"x" * (1 << 20 | 1)])
def test_a_line_that_is_no_alert_is_named(line: bytes) -> None:
    with pytest.raises(RecordingError, match=r"^alerts.jsonl, line 2"):
        parse_alerts(alerts_file(alert("a")) + line, GROUND)


def test_empty_lines_and_an_empty_file_are_no_alerts() -> None:
    assert parse_alerts(b"\n\n", GROUND) == ()


def test_the_nights_of_the_truth_must_be_those_of_the_recording() -> None:
    with pytest.raises(RecordingError, match=r"cove/truth.json, nights: expected 1, .*got 3"):
        judge_bytes(
            b"", truth_file([], nights=3), site(), MIDNIGHT, MIDNIGHT + timedelta(hours=6), "cove"
        )
    for start, end in ((None, MIDNIGHT), (MIDNIGHT, None), (MIDNIGHT, MIDNIGHT)):
        with pytest.raises(RecordingError, match=r"cove/recording.toml: expected a start"):
            judge_bytes(b"", truth_file([]), site(), start, end, "cove")


def test_a_site_without_piers_cannot_be_scored() -> None:
    with pytest.raises(SiteError, match=r"piers.geojson"):
        judge_bytes(b"", b"", parse_site({"site.toml": b'name = "x"'}), None, None, "x")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(alert("a"))), st.sampled_from(sorted(landing())), JSON)
def test_whatever_stands_in_a_field_is_taken_or_refused_with_a_sentence(
    field: str, other: str, value: object
) -> None:
    for rows, truth in (
        ([{**alert("a"), field: value}], [landing()]),
        ([alert("a")], [{**landing(), other: value}]),
    ):
        said = "alerts.jsonl, line 1"
        try:
            outcomes = len(scored(rows, truth).outcomes)
            said += f", {outcomes}"
        except RecordingError as error:
            said = str(error)
        assert said.startswith(("alerts.jsonl, line 1", "truth.json"))
