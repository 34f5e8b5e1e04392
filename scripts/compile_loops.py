"""Compile the loops over numbers (ADR 0013) before anything waits for them.

What is compiled is kept beside its source, so this is done once, and again after a change of them.
A first hour of a small simulated county, with every sensor, goes through the whole engine: what it
calls is compiled for the very types that are used. A loop that it does not call is compiled when
it is called first, a second or so.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from numba.core.dispatcher import Dispatcher

from core.settings import Settings
from pipeline.recording import read_recording
from pipeline.replay import replay
from simulate.command import simulate

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "sites" / "xiangshan"
SEED = 1  # any: the types are the same
LASTS = timedelta(hours=1)


def main() -> None:
    """Simulate, replay, and name what was compiled."""
    files = {path.name: path.read_bytes() for path in SITE.iterdir() if path.is_file()}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in simulate(files, 1, SEED, "small"):
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        recording = read_recording(Path(folder))
        assert recording.start is not None
        replay(recording, Settings(), until=recording.start + LASTS)
    for name, module in sorted(sys.modules.copy().items()):
        for what, loop in sorted(vars(module).items()):
            if isinstance(loop, Dispatcher) and loop.py_func.__module__ == name and loop.signatures:
                print(f"{name}.{what}: {len(loop.signatures)}")


if __name__ == "__main__":
    main()
