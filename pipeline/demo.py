"""`pierwatch demo`: a simulated story of three nights on the command screen (`simulate.story`).

The first two nights are history, read as fast as it goes; the third is replayed against the clock.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import simulate
from core.settings import Settings
from pipeline.database import open_run, open_store
from pipeline.recording import read_recording
from pipeline.replay import replay
from pipeline.runner import write_site
from pipeline.serve import invitation, server
from pipeline.sites import make_place
from simulate import command as simulator
from simulate.story import NIGHTS, SEED, TOLD, WATCHED
from store.forget import forget_run


def demo_folder(settings: Settings, root: Path = Path("var/demo")) -> Path:
    """The demonstration recording of the site, generated where it is not there yet.

    Its name holds the bytes of the site and of the simulator: where they change it is made anew.
    """
    site = settings.site
    found = sorted(p for p in site.rglob("*") if p.is_file())
    files = {str(p.relative_to(site)): p.read_bytes() for p in found}
    state = hashlib.blake2b(digest_size=6)
    for name, data in files.items():
        state.update(name.encode() + data)
    for path in sorted(Path(simulate.__file__).parent.rglob("*.py")):
        state.update(path.read_bytes())
    folder = root / state.hexdigest()
    if not (folder / "recording.toml").is_file():
        unfinished = folder.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        for name, data in simulator.simulate(files, len(NIGHTS), SEED, simulator.STORY):
            path = unfinished / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        unfinished.rename(folder)
    return folder


def demo(settings: Settings, speed: float, say: Callable[[str], None]) -> None:
    """Serve the screen while the demonstration is replayed; Ctrl-C ends both, and the database.

    The screen is there at once, and shows the earlier nights as they are read. When the replay is
    over it goes on showing the night's end.
    """
    say("database …")
    with open_store(settings) as store:
        say("demonstration recording (ten seconds, the first time) …")
        folder = demo_folder(settings)
        welcome = invitation(settings)
        web = server(store, settings, (folder / "site",))
        recording = read_recording(folder)
        digest = f"demo {recording.digest()}"
        forget_run(store, digest)  # the night begins again, with an empty screen
        run_id = open_run(store, recording, digest)
        write_site(store, run_id, make_place(recording.site, settings, exercise=True))
        stop = threading.Event()

        def play() -> None:
            assert recording.start is not None, "a demonstration has a start"
            replay(
                recording, settings, sink=store, run_id=run_id, speed=speed, stop=stop,
                pace_from=recording.start + WATCHED, until=recording.start + TOLD,
            )  # fmt: skip
            if not stop.is_set():
                say("the night is over; the screen stays")

        say(welcome)
        say("two earlier nights are read first: a minute or two; then the third night runs")
        player = threading.Thread(target=play, name="replay", daemon=True)
        player.start()
        try:
            web.run()
        finally:
            stop.set()
            player.join(timeout=10)
