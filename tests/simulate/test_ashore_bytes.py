"""The land and its sensors give the same bytes on every processor, and others for another night."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from night_ashore import ashore, meetings, night, plan
from numpy._core._multiarray_umath import (
    __cpu_dispatch__,
    __cpu_features__,
)

from simulate.sensors import barriers, cameras, vehicles

HERE = "import test_ashore_bytes; print(test_ashore_bytes.digests(0), end='')"


def digests(number: int) -> str:
    """A line a file: its name and what is in it, as written and in order."""
    at = night(number)
    scene = ashore(at, meetings(at))
    out = ""
    for module in (vehicles, cameras, barriers):
        for file in module.frames(scene, at, plan(), at.dice.child(module.__name__)):
            found = hashlib.sha256(file.in_order() + repr(file.labels).encode())
            out += f"{file.stem} {found.hexdigest()}\n"
    truth = hashlib.sha256(repr([*scene.nuisances, *scene.gates]).encode())
    return f"{out}truth {truth.hexdigest()}\n"


def test_the_same_bytes_also_on_a_plainer_processor_and_with_other_hashes() -> None:
    extra = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
    folders = [Path(__file__).parent, Path(__file__).parents[1] / "support", Path.cwd()]
    environment = {
        **os.environ,
        "NPY_DISABLE_CPU_FEATURES": " ".join(extra),
        "PYTHONHASHSEED": "7",
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
    }
    made = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HERE],
        env=environment, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    ours = digests(0)
    assert made == ours
    assert len(ours.splitlines()) == 5
    assert not set(digests(1).splitlines()) & set(ours.splitlines())
