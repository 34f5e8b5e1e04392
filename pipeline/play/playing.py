"""What `pierwatch play` does: a recording, a configuration, a pace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from io import RawIOBase
from pathlib import Path
from typing import Any

from core.errors import SettingsError
from core.settings import FeedSettings
from pipeline.play.frames import Played, played
from pipeline.play.player import Pace, play
from pipeline.play.senders import Told
from pipeline.recording import Recording


def run(
    recording: Recording,
    feeds: Mapping[str, FeedSettings],
    pace: Pace,
    *,
    repeat: bool = False,
    crowd: int = 0,
    ledger: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Send a recording's frames to the addresses at which a live service hears its feeds.

    Parameters
    ----------
    repeat
        Begin again at the end, until the pace's time is over.
    ledger
        A file that gets a line for every acknowledged frame: the feed and the frame, in hex where
        it is no text.

    Returns
    -------
    By feed: `sent`, `acknowledged`, `failed`.
    """
    if not feeds:
        raise SettingsError(
            "feeds", expected="at least one [feeds.<name>] table", came="none",
            act="Name the configuration of the live service with --config.",
        )  # fmt: skip
    with ExitStack() as held:
        told = Told()
        if ledger is not None:
            file = held.enter_context(ledger.open("ab", buffering=0))
            told.on_acknowledged = partial(_list, file)
        frames = _again_and_again(recording) if repeat else played(recording)
        asyncio.run(play(frames, feeds, pace, told, crowd=crowd, say=say))
    return {
        name: dict(sorted(counter.items()))
        for name, counter in (
            ("sent", told.sent),
            ("acknowledged", told.acknowledged),
            ("failed", told.failed),
        )
    }


def _list(file: RawIOBase, feed: str, frame: bytes) -> None:
    text = frame.hex().encode() if frame[:1] == b"\x7e" else frame
    file.write(feed.encode() + b" " + text + b"\n")


def _again_and_again(recording: Recording) -> Iterator[Played]:
    while True:
        frame = None
        for frame in played(recording):
            yield frame
        if frame is None:
            return
