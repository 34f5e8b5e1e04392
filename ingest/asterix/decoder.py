"""The decoder of ASTERIX feeds: lines `<Unix seconds> <hex>` in, observations of tracks out."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from ingest.asterix.blocks import MOST_LINE, Frame, frame_of
from ingest.asterix.frames import Heard, observations
from ingest.asterix.records import Reader, Report
from ingest.decoded import Decoded, concat
from ingest.frames import alive
from ingest.nmea.lines import LineBuffer
from ingest.nmea.refusals import Refusals
from ingest.nmea.text import NONE
from ingest.nmea.times import judge_receipts
from ingest.radar.instances import Instances
from ingest.radar.places import Radars

_NO_RADARS: Final = pl.DataFrame(
    schema={"radar_id": pl.String, "lon": pl.Float64, "lat": pl.Float64}
)


@dataclass(frozen=True)
class _Names:
    """What a radar of SAC and SIC is called: the site's name for it, else `1.2`."""

    known: dict[tuple[int, int], str]

    @classmethod
    def of(cls, radars: pl.DataFrame) -> _Names:
        codes = radars["asterix"] if "asterix" in radars.columns else radars["radar_id"]
        known: dict[tuple[int, int], str] = {}
        pairs = itertools.chain(
            zip(radars["radar_id"], radars["radar_id"], strict=True),
            zip(radars["radar_id"], codes, strict=True),  # what the site says goes before
        )
        for name, code in pairs:
            parts = str(code or "").replace(".", "/").split("/")
            if len(parts) == 2 and all(part.isascii() and part.isdigit() for part in parts):
                known[int(parts[0]), int(parts[1])] = str(name)
        return cls(known)

    def name(self, sac_sic: tuple[int, int]) -> str:
        return self.known.get(sac_sic) or f"{sac_sic[0]}.{sac_sic[1]}"


class AsterixDecoder:
    """Decodes one file or stream of ASTERIX data blocks, fed in pieces of any size.

    CAT 010 and 048 count from the radar's position, or give degrees as CAT 062 does. Counts:
    `position`, `no_position`, `plot` (not yet a track), `status`, `other` (other categories).

    Parameters
    ----------
    radars
        The site's radars (`ingest.radar.places.Radars`); their optional column `asterix` has SAC
        and SIC as `25/10`, else a `radar_id` of that form is taken. A radar that the site does
        not have is called `25.10`; what it places relative to itself is refused.
    skew_s
        By radar: seconds by which its clock is ahead.
    quarantine
        Give what is more than 60 s ahead of its receipt as `Decoded.ahead`, not as a refusal.

    Raises
    ------
    SetupError
        Where the optional extra is not installed.
    """

    def __init__(
        self,
        radars: pl.DataFrame | None = None,
        skew_s: Mapping[str, float] | None = None,
        quarantine: bool = False,
    ) -> None:
        table = _NO_RADARS if radars is None else radars
        self._reader = Reader()
        self._names = _Names.of(table)
        self._radars, self._instances = Radars(table), Instances()
        self._skew_s, self._quarantine = dict(skew_s or {}), quarantine
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
        self._held = b""
        lines = data.split(b"\n")[:-1]
        begin = np.cumsum([0, *(len(line) + 1 for line in lines)])
        frames = [self._frame(line) for line in lines]
        received = np.array([frame.received if frame else NONE for frame in frames], np.int64)
        leaps, newest, judged = judge_receipts(
            received, begin[:-1], self._newest, size=len(data), final=final
        )
        self._held = data[int(begin[judged]) :]
        refusals, counts = Refusals(), Counter[str]()
        heard: list[Heard] = []
        living: list[tuple[str, int]] = []
        for row, frame in enumerate(frames[:judged]):
            if frame is None:
                continue
            line, arrival = self._line + row + 1, int(newest[row])
            fault = frame.fault or ("bad_receipt" if leaps[row] else "")
            if fault:
                refusals.add(line, fault, lines[row], arrival)
                continue
            counts["other"] += frame.others
            living += [(self._names.name(pair), arrival) for pair in frame.status]
            for ordinal, report in enumerate(frame.reports):
                self._sort(report, Heard(report, "", frame.received, arrival, line, ordinal),
                           heard, living, counts, refusals)  # fmt: skip
        self._line += judged
        if judged:
            self._newest = int(newest[judged - 1])
        got = observations(
            heard, self._radars, self._instances, self._skew_s, refusals, self._quarantine
        )
        counts.update(got.counts)
        names = pl.Series([name for name, _ in living], dtype=pl.String)
        times = np.array([time for _, time in living], np.int64)
        told = Decoded(
            refusals=refusals.frame(),
            counts={name: n for name, n in counts.items() if n},
            alive=alive(names, times),
        )
        return concat([replace(got, counts={}), told])

    def _frame(self, line: bytes) -> Frame | None:
        bare = line.rstrip(b"\r")
        return None if not bare or bare.startswith(b"#") else frame_of(bare, self._reader)

    def _sort(
        self, report: Report, heard: Heard, tracks: list[Heard], living: list[tuple[str, int]],
        counts: Counter[str], refusals: Refusals,
    ) -> None:  # fmt: skip
        """Put a report among the tracks, or count it."""
        if report.sac_sic is None:
            refusals.add(heard.line, "no_source", report.raw.hex().encode(), heard.arrival)
            return
        name = self._names.name(report.sac_sic)
        if report.about_target and report.number is not None:
            tracks.append(heard.of(name))
            return
        counts["plot" if report.about_target else "status"] += 1
        living.append((name, heard.arrival))
