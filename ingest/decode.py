"""Decoded frames as the JSON objects of `pierwatch decode` (contract, "Objects")."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import polars as pl

from core.schema import IDENTITY, OBSERVATION, SIGHTING_SENSORS
from ingest.decoded import Decoded

_POSITION: Final = [name for name in OBSERVATION if name != "key"]
_IDENTITY: Final = [name for name in IDENTITY if name not in ("key", "source")]


def objects(decoded: Decoded) -> Iterator[dict[str, object]]:
    """The objects in the order of their lines; those of one line: position, identity, error.

    Times are RFC 3339 with `Z`, whole seconds without decimals; what was not reported is None.

    >>> list(objects(Decoded()))
    []
    """
    observed = [
        {"kind": "sighting" if row["sensor"] in SIGHTING_SENSORS else "position", **row}
        for row in _rows(decoded.observations, _POSITION)
    ]
    for row in observed:
        if isinstance(detail := row["detail"], str):
            row["detail"] = json.loads(detail)
    claimed = [{"kind": "identity", **row} for row in _rows(decoded.identities, _IDENTITY)]
    refused = [
        {"error": row["reason"], "line": row["line"], "detail": row["detail"]}
        for row in decoded.refusals.iter_rows(named=True)
    ]
    yield from sorted([*observed, *claimed, *refused], key=_line)


def _line(row: dict[str, object]) -> int:
    line = row["line"]
    return line if isinstance(line, int) else 0


def _rows(frame: pl.DataFrame, columns: list[str]) -> list[dict[str, object]]:
    times = [name for name in columns if name.endswith("_at")]
    return (
        frame.select(*columns, "line")
        .with_columns(pl.col(name).map_batches(rfc3339, return_dtype=pl.String) for name in times)
        .to_dicts()
    )


def rfc3339(times: pl.Series) -> pl.Series:
    """UTC times as texts, with as many decimals as they need: none, three or six.

    >>> from datetime import UTC, datetime
    >>> rfc3339(pl.Series([datetime(2026, 3, 1, 17, 22, 10, 500_000, tzinfo=UTC)])).to_list()
    ['2026-03-01T17:22:10.500Z']
    """
    micro = times.dt.timestamp("us")
    whole, milli = micro % 1_000_000 == 0, micro % 1_000 == 0
    texts = pl.DataFrame(
        {
            "s": times.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ms": times.dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"),
            "us": times.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"),
            "whole": whole,
            "milli": milli,
        }
    )
    chosen = pl.when("whole").then("s").when("milli").then("ms").otherwise("us")
    return texts.select(chosen.alias(times.name)).to_series()
