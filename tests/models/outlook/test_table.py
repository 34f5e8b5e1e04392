"""The numbers of the outlook are data, each with its source, and a wrong one is named."""

from __future__ import annotations

import pytest
from outlook_place import HOUSE, TABLE

from core.errors import SiteError
from models.outlook.table import parse_outlook

SHIPPED = (HOUSE / "models/outlook/outlook.toml").read_text()


def test_every_part_of_the_shipped_table_has_its_source() -> None:
    parts = [getattr(TABLE, name) for name in type(TABLE).model_fields if name != "version"]
    assert len(parts) == 6
    assert all(len(part.source) > 20 for part in parts)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("next_share = 0.75", "next_share = 1.5", "recurrence.next_share"),
        ("next_share = 0.75", "", "recurrence.next_share"),
        ("here_share = 0.65", "here_share = 0.95", "recurrence"),
        ("by_night = [0.10,", "by_night = [0.90,", "recurrence"),
        ("idle = 0.80", "idle = 0.60", "place.landing_share"),
        ("draught_m = 1.8", "draught_m = nan", "water.draught_m"),
        ("draught_m = 1.8", "draft_m = 1.8", "water.draught_m"),
        ("usual_stay_min = 85", "usual_stay_min = 85000", "hours.usual_stay_min"),
        ("landing_share = [0.17,", "landing_share = [0.27,", "hours"),
        ("[moon]", "[moon", "outlook.toml"),
    ],
)
def test_a_missing_or_impossible_number_stops_with_its_name(old: str, new: str, says: str) -> None:
    assert old in SHIPPED
    with pytest.raises(SiteError, match=says):
        parse_outlook(SHIPPED.replace(old, new, 1).encode())
