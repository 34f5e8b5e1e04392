"""The decoder of camera feeds: one JSON object a line in, sightings out.

Work is done on blocks of whole lines. What cannot be decided at a block's end (a receipt that the
next must bear out) stays in the buffer, so that the answer never depends on how the stream was
cut.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from core.schema import OBSERVATION, arriving
from ingest import frames
from ingest.cameras import barrier, frigate, gat1400, keepalive, onvif, tracked
from ingest.cameras.envelope import Envelope, opened
from ingest.cameras.json_text import MOST_LINE, written
from ingest.cameras.privacy import canonical
from ingest.cameras.receipts import judge
from ingest.cameras.values import Refused, Seen, Sighting
from ingest.decoded import Decoded, concat
from ingest.digests import first_words, payload_digest_keys
from ingest.nmea.lines import LineBuffer
from ingest.nmea.refusals import Refusals
from ingest.nmea.text import NONE
from ingest.nmea.times import FUTURE

Place = tuple[float, float]
_SENSORS: Final = {barrier.FORMAT: "barrier"}


class CameraDecoder:
    """Decodes one file or stream of camera, plate reader and barrier events.

    Parameters
    ----------
    cameras, bars
        By id: longitude and latitude, as far as the site knows them.
    timezone
        The site's: GA/T 1400 writes local times.
    skew_s
        By source: seconds by which its clock is ahead.
    quarantine
        Give what is more than 60 s ahead of its receipt as `Decoded.ahead` instead of refusing it
        as `future`; the skews that are known are taken off there too, and `detail` says so.

    Examples
    --------
    >>> line = (b'{"received_at":"2026-03-01T17:05:01Z","source":"bar-1","format":"barrier.state",'
    ...         b'"payload":{"state":"raised","at":"2026-03-01T17:05:00Z"}}')
    >>> CameraDecoder().feed(line + bytes([10])).observations["detail"].to_list()
    ['{"format":"barrier.state","state":"raised"}']
    """

    def __init__(
        self,
        cameras: Mapping[str, Place] | None = None,
        bars: Mapping[str, Place] | None = None,
        timezone: str = "Asia/Shanghai",
        skew_s: Mapping[str, float] | None = None,
        quarantine: bool = False,
    ) -> None:
        self._quarantine = quarantine
        self._places = {"camera": dict(cameras or {}), "barrier": dict(bars or {})}
        self._timezone = ZoneInfo(timezone)
        self._skew_s = dict(skew_s or {})
        self._buffer = LineBuffer(MOST_LINE)
        self._held = b""
        self._line = 0
        self._newest = NONE

    def feed(self, chunk: bytes) -> Decoded:
        """Decode what the bytes complete."""
        return concat([self._decode(block, final=False) for block in self._buffer.feed(chunk)])

    def close(self) -> Decoded:
        """Decode what is left; the stream has ended."""
        return self._decode(self._buffer.close(), final=True)

    def _decode(self, block: bytes, *, final: bool) -> Decoded:
        data = self._held + block
        lines = data.split(b"\n")[:-1]
        begin = list(itertools.accumulate((len(line) + 1 for line in lines), initial=0))
        found = [_open(line) for line in lines]
        received = [each.received if isinstance(each, Envelope) else NONE for each in found]
        leaps, newest, judged = judge(received, begin, self._newest, size=len(data), final=final)
        self._held = data[begin[judged] :]
        yielded = _Yield(self._places, self._skew_s, self._quarantine)
        for row, each in enumerate(found[:judged]):
            line, arrival = self._line + row + 1, newest[row]
            if isinstance(each, Refused):
                yielded.refuse(each, line, arrival)
            elif each is not None and leaps[row]:
                yielded.refuse(Refused("bad_receipt", each.received_at), line, arrival)
            elif each is not None:
                yielded.take(each, self._seen(each), line, arrival)
        self._line += judged
        if judged:
            self._newest = newest[judged - 1]
        return yielded.decoded()

    def _seen(self, envelope: Envelope) -> Seen | Refused:
        try:
            match envelope.format:
                case frigate.FORMAT:
                    return frigate.read(envelope.payload)
                case gat1400.FORMAT:
                    return gat1400.read(envelope.payload, self._timezone)
                case onvif.FORMAT:
                    return onvif.read(envelope.payload)
                case tracked.FORMAT:
                    return tracked.read(envelope.payload)
                case keepalive.FORMAT:
                    return Seen()
                case _:
                    return barrier.read(envelope.payload)
        except Refused as refused:
            return refused


def _open(line: bytes) -> Envelope | Refused | None:
    """A line's envelope, or why there is none; None where the line is blank."""
    bare = line.rstrip(b"\r")
    if not bare:
        return None
    try:
        return opened(bare)
    except Refused as refused:
        return refused


class _Yield:
    """Rows of a block, on their way into frames."""

    def __init__(
        self,
        places: Mapping[str, Mapping[str, Place]],
        skew_s: Mapping[str, float],
        quarantine: bool,
    ) -> None:
        self._places, self._skew_s, self._quarantine = places, skew_s, quarantine
        self._rows: list[dict[str, Any]] = []
        self._ahead: list[bool] = []
        self._alive: list[tuple[str, int]] = []
        self._received: list[int] = []
        self._payloads: list[bytes] = []
        self._refusals = Refusals()
        self._counts: Counter[str] = Counter()

    def refuse(self, refused: Refused, line: int, arrival: int) -> None:
        self._refusals.add(line, refused.reason, refused.said.encode(), arrival)

    def take(self, envelope: Envelope, seen: Seen | Refused, line: int, arrival: int) -> None:
        if isinstance(seen, Refused):
            self.refuse(seen, line, arrival)
            return
        self._counts[envelope.format] += 1
        self._counts.update(seen.skipped)
        if not seen.sightings:
            self._alive.append((envelope.source, arrival))
        payload = hashlib.blake2b(envelope.format.encode() + canonical(envelope.payload)).digest()
        for ordinal, sighting in enumerate(seen.sightings):
            if isinstance(sighting, Refused):
                self.refuse(sighting, line, arrival)
            else:
                self._add(envelope, sighting, line, arrival, payload + ordinal.to_bytes(4, "big"))

    def _add(
        self, envelope: Envelope, sighting: Sighting, line: int, arrival: int, payload: bytes
    ) -> None:
        skew = self._skew_s.get(envelope.source, 0.0)
        observed = sighting.observed - round(skew * 1e6)
        ahead = observed > envelope.received + FUTURE
        if ahead and not self._quarantine:
            self.refuse(Refused("future", f"observed {sighting.observed} µs"), line, arrival)
            return
        sensor = _SENSORS.get(envelope.format, "camera")
        lon, lat = self._places[sensor].get(envelope.source, (None, None))
        detail = {**sighting.detail, "skew_s": skew} if skew else sighting.detail
        self._counts["ahead" if ahead else "sighting"] += 1
        self._ahead.append(ahead)
        self._received.append(envelope.received)
        self._payloads.append(payload)
        self._rows.append(
            {
                "sensor": sensor,
                "source": envelope.source,
                "target": f"plate:{sighting.plate}" if sighting.plate else None,
                "observed_at": observed,
                "received_at": envelope.received,
                "lon": lon,
                "lat": lat,
                "speed_kn": sighting.speed_kn,
                "detail": written(detail).decode(),
                "arrived_at": arrival,
                "line": line,
            }
        )

    def decoded(self) -> Decoded:
        """Everything that was taken."""
        refusals, counts = self._refusals.frame(), dict(self._counts)
        alive = frames.alive(
            pl.Series([source for source, _ in self._alive], dtype=pl.String),
            np.array([arrival for _, arrival in self._alive], np.int64),
        )
        if not self._rows:
            return Decoded(refusals=refusals, counts=counts, alive=alive)
        schema = arriving(OBSERVATION)
        times = {name: pl.Int64() for name in schema if name.endswith("_at")}
        frame = pl.DataFrame(self._rows, schema=pl.Schema({**schema, **times})).cast(schema)
        received = np.array(self._received, np.int64)
        keys = np.zeros((len(received), 16), np.uint8)
        for sensor in frame["sensor"].unique():
            mine = np.flatnonzero((frame["sensor"] == sensor).to_numpy())
            keys[mine] = payload_digest_keys(
                sensor,
                frame["source"].gather(mine),
                received[mine],
                [self._payloads[row] for row in mine.tolist()],
            )
        seen, payloads, ahead = frames.parted(
            frame.with_columns(frames.fixed_binary(keys).alias("key")),
            first_words(keys),
            np.array(self._ahead, np.bool_),
        )
        return Decoded(
            observations=seen,
            refusals=refusals,
            counts=counts,
            observation_payloads=payloads,
            ahead=ahead,
            alive=alive,
        )
