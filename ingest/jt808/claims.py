"""What a terminal says at its registration about the vehicle it is built into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.schema import IDENTITY, arriving
from ingest import frames
from ingest.digests import payload_digest_keys
from ingest.jt808.locations import targets


@dataclass(frozen=True)
class Claim:
    """One registration with a plate; times in microseconds."""

    line: int
    terminal: str
    plate: str
    received: int
    arrival: int
    payload: bytes


def identities(
    claims: Sequence[Claim], plates: Mapping[str, str]
) -> tuple[pl.DataFrame, NDArray[np.uint8]]:
    """`arriving(IDENTITY)`, `name` being the plate; and the keys, shape (n, 16)."""
    received = np.array([claim.received for claim in claims], np.int64)
    terminal = pl.Series([claim.terminal for claim in claims], dtype=pl.String)
    keys = payload_digest_keys("vehicle", terminal, received, [c.payload for c in claims])
    known = {
        "key": frames.fixed_binary(keys),
        "source": terminal,
        "target": targets(terminal, plates),
        "received_at": frames.times(received),
        "name": pl.Series([claim.plate for claim in claims], dtype=pl.String),
        "arrived_at": frames.times(np.array([c.arrival for c in claims], np.int64)),
        "line": pl.Series([claim.line for claim in claims], dtype=pl.Int64),
    }
    schema = arriving(IDENTITY)
    columns = [
        known[name] if name in known else pl.Series(name, [None] * len(claims), dtype=dtype)
        for name, dtype in schema.items()
    ]
    return pl.DataFrame(dict(zip(schema, columns, strict=True))), keys
