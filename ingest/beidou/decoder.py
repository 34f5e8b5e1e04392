"""The BeiDou decoder: bytes of one file or stream in, observations of vessel terminals out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest import frames
from ingest.beidou.epochs import Epochs
from ingest.beidou.messages import messages, plain
from ingest.beidou.sentences import MESSAGES, Reports, mended, reports, sample, wanted
from ingest.decoded import Decoded, concat
from ingest.nmea.rows import details, keys_and_payloads, own_times, word_text
from ingest.nmea.stream import Feed, Heard, SentenceStream
from ingest.nmea.text import Ints

_FEED = Feed(wanted, mended, sample)


class BeiDouDecoder:
    """Decodes one file or stream of BeiDou sentences, fed in pieces of any size.

    Every RMC, GGA, GNS and DWR with a fix is one observation; see `Epochs` for what it may take
    from the sentences before it. Counts: `position`, `no_fix`, `velocity` (VTG), `message`,
    `other` (sentences of other kinds or talkers).

    Parameters
    ----------
    source
        The terminal, where a sentence names none.
    skew_s
        By source: seconds by which its clock is ahead (the site's `[skew_s]`).
    centre_addresses
        Addresses of the centre's own terminals: only messages to them keep their text.
    quarantine
        Give what is more than 60 s ahead of its receipt as `Decoded.ahead` instead of refusing it
        as `future`; the skews that are known are taken off there too, and `detail` says so.

    Examples
    --------
    >>> line = b"$GNRMC,053232.438,A,3114.8789,N,12135.2442,E,0.26,167.42,020315,,,A*70" + bytes([10])
    >>> BeiDouDecoder("0123456").feed(line).observations["target"].to_list()
    ['beidou:0123456']
    """  # noqa: E501

    def __init__(
        self,
        source: str | None = None,
        skew_s: Mapping[str, float] | None = None,
        centre_addresses: Collection[str] = (),
        quarantine: bool = False,
    ) -> None:
        self._quarantine = quarantine
        self._stream = SentenceStream(_FEED, source)
        self._skew_s = dict(skew_s or {})
        self._centre = frozenset(plain(address) for address in centre_addresses)
        self._epochs = Epochs()

    def feed(self, chunk: bytes) -> Decoded:
        """Decode what the bytes complete."""
        return concat([self._decode(heard) for heard in self._stream.feed(chunk)])

    def close(self) -> Decoded:
        """Decode what is left; the stream has ended."""
        return concat([self._decode(heard) for heard in self._stream.close()])

    def _decode(self, heard: Heard) -> Decoded:
        is_message = heard.sentences.formatter_is("$", *MESSAGES)
        written = heard.take(is_message)
        told, wrong = messages(written, self._centre)
        spoilt = np.zeros(written.count, np.bool_)
        spoilt[wrong] = True
        written.refuse("bad_sentence", spoilt)
        counts = {"message": told.height, "other": heard.others}
        heard = heard.take(~is_message)
        got = reports(heard.sentences)
        observed, future = own_times(heard, got.time, self._skew_s)
        filled = self._filled(heard, got)
        heard.refuse("bad_sentence", got.malformed)
        good = got.fix & ~got.malformed
        refused = future & (not self._quarantine)
        heard.refuse("future", good & refused)
        silent = np.flatnonzero((~got.fix | got.velocity) & ~got.malformed)
        quiet = frames.chosen(heard.sources, heard.source[silent])
        counts["velocity"] = int((got.velocity & ~got.malformed).sum())
        counts["no_fix"] = int((~got.fix & ~got.malformed & ~got.velocity).sum())
        rows = np.flatnonzero(good & ~refused & ~got.velocity)
        keys, digests = keys_and_payloads("beidou", heard.take(rows))
        seen = self._frame(heard, got, observed, filled, keys, rows)
        seen, payloads, ahead = frames.parted(seen, pl.Series("payload", digests), future[rows])
        counts["position"] = seen.height
        if ahead.height:
            counts["ahead"] = ahead.height
        return Decoded(
            observations=seen,
            refusals=heard.refusals.frame(),
            messages=told,
            counts=counts,
            observation_payloads=payloads,
            ahead=ahead,
            alive=frames.alive(quiet, heard.arrival[silent]),
        )

    def _filled(self, heard: Heard, got: Reports) -> dict[str, NDArray[np.float64]]:
        """Sigma, speed and course, with what the terminal said before in the same second."""
        names = ("sigma_m", "speed_kn", "course_deg")
        columns = {name: getattr(got, name).copy() for name in names}
        own = np.flatnonzero((got.address == 0) & ~got.malformed)
        who = [heard.sources[number] or "" for number in heard.source[own].tolist()]
        values = self._epochs.filled(
            who, heard.line[own], got.time[own], got.velocity[own],
            [columns[name][own] for name in names],
        )  # fmt: skip
        for name, value in zip(names, values, strict=True):
            columns[name][own] = value
        return columns

    def _frame(
        self, heard: Heard, got: Reports, observed: Ints,
        filled: dict[str, NDArray[np.float64]], keys: NDArray[np.uint8], rows: Ints,
    ) -> pl.DataFrame:  # fmt: skip
        source = heard.source[rows]
        names = [name and f"beidou:{name}" for name in heard.sources]
        target = frames.chosen(names, source)
        reported = np.flatnonzero(got.address[rows])
        if len(reported):
            addresses = [word_text(word) for word in got.address[rows[reported]].tolist()]
            target = target.scatter(reported, [f"beidou:{address}" for address in addresses])
        skew = np.array([self._skew_s.get(name or "", 0.0) for name in heard.sources])[source]
        corrected = np.where(got.time[rows] >= 0, skew, 0.0)
        described = pl.DataFrame({name: column[rows] for name, column in got.detail.items()})
        return pl.DataFrame(
            {
                "key": frames.fixed_binary(keys),
                "sensor": pl.Series(["beidou"]).new_from_index(0, len(rows)),
                "source": frames.chosen(heard.sources, source),
                "target": target,
                "observed_at": frames.times(observed[rows]),
                "received_at": frames.times(heard.received[rows]),
                "lon": frames.floats(got.lon[rows]),
                "lat": frames.floats(got.lat[rows]),
                **{name: frames.floats(column[rows]) for name, column in filled.items()},
                "heading_deg": pl.Series([None], dtype=pl.Float64).new_from_index(0, len(rows)),
                "detail": details(described.with_columns(skew_s=corrected), _say),
                "arrived_at": frames.times(heard.arrival[rows]),
                "line": pl.Series(heard.line[rows]),
            }
        )


def _say(row: dict[str, int]) -> dict[str, object]:
    """What a sentence says beside the columns; an emergency is a call for help."""
    said: dict[str, object] = {"sentence": word_text(row["sentence"])}
    if row["mode"]:
        said["mode"] = word_text(row["mode"])
    said.update(
        (name, row[name])
        for name in ("quality", "satellites", "type", "precision")
        if row[name] >= 0
    )
    said.update((name, True) for name in ("sos", "multiple") if row[name])
    if row["skew_s"]:
        said["skew_s"] = round(row["skew_s"], 6)
    return said
