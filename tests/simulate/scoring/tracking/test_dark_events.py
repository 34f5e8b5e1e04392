"""Dark vessels as events: whose they are, whether it was dark, and which spells were missed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl
import pytest
from made_fusion import DARK, END_S, START_S, A, perfect, site, truth

from core.errors import RecordingError
from simulate.scoring.tracking.dark_events import dark_events
from simulate.scoring.tracking.records import ECHOES, Said, Truth
from simulate.scoring.tracking.sums import sums


def line(
    targets: list[str], from_s: int, to_s: int, kind: str = "dark_vessel", *, over: bool = True
) -> bytes:
    begin, end = (
        datetime.fromtimestamp(START_S + s, UTC).isoformat().replace("+00:00", "Z")
        for s in (from_s, to_s)
    )
    row = {"kind": kind, "from": begin, "to": end if over else None, "targets": targets}
    return json.dumps(row).encode() + b"\n"


def stopped() -> Truth:
    """The boats lie still for the last half hour: their spells are over before the night is."""
    of = truth()
    late = pl.col("t_s") >= END_S - 1_800
    slow = pl.when(late).then(0.0).otherwise(6.0).cast(pl.Float32)
    return Truth(of.tracks.with_columns(slow.alias("speed_kn")), of.echoes)


def told(*lines: bytes) -> dict[str, tuple[float, float]]:
    of = stopped()
    whole = perfect(of)
    said = Said(whole.fixes, whole.links, dark_events(b"".join(lines)))
    return {k: v for k, v in sums(of, said, site()).items() if k.startswith("dark_event")}


def counted(found: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    return {k: v for k, v in found.items() if "_time_" not in k}


def test_both_dark_boats_told_is_a_perfect_score() -> None:
    skiff = line(["radar:R1:3"], 700, 5_400)
    gone = line(["mmsi:412000002", "radar:R1:2"], 3_600, 5_400)
    assert counted(told(skiff, gone)) == {
        "dark_event_precision": (2, 2), "dark_event_precision_anywhere": (2, 2),
        "dark_event_recall": (2, 2),
    }  # fmt: skip


def test_an_event_that_goes_on_is_told() -> None:
    of = truth()  # under way to the end
    whole = perfect(of)
    skiff = line(["radar:R1:3"], 700, 7_200, over=False)
    found = sums(of, Said(whole.fixes, whole.links, dark_events(skiff)), site())
    assert found["dark_event_precision"] == (1, 1)
    assert found["dark_event_recall"] == (1, 2)


def test_a_boat_that_sent_all_along_is_a_false_one_and_nothing_told_is_missed() -> None:
    assert counted(told(line(["radar:R1:1"], 700, 5_400))) == {
        "dark_event_precision": (0, 1), "dark_event_precision_anywhere": (0, 1),
        "dark_event_recall": (0, 2),
    }  # fmt: skip
    assert told()["dark_event_recall"] == (0, 2)


def test_clutter_is_false_and_other_kinds_do_not_count() -> None:
    found = told(line(["radar:R1:9"], 700, 900), line(["radar:R1:1"], 0, 900, "loitering"))
    assert found["dark_event_precision"] == (0, 1)


def test_a_boat_that_sends_where_nobody_hears_it_is_no_dark_one() -> None:
    deaf = pl.lit(False).alias("ais_sees_b"), pl.lit(0, pl.UInt16).alias("ais_sees")
    of = Truth(stopped().tracks.with_columns(*deaf), stopped().echoes)
    said = Said(perfect(of).fixes, perfect(of).links, dark_events(line(["radar:R1:2"], 60, 3_000)))
    found = sums(of, said, site())
    assert found["dark_event_precision"] == (0, 0)
    assert found["dark_event_precision_anywhere"] == (0, 1)


def test_an_event_of_another_time_does_not_find_a_spell() -> None:
    early = line(["radar:R1:2"], 60, 1_200)
    assert told(early)["dark_event_recall"] == (0, 2)


def test_without_events_they_are_not_scored() -> None:
    of = stopped()
    assert not [k for k in sums(of, perfect(of), site()) if k.startswith("dark_event")]
    assert DARK in of.tracks["object"]


def test_a_line_that_is_wrong_is_named() -> None:
    with pytest.raises(RecordingError, match=r"events\.jsonl, line 2, from"):
        dark_events(line(["radar:R1:3"], 0, 60) + b'{"kind": "dark_vessel", "from": 7}\n')


@pytest.mark.parametrize("way_s", [0, 1_800])
def test_an_event_is_of_the_boat_that_its_vessel_followed_under_way(way_s: int) -> None:
    """A radar gave the skiff's number to boat A, which lay beside it and sends, sooner or later."""
    swap_s = START_S + (way_s or 5_400)
    split = pl.DataFrame(
        [("R1", 3, 1, START_S * 1000, swap_s * 1000 - 30_000, DARK),
         ("R1", 3, 1, swap_s * 1000, END_S * 1000, A)], ECHOES, orient="row",
    )  # fmt: skip
    of = stopped()
    lies = (pl.col("object") == A) if way_s else pl.lit(False)
    slow = pl.when(lies).then(0.0).otherwise("speed_kn").cast(pl.Float32).alias("speed_kn")
    tracks, others = of.tracks.with_columns(slow), of.echoes.filter(pl.col("number") != 3)
    said = Said(*said_of(stopped()), dark_events(line(["radar:R1:3"], 700, 7_000)))
    found = sums(Truth(tracks, pl.concat([others, split])), said, site())
    assert found["dark_event_precision"] == (1, 1)


def said_of(of: Truth) -> tuple[pl.DataFrame, pl.DataFrame]:
    whole = perfect(of)
    return whole.fixes, whole.links


def test_by_object_time_the_minutes_under_way_count_that_an_event_has() -> None:
    """The boats are under way until half an hour before the end; an event of half the time finds
    half of it, and what lies at a mooring counts for nothing."""
    whole = told(line(["radar:R1:3"], 0, END_S - START_S))
    half = told(line(["radar:R1:3"], (END_S - START_S) // 2, END_S - START_S))
    right, of = whole["dark_event_time_precision"]
    assert right == of == (END_S - START_S - 1_800) // 30
    met, asked = whole["dark_event_time_recall"]
    assert 0 < met < asked  # the other boat was not told
    assert half["dark_event_time_recall"][1] == asked
    assert half["dark_event_time_recall"][0] < met
    assert told()["dark_event_time_recall"] == (0, asked)


def test_by_object_time_who_sends_and_clutter_are_false_for_as_long_as_they_are_told() -> None:
    right, of = told(line(["radar:R1:1"], 600, 1_500))["dark_event_time_precision"]
    assert (right, of) == (0, 900 // 30 + 1)
    right, of = told(line(["radar:R1:9"], 700, 1_000))["dark_event_time_precision"]
    assert (right, of) == (0, 300 / 30)
