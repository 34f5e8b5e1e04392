"""The radar decoder: bytes of one file or stream in, observations of tracked targets out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest import frames
from ingest.decoded import Decoded, concat
from ingest.nmea.fields import Floats
from ingest.nmea.rows import details, keys_and_payloads, own_times, word_text
from ingest.nmea.stream import Feed, Heard, SentenceStream
from ingest.nmea.text import Bools, Ints
from ingest.radar.instances import Instances, Sightings
from ingest.radar.places import BEYOND, Radars, sigma_m
from ingest.radar.sentences import Reports, reports, wanted

_FEED = Feed(wanted)


@dataclass(frozen=True)
class _Placed:
    """Where reports put their targets; NaN for nowhere. `period_s` is the radar's."""

    lon: Floats
    lat: Floats
    sigma_m: Floats
    course_deg: Floats
    period_s: Floats
    unknown_radar: Bools
    out_of_range: Bools


class RadarDecoder:
    """Decodes one file or stream of TTM and TLL, fed in pieces of any size.

    A lost target's report (status L) is given, with `status` in its detail, but without sigma:
    where it stands is the radar's guess. Counts: `position`, `no_position`, `other`.

    Parameters
    ----------
    radars
        The site's radars: see `ingest.radar.places.Radars`. TTM of others are refused; TLL are
        not, but have no sigma.
    source
        The radar, where a sentence names none. Without one the target stays unnamed.
    skew_s
        By source: seconds by which its clock is ahead (the site's `[skew_s]`).
    quarantine
        Give what is more than 60 s ahead of its receipt as `Decoded.ahead` instead of refusing it
        as `future`; the skews that are known are taken off there too, and `detail` says so.

    Examples
    --------
    >>> radars = pl.DataFrame({"radar_id": ["R1"], "lon": [122.0], "lat": [29.0]})
    >>> line = b"$RATTM,17,5.0,90.0,T,8.2,270.0,T,,,N,,T,,,A*1C" + bytes([10])
    >>> RadarDecoder(radars, "R1").feed(line).observations["target"].to_list()
    ['radar:R1:17']
    """

    def __init__(
        self,
        radars: pl.DataFrame,
        source: str | None = None,
        skew_s: Mapping[str, float] | None = None,
        quarantine: bool = False,
    ) -> None:
        self._quarantine = quarantine
        self._radars = Radars(radars)
        self._stream = SentenceStream(_FEED, source)
        self._skew_s = dict(skew_s or {})
        self._instances = Instances()

    def feed(self, chunk: bytes) -> Decoded:
        """Decode what the bytes complete."""
        return concat([self._decode(heard) for heard in self._stream.feed(chunk)])

    def close(self) -> Decoded:
        """Decode what is left; the stream has ended."""
        return concat([self._decode(heard) for heard in self._stream.close()])

    def _decode(self, heard: Heard) -> Decoded:
        got = reports(heard.sentences)
        observed, future = own_times(heard, got.time, self._skew_s)
        placed = self._placed(heard, got)
        names = [heard.sources[number] or "" for number in heard.source.tolist()]
        keys = list(zip(names, got.number.tolist(), strict=True))
        good = np.ones(heard.count, np.bool_)
        for reason, wrong in (
            ("bad_sentence", got.malformed),
            ("unknown_radar", placed.unknown_radar),
            ("out_of_range", placed.out_of_range),
            ("future", future & (not self._quarantine)),
        ):
            heard.refuse(reason, wrong & good)
            good &= ~wrong
        counted = np.flatnonzero(good & (got.place | got.lost))
        room = self._instances.room_for([keys[row] for row in counted.tolist()])
        crowded = np.zeros(heard.count, np.bool_)
        crowded[counted[~room]] = True
        heard.refuse("too_many_targets", crowded)
        counted = counted[room]
        instance = np.zeros(heard.count, np.int64)
        time = np.where(future, heard.received, observed)  # one wrong clock is no silence
        instance[counted] = self._instances.of(
            Sightings(
                [keys[row] for row in counted.tolist()], time[counted], placed.lon[counted],
                placed.lat[counted], placed.sigma_m[counted], placed.period_s[counted],
                got.lost[counted],
            )
        )  # fmt: skip
        rows = np.flatnonzero(good & got.place & ~crowded)
        binary, digests = keys_and_payloads("radar", heard.take(rows))
        seen = self._frame(heard, got, placed, observed, instance, binary, rows)
        seen, payloads, ahead = frames.parted(seen, pl.Series("payload", digests), future[rows])
        silent = np.flatnonzero(good & ~got.place)
        quiet = frames.chosen(heard.sources, heard.source[silent])
        return Decoded(
            observations=seen,
            refusals=heard.refusals.frame(),
            counts={
                "position": seen.height,
                **({"ahead": ahead.height} if ahead.height else {}),
                "no_position": len(silent),
                "other": heard.others,
            },
            observation_payloads=payloads,
            ahead=ahead,
            alive=frames.alive(quiet, heard.arrival[silent]),
        )

    def _placed(self, heard: Heard, got: Reports) -> _Placed:
        radars = self._radars
        radar = radars.rows(heard.sources)[heard.source]
        known = radars.known(radar)
        bearing = got.bearing_deg + np.where(got.relative, radars.zero_deg[radar], 0.0)
        lon, lat, range_m = got.lon.copy(), got.lat.copy(), got.range_m.copy()
        polar = np.flatnonzero(got.place & got.polar & known)
        plain = np.flatnonzero(got.place & ~got.polar & known)
        far = got.range_m > BEYOND * radars.range_m[radar]
        near = polar[~far[polar]]  # a range of a million miles is no argument for a geodesic
        lon[near], lat[near] = radars.destinations(radar[near], range_m[near], bearing[near])
        range_m[plain] = radars.ranges_m(radar[plain], lon[plain], lat[plain])
        far |= known & (range_m > BEYOND * radars.range_m[radar])
        turn = np.where(got.course_relative, radars.zero_deg[radar], 0.0)
        return _Placed(
            lon, lat, np.where(got.lost | ~got.place, np.nan, sigma_m(range_m)),
            (got.course_deg + turn) % 360, radars.period_s[radar], got.polar & ~known, far,
        )  # fmt: skip

    def _frame(
        self, heard: Heard, got: Reports, placed: _Placed, observed: Ints, instance: Ints,
        keys: NDArray[np.uint8], rows: Ints,
    ) -> pl.DataFrame:  # fmt: skip
        source = heard.source[rows]
        skew = np.array([self._skew_s.get(name or "", 0.0) for name in heard.sources])[source]
        head = heard.sentences.text.words(
            heard.sentences.begin[rows] + 1, np.full(len(rows), 5), 1
        )[:, 0]
        described = pl.DataFrame(
            {
                "sentence": head,
                **{name: column[rows] for name, column in got.detail.items()},
                "relative": got.relative[rows].astype(np.int64),
                "skew_s": np.where(got.time[rows] >= 0, skew, 0.0),
            }
        )

        def say(row: dict[str, int]) -> dict[str, object]:
            return _say(row, got.called)

        return pl.DataFrame(
            {
                "key": frames.fixed_binary(keys),
                "sensor": pl.Series(["radar"]).new_from_index(0, len(rows)),
                "source": frames.chosen(heard.sources, source),
                "target": _targets(heard.sources, source, got.number[rows], instance[rows]),
                "observed_at": frames.times(observed[rows]),
                "received_at": frames.times(heard.received[rows]),
                "lon": pl.Series(placed.lon[rows]),
                "lat": pl.Series(placed.lat[rows]),
                "sigma_m": frames.floats(placed.sigma_m[rows]),
                "speed_kn": frames.floats(got.speed_kn[rows]),
                "course_deg": frames.floats(placed.course_deg[rows]),
                "heading_deg": pl.Series([None], dtype=pl.Float64).new_from_index(0, len(rows)),
                "detail": details(described, say),
                "arrived_at": frames.times(heard.arrival[rows]),
                "line": pl.Series(heard.line[rows]),
            }
        )


def _targets(sources: list[str | None], source: Ints, number: Ints, instance: Ints) -> pl.Series:
    """`radar:<radar>:<number>`, and from the second vessel on `:<instance>` behind it."""
    table = pl.DataFrame({"source": source, "number": number, "instance": instance})
    different = table.unique(maintain_order=True)
    said = []
    for where, target, times in different.iter_rows():
        name = sources[where]
        again = f":{times}" if times > 1 else ""
        said.append(name and f"radar:{name}:{target}{again}")
    named = different.with_columns(pl.Series("target", said, dtype=pl.String))
    return table.join(named, on=table.columns, how="left", maintain_order="left")["target"]


def _say(row: dict[str, int], called: list[str]) -> dict[str, object]:
    """What a report says beside the columns."""
    said: dict[str, object] = {"sentence": word_text(row["sentence"])}
    for name in ("status", "reference", "acquisition"):
        if row[name]:
            said[name] = chr(row[name])
    if row["name"] >= 0:
        said["name"] = called[row["name"]]
    if row["relative"]:
        said["bearing"] = "relative"
    if row["skew_s"]:
        said["skew_s"] = round(row["skew_s"], 6)
    return said
