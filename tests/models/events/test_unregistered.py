"""What to check beside the register: unregistered, in conflict, unseen."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from models.events.unregistered import CHECK, CONFLICT, DAY_US, SEEN, checklist

AT_US = 1_772_380_800_000_000
VESSELS = pl.DataFrame(
    {
        "vessel_id": ["V1", "V2", "V3", "V4"],
        "name": ["浙象渔01", "浙象渔02", None, "浙象渔04"],
        "mmsi": ["412000001", "412000002", None, None],
        "beidou_id": [None, "0000002", "0000003", None],
    }
)


def seen(*rows: tuple[str, float]) -> pl.DataFrame:
    """Targets and how many days ago each was seen."""
    told = [(t, None, AT_US - int(d * DAY_US), 121.9, 29.2) for t, d in rows]
    return pl.DataFrame(told, schema=SEEN, orient="row")


def check(rows: pl.DataFrame, **given: Any) -> pl.DataFrame:
    own = {
        "vessels": VESSELS,
        "conflicts": pl.DataFrame(schema=CONFLICT),
        "beacons": pl.Series([], dtype=pl.String),
        "since_us": AT_US - 90 * DAY_US,
        "at_us": AT_US,
        "unseen_days": 30,
        **given,
    }
    found = checklist(rows, **own)
    assert found.schema == CHECK
    return found


HERE = (("mmsi:412000001", 0.1), ("beidou:0000002", 1.0), ("beidou:0000003", 29.9))


def test_who_is_in_the_register_and_was_seen_is_not_listed() -> None:
    assert check(seen(*HERE)).is_empty()


def test_targets_without_a_match_are_listed_own_flag_first() -> None:
    more = (("mmsi:477000001", 0.1), ("mmsi:412999999", 2.0), ("beidou:0000099", 0.5))
    found = check(seen(*HERE, *more))
    assert found["matter"].unique().to_list() == ["unregistered"]
    assert found["target"].to_list() == ["beidou:0000099", "mmsi:412999999", "mmsi:477000001"]
    assert found["flag"].to_list() == ["domestic", "domestic", "foreign"]
    assert found["unseen_days"].to_list() == [0.5, 2.0, 0.1]


def test_beacons_echoes_and_base_stations_need_no_entry() -> None:
    more = (("mmsi:412999999", 2.0), ("radar:R1:17", 0.1), ("mmsi:004123456", 0.1))
    assert check(seen(*HERE, *more), beacons=pl.Series(["mmsi:412999999"])).is_empty()


def test_without_a_register_nobody_is_unregistered() -> None:
    assert check(seen(("mmsi:412999999", 2.0)), vessels=VESSELS.clear()).is_empty()


@pytest.mark.parametrize(("days", "listed"), [(29.99, False), (30.0, True), (31.0, True)])
def test_a_vessel_is_unseen_after_so_many_days(days: float, listed: bool) -> None:
    found = check(seen(("mmsi:412000001", days), *HERE[1:]))
    assert found["vessel_id"].to_list() == (["V1"] if listed else [])
    if listed:
        assert found.row(0, named=True)["name"] == "浙象渔01"
        assert found.row(0, named=True)["matter"] == "unseen"


def test_either_of_its_sets_shows_a_vessel() -> None:
    both = (HERE[0], ("mmsi:412000002", 50.0), *HERE[1:])
    assert check(seen(*both)).is_empty()
    found = check(seen(HERE[0], ("mmsi:412000002", 50.0), ("beidou:0000002", 40.0), HERE[2]))
    assert found.select("vessel_id", "target").rows() == [("V2", "beidou:0000002")]
    assert found["unseen_days"].to_list() == [40.0]


def test_a_vessel_never_heard_is_unseen_and_one_without_a_set_cannot_be_heard() -> None:
    found = check(seen(*HERE[:2]))
    assert found.select("vessel_id", "target", "unseen_days").rows() == [("V3", None, None)]


def test_before_it_was_listened_for_so_long_nobody_is_unseen() -> None:
    assert check(seen(*HERE[:1]), since_us=AT_US - 29 * DAY_US).is_empty()


def test_conflicts_come_first_with_their_codes() -> None:
    told = pl.DataFrame(
        [("mmsi:412000001", "length"), ("mmsi:412000001", "register"), ("beidou:0000099", "x")],
        schema=CONFLICT,
        orient="row",
    )
    found = check(seen(*HERE, ("mmsi:412999999", 0.1)), conflicts=told)
    assert found.select("matter", "target", "vessel_id").rows() == [
        ("conflict", "mmsi:412000001", "V1"),
        ("conflict", "beidou:0000099", None),
        ("unregistered", "mmsi:412999999", None),
    ]
    assert found["codes"].to_list()[0] == ["length", "register"]
