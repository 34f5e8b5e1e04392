"""Calls for help, and when they are over. They are told at once and weigh nothing.

What is one: `"sos":true` in the detail of a BeiDou or vehicle row (the emergency field of DWR,
alarm bit 0 of JT/T 808), and any AIS message of an MMSI 970, 972 or 974 (AIS-SART, man overboard,
EPIRB; ITU-R M.585). An AIS beacon that is active says status 14; without it, it is being tested,
which is told as a watch, since a wrong test is worse than a needless look.

A call is over when the terminal itself has said otherwise for ten minutes. A beacon or a terminal
that says nothing more has not been saved: its call stands.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from typing import Any, Final

import polars as pl

from geo.plane import distance_m

MOVED_M: Final = 500.0
AGAIN_S: Final = 600
OVER_S: Final = 600
MEMORY_S: Final = 36 * 3600  # a silent one stands, but nothing more is said of it
MOST_OPEN: Final = 2000  # of a flood the first calls are told, the others are doubts

_FLAG: Final = pl.col("detail").str.contains('"sos":true', literal=True)
_BEACON: Final = pl.col("target").str.contains(r"^mmsi:97[024]\d{6}$")
_ACTIVE: Final = pl.col("detail").str.contains(r'"status":14\b')
#: Rows that would say it if there were an emergency: a BeiDou RMC has no such field.
_SPEAKS: Final = (pl.col("sensor") == "vehicle") | pl.col("detail").str.contains(
    r'"sentence":"\w*DWR"'
)


@dataclass(frozen=True)
class Call:
    """One target's call for help, as far as it was told."""

    sensor: str
    source: str | None
    from_s: int
    newest_us: int  # observed, of the newest row used
    calm_s: int | None = None  # since when the terminal says otherwise
    last_s: int = 0
    heard: int = 0
    lon: float | None = None
    lat: float | None = None
    test: bool = False
    told_s: int = 0
    told_lon: float | None = None
    told_lat: float | None = None
    over: bool = False  # remembered, so that rows of it given again are no new call

    def forgotten(self, tick_s: int) -> bool:
        """Whether the terminal has been silent for so long that its next call is another."""
        return max(self.last_s, self.calm_s or 0) <= tick_s - MEMORY_S


@dataclass(frozen=True)
class Calls:
    """The calls that are not over, by target."""

    open: dict[str, Call] = field(default_factory=dict)

    def dump(self) -> bytes:
        """To be saved."""
        return json.dumps({k: asdict(v) for k, v in sorted(self.open.items())}).encode()

    @staticmethod
    def load(data: bytes) -> Calls:
        """As it was saved."""
        return Calls({target: Call(**row) for target, row in json.loads(data).items()})


Said = tuple[int, str, dict[str, Any] | None]


def take(calls: Calls, rows: pl.DataFrame, until_s: int) -> tuple[Calls, list[Said], pl.DataFrame]:
    """Take the rows of a batch as they arrived, whatever their clocks say.

    Parameters
    ----------
    rows
        `models.feeds.quarantine.ARRIVED`.

    Returns
    -------
    The calls; tick, target and what there is to say of it (None: it is over), in order; and the
    rows that call for help but are too many.
    """
    afloat = pl.col("target").str.starts_with("mmsi:97")  # few: the rest is cheap only for few
    able = rows.filter(afloat | pl.col("sensor").is_in(["beidou", "vehicle"]))
    calls_now = (_FLAG | _BEACON).fill_null(False)
    timed = able.filter(pl.col("target").is_not_null(), pl.col("observed_at").is_not_null())
    flagged = timed.filter(calls_now)
    if flagged.is_empty() and not calls.open:
        return calls, [], flagged
    concerned = [*calls.open, *flagged["target"].unique()]
    marked = timed.filter((pl.col("target").is_in(concerned) & _SPEAKS) | calls_now)
    open_, crowd = dict(calls.open), []
    said: list[Said] = []
    n_open = sum(not call.over for call in open_.values())
    told = marked.select(
        "tick_s", "target", pl.col("observed_at").dt.epoch("us").alias("t_us"), "key", "sensor",
        "source", pl.col("lon", "lat"), calls_now.alias("calls"),
        (_BEACON & ~_ACTIVE.fill_null(False)).alias("test"),
    ).with_row_index("i").sort("tick_s", "t_us", "key", "target")  # fmt: skip
    for row in told.iter_rows(named=True):
        target, call = row["target"], open_.get(row["target"])
        if call is not None and call.forgotten(row["tick_s"]):
            call = None
        if call is not None and row["t_us"] <= call.newest_us:
            continue  # given again, or late
        if call is not None and call.over:
            call = None
        if call is None and not row["calls"]:
            continue
        if call is None and n_open >= MOST_OPEN:
            crowd.append(row["i"])
            continue
        n_open += call is None
        open_[target], what = _heard(call, row)
        n_open -= open_[target].over
        if what is not None or open_[target].over:
            said.append((row["tick_s"], target, what))
    kept = {target: call for target, call in open_.items() if not call.forgotten(until_s)}
    if len(kept) > 2 * MOST_OPEN:
        kept = {target: call for target, call in kept.items() if not call.over}
    return Calls(kept), said, marked[crowd]


def _heard(call: Call | None, row: dict[str, Any]) -> tuple[Call, dict[str, Any] | None]:
    """The call after a row, and what there is to say."""
    tick_s = row["tick_s"]
    placed = all(v is not None and isfinite(v) for v in (row["lon"], row["lat"]))
    if call is None:
        call = Call(row["sensor"], row["source"], tick_s, row["t_us"], test=row["test"])
    call = replace(call, newest_us=row["t_us"])
    if not row["calls"]:
        calm_s = call.calm_s if call.calm_s is not None else tick_s
        over = tick_s - calm_s >= OVER_S
        return replace(call, calm_s=calm_s, over=over), None
    call = replace(call, calm_s=None, last_s=tick_s, heard=call.heard + 1)
    if placed:
        call = replace(call, lon=round(row["lon"], 6), lat=round(row["lat"], 6))
    new = call.told_s == 0 or (call.test and not row["test"])
    call = replace(call, test=call.test and row["test"])
    moved = placed and (
        call.told_lon is None
        or float(distance_m(call.told_lon, call.told_lat or 0.0, call.lon or 0.0, call.lat or 0.0))
        > MOVED_M
    )
    if not (new or moved or tick_s - call.told_s >= AGAIN_S):
        return call, None
    call = replace(call, told_s=tick_s, told_lon=call.lon, told_lat=call.lat)
    return call, {
        "lon": call.lon,
        "lat": call.lat,
        "sensor": call.sensor,
        "source": call.source,
        "params": {
            "since_s": call.from_s,
            "heard": call.heard,
            "minutes": round((tick_s - call.from_s) / 60, 1),
            "test": call.test,
            "observed_us": row["t_us"],
        },
    }
