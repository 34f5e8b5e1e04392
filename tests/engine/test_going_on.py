"""Dark vessels that are not over at the end of a run, as lines and in their file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from dark_scene import ECHO, T0_S, echo, joined, neighbour, night
from engine_scenes import place
from made_fixes import fixes, site

from core.settings import EventSettings
from core.times import utc_text
from engine import events
from engine.passes import PassState
from geo.visibility import Lookout
from models.events.dark_vessels import DarkState, advance
from pipeline.runner import event_line
from pipeline.vessels import OPEN, VesselFiles

UNTIL_S = T0_S + 3_000


def told() -> list[dict[str, object]]:
    scene = night(fixes(neighbour()), fixes(echo()), links=[joined("v-echo", ECHO)])
    tracks, fused = scene.batch(0, UNTIL_S)
    state, _ = advance(
        DarkState.initial(), tracks, fused, UNTIL_S, site(), Lookout(), EventSettings()
    )
    settled = PassState.initial()
    settled = replace(settled, detectors={**settled.detectors, "dark_vessels": state})
    return events.going_on(settled, place())


def test_a_dark_vessel_of_the_end_has_no_end() -> None:
    (event,) = told()
    assert (event["kind"], event["targets"], event["to"]) == ("dark_vessel", [ECHO], None)
    assert event["from"] == utc_text(T0_S * 1_000_000)
    assert events.going_on(PassState.initial(), place()) == []


def test_it_stands_in_a_file_of_its_own(tmp_path: Path) -> None:
    with VesselFiles(tmp_path) as files:
        files.end([event_line(event) for event in told()])
    (line,) = (tmp_path / OPEN).read_text("utf-8").splitlines()
    assert json.loads(line)["to"] is None
