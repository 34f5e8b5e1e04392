"""What the live sources say, second by second: archived, then decoded from the archive's bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl

from core.schema import UTC_TIME
from ingest.ais import AisDecoder
from ingest.decoded import Decoded
from pipeline.archive import Archive
from pipeline.arrivals import CLAIMED, OBSERVED, FirstHeard, Tally, numbered
from pipeline.recording import source_of


@dataclass
class Hearing:
    """Archive and decoders. One decoder reads one file of the archive, as in a replay of it."""

    archive: Archive
    skew_s: Mapping[str, float]
    tally: Tally
    first_heard: FirstHeard = field(default_factory=FirstHeard)
    _decoders: dict[str, tuple[str, AisDecoder]] = field(default_factory=dict)

    def second(
        self, waiting: Mapping[str, list[bytes]], tick_s: int
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Archive the lines that wait and decode them; their arrival is the tick.

        Returns
        -------
        Observations and identity claims, as `pipeline.arrivals.Slice` has them.
        """
        parts: list[tuple[str, Decoded]] = []
        for source, lines in waiting.items():
            name, data = self.archive.frames(source, lines, tick_s * 1000)
            known, decoder = self._decoders.get(source, ("", None))
            if decoder is None or known != name:
                if decoder is not None:
                    parts.append((known, decoder.close()))
                decoder = self._decoder(name)
                self._decoders[source] = (name, decoder)
            parts.append((name, decoder.feed(data)))
        self.archive.tick(tick_s)
        return self._merged(parts, tick_s)

    def close(self, tick_s: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """End the files: what the decoders held back for what would follow."""
        self.archive.close()
        parts = [(name, decoder.close()) for name, decoder in self._decoders.values()]
        self._decoders.clear()
        return self._merged(parts, tick_s)

    def _decoder(self, file_name: str) -> AisDecoder:
        skew_s = {source: int(s) for source, s in self.skew_s.items()}
        return AisDecoder(source=source_of(file_name), skew_s=skew_s)

    def _merged(
        self, parts: list[tuple[str, Decoded]], tick_s: int
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        order = {name: i for i, name in enumerate(sorted({name for name, _ in parts}))}
        frames = [numbered(part, order[name], name, self.tally) for name, part in parts]
        observed = pl.concat([pl.DataFrame(schema=OBSERVED), *(f[0] for f in frames)])
        claimed = pl.concat([pl.DataFrame(schema=CLAIMED), *(f[1] for f in frames)])
        at = pl.lit(datetime.fromtimestamp(tick_s, UTC), UTC_TIME).alias("arrived_at")
        (seen, said), again = self.first_heard.take(observed, claimed)
        self.tally.counts["reception"] += again
        return seen.with_columns(at), said.with_columns(at)
