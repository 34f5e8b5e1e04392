"""Nights with dark vessels, as fusion and the track models give them to the detectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl
from made_fixes import EAST_DEG_M, LAT, LON, NORTH_DEG_M, STEP_S, T0_S, Boat, fixes, lying, sailing

from core.schema import empty
from engine.looks import ROW
from models.fusion.schema import AIS, LINK, RADAR, REGISTRATION, FusionOutput
from models.tracks.fold import TrackOutput
from models.tracks.reception import CELLS, CELLS_PER_DEG, HOUR_S
from models.tracks.silences import SILENCE

SHIP = "mmsi:412000001"
ECHO = "radar:R1:17"
NEIGHBOUR = "mmsi:412999999"

#: Five kilometres at about ten knots, then on and on.
UNDER_WAY = sailing((0, -6_000.0, 3_000.0), (7_200, 31_000.0, 3_000.0))


@dataclass(frozen=True)
class Night:
    """What the detectors are given of a night."""

    fixes: pl.DataFrame
    links: pl.DataFrame
    registrations: pl.DataFrame
    called: pl.DataFrame
    cells: pl.DataFrame
    rows: pl.DataFrame = field(default_factory=lambda: empty(ROW))

    def batch(self, after_s: int, until_s: int) -> tuple[TrackOutput, FusionOutput]:
        """What came after one tick and until another."""

        def cut(frame: pl.DataFrame, clock: str = "clock_s") -> pl.DataFrame:
            return frame.filter(pl.col(clock) > after_s, pl.col(clock) <= until_s)

        called = cut(self.called, "called_s")
        cells = self.cells.filter(pl.col("hour") * HOUR_S <= until_s)
        tracks = TrackOutput(cut(self.rows), pl.DataFrame(), called, called, cells)
        return tracks, FusionOutput(cut(self.fixes), cut(self.links), cut(self.registrations))


def neighbour(to_s: int = 7_200) -> Boat:
    """One that is heard all night, a few kilometres off."""
    return Boat("v-neighbour", lying(2_000.0, -2_000.0), NEIGHBOUR, AIS, to_s=to_s)


def echo(
    name: str = "v-echo",
    place: Callable[[float], tuple[float, float]] = UNDER_WAY,
    target: str = ECHO,
    to_s: int = 3_600,
    **more: object,
) -> Boat:
    """One that only radar sees."""
    return Boat(name, place, target, RADAR, to_s=to_s, **more)  # type: ignore[arg-type]


def fell_silent(boat: Boat, at_s: int, until_s: int = 10**6) -> pl.DataFrame:
    """Fixes of a boat whose radar track goes on while its transponder is silent."""
    frame = fixes(boat)
    seconds = pl.col("clock_s") - T0_S
    mute = (seconds > at_s) & (seconds <= until_s)
    return frame.with_columns(
        pl.when(mute).then(RADAR).otherwise("heard").cast(pl.UInt8).alias("heard")
    )


def joined(
    vessel: str, target: str, at_s: int = 0, phase: str = "joined", source: str = "R1"
) -> dict[str, object]:
    """A link's row."""
    sensor = "radar" if target.startswith("radar:") else "ais"
    return {
        "vessel": vessel, "track": target, "target": target, "sensor": sensor,
        "source": source if sensor == "radar" else "S1", "clock_s": T0_S + at_s, "phase": phase,
        "since_s": T0_S + at_s, "probability": 0.99, "margin": None, "instants": 12,
        "reason": "motion",
    }  # fmt: skip


def registered(radar: str = "R1", at_s: int = 0, state: str = "registered") -> dict[str, object]:
    """A registration's row."""
    return {"radar_id": radar, "clock_s": T0_S + at_s, "pairs": 40, "state": state}


def called(
    target: str, from_s: int, east_m: float, north_m: float, called_s: int | None = None,
    heard: int = 900,
) -> dict[str, object]:  # fmt: skip
    """A silence of a class B transponder under way."""
    called_s = from_s + 600 if called_s is None else called_s
    return {
        "track": target, "target": target, "from_us": (T0_S + from_s) * 1_000_000,
        "called_s": T0_S + called_s, "lon": LON + east_m / EAST_DEG_M,
        "lat": LAT + north_m / NORTH_DEG_M, "interval_s": 30, "moving": True, "heard": heard,
        "expected": 1_000, "others": 50, "clock_s": T0_S + from_s, "covered_s": 600,
    }  # fmt: skip


def reception(share: float, hours: Sequence[int] = (-2, -1)) -> pl.DataFrame:
    """Learned all around, over some hours before the night begins."""
    x0, y0 = int(LON * CELLS_PER_DEG), int(LAT * CELLS_PER_DEG)
    rows = [
        ("ais", x0 + dx, y0 + dy, T0_S // HOUR_S + hour, int(500 * share), 500)
        for hour in hours
        for dx in range(-10, 11)
        for dy in range(-10, 11)
    ]
    return pl.DataFrame(rows, schema=CELLS, orient="row")


def small_boats(
    every_s: int, east_m: float, north_m: float, hours: Sequence[int] = (-2, -1)
) -> pl.DataFrame:
    """Class B boats under way at a place, heard every so many seconds."""
    clock = [T0_S + h * HOUR_S + s for h in hours for s in range(0, HOUR_S, every_s)]
    frame = pl.DataFrame({"clock_s": clock}).with_columns(
        pl.lit("ais").alias("sensor"), pl.lit(5.0).alias("speed_kn"), pl.lit(18).alias("ais_type"),
        pl.lit(every_s).alias("dt_s"), pl.lit(False).alias("fresh"),
        pl.lit(LON + east_m / EAST_DEG_M).alias("lon"),
        pl.lit(LAT + north_m / NORTH_DEG_M).alias("lat"),
    )  # fmt: skip
    rest = [pl.lit(None, t).alias(c) for c, t in ROW.items() if c not in frame.columns]
    return frame.with_columns(rest).select(ROW.names()).cast(ROW)


def night(
    *frames: pl.DataFrame,
    links: Sequence[dict[str, object]] = (),
    registrations: Sequence[dict[str, object]] = (),
    silences: Sequence[dict[str, object]] = (),
    cells: pl.DataFrame | None = None,
    rows: pl.DataFrame | None = None,
) -> Night:
    """A night of these fixes; reception is good unless said otherwise."""
    return Night(
        pl.concat(frames).sort("clock_s", "vessel"),
        pl.DataFrame(list(links), schema=LINK) if links else empty(LINK),
        pl.DataFrame(list(registrations), schema=REGISTRATION)
        if registrations
        else empty(REGISTRATION),
        pl.DataFrame(list(silences), schema=SILENCE) if silences else empty(SILENCE),
        reception(0.9) if cells is None else cells,
        empty(ROW) if rows is None else rows,
    )


__all__ = [
    "ECHO", "NEIGHBOUR", "SHIP", "STEP_S", "T0_S", "UNDER_WAY", "Night", "called", "echo",
    "fell_silent", "joined", "neighbour", "night", "reception", "registered",
    "small_boats",
]  # fmt: skip
