"""Sensors behind an MQTT broker: Frigate's topics, and those of the coast."""

from __future__ import annotations

import asyncio
import json
import os
import re
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from core.settings import FeedSettings
from pipeline.play.frames import Played
from pipeline.play.senders import Told, password_of, reachable

_MOST_IN_FLIGHT = 2000
_CLOSING_S = 30.0
_PLACES = {"ais": "sea", "beidou": "sea", "radar": "shore", "vehicles": "road"}
_ENTITY = re.compile(r"[\w.-]{1,64}", re.ASCII)
_FRIGATE = {
    "frigate.events": "frigate/events",
    "frigate.tracked_object_update": "frigate/tracked_object_update",
}


def topic_and_payload(played: Played) -> tuple[str, bytes]:
    """Where a frame is published, and as what."""
    if played.sensor != "cameras":
        entity = played.source if _ENTITY.fullmatch(played.source) else "player"
        return f"coast/v1/county/{_PLACES[played.sensor]}/obs/{entity}", played.line
    members = json.loads(played.frame)
    kind, payload = members["format"], members["payload"]
    if kind in _FRIGATE:
        return _FRIGATE[kind], _bytes(payload)
    about = {"format": kind, "payload": payload}
    return f"coast/v1/county/cam/obs/{members['source']}", _bytes(about)


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="backslashreplace")


class Broker:
    """Publishes with QoS 1: the broker has a frame once it says so, and passes it on once asked."""

    def __init__(self, feed: str, settings: FeedSettings, told: Told) -> None:
        self._feed, self._told = feed, told
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Semaphore(_MOST_IN_FLIGHT)
        self._frames: dict[int, bytes] = {}
        self._early: set[int] = set()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, f"player-{feed}-{os.getpid()}")
        if settings.user:
            self._client.username_pw_set(settings.user, password_of(settings))
        self._client.max_inflight_messages_set(_MOST_IN_FLIGHT)
        self._client.on_publish = self._published
        self._client.connect_async(*reachable(settings.url))
        self._client.loop_start()

    async def send(self, played: Played) -> None:
        """Publish a frame."""
        try:
            topic, payload = topic_and_payload(played)
        except (ValueError, KeyError, TypeError):
            self._told.failed[self._feed] += 1
            return
        await self._room.acquire()
        mid = self._client.publish(topic, payload, qos=1).mid
        self._told.sent[self._feed] += 1
        self._frames[mid] = played.frame
        if mid in self._early:
            self._early.discard(mid)
            self._acknowledged(mid)

    def _published(self, _client: object, _data: object, mid: int, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._acknowledged, mid)

    def _acknowledged(self, mid: int) -> None:
        frame = self._frames.pop(mid, None)
        if frame is None:
            self._early.add(mid)
            return
        self._told.acknowledge(self._feed, frame)
        self._room.release()

    async def close(self) -> None:
        """Wait for what the broker has not acknowledged, for a while."""
        for _ in range(int(_CLOSING_S / 0.1)):
            if not self._frames:
                break
            await asyncio.sleep(0.1)
        self._client.disconnect()
        self._client.loop_stop()
