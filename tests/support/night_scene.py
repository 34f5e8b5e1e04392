"""A short simulated night in a store, through the whole pipeline: what analysts look at."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from commands import SELDOM

from pipeline.database import open_run
from pipeline.recording import read_recording
from pipeline.replay import replay
from pipeline.runner import write_site
from pipeline.sites import make_place, read_site
from simulate.demo import demo_recording
from store.engine import Store

HOURS, VESSELS = 11, 8
SITE = Path(__file__).parents[2] / "sites" / "xiangshan"


@cache
def night_files() -> dict[str, bytes]:
    """The recording's files, made once a test session (about 3 s)."""
    site_files = {p.name: p.read_bytes() for p in sorted(SITE.iterdir()) if p.is_file()}
    return demo_recording(read_site(SITE), hours=HOURS, vessels=VESSELS, site_files=site_files)


def replay_night(store: Store, folder: Path) -> int:
    """Write the recording to a folder and replay it into a store; the run's number."""
    for name, data in night_files().items():
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
