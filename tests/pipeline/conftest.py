"""The command as a person calls it, and a simulated night cut to a few hours."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from ais_night import ais_night
from commands import SELDOM
from made_once import made_once
from recordings import make_recording

from pipeline import command


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


Call = Callable[..., Ran]


@pytest.fixture
def pierwatch(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """Calls the command in this process, with settings: exit code, standard output and error.

    A process of its own costs seconds of imports: that is `commands.run`, where a test is about it.
    """
    for name in [n for n in os.environ if n.startswith(("PIERWATCH_", "DATABASE_URL"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIERWATCH_FUSION__STEP_S", str(SELDOM.fusion.step_s))

    def call(*args: object, **settings: str) -> Ran:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["pierwatch", *map(str, args)])
            for name, value in settings.items():
                patch.setenv(name, value)
            try:
                command.main()
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
        return Ran(code, *capfd.readouterr())

    return call


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated night from 21:00 to 03:00 off Xiangshan: some fifty vessels, a station, piers."""

    def make(folder: Path) -> None:
        made = ais_night(hours=6, piers=48, from_hour=21)
        make_recording(folder, {}, others=made, site={})

    return made_once(tmp_path_factory, "night-of-six-hours", make)
