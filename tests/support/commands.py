"""The installed command, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from core.settings import FusionSettings, Settings

PIERWATCH = Path(sys.executable).with_name("pierwatch")
ROOT = Path(__file__).parents[2]
#: Vessels are made of tracks every 30 s, as shipped, in the tests of fusion and of the engine with
#: it (`engine_vessels`); tests of other matters do it seldom, for it is most of a replay's time.
SELDOM = Settings(fusion=FusionSettings(step_s=600))


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without settings, and these."""
    ours = ("PIERWATCH_", "DATABASE_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    soak = os.environ.get("PIERWATCH_TEST_SOAK") == "1"  # which runs what is shipped
    seldom = {} if soak else {"PIERWATCH_FUSION__STEP_S": str(SELDOM.fusion.step_s)}
    return kept | seldom | settings


def run(*args: object, stdin: bytes = b"", **settings: str) -> subprocess.CompletedProcess[bytes]:
    """Run it to its end."""
    return subprocess.run(
        [PIERWATCH, *map(str, args)], input=stdin, capture_output=True, timeout=300, check=False,
        env=environment(**settings), cwd=ROOT,
    )  # fmt: skip


def rows(text: str | bytes) -> list[dict[str, Any]]:
    """The objects of JSON lines."""
    return [json.loads(line) for line in text.splitlines()]
