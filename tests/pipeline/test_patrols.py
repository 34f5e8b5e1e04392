"""The patrol plan is scored by the true landings that it meets, beside the rule of the paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from tiny_county import tiny_county

from core.times import unix_us
from models.outlook.risk_hours import HOUR_US
from pipeline.evaluation.patrols import TEAMS, patrols
from pipeline.evaluation.runs import Run, run


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("patrols")
    return run(tiny_county(folder / "tiny"), folder / "runs")


def knowing(one: Run) -> list[dict[str, Any]]:
    """The outlooks of somebody who was told where and when."""
    landings = one.judged([], "truth").landings
    out = []
    for told in one.outlooks:
        from_us = unix_us(datetime.fromisoformat(told["from"]))
        piers = [{**row, "hours": [0.0] * 24} for row in told["piers"]]
        for each in landings:
            hour = (each.from_us - from_us) // HOUR_US
            for row in piers:
                if 0 <= hour < 24 and row["pier_id"] == each.spot.pier_id:
                    row["hours"][hour] = 1.0
        out.append({**told, "piers": piers})
    return out


def test_who_knows_where_and_when_meets_every_landing(replayed: Run) -> None:
    found = patrols([replace(replayed, outlooks=knowing(replayed))])
    assert [row["teams"] for row in found["rows"]] == [*TEAMS]
    assert [row["team_hours"] for row in found["rows"]] == [12, 24, 48]
    for row in found["rows"]:
        assert row["plan"].value == 1.0
        assert 0.0 <= row["rule"].value <= 1.0


def test_without_an_outlook_nobody_is_sent_and_nothing_is_met(replayed: Run) -> None:
    for row in patrols([replace(replayed, outlooks=[])])["rows"]:
        assert (row["plan"].count, row["rule"].count) == (0.0, 0.0)
        assert row["plan"].of >= 1
