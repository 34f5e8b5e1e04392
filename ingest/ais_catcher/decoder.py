"""The decoder of AIS-catcher's JSON: lines in, observations and identity claims out.

Every message becomes one line of NMEA, which the AIS decoder reads: what is refused, folded and
reported is the same, whichever way a transmission came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

import numpy as np
import polars as pl

from core.schema import ALIVE
from ingest import frames
from ingest.ais import AisDecoder
from ingest.ais_catcher.lines import MOST_LINE, opened
from ingest.ais_catcher.sentences import sentence, tag_name, tagged
from ingest.cameras.values import Refused
from ingest.decoded import Decoded, concat
from ingest.nmea.lines import LineBuffer
from ingest.nmea.refusals import Refusals
from ingest.nmea.text import NONE, Ints

_MILLI: Final = 1000
_KEPT: Final = 8192  # lines that the AIS decoder may still speak of: it holds back 64 KiB


class AisCatcherDecoder:
    """Decodes one file or stream of AIS-catcher's JSON, fed in pieces of any size.

    A line is a message (`-o 5`, UDP with `JSON on`, MQTT), the body of an HTTP post, or either in
    the archive's envelope `{"received_at", "source", "format": "ais-catcher", "payload"}`. Where
    a message has its NMEA, that is read; else its fields. The receipt is `rxuxtime`, to the
    millisecond, as a tag block has it; else `rxtime`, else the arrival.

    Parameters
    ----------
    source
        Who heard the messages, where they name nobody.
    skew_s
        By source: seconds by which its clock is ahead.
    quarantine
        As in `ingest.ais.AisDecoder`.

    Examples
    --------
    >>> line = b'{"class":"AIS","type":1,"mmsi":371798000,"lon":121.9,"lat":29.1,"speed":102.3}'
    >>> got = AisCatcherDecoder().feed(line + bytes([10])).observations
    >>> got.select("target", "lon", "speed_kn").row(0)
    ('mmsi:371798000', 121.9, None)
    """

    def __init__(
        self,
        source: str | None = None,
        skew_s: Mapping[str, int] | None = None,
        quarantine: bool = False,
    ) -> None:
        skews = {tag_name(name): skew for name, skew in (skew_s or {}).items()}
        self._source = source
        self._ais = AisDecoder(tag_name(source) if source else None, skews, quarantine)
        self._buffer = LineBuffer(MOST_LINE)
        self._line = 0
        self._newest = NONE
        self._lines: list[int] = []  # ours, of the lines given to the AIS decoder
        self._forgotten = 0

    def feed(self, chunk: bytes) -> Decoded:
        """Decode what the bytes complete."""
        return concat([self._decode(block) for block in self._buffer.feed(chunk)])

    def close(self) -> Decoded:
        """Decode what is left; the stream has ended."""
        return concat([self._decode(self._buffer.close()), self._ours(self._ais.close())])

    def _decode(self, block: bytes) -> Decoded:
        refusals = Refusals()
        nmea: list[str] = []
        alive: list[tuple[str, int]] = []
        others = 0
        for line in block.split(b"\n")[:-1]:
            self._line += 1
            bare = line.strip()
            if not bare or bare.startswith(b"#"):
                continue
            try:
                got = opened(bare, self._source)
            except Refused as refused:
                self._refuse(refusals, refused)
                continue
            self._newest = max(self._newest, got.arrived_ms * _MILLI)
            others += got.others
            if got.alive is not None:
                alive.append((got.alive, self._newest))
            for heard in got.messages:
                try:
                    if isinstance(heard, Refused):
                        raise heard
                    said = sentence(heard.message)
                except Refused as refused:
                    self._refuse(refusals, refused)
                    continue
                nmea.append(tagged(said, heard.station, heard.received_ms, heard.arrived_ms))
                self._lines.append(self._line)
        read = self._ours(self._ais.feed("".join(f"{text}\n" for text in nmea).encode()))
        mine = Decoded(
            refusals=refusals.frame(),
            counts={"other": others} if others else {},
            alive=_alive(alive),
        )
        both = concat([read, mine])
        return replace(both, refusals=both.refusals.sort("line", maintain_order=True))

    def _refuse(self, refusals: Refusals, refused: Refused) -> None:
        refusals.add(
            self._line, refused.reason, refused.said.encode(errors="replace"), self._newest
        )

    def _ours(self, decoded: Decoded) -> Decoded:
        """Our line numbers in place of the AIS decoder's, and the names of stations unquoted."""
        lines = np.array(self._lines, np.int64)
        mine = replace(
            decoded,
            observations=self._named(decoded.observations, lines),
            identities=self._named(decoded.identities, lines),
            refusals=self._named(decoded.refusals, lines),
            heard_again=self._named(decoded.heard_again, lines),
            ahead=self._named(decoded.ahead, lines),
        )
        spare = max(len(self._lines) - _KEPT, 0)
        del self._lines[:spare]
        self._forgotten += spare
        return mine

    def _named(self, frame: pl.DataFrame, lines: Ints) -> pl.DataFrame:
        if not frame.height:
            return frame
        place = frame["line"].to_numpy() - 1 - self._forgotten
        frame = frame.with_columns(pl.Series("line", lines[place]))
        if "source" not in frame.columns:
            return frame
        names = {name: unquote(name) for name in frame["source"].unique() if name and "%" in name}
        return frame.with_columns(pl.col("source").replace(names)) if names else frame


def _alive(heard: list[tuple[str, int]]) -> pl.DataFrame:
    sources, times = (list(column) for column in zip(*heard, strict=True)) if heard else ([], [])
    return pl.DataFrame(
        {
            "source": pl.Series(sources, dtype=pl.String),
            "arrived_at": frames.times(np.array(times, np.int64)),
        },
        schema=ALIVE,
    )
