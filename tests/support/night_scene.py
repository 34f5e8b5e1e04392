"""A short simulated night in a store, through the whole pipeline: what analysts look at."""

from __future__ import annotations

from pathlib import Path

from ais_night import ais_night
from commands import SELDOM

from pipeline.database import open_run
from pipeline.recording import read_recording
from pipeline.replay import replay
from pipeline.runner import write_site
from pipeline.sites import make_place
from store.engine import Store


def replay_night(store: Store, folder: Path) -> int:
    """Write the recording to a folder and replay it into a store; the run's number."""
    for name, data in ais_night(hours=11, piers=24).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    recording, settings = (
        read_recording(folder),
        SELDOM.model_copy(update={"site": folder / "site"}),
    )
    run_id = open_run(store, recording, recording.digest())
    write_site(store, run_id, make_place(recording.site, settings, exercise=True))
    replay(recording, settings, sink=store, run_id=run_id, out=folder / "out")
    return run_id
