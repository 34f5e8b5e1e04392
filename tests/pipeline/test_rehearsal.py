"""The first minute of a live service compiles nothing: its rehearsal did."""

from __future__ import annotations

import subprocess
import sys

from commands import ROOT, environment

REHEARSED = """
import sys
from pathlib import Path
from numba.core.dispatcher import Dispatcher
from core.settings import Settings
from pipeline.rehearsal import rehearse
from pipeline.sites import make_place, read_site
rehearse(make_place(read_site(Path("sites/xiangshan")), Settings(), exercise=False))
for name, module in list(sys.modules.items()):
    if name.startswith("models.fusion.") and not name.endswith(".filters"):
        made = {k: v for k, v in vars(module).items() if isinstance(v, Dispatcher)}
        called = {n for each in made.values() for n in each.py_func.__code__.co_names}
        for k, v in made.items():
            if v.py_func.__module__ == name and k.startswith("_") and k not in called:
                print(f"{name}.{k}", len(v.signatures))
"""


# Of `filters`, loops that are called by name are for few boats, or for tests.
def test_every_loop_of_fusion_that_python_calls_is_compiled_by_the_rehearsal() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REHEARSED], env=environment(), cwd=ROOT, text=True,
        capture_output=True, check=True, timeout=170,
    )  # fmt: skip
    found = dict(line.split() for line in done.stdout.splitlines())
    assert len(found) >= 8
    assert not [name for name, signatures in found.items() if signatures == "0"]
