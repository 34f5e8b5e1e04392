"""Rows that were believed become frames of the house's schema."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.keys import observation_digests
from core.schema import IDENTITY, RECEPTION, arriving
from ingest import frames
from ingest.ais.positions import SIGMA_PLAIN_M
from ingest.ais_csv.lines import COMMA
from ingest.ais_csv.memory import Claims
from ingest.ais_csv.rows import CLAIMED
from ingest.ais_csv.words import NOTHING
from ingest.decoded import Decoded
from ingest.digests import first_words, origins, payload_digest_keys
from ingest.nmea.text import Bools, Ints, Words

_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_NO_STATUS: Final = 15
_NO_ROT: Final = 1 << 15
_TEXT_LENGTH: Final = {"name": 34, "call_sign": 7, "destination": 20}


@dataclass(frozen=True)
class Rated:
    """Rows of a table with the running maximum of their times, their payloads and digests.

    `words` has shape (n, 4): what a row says beside its time and identity.
    """

    table: pl.DataFrame
    leaps: Bools
    arrival: Ints
    words: Words
    digest: Words
    serial: Ints

    def take(self, rows: Bools, first_line: int = 0) -> Rated:
        """Some of the rows; `line` counts from `first_line` in the answer."""
        table = self.table if rows.all() else self.table.filter(pl.Series(rows))
        if first_line:
            table = table.with_columns(pl.col("line") + first_line)
        serial = table["line"].to_numpy() if first_line else self.serial[rows]
        return Rated(
            table, self.leaps[rows], self.arrival[rows], self.words[rows], self.digest[rows], serial
        )


def rated(table: pl.DataFrame, leaps: Bools, arrival: Ints) -> Rated:
    """Rows with their payloads."""
    number = {name: table[name].fill_null(np.nan).to_numpy() for name in ("lon", "lat")}
    mmsi = table["mmsi"].fill_null(0).to_numpy()
    status = table["status"].fill_null(_NO_STATUS).to_numpy()
    rest = _tenths(table["speed"], 0xFFFF) | _tenths(table["course"], 0xFFFF) << 16
    rest |= _tenths(table["heading"], 0xFFFF) << 32
    rest |= (_tenths(table["rot"] + 720.0, 0xFFFF)) << 48
    words = np.stack(
        [
            (mmsi & 0x3FFFFFFF | table["kind"].to_numpy() << 30 | status << 36).view(np.uint64),
            number["lon"].view(np.uint64),
            number["lat"].view(np.uint64),
            rest.view(np.uint64),
        ],
        axis=1,
    )
    digest = table["time"].to_numpy().view(np.uint64).copy()
    for word in words.T:
        digest = (digest ^ word) * _MULTIPLIER
        digest ^= digest >> np.uint64(29)
    return Rated(table, leaps, arrival, words, digest, np.zeros(table.height, np.int64))


def _tenths(values: pl.Series, missing: int) -> Ints:
    tenths: Ints = (
        (values.cast(pl.Float64) * 10).round().cast(pl.Int64).fill_null(missing).to_numpy()
    )
    return tenths & 0xFFFF


def observations(rows: Rated, source: str | None) -> Decoded:
    """The rows as observations, and as what was heard again."""
    table, n = rows.table, rows.table.height
    received = table["time"].to_numpy()
    origin = np.full(n, origins("ais", pl.Series([source], dtype=pl.String))[0])
    keys: NDArray[np.uint8] = observation_digests(origin, received, rows.words)
    times, arrived = frames.times(received), frames.times(rows.arrival)
    sources = pl.Series([source], dtype=pl.String).new_from_index(0, n)
    targets = frames.mmsi_targets(table["mmsi"].to_numpy())
    sigma = pl.when(table["lon"].is_not_null()).then(SIGMA_PLAIN_M)
    frame = pl.DataFrame(
        {
            "key": frames.fixed_binary(keys),
            "sensor": pl.Series(["ais"]).new_from_index(0, n),
            "source": sources,
            "target": targets,
            "observed_at": times,
            "received_at": times,
            "lon": table["lon"],
            "lat": table["lat"],
            "sigma_m": pl.select(sigma).to_series(),
            "speed_kn": table["speed"],
            "course_deg": table["course"],
            "heading_deg": table["heading"],
            "detail": _details(table),
            "arrived_at": arrived,
            "line": table["line"],
        }
    )
    heard = frame.select(*RECEPTION)
    return Decoded(
        observations=frame,
        observation_payloads=pl.Series("payload", rows.digest),
        heard_again=heard,
    )


def _details(table: pl.DataFrame) -> pl.Series:
    """JSON objects, said once for each different type, status and turn."""
    rot = (pl.col("rot") * 10).round().cast(pl.Int64).fill_null(_NO_ROT)
    status = pl.col("status").fill_null(_NO_STATUS)
    code = table.select((rot * 16 + status) * 64 + pl.col("kind")).to_series()
    codes = code.unique()
    said = pl.Series([_say(*divmod(each, 64)) for each in codes], dtype=pl.String)
    return code.replace_strict(codes, said).cast(pl.String)  # also where there is no row


def _say(turn_and_status: int, kind: int) -> str:
    rot, status = divmod(turn_and_status, 16)
    said: dict[str, object] = {"type": kind}
    if status != _NO_STATUS:
        said["status"] = status
    if rot != _NO_ROT:
        said["rot_deg_min"] = rot / 10
    return json.dumps(said, separators=(",", ":"))


def claims(rows: Rated, memory: Claims, source: str | None) -> Decoded:
    """Identity claims of the rows that say something new of their vessel."""
    table = rows.table
    claimed = table.select(CLAIMED)
    digest = claimed.hash_rows(seed=1).to_numpy()
    says = claimed.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    told = np.flatnonzero(says.to_numpy())
    mmsi = table["mmsi"].to_numpy()[told]
    changed = told[memory.changed(rows.serial[told], mmsi, digest[told])]
    chosen = table[changed]
    texts = {
        name: _plain(chosen[name]).str.slice(0, length) for name, length in _TEXT_LENGTH.items()
    }
    imo = _plain(chosen["imo"]).str.strip_prefix("IMO").str.strip_prefix("imo")
    number = imo.cast(pl.Int64, strict=False)
    kind = chosen["ship_type"]
    said = pl.DataFrame(
        {
            "name": texts["name"],
            "call_sign": texts["call_sign"],
            "imo": number.set(~number.is_between(1, (1 << 30) - 1), None),
            "ship_type": kind.set(kind == 0, None),
            "length_m": chosen["length"],
            "beam_m": chosen["beam"],
            "draught_m": chosen["draught"],
            "destination": texts["destination"],
        }
    )
    anything = pl.Series(said.select(~pl.all_horizontal(pl.all().is_null())).to_series())
    changed, chosen, said = (
        changed[anything.to_numpy()],
        chosen.filter(anything),
        said.filter(anything),
    )
    payloads = [repr(row).encode() for row in zip(chosen["mmsi"], said.rows(), strict=True)]
    received = chosen["time"].to_numpy()
    sources = pl.Series([source], dtype=pl.String).new_from_index(0, len(changed))
    keys = payload_digest_keys("ais", sources, received, payloads)
    frame = pl.DataFrame(
        {
            "key": frames.fixed_binary(keys),
            "source": sources,
            "target": frames.mmsi_targets(chosen["mmsi"].to_numpy()),
            "received_at": frames.times(received),
            **said.to_dict(),
            "arrived_at": frames.times(rows.arrival[changed]),
            "line": chosen["line"],
        },
        schema=arriving(IDENTITY),
    )
    return Decoded(identities=frame, identity_payloads=first_words(keys))


def _plain(texts: pl.Series) -> pl.Series:
    """Texts without blanks around them; null for what says nothing."""
    plain = texts.str.replace_all(COMMA, ",", literal=True).str.strip_chars()
    return plain.set(plain.str.to_lowercase().is_in(list(NOTHING)), None)
