"""When a live service's state is saved: every minute, once its rows can no longer be lost."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from core.errors import StoreError
from pipeline.runner import Runner, Sink
from pipeline.saved import write_state

SAVE_EVERY_S: Final = 60


class KeepingSink(Sink, Protocol):
    """A sink that says how much of what it was given can no longer be lost (`store.spool`)."""

    @property
    def kept(self) -> int: ...
    def keep(self) -> None: ...
    def write_feed_states(self, run_id: int, rows: list[dict[str, Any]]) -> Any: ...


class Saving:
    """Saves the runner's state now and then, each time once the sink can no longer lose what it
    was given until then: what is newer is in the archive, and is given again after a crash."""

    def __init__(self, folder: Path, runner: Runner, sink: KeepingSink | None) -> None:
        self._folder, self._runner, self._sink = folder, runner, sink
        self._made_s = runner.state.tick_s
        self._waiting: tuple[int, dict[str, bytes]] | None = None

    def after_tick(self) -> None:
        """Save where it is time, or where the sink has kept what it waited for."""
        if self._waiting is None and self._runner.state.tick_s - self._made_s >= SAVE_EVERY_S:
            self._make()
        self._write()

    def last(self) -> None:
        """Save now: what the database does not take in time waits on the disk.

        Where the disk takes nothing either, the state before stays; the sink's end says so.
        """
        self._make()
        if self._sink is not None:
            with suppress(StoreError):
                self._sink.keep()
        self._write()

    def _make(self) -> None:
        self._made_s = self._runner.state.tick_s
        self._waiting = (self._runner.serial or 0, self._runner.saved())  # 0: nothing was given yet

    def _write(self) -> None:
        if self._waiting and (self._sink is None or self._sink.kept >= self._waiting[0]):
            write_state(self._folder, self._waiting[1])
            self._waiting = None
