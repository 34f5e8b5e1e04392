"""The live picture: which vessel stands where, as arrays, and what changed since. Pure.

A picture is made from the one before and the store's latest positions; a client is sent the
difference between the picture that it has and the newest. A slow client skips pictures instead of
queueing them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dashboard.frames import (
    CLASSES,
    MAX_ROWS,
    NONE,
    SENSORS,
    Arrays,
    packed,
    quantities,
    vessel_class,
)

#: What may be shown by name and followed: vessels, never road vehicles (design, decision 6).
AFLOAT = ("mmsi:", "beidou:", "radar:")
#: The register's words for types of vessel, as classes of the screen.
REGISTER_CLASSES = {
    "fishing": "fishing",
    "aquaculture": "fishing",
    "cargo": "cargo",
    "sand_carrier": "cargo",
    "tanker": "tanker",
    "passenger": "passenger",
    "law_enforcement": "service",
    "service": "service",
    "leisure": "leisure",
}
Name = tuple[str, str, float | None]


@dataclass(frozen=True)
class Picture:
    """All vessels at one data time.

    `state` is what the page's frame shows (run, clock, whether the store answers); `names` are
    (target, name, length in metres) by row; `observed_s` are Unix seconds by row.
    """

    state: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    names: tuple[Name, ...] = ()
    observed_s: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    arrays: Arrays = field(default_factory=dict)

    @property
    def run_id(self) -> int:
        """The run that is shown; 0 where there is none."""
        return int(self.state.get("run_id") or 0)

    @property
    def at_ms(self) -> float:
        """The data's clock in Unix milliseconds; 0 where it has none."""
        return float(self.state.get("at_ms") or 0.0)


def afloat(positions: pl.DataFrame) -> pl.DataFrame:
    """The positions that may be shown by name, the newest `MAX_ROWS` of them."""
    vessels = pl.any_horizontal([pl.col("target").str.starts_with(p) for p in AFLOAT])
    shown = positions.filter(vessels & pl.col("lon").is_not_null() & pl.col("lat").is_not_null())
    return shown.top_k(MAX_ROWS, by="observed_at") if shown.height > MAX_ROWS else shown


def pictured(before: Picture, state: dict[str, Any], positions: pl.DataFrame) -> Picture:
    """The picture after `before`.

    Parameters
    ----------
    state
        `run_id`, `at_ms` and what else the page's frame shows.
    positions
        The latest position of each target, as `store.reads.latest_positions` gives it.
    """
    kept = before if before.run_id == int(state.get("run_id") or 0) else Picture()
    shown = afloat(positions)
    rows, names = dict(kept.rows), list(kept.names)
    row = np.empty(shown.height, np.int64)
    columns = ("target", "name", "length_m")
    for i, (target, name, length_m) in enumerate(shown.select(columns).iter_rows()):
        at = rows.get(target)
        if at is None:
            at = rows[target] = len(names)
            names.append((target, name or "", length_m))
        elif (name or "", length_m) != names[at][1:]:
            names[at] = (target, name or "", length_m)
        row[i] = at
    if len(names) > MAX_ROWS:  # many came and went: begin the table again
        return pictured(Picture(), state, positions)
    arrays, observed_s = wire_arrays(shown, row, float(state.get("at_ms") or 0.0))
    return Picture(state, rows, tuple(names), observed_s, arrays)


def wire_arrays(
    shown: pl.DataFrame, row: NDArray[np.int64], at_ms: float
) -> tuple[Arrays, NDArray[np.int64]]:
    """The arrays of a frame and the observation times in Unix seconds, both ordered by row."""
    order = np.argsort(row)
    shown, row = shown[order], row[order]

    def number(name: str) -> NDArray[np.float64]:
        return shown[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()

    observed_s = shown["observed_at"].dt.epoch("s").to_numpy().astype(np.int64)
    age_s = np.clip(at_ms / 1000.0 - observed_s, 0.0, NONE)
    sensor = shown["sensor"].replace_strict(
        {name: i for i, name in enumerate(SENSORS)}, default=len(SENSORS) - 1, return_dtype=pl.UInt8
    )
    known = {word: CLASSES.index(name) for word, name in REGISTER_CLASSES.items()}
    registered = shown["register_type"].replace_strict(known, default=0, return_dtype=pl.UInt8)
    claimed = vessel_class(number("ship_type"))
    kind = np.where(registered.fill_null(0).to_numpy() > 0, registered.to_numpy(), claimed)
    return {
        "lon": np.rint(number("lon") * 1e7).astype(np.int32),
        "lat": np.rint(number("lat") * 1e7).astype(np.int32),
        "row": row.astype(np.uint16),
        "course": quantities(number("course_deg"), 10.0),
        "heading": quantities(number("heading_deg"), 10.0),
        "speed": quantities(number("speed_kn"), 10.0),
        "age": quantities(age_s, 1.0),
        "flags": (sensor.to_numpy() << 4) | kind.astype(np.uint8),
    }, observed_s


def messages(seen: Picture, now: Picture) -> list[str | bytes]:
    """What a client that has `seen` is sent to have `now`: state, names, positions.

    A run of another number is sent whole. Where nothing changed a frame of no rows still goes: it
    carries the clock, and tells the page that the line is alive.
    """
    same = seen.run_id == now.run_id and len(seen.names) <= len(now.names)
    sent: list[str | bytes] = []
    if seen.state != now.state:
        sent.append(json.dumps({"kind": "state", **now.state}, ensure_ascii=False))
    known = seen.names if same else ()
    fresh = [[i, *name] for i, name in enumerate(now.names) if i >= len(known) or known[i] != name]
    if fresh:
        sent.append(json.dumps({"kind": "names", "rows": fresh}, ensure_ascii=False))
    whole = not same or not seen.arrays or not set(seen.rows) <= set(now.rows)
    arrays = now.arrays if whole or not now.arrays else _changed(seen, now)
    if now.arrays:
        sent.append(packed(now.run_id, now.at_ms, arrays, all_rows=whole))
    return sent


def _changed(seen: Picture, now: Picture) -> Arrays:
    """The rows of `now` whose position was reported after the one that `seen` has."""
    observed_s = np.full(len(now.names), -1, np.int64)
    observed_s[seen.arrays["row"].astype(np.int64)] = seen.observed_s
    fresh = now.observed_s != observed_s[now.arrays["row"].astype(np.int64)]
    return {name: values[fresh] for name, values in now.arrays.items()}


def unix_ms(at: datetime | None) -> float:
    """Unix milliseconds of a time; 0 where there is none.

    >>> unix_ms(datetime(2026, 3, 1, tzinfo=UTC))
    1772323200000.0
    """
    return at.astimezone(UTC).timestamp() * 1000.0 if at else 0.0
