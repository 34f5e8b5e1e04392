"""One file of a recording and its decoder: the same in a replay and live."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.schema import UTC_TIME
from core.times import SECOND_US
from geo.site import Site
from ingest.archive.names import plain
from ingest.decoded import Decoded
from pipeline.forms import decoder_of
from pipeline.recording import source_of
from pipeline.slices import PART, Part, heard_rows
from pipeline.tally import Tally

_TIMED = ("observations", "identities", "ahead", "heard_again", "messages", "alive")


@dataclass
class Reader:
    """Bytes of a file in, `pipeline.slices.Part` out.

    Parameters
    ----------
    path
        Of the file, relative to the recording's `feeds/`: its folder and its name.
    site
        What decoders need to know.
    tally
        Counts what came.
    """

    path: str
    site: Site
    tally: Tally
    frontier_us: int = -1  # nothing that it gives from now on arrived before

    def __post_init__(self) -> None:
        folder, _, name = self.path.rpartition("/")
        source = source_of(name)
        self.path = plain(self.path)  # packed or not, it is the same file
        self.feed_name = f"{folder}/{source}"
        self._decoder = decoder_of(folder, "." + self.path.rpartition(".")[2], self.site, source)

    def feed(self, chunk: bytes) -> Part:
        """What the bytes complete."""
        return self._part(self._decoder.feed(chunk))

    def close(self) -> Part:
        """What is left; the file has ended."""
        return self._part(self._decoder.close())

    def _part(self, decoded: Decoded) -> Part:
        self.tally.take(decoded, self.feed_name, self.path)
        part: dict[str, pl.DataFrame] = {}
        front = pl.lit(self.frontier_us).cast(UTC_TIME)
        for name in _TIMED:
            frame: pl.DataFrame = getattr(decoded, name)
            if not len(frame):
                continue
            frame = self._numbered(decoded, name, frame)
            if "received_at" in frame.columns:
                frame = self.tally.no_time(frame, self.feed_name, self.path)
            arrived = pl.max_horizontal(pl.col("arrived_at").cum_max(), front)
            part[name] = frame.with_columns(arrived.alias("arrived_at"))
        refusals = decoded.refusals.with_columns(
            pl.when(pl.col("arrived_at").is_not_null())
            .then(pl.max_horizontal("arrived_at", front))
            .alias("arrived_at")
        )
        for frame in part.values():
            self.frontier_us = max(self.frontier_us, newest_us(frame))
        heard = heard_rows([*part.values()], refusals, self.feed_name)
        return {**part, "heard": heard} if len(heard) else part

    def _numbered(self, decoded: Decoded, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        added = [pl.lit(0, pl.Int32).alias("file")]
        if "payload" in PART[name]:
            payloads = decoded.observation_payloads
            if name == "identities":
                payloads = decoded.identity_payloads
            ours = self.path.startswith("ais/") and len(payloads) == len(frame)
            payload = pl.lit(payloads) if ours else pl.lit(None, pl.UInt64)
            added.append(payload.alias("payload"))
        return frame.with_columns(added).select(PART[name].names())


def with_number(part: Part, number: int) -> Part:
    """The part with its file's place in the order of the files."""
    file = pl.lit(number, pl.Int32).alias("file")
    return {k: f.with_columns(file) if "file" in f.columns else f for k, f in part.items()}


def newest_us(frame: pl.DataFrame) -> int:
    """The last arrival in a frame; -1 where there is none."""
    newest = frame["arrived_at"].dt.epoch("us").max()
    return newest if isinstance(newest, int) else -1


def tick_of(at_us: int) -> int:
    """The tick that a time belongs to: the end of its second.

    >>> tick_of(1_000_000), tick_of(1_000_001)
    (1, 2)
    """
    return -(-at_us // SECOND_US)
