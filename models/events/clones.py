"""Two boats under one number: a target that is in two places at once.

After the segments of Global Fishing Watch (pipe-segment), as methods 1.3 has it: two tracks of one
target that overlap in time for more than 10 minutes and are more than 5 km apart, each possible in
itself. The cleaning of tracks has made them; here the few targets with several are walked.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from core.settings import EventSettings
from geo.plane import distance_m
from models.tracks.positions import SECOND_US, SEGMENT_BREAK_S

#: A track of a target that has several, while it is heard of.
WATCH: Final = pl.Schema(
    {
        "target": pl.String(),
        "track": pl.String(),
        "from_us": pl.Int64(),  # without a gap since
        "t_us": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "rows": pl.Int64(),
    }
)
LIVE_US: Final = 600 * SECOND_US  # a track silent for longer is nowhere in particular
LEAST_ROWS: Final = 3  # one wild position is no boat
_COLUMNS: Final = ("target", "track", "was_t_us", "t_us", "clock_s", "lon", "lat", "fresh", "who")


def advance(
    watch: pl.DataFrame, rows: pl.DataFrame, until_s: int, settings: EventSettings
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Take rows of AIS and BeiDou; say at which of them a target was in two places.

    Parameters
    ----------
    watch
        `WATCH`.
    rows
        Linked rows with `who`.

    Returns
    -------
    The tracks to watch, and hits: `target`, `track`, `other`, `apart_m`, `since_us`, and the row's
    `t_us`, `clock_s`, `lon`, `lat`, `who`.
    """
    second = rows.filter(pl.col("track") != pl.col("target"))["target"]
    odd = pl.concat([second, watch["target"]]).unique()
    if odd.is_empty():
        return watch, []
    mine: dict[str, dict[str, dict[str, Any]]] = {}
    for kept in watch.iter_rows(named=True):
        mine.setdefault(kept["target"], {})[kept["track"]] = kept
    hits = []
    walked = rows.filter(pl.col("target").is_in(odd.implode())).sort("target", "t_us")
    for row in walked.select(_COLUMNS).iter_rows(named=True):
        tracks = mine.setdefault(row["target"], {})
        oldest_us = row["t_us"] - SEGMENT_BREAK_S * SECOND_US
        for name in [n for n, track in tracks.items() if track["t_us"] <= oldest_us]:
            del tracks[name]
        if row["track"] == row["target"] and all(name == row["target"] for name in tracks):
            continue  # not watched: there is no second one
        tracks[row["track"]] = _next(tracks.get(row["track"]), row)
        hits += _hits(tracks, row, settings)
    oldest_us = (until_s - SEGMENT_BREAK_S) * SECOND_US
    left = [
        {c: track[c] for c in WATCH.names()}
        for tracks in mine.values()
        for track in tracks.values()
        if track["t_us"] > oldest_us
    ]
    return pl.DataFrame(left, schema=WATCH).sort("target", "track"), hits


def _next(track: dict[str, Any] | None, row: dict[str, Any]) -> dict[str, Any]:
    """A track with one more row. What it was before it was watched, its row before says."""
    was_us = row["was_t_us"]
    goes_on = not row["fresh"] and was_us is not None and row["t_us"] - was_us <= LIVE_US
    since_us, n = (was_us, 1) if goes_on else (row["t_us"], 0)
    if goes_on and track is not None and track["t_us"] == was_us:
        since_us, n = track["from_us"], track["rows"]
    return {**row, "from_us": since_us, "rows": n + 1}


def _hits(
    tracks: dict[str, dict[str, Any]], row: dict[str, Any], settings: EventSettings
) -> list[dict[str, Any]]:
    """The other tracks that overlap the row's own for long enough, far enough away."""
    own = tracks[row["track"]]
    found = []
    for name, other in sorted(tracks.items()):
        since_us = max(own["from_us"], other["from_us"])
        overlap_us = min(own["t_us"], other["t_us"]) - since_us
        live = own["t_us"] - other["t_us"] <= LIVE_US
        both = min(own["rows"], other["rows"]) >= LEAST_ROWS
        if name == row["track"] or not live or not both:
            continue
        if overlap_us <= settings.clone_overlap_s * SECOND_US:
            continue
        metres = float(distance_m(own["lon"], own["lat"], other["lon"], other["lat"]))
        if metres > settings.clone_apart_m:
            said = {"other": name, "apart_m": round(metres, 1), "since_us": since_us}
            found.append({**{c: row[c] for c in _COLUMNS}, **said})
    return found
