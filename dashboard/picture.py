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

from core.schema import AFLOAT
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
_REGISTERED = {word: CLASSES.index(name) for word, name in REGISTER_CLASSES.items()}
_SENSOR = {name: i for i, name in enumerate(SENSORS)}
NAMES = pl.Schema({"target": pl.String(), "name": pl.String(), "length_m": pl.Float64()})


@dataclass(frozen=True)
class Picture:
    """All vessels at one data time.

    `state` is what the page's frame shows (run, clock, whether the store answers); `names` has
    target, name and length in metres by row; `observed_s` are Unix seconds, as many as `arrays`
    have elements; `ashore` is what else the map shows (`dashboard.ashore`), as it was at
    `ashore_ms` of the data's clock.
    """

    state: dict[str, Any] = field(default_factory=dict)
    names: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=NAMES))
    observed_s: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    arrays: Arrays = field(default_factory=dict)
    ashore: dict[str, Any] = field(default_factory=dict)
    ashore_ms: float = -1.0

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
        One row a vessel, as `store.vessels.Vessels.vessels_now` gives it.
    """
    kept = before if before.run_id == int(state.get("run_id") or 0) else Picture()
    shown = afloat(positions)
    names = named(kept.names, shown.select(NAMES.names()))
    if names.height > MAX_ROWS:  # many came and went: begin the table again
        return pictured(Picture(), state, positions)
    shown = shown.join(
        names.select("target").with_row_index("row"), on="target", how="left", maintain_order="left"
    ).sort("row")
    arrays, observed_s = wire_arrays(shown, float(state.get("at_ms") or 0.0))
    return Picture(state, names, observed_s, arrays)


def named(before: pl.DataFrame, shown: pl.DataFrame) -> pl.DataFrame:
    """The table of names with what is claimed now; a row once given stays with its target."""
    shown = shown.with_columns(pl.col("name").fill_null(""))
    if shown.equals(before):
        return before
    known = before.select("target").join(shown, on="target", how="left", maintain_order="left")
    gone = known["name"].is_null()
    kept = (
        before
        if gone.all()
        else pl.select(
            target=before["target"],
            name=pl.when(gone).then(before["name"]).otherwise(known["name"]),
            length_m=pl.when(gone).then(before["length_m"]).otherwise(known["length_m"]),
        )
    )
    fresh = shown.join(before, on="target", how="anti", maintain_order="left")
    return kept if fresh.is_empty() else pl.concat([kept, fresh])


def wire_arrays(shown: pl.DataFrame, at_ms: float) -> tuple[Arrays, NDArray[np.int64]]:
    """The arrays of a frame, and the observation times in Unix seconds."""
    number = [
        pl.col(name).cast(pl.Float64).fill_null(float("nan"))
        for name in ("lon", "lat", "course_deg", "heading_deg", "speed_kn", "ship_type")
    ]
    columns = shown.select(
        *number,
        pl.col("row").cast(pl.UInt16),
        pl.col("observed_at").dt.epoch("s"),
        sensor=pl.col("sensor").replace_strict(
            _SENSOR, default=_SENSOR["other"], return_dtype=pl.UInt8
        ),
        registered=pl.col("register_type").replace_strict(
            _REGISTERED, default=0, return_dtype=pl.UInt8
        ),
    )
    of = {column.name: column.to_numpy() for column in columns}
    age_s = np.clip(at_ms / 1000.0 - of["observed_at"], 0.0, NONE)
    kind = np.where(of["registered"] > 0, of["registered"], vessel_class(of["ship_type"]))
    return {
        "lon": np.rint(of["lon"] * 1e7).astype(np.int32),
        "lat": np.rint(of["lat"] * 1e7).astype(np.int32),
        "row": of["row"],
        "course": quantities(of["course_deg"], 10.0),
        "heading": quantities(of["heading_deg"], 10.0),
        "speed": quantities(of["speed_kn"], 10.0),
        "age": quantities(age_s, 1.0),
        "flags": (of["sensor"] << 4) | kind.astype(np.uint8),
    }, of["observed_at"].astype(np.int64)


def messages(seen: Picture, now: Picture) -> list[str | bytes]:
    """What a client that has `seen` is sent to have `now`: state, what is ashore, names,
    positions.

    A run of another number is sent whole. Where nothing changed a frame of no rows still goes: it
    carries the clock, and tells the page that the line is alive.
    """
    same = seen.run_id == now.run_id and seen.names.height <= now.names.height
    sent: list[str | bytes] = []
    if seen.state != now.state:
        sent.append(json.dumps({"kind": "state", **now.state}, ensure_ascii=False))
    if now.ashore and (not same or seen.ashore != now.ashore):
        sent.append(json.dumps({"kind": "ashore", **now.ashore}, ensure_ascii=False))
    fresh = _fresh_names(seen.names if same else Picture().names, now.names)
    if fresh:
        sent.append(json.dumps({"kind": "names", "rows": fresh}, ensure_ascii=False))
    if now.arrays:
        whole = not same or not seen.arrays or _some_gone(seen, now)
        arrays = now.arrays if whole else _changed(seen, now)
        sent.append(packed(now.run_id, now.at_ms, arrays, all_rows=whole))
    return sent


def _fresh_names(known: pl.DataFrame, names: pl.DataFrame) -> list[list[Any]]:
    """Rows of the table that `known` has not or has otherwise: row, target, name, length."""
    if known is names:
        return []
    same = names.head(known.height)
    differ = (
        pl.select(
            pl.any_horizontal((same[c].ne_missing(known[c])) for c in NAMES.names())
        ).to_series()
        if known.height
        else pl.Series([], dtype=pl.Boolean)
    )
    fresh = pl.concat([differ, pl.repeat(True, names.height - known.height, eager=True)])
    rows = names.with_row_index("row").filter(fresh)
    return [list(row) for row in rows.iter_rows()]


def _some_gone(seen: Picture, now: Picture) -> bool:
    """Whether a vessel is not shown any more: a frame of changes cannot take it away."""
    return not np.isin(seen.arrays["row"], now.arrays["row"]).all()


def _changed(seen: Picture, now: Picture) -> Arrays:
    """The rows of `now` whose position was reported after the one that `seen` has, or who is seen
    by another sensor than it has."""
    observed_s = np.full(now.names.height, -1, np.int64)
    flags = np.zeros(now.names.height, np.uint8)
    row, before = now.arrays["row"].astype(np.int64), seen.arrays["row"].astype(np.int64)
    observed_s[before], flags[before] = seen.observed_s, seen.arrays["flags"]
    fresh = (now.observed_s != observed_s[row]) | (now.arrays["flags"] != flags[row])
    return {name: values[fresh] for name, values in now.arrays.items()}


def unix_ms(at: datetime | None) -> float:
    """Unix milliseconds of a time; 0 where there is none.

    >>> unix_ms(datetime(2026, 3, 1, tzinfo=UTC))
    1772323200000.0
    """
    return at.astimezone(UTC).timestamp() * 1000.0 if at else 0.0
