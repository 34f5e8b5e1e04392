"""List, counts and sounds part the alerts alike: each lead is in one part, and only leads are."""

from __future__ import annotations

import random
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from screen_scene import TICK, alerts

from dashboard.alert_list import alert_list, counts
from dashboard.catalogue import words
from dashboard.nights import leads
from dashboard.reading import Run
from dashboard.sounding import sounding

RUN = Run(1, "live", "x", False, {"zh": "x", "en": "x"}, ZoneInfo("Asia/Shanghai"), TICK)
BASE = alerts([(121.9, 29.1, None)])[0]
ENDED = [{"code": "dark_vessel", "params": {"to": "2026-03-01T17:00:00Z"}, "nats": None}]


def alert(name: str, **more: Any) -> dict[str, Any]:
    return {**BASE, "alert_id": name, "status": "new", "level": "watch", "pier_id": name, **more}


ALL = [
    alert("check", level="verify", posterior=0.4),
    alert("watch", posterior=0.3),
    alert("dark", kind="dark_vessel", posterior=0.2, berth_from=None, evidence=[]),
    alert("last-night", berth_from="2026-02-27T17:00:00Z", posterior=0.5),
    alert("before", berth_from="2026-02-26T17:00:00Z", level="verify", posterior=0.9),
    alert("gone-dark", kind="dark_vessel", posterior=0.6, berth_from=None, evidence=ENDED),
    alert("taken-back", status="cancel", posterior=0.01),
    alert("rescued", kind="sos", status="cancel"),
    alert("call", kind="sos"),
    alert("silent", kind="feed_silent"),
]


@pytest.mark.parametrize("seed", range(3))
def test_list_counts_and_sounds_part_the_alerts_alike_in_whatever_order_they_come(
    seed: int,
) -> None:
    said, given = words("en"), random.Random(seed).sample(ALL, len(ALL))
    parts = leads(RUN, given)
    found = [[a["alert_id"] for a in part] for part in (parts.tonight, parts.earlier, parts.over)]
    assert found[:2] == [["check", "watch", "dark"], ["last-night", "before"]]
    assert found[2][0] == "gone-dark"
    assert sorted(found[2][1:]) == ["rescued", "taken-back"]
    shown = re.findall(r"data-alert='([^']*)'", str(alert_list(said, RUN, given, {}).children))
    assert shown == [*found[0], *found[1], *found[2]]
    assert counts(said, RUN, given) == said("alerts.standing", verify=1, watch=2)
    assert set(sounding(RUN, given, 9)) == {"call", "silent", *found[0]}


def test_where_there_are_notices_alone_the_list_says_that_nothing_stands() -> None:
    said = words("en")
    assert said("alerts.empty") in str(alert_list(said, RUN, ALL[-2:], {}))
