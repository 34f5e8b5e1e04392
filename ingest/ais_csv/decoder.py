"""The decoder of AIS history: bytes of a CSV file in, observations and identity claims out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from ingest.ais_csv.frames import Rated, claims, observations, rated
from ingest.ais_csv.header import Header
from ingest.ais_csv.lines import Block, block_of
from ingest.ais_csv.memory import Claims, Rows
from ingest.ais_csv.rows import columns
from ingest.decoded import Decoded, concat
from ingest.nmea.lines import LineBuffer
from ingest.nmea.refusals import Refusals
from ingest.nmea.text import NONE, Ints
from ingest.nmea.times import judge_receipts

_BOM = b"\xef\xbb\xbf"
_BLOCK = 1 << 22  # bytes: each costs some fifty calls of Polars
LARGEST_MMSI = 999_999_999


class AisCsvDecoder:
    """Decodes one file of AIS history, fed in pieces of any size.

    Two public column sets are known by their header, which may come again between the rows: the
    Danish Maritime Authority's and MarineCadastre's, of before and since 2025. Observed and
    received are the row's time, in UTC. Rows that are there more than once (the Danish files have
    one for every station) are receptions; an identity is claimed when it changes. A file without
    a header is refused as `bad_header`; its rows are counted as `unread`.

    Parameters
    ----------
    source
        Whom to name as the source: the files name no station.

    Examples
    --------
    >>> text = b"MMSI,BaseDateTime,LAT,LON,SOG\\n412345678,2026-03-01T17:00:00,29.1,121.9,102.3\\n"
    >>> got = AisCsvDecoder().feed(text).observations
    >>> got.select("target", "lon", "speed_kn").row(0)
    ('mmsi:412345678', 121.9, None)
    """

    def __init__(self, source: str | None = None) -> None:
        self._source = source
        self._buffer = LineBuffer(block=_BLOCK)
        self._held = b""
        self._line = 0
        self._newest = NONE
        self._header: Header | None = None
        self._told = False  # that there is no header
        self._begun = False
        self._rows, self._claims = Rows(), Claims()

    def feed(self, chunk: bytes) -> Decoded:
        """Decode what the bytes complete."""
        return concat([self._decode(block, final=False) for block in self._buffer.feed(chunk)])

    def close(self) -> Decoded:
        """Decode what is left; the stream has ended."""
        return self._decode(self._buffer.close(), final=True)

    def _decode(self, chunk: bytes, *, final: bool) -> Decoded:
        if chunk and not self._begun:
            self._begun = True
            chunk = chunk.removeprefix(_BOM)
        data = self._held + chunk
        self._held = b""
        if not data:
            return Decoded()
        block = block_of(data, self._header, first=not self._told)
        tables = [columns(stretch) for stretch in block.stretches]
        if not tables:
            return self._without_rows(block)
        table = pl.concat(tables)
        line = table["line"].to_numpy()
        received = table["time"].to_numpy()
        leaps, newest, judged = judge_receipts(
            received, block.begin[line], self._newest, size=len(data), final=final
        )
        n_lines = len(block.begin)
        if judged < len(line):
            n_lines = int(line[judged])
            self._held = data[int(block.begin[n_lines]) :]
        refusals = self._refused(block, n_lines, line, newest)
        rows = rated(table.head(judged), leaps[:judged], newest[:judged])
        decoded = self._readings(block, rows, refusals, n_headers=self._headers(block, n_lines))
        self._step(block, n_lines)
        if judged:
            self._newest = int(newest[judged - 1])
        return decoded

    def _without_rows(self, block: Block) -> Decoded:
        n_lines = len(block.begin)
        refusals = self._refused(block, n_lines, np.zeros(0, np.int64), np.zeros(0, np.int64))
        headers = self._headers(block, n_lines)
        self._step(block, n_lines)
        counts = {"header": headers, "unread": block.unread}
        return Decoded(
            refusals=refusals.frame(), counts={name: n for name, n in counts.items() if n}
        )

    def _headers(self, block: Block, n_lines: int) -> int:
        return sum(0 <= at < n_lines for at, _ in block.headers)

    def _step(self, block: Block, n_lines: int) -> None:
        self._header = block.header_at(n_lines)
        self._told = self._told or block.unread > 0
        self._line += n_lines

    def _refused(self, block: Block, n_lines: int, line: Ints, newest: Ints) -> Refusals:
        """Refuse what is no row; it arrived when the row before it did."""
        refusals = Refusals()
        times = np.concatenate([np.array([self._newest]), newest])
        for at, reason, sample in block.refused:
            if at < n_lines:
                arrival = int(times[min(int(np.searchsorted(line, at)), len(times) - 1)])
                refusals.add(self._line + at + 1, reason, sample, arrival)
        return refusals

    def _readings(
        self, block: Block, rows: Rated, refusals: Refusals, *, n_headers: int
    ) -> Decoded:
        table = rows.table
        mmsi = table["mmsi"].fill_null(NONE).to_numpy()
        good = np.ones(table.height, np.bool_)
        for reason, wrong in (
            ("bad_time", table["time"].to_numpy() < 0),
            ("bad_receipt", rows.leaps),
            ("bad_mmsi", (mmsi < 1) | (mmsi > LARGEST_MMSI)),
            ("bad_number", table["misplaced"].to_numpy()),
        ):
            for row in np.flatnonzero(wrong & good).tolist():
                at = int(table["line"][row])
                arrival = int(rows.arrival[row])
                refusals.add(self._line + at + 1, reason, block.sample(at), arrival)
            good &= ~wrong
        rows = rows.take(good, first_line=self._line + 1)
        new = self._rows.first(rows.serial, rows.digest)
        again = Decoded() if new.all() else observations(rows.take(~new), self._source)
        rows = rows.take(new)
        observed = observations(rows, self._source)
        claimed = claims(rows, self._claims, self._source)
        counts = {
            "position": observed.observations.height, "identity": claimed.identities.height,
            "header": n_headers, "unread": block.unread,
        }  # fmt: skip
        return replace(
            observed,
            identities=claimed.identities,
            identity_payloads=claimed.identity_payloads,
            refusals=refusals.frame(),
            counts={name: n for name, n in counts.items() if n},
            receptions=again.observations.height,
            heard_again=again.heard_again,
        )
