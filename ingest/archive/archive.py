"""The raw archive: what came is on the disk before anybody hears that it came."""

from __future__ import annotations

import json
import math
import os
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from core.errors import ArchiveFull
from core.settings import ArchiveSettings
from core.times import utc_text
from ingest.archive.background import Background
from ingest.archive.closing import Closing
from ingest.archive.deleting import drop
from ingest.archive.disk import held_files, hours, judge
from ingest.archive.growing import Durable, Growing, made_folder, refused, sync_folder
from ingest.archive.keys import Keys, key_folder
from ingest.archive.logs import HOUR_MS, Log, begin_file
from ingest.archive.manifest import entries, standing_files
from ingest.archive.names import filed
from ingest.archive.stamps import in_hex, in_json, nmea_lines
from ingest.arrived import Arrived

_LONGEST_PAUSE_MS: Final = 600_000
MOST_OPEN: Final = 256  # descriptors; a file beyond them gives its own back and takes it again
_LOOK_EVERY_S: Final = 60
MOST_FILES: Final = 16_384  # that may still grow; beyond it the longest unused one ends


@dataclass(frozen=True)
class Kept:
    """What was appended to one file: whole lines as archived.

    Attributes
    ----------
    path
        The file, relative to `feeds/`: `ais/north-20261122T030000.nmea`.
    feed, sensor, ending
        As `Arrived` has them.
    source
        As it stands in the file's name.
    data
        The lines.
    """

    path: str
    feed: str
    sensor: str
    ending: str
    source: str
    data: bytes


@dataclass
class _Source:
    file: Growing
    last_ms: int
    before: bytes = b""


class Archive:
    """A growing recording: a file a source and hour, the clock's ticks, the desk's decisions.

    A source's file ends with the hour (UTC), with the process, with a pause of more than 10
    minutes: a decoder has one file, so a receipt that leaps ahead because nothing came for long is
    the first of its file. What ended is closed in the background (`ingest.archive.closing`).

    Used by two threads: one appends and syncs, one ticks. Each second, in this order:
    `facts = archive.room(now)`, `archive.tick(T, facts)`.

    Parameters
    ----------
    folder
        Made where it is not there; its `recording.toml` is written once.
    name
        Of the recording.
    now
        Unix seconds.
    durable
        Brings a descriptor's file to the disk.
    usage
        Total, used and free bytes of the disk that a folder is on.

    Attributes
    ----------
    fault
        Why files could not be closed or dropped, as a sentence; empty while all is well.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        settings: ArchiveSettings,
        *,
        now: Callable[[], float] = time.time,
        durable: Durable = os.fdatasync,
        most_open: int = MOST_OPEN,
        usage: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage,
    ) -> None:
        self.folder, self.settings = folder, settings
        self._durable, self._most_open = durable, most_open
        self._lock = threading.Lock()
        self._sources: OrderedDict[tuple[str, str, str], _Source] = OrderedDict()
        self._held: OrderedDict[Growing, None] = OrderedDict()
        self._touched: dict[Growing, None] = {}
        self._ended: list[Growing] = []
        self._new_in: set[Path] = set()
        self._usage, self._looked_s, self._warned, self._full = usage, -math.inf, False, False
        _about(folder, name, now())
        keys = Keys(key_folder(folder, settings.key_dir)) if settings.encrypted else None
        self._closing = Closing(folder, keys)
        self._background = Background()
        self._later: list[Path] = []
        feeds = folder / "feeds"
        self._clock = Log(feeds / "clock", durable, self._close_file)
        self._desk = Log(feeds / "desk", durable, self._close_file)
        for path in self._closing.put_right():
            self._close_file(path)

    @property
    def fault(self) -> str:
        return self._background.fault

    def append(self, frames: Sequence[Arrived], arrived_ms: int) -> list[Kept]:
        """File the frames, stamped with their arrival (Unix ms); not yet on the disk.

        Returns
        -------
        One for each file, in the order in which the sources come first.

        Raises
        ------
        ArchiveFull
            The disk is full and nothing may be dropped: none of the frames is kept.
        ArchiveError
            A write failed: nothing since the last `sync` is kept, in no file.
        """
        groups: dict[tuple[str, str, str], list[Arrived]] = {}
        for frame in frames:
            groups.setdefault((frame.sensor, frame.source, frame.ending), []).append(frame)
        with self._lock:
            if self._full:
                raise ArchiveFull(
                    str(self.folder), expected="room for new frames",
                    came=f"a disk above {self.settings.drop_share:.0%} and nothing to drop",
                    act="Make room: move held evidence or other files away.",
                )  # fmt: skip
            return [self._append(key, part, arrived_ms) for key, part in groups.items()]

    def sync(self) -> None:
        """Bring everything appended to the disk; only then may senders be told.

        Raises
        ------
        ArchiveError
            The disk does not keep it: nothing since the last `sync` is kept, in no file.
        """
        with self._lock:
            try:
                for file in self._touched:
                    file.flush()
                for folder in self._new_in:
                    sync_folder(folder)
            except OSError as error:
                self._undo()
                raise refused(self.folder, error) from error
            for file in self._touched:
                file.kept = file.size
            self._touched.clear()
            self._new_in.clear()
            ended, self._ended = self._ended, []
            for file in ended:
                self._give_back(file)

    def tick(self, tick_s: int, facts: Mapping[str, object] | None = None) -> None:
        """Close a second in the clock feed, on the disk; `facts` go into its line.

        Raises
        ------
        ArchiveError
            The tick is not kept.
        """
        line = json.dumps({"tick": utc_text(tick_s * 1_000_000), **(facts or {})})
        self._clock.write(line.encode() + b"\n", tick_s * 1000)
        with self._lock:
            while self._sources:
                key, oldest = next(iter(self._sources.items()))
                if not _over(oldest.last_ms, tick_s * 1000):
                    break
                self._end(key)

    def decision(self, text: bytes, arrived_ms: int) -> None:
        """Keep an officer's decision, the text of a JSON object, on the disk at once.

        Raises
        ------
        ArchiveError
            It is not kept.
        """
        self._desk.write(in_json(text, arrived_ms), arrived_ms)

    def room(self, now_s: float) -> dict[str, float]:
        """Watch the disk, at most once a minute; what the tick shall tell of it.

        Above `drop_share` the oldest closed hours that no evidence rests on (`disk.HELD`) go, in
        the background and listed; while none is left, `append` refuses.

        Returns
        -------
        `disk_used_share` when it was looked at and is at or above `warn_share`, and once when it no
        longer is; else nothing.
        """
        if now_s - self._looked_s < _LOOK_EVERY_S:
            return {}
        self._looked_s = now_s
        later, self._later = self._later, []
        for path in later:
            self._close_file(path)
        _, used, free = self._usage(self.folder)
        share = used / max(used + free, 1)
        if share < self.settings.drop_share:
            self._full = False
        else:
            self._background.put(lambda: self._make_room(used, used + free, now_s))
        told = self._warned or share >= self.settings.warn_share
        self._warned = share >= self.settings.warn_share
        return {"disk_used_share": round(share, 4)} if told else {}

    def settle(self, timeout_s: float | None = None) -> bool:
        """Wait for what is done in the background; whether all of it is."""
        return self._background.settle(timeout_s)

    def close(self, patience_s: float = 60.0) -> None:
        """Sync and end all files, and close them; what takes longer waits for the next start."""
        try:
            self.sync()
        finally:
            with self._lock:
                for key in list(self._sources):
                    self._end(key)
            self._clock.close()
            self._desk.close()
            self._background.settle(patience_s)

    def _append(self, key: tuple[str, str, str], frames: list[Arrived], arrived_ms: int) -> Kept:
        sensor, source, ending = key
        try:
            held = self._source(key, arrived_ms)
            data = _lines(frames, ending, arrived_ms, held)
            self._touched[held.file] = None
            held.file.write(data)
            self._hold(held.file)
        except OSError as error:
            self._undo()
            raise refused(self.folder, error) from error
        held.last_ms = arrived_ms
        path = f"{sensor}/{held.file.path.name}"
        return Kept(path, frames[0].feed, sensor, ending, filed(source), data)

    def _source(self, key: tuple[str, str, str], arrived_ms: int) -> _Source:
        """The source's file that grows, a new one where the last is over."""
        known = self._sources.get(key)
        if known is not None and not _over(known.last_ms, arrived_ms):
            self._sources.move_to_end(key)
            return known
        if known is not None:
            self._end(key)
        elif len(self._sources) >= MOST_FILES:
            self._end(next(iter(self._sources)))
        sensor, source, ending = key
        folder = self.folder / "feeds" / sensor
        file = begin_file(folder, filed(source), arrived_ms, ending, self._durable)
        self._new_in.add(folder)
        self._sources[key] = _Source(file, arrived_ms)
        return self._sources[key]

    def _hold(self, file: Growing) -> None:
        """This file has a descriptor; where there are too many, the longest unused is let go."""
        self._held[file] = None
        self._held.move_to_end(file)
        while len(self._held) > self._most_open:
            self._held.popitem(last=False)[0].let_go()

    def _end(self, key: tuple[str, str, str]) -> None:
        """The file grows no more; what it has is brought to the disk before it is closed."""
        file = self._sources.pop(key).file
        if file in self._touched:
            self._ended.append(file)
        else:
            self._give_back(file)

    def _give_back(self, file: Growing) -> None:
        self._held.pop(file, None)
        file.end()
        self._close_file(file.path)

    def _undo(self) -> None:
        """Take back what is not surely on the disk; the files end there."""
        for file in self._touched:
            file.undo()
            self._held.pop(file, None)
        gone = set(self._touched)
        self._sources = OrderedDict((k, s) for k, s in self._sources.items() if s.file not in gone)
        self._touched.clear()
        self._ended.clear()
        self._new_in.clear()
        for file in gone:
            if file.kept:
                self._close_file(file.path)

    def _close_file(self, path: Path) -> None:
        """Close a file that grows no more, in the background; where that fails, again later."""

        def close() -> None:
            try:
                self._closing.close(path)
            except Exception:
                self._later.append(path)
                raise

        self._background.put(close)

    def _make_room(self, used: int, total: int, now_s: float) -> None:
        verdict = judge(
            used, total, hours(standing_files(entries(self.folder))), held_files(self.folder),
            warn_share=self.settings.warn_share, drop_share=self.settings.drop_share,
        )  # fmt: skip
        if verdict.drop:
            drop(self._closing, verdict.drop, f"{used / total:.1%} of the disk used", now_s=now_s)
        self._full = verdict.full


def _over(last_ms: int, now_ms: int) -> bool:
    return now_ms - last_ms > _LONGEST_PAUSE_MS or now_ms // HOUR_MS != last_ms // HOUR_MS


def _lines(frames: list[Arrived], ending: str, arrived_ms: int, held: _Source) -> bytes:
    if ending != ".nmea":
        form = in_json if ending == ".jsonl" else in_hex
        return b"".join([form(frame.frame, arrived_ms) for frame in frames])
    kept = []
    for frame in frames:
        lines, held.before = nmea_lines(frame.frame, arrived_ms, held.before)
        kept.append(lines)
    return b"".join(kept)


def _about(folder: Path, name: str, now_s: float) -> None:
    """The archive is a recording: it says so of itself."""
    made_folder(folder)
    about = folder / "recording.toml"
    if about.exists():
        return
    start = datetime.fromtimestamp(now_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = (
        f"name = {json.dumps(name, ensure_ascii=False)}",
        f'start = "{start}"',
        'note = "Archived by pierwatch live"',
        "simulated = false",
        "",
    )
    unfinished = about.with_suffix(".part")
    unfinished.write_text("\n".join(lines), "utf-8")
    unfinished.replace(about)
