"""What an MQTT message is, by its topic.

====================================  ======================  ===================================
topic                                 payload                 frame
====================================  ======================  ===================================
frigate/events                        Frigate's event         frigate.events of its camera
frigate/tracked_object_update         Frigate's update        frigate.tracked_object_update
coast/v1/{county}/cam/obs/{entity}    {"format", "payload"}   a camera's line; the source is entity
coast/v1/{county}/sea/obs/{entity}    NMEA lines              lines of the feed's sensor
coast/v1/{county}/shore/obs/{entity}  NMEA lines              the same
coast/v1/{county}/road/obs/{entity}   JT/T 808 frame in hex   the frame
====================================  ======================  ===================================

Frigate's other topics (its pictures among them) are counted and not read; any other topic, or one
that is not of the feed's sensor, is refused as `unknown_topic`. The archive keeps what a radar
station or terminal says in a file of its own, named by its entity.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from core.settings import FeedSettings
from ingest.arrived import Arrived
from ingest.cameras import envelope
from ingest.cameras.json_text import read_json
from ingest.cameras.values import Refused, hashed
from ingest.sources.framing import Framing, framing
from ingest.sources.inbox import Inbox

_COAST: Final = re.compile(r"coast/v1/[^/]{1,64}/(sea|shore|road|cam)/obs/([\w.-]{1,64})", re.ASCII)
_SENSORS: Final = {
    "sea": ("ais", "beidou", "radar"),
    "shore": ("ais", "beidou", "radar"),
    "road": ("vehicles",),
    "cam": ("cameras",),
}
_FRIGATE: Final = {
    "frigate/events": "frigate.events",
    "frigate/tracked_object_update": "frigate.tracked_object_update",
}
_MOST_ENTITIES: Final = 512  # each has a file open; the others share the feed's own


def subscriptions(feed: FeedSettings) -> tuple[str, ...]:
    """The feed's topics, or else all that its sensor can read."""
    if feed.topics:
        return feed.topics
    ours = [f"coast/v1/+/{place}/obs/+" for place, of in _SENSORS.items() if feed.sensor in of]
    return (*_FRIGATE, *ours) if feed.sensor == "cameras" else tuple(ours)


@dataclass
class Topics:
    """Reads the messages of one feed."""

    name: str
    feed: FeedSettings
    _entities: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._framing: Framing = framing(self.name, self.feed)

    def frames(
        self,
        topic: str,
        payload: bytes,
        inbox: Inbox,
        *,
        retained: bool = False,
        done: Callable[[bool], None] | None = None,
    ) -> list[Arrived]:
        """The frames of a message; what is refused is counted, and leaves no picture behind.

        A retained message is of any age: only one that names its own time is taken.
        """
        kind, coast = _FRIGATE.get(topic), _COAST.fullmatch(topic)
        try:
            if kind and self.feed.sensor == "cameras":
                return [self._camera(*_frigate(kind, payload), payload, done)]
            if coast is None or self.feed.sensor not in _SENSORS[coast[1]]:
                reason = "not_read" if topic.startswith("frigate/") else "unknown_topic"
                inbox.refuse(reason, topic.encode(errors="replace"))
                return []
            if coast[1] == "cam":
                return [self._camera(coast[2], *_enveloped(payload), payload, done)]
        except Refused as refused:
            inbox.refuse(refused.reason, refused.said.encode(errors="replace"))
            return []
        if retained:
            inbox.refuse("retained", self._framing.sample(payload), self._source(coast[2]))
            return []
        return self._framing.frames(payload.splitlines(), inbox, self._source(coast[2]), done)

    def _camera(
        self,
        source: object,
        kind: object,
        message: object,
        came: bytes,
        done: Callable[[bool], None] | None,
    ) -> Arrived:
        frame = envelope.frame(source, kind, message, came)
        return Arrived(self.name, "cameras", ".jsonl", self.name, frame, done)

    def _source(self, entity: str) -> str:
        if entity not in self._entities:
            if len(self._entities) >= _MOST_ENTITIES:
                return self.name
            self._entities.add(entity)
        return f"{self.name}~{entity}"


def _object(payload: bytes) -> dict[str, Any]:
    message = read_json(payload)
    if not isinstance(message, dict):
        raise Refused("bad_json", f"no object: {hashed(payload)}")
    return message


def _frigate(kind: str, payload: bytes) -> tuple[object, str, object]:
    """Camera, format and message: an event names its camera in the state after it."""
    message = _object(payload)
    after = message.get("after") if kind == "frigate.events" else message
    return (after.get("camera") if isinstance(after, dict) else None), kind, message


def _enveloped(payload: bytes) -> tuple[object, object]:
    message = _object(payload)
    return message.get("format"), message.get("payload")
