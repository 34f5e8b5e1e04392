"""The line of a vessel by who heard it, and how well its place is known, as GeoJSON. Pure.

A boat that several sensors have is one line: where its AIS is heard that, else its BeiDou, else a
radar; where nobody heard it, a straight `silent` stretch bridges the gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Json = dict[str, Any]
#: A track is dashed where two reports lie further apart.
SILENT_S: Final = 600.0
#: By the beginning of a target; whose word comes first.
LINES: Final = {"mmsi": "ais", "beidou": "beidou", "radar": "radar"}
#: Plots of a radar are drawn as the middle of those of so long.
RADAR_S: Final = 180
_ROUND: Final = 64  # corners of a circle
_DEGREE_M: Final = 111_195.0  # of latitude on the mean sphere: a drawing, not a measurement


def sensor_line(target: str) -> str:
    """Whose line a target's is.

    >>> sensor_line("radar:R1:17"), sensor_line("mmsi:412345678")
    ('radar', 'ais')
    """
    return LINES.get(target.partition(":")[0], "other")


def track_features(tracks: Sequence[tuple[str, pl.DataFrame]]) -> list[Json]:
    """Lines of one vessel as its targets have it.

    Parameters
    ----------
    tracks
        Targets with `store.reads.TRACK`, by time. Where two were heard at once, AIS stands before
        BeiDou, BeiDou before radar, and of two radars the one that has more.

    Returns
    -------
    One line for every stretch of a sensor, one `silent` for every time that nobody heard it.
    """
    order = list(LINES.values())
    heard = [
        (sensor, *_columns(_smooth(frame) if sensor == "radar" else frame))
        for sensor, frame in ((sensor_line(target), frame) for target, frame in tracks)
        if frame.height
    ]
    heard.sort(key=lambda one: (order.index(one[0]), -len(one[1])))
    stretches: list[tuple[str, NDArray[Any], NDArray[Any]]] = []
    for sensor, seconds, points in heard:
        free = ~_within(seconds, [(s[0], s[-1]) for _, s, _ in stretches])
        before = np.searchsorted([s[0] for _, s, _ in sorted(stretches, key=_begins)], seconds)
        cut = (np.diff(seconds[free]) > SILENT_S) | (np.diff(before[free]) != 0)
        for piece in np.split(np.flatnonzero(free), np.flatnonzero(cut) + 1):
            if len(piece):
                stretches.append((sensor, seconds[piece], points[piece]))
    stretches.sort(key=_begins)
    lines: list[tuple[str, list[NDArray[Any]]]] = []
    silences = []
    was_s, was = None, None
    for sensor, seconds, points in stretches:
        silent = was_s is not None and bool(seconds[0] - was_s > SILENT_S)
        if was is not None and silent:
            silences.append(_line(np.stack([was, points[0]]), sensor, silent=True))
        if lines and not silent and lines[-1][0] == sensor:
            lines[-1][1].append(points)
        else:  # another sensor's line begins where the last one ends
            joint: list[NDArray[Any]] = [was[None]] if was is not None and not silent else []
            lines.append((sensor, [*joint, points]))
        was_s, was = seconds[-1], points[-1]
    heard_lines = [(sensor, np.concatenate(parts)) for sensor, parts in lines]
    return [_line(whole, sensor) for sensor, whole in heard_lines if len(whole) > 1] + silences


def circles(
    lon: float, lat: float, sigma_m: float, rival: str | None = None, share: float | None = None
) -> list[Json]:
    """Where a vessel is with one and with two sigma, as circles.

    They say whose its echo may be too: the likeliest `rival`, and the share of all of these.
    """
    ambiguous = {} if rival is None else {"rival": rival, "share": share}
    angle = np.linspace(0.0, 2 * np.pi, _ROUND, endpoint=False)
    found = []
    for sigmas in (1, 2):
        radius_m = sigmas * sigma_m
        east = radius_m / (_DEGREE_M * float(np.cos(np.radians(lat))))
        ring = np.stack(
            [lon + east * np.sin(angle), lat + radius_m / _DEGREE_M * np.cos(angle)], axis=1
        ).round(6)
        corners = [*ring.tolist(), ring[0].tolist()]
        found.append(
            {
                "type": "Feature",
                "properties": {"sigmas": sigmas, "radius_m": round(radius_m), **ambiguous},
                "geometry": {"type": "Polygon", "coordinates": [corners]},
            }
        )
    return found


def _begins(stretch: tuple[str, NDArray[Any], NDArray[Any]]) -> float:
    return float(stretch[1][0])


def _smooth(track: pl.DataFrame) -> pl.DataFrame:
    """A radar's plots scatter across the boat's way by its bearing: the middle of each while."""
    while_ = pl.col("observed_at").dt.epoch("s") // RADAR_S
    return (
        track.group_by(while_.alias("while"))
        .agg(pl.col("observed_at", "lon", "lat").median())
        .sort("observed_at")
    )


def _columns(track: pl.DataFrame) -> tuple[NDArray[Any], NDArray[Any]]:
    points = np.column_stack([track["lon"].to_numpy(), track["lat"].to_numpy()]).round(6)
    return track["observed_at"].dt.epoch("s").to_numpy(), points


def _within(seconds: NDArray[Any], taken: list[tuple[int, int]]) -> NDArray[np.bool_]:
    inside = np.zeros(len(seconds), bool)
    for begin, end in taken:
        inside |= (seconds >= begin) & (seconds <= end)
    return inside


def _line(points: NDArray[Any], sensor: str, *, silent: bool = False) -> Json:
    return {
        "type": "Feature",
        "properties": {"silent": silent, "sensor": sensor},
        "geometry": {"type": "LineString", "coordinates": points.tolist()},
    }
