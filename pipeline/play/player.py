"""Sends what a recording holds to a live service, each frame by the protocol of its feed."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from core.errors import SettingsError
from core.settings import FeedSettings
from ingest.sources.framing import framing
from pipeline.play.broker import Broker
from pipeline.play.devices import Devices
from pipeline.play.frames import Played
from pipeline.play.senders import Datagrams, Dialling, Growing, Sender, Serving, Told
from pipeline.play.shift import shifted
from pipeline.play.terminals import Terminals

_MINUTE_S: Final = 60
#: Which camera formats come through a broker; the others are posted.
_BROKERED: Final = "frigate."
_LINES: Final[dict[str, Callable[[str, str, Told], Sender]]] = {
    "udp": Datagrams,
    "tcp": Serving,
    "tcp-listen": Dialling,
    "file": Growing,
}
_ASKED: Final[dict[str, Callable[[str, FeedSettings, Told], Sender]]] = {
    "mqtt": Broker,
    "http": Devices,
}
_WAITING: Final = 1000  # frames of one feed that the player holds at most


@dataclass(frozen=True)
class Pace:
    """How fast, and at what time.

    `speed` is data seconds a second; `rate` frames a second, whatever their times say. `shift`
    moves every time in the frames so that they happen now; it does not hold with a rate or a speed
    other than 1 to the second, for then no two frames keep their distance: each is moved by itself.
    """

    speed: float = 1.0
    rate: float | None = None
    shift: bool = True
    seconds: float | None = None


def sender_of(feed: str, settings: FeedSettings, told: Told) -> Sender:
    """The other side of a feed.

    Raises
    ------
    SettingsError
        Nobody can send to such an address.
    """
    url = settings.url
    scheme = urlsplit(url).scheme
    if scheme == "tcp-listen" and settings.sensor == "vehicles":
        return Terminals(feed, url, told)
    if scheme in _LINES:
        return _LINES[scheme](feed, url, told)
    if scheme in _ASKED:
        return _ASKED[scheme](feed, settings, told)
    raise SettingsError(
        f"feeds.{feed}.url", expected="an address that a player can send to", came=url,
        act="Play to udp, tcp, tcp-listen, file, mqtt or http.",
    )  # fmt: skip


class Feeds:
    """Which feed a frame comes by: one that reads its form.

    Of several each source has one, always the same; a new source takes the one that has fewest, so
    that all of them get something.
    """

    def __init__(self, feeds: Mapping[str, FeedSettings]) -> None:
        self._feeds = feeds
        self._endings = {name: framing(name, feed).ending for name, feed in feeds.items()}
        self._chosen: dict[tuple[tuple[str, ...], str], str] = {}
        self._sources = Counter[str]()  # by feed

    def of(self, played: Played) -> str | None:
        """The feed's name; None where none reads such a frame."""
        names = [
            name for name, feed in self._feeds.items()
            if (feed.sensor, self._endings[name]) == (played.sensor, played.ending)
        ]  # fmt: skip
        if played.sensor == "cameras" and len(names) > 1:
            through_broker = _format(played.frame).startswith(_BROKERED)
            scheme = "mqtt" if through_broker else "http"
            own = [name for name in names if urlsplit(self._feeds[name].url).scheme == scheme]
            names = own or names
        if not names:
            return None
        who = (tuple(names), played.source)
        if who not in self._chosen:
            self._chosen[who] = min(names, key=lambda name: self._sources[name])
            self._sources[self._chosen[who]] += 1
        return self._chosen[who]


def _format(frame: bytes) -> str:
    try:
        return str(json.loads(frame)["format"])
    except (ValueError, KeyError, TypeError):
        return ""


async def play(
    frames: Iterable[Played],
    feeds: Mapping[str, FeedSettings],
    pace: Pace,
    told: Told,
    *,
    crowd: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Send them all, or until the time is over.

    Parameters
    ----------
    crowd
        How many more road-vehicle terminals connect and say nothing.
    """
    lanes: dict[str, _Lane] = {}
    table = Feeds(feeds)
    try:
        for name, feed in feeds.items():
            lanes[name] = _Lane(sender_of(name, feed, told))
        for lane in lanes.values():
            if crowd and isinstance(lane.sender, Terminals):
                say(f"{await lane.sender.crowd(crowd)} terminals are registered")
        schedule = _Schedule(pace)
        for one in frames:
            feed_name = table.of(one)
            if feed_name is None:
                told.failed[f"no feed for {one.sensor}, *{one.ending}"] += 1
                continue
            moved = await schedule.due(one)
            if moved is None:
                break
            await lanes[feed_name].put(moved)
    finally:
        for lane in lanes.values():
            await lane.close()


class _Lane:
    """A feed's frames in their order: a slow feed does not hold the others up at once."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self._waiting: asyncio.Queue[Played | None] = asyncio.Queue(_WAITING)
        self._task = asyncio.create_task(self._run())

    async def put(self, played: Played) -> None:
        await self._waiting.put(played)

    async def _run(self) -> None:
        while (played := await self._waiting.get()) is not None:
            await self.sender.send(played)

    async def close(self) -> None:
        await self._waiting.put(None)
        await self._task
        await self.sender.close()


class _Schedule:
    """When a frame is due, and what it says by then."""

    def __init__(self, pace: Pace) -> None:
        self._pace, self._begun, self._wall = pace, time.monotonic(), time.time()
        self._first_s: float | None = None
        self._count = 0

    async def due(self, one: Played) -> Played | None:
        """Wait for the frame's time; None when the playing is over."""
        at_s = one.at_s
        if self._first_s is None and at_s is not None:
            self._first_s = at_s
        since_s = 0.0 if at_s is None or self._first_s is None else at_s - self._first_s
        pace = self._pace
        after_s = self._count / pace.rate if pace.rate else since_s / pace.speed
        self._count += 1
        if pace.seconds is not None and after_s > pace.seconds:
            return None
        wait_s = self._begun + after_s - time.monotonic()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        if not pace.shift or at_s is None:
            return one
        return replace(one, frame=shifted(one, self._by_s(at_s, after_s)))

    def _by_s(self, at_s: float, after_s: float) -> float:
        """By how much; by whole minutes where all are moved alike, for AIS tells seconds only."""
        by_s = self._wall + after_s - at_s
        alike = self._pace.rate is None and self._pace.speed == 1
        return round(by_s / _MINUTE_S) * _MINUTE_S if alike else by_s
