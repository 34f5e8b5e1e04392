"""What is true of every vessel of a night, for the scorer of tracks; no replay reads it.

Where each one is every half minute, what it sends, and which sensors are there for it; and whose
the radars' target numbers were. A sensor *reaches* a vessel that is within its range (of such a
vessel) and line of sight while it works; it *sees* it where it would get at least every other
message, or find it in at least every other output.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulate.fleet import Voyage
from simulate.motion import MPS_PER_KN
from simulate.night import Night
from simulate.scene import Scene
from simulate.sensors import ais, beidou
from simulate.sensors.ais_times import on_air
from simulate.sensors.chart import degrees
from simulate.sensors.echoes import detection, radars
from simulate.sensors.written import Echo

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

STEP_S: Final = 30
_OFTEN: Final = 0.5

#: By object, then time. Masks have a bit for each of the site's radars, or stations, in its order.
TRACKS: Final = pl.Schema(
    {
        "object": pl.String(),  # the vessel: what it claims to be, or a name of our own
        "kind": pl.String(),
        "t_s": pl.Int64(),  # Unix
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "speed_kn": pl.Float32(),
        "mmsi": pl.Int32(),  # that its AIS sends then; null while it is silent
        "beidou": pl.String(),  # likewise
        "radars_reach": pl.UInt16(),
        "radars_see": pl.UInt16(),
        "ais_reach": pl.UInt16(),  # whether it sends or not
        "ais_sees": pl.UInt16(),
        "ais_sees_b": pl.Boolean(),  # any station would hear a small boat of class B there
        "beidou_works": pl.Boolean(),
    }
)
#: By radar, number and time.
ECHOES: Final = pl.Schema(
    {
        "radar_id": pl.String(),
        "number": pl.Int32(),
        "life": pl.Int32(),  # of the number
        "from_ms": pl.Int64(),  # Unix, by the truth, not by the radar's clock
        "to_ms": pl.Int64(),
        "object": pl.String(),  # null: clutter
    }
)


def tracks(scene: Scene, night: Night) -> pl.DataFrame:
    """The night's `TRACKS`."""
    sailing = [(v, at) for v in scene.voyages if len(at := _times(v, night))]
    if not sailing:
        return pl.DataFrame(schema=TRACKS)
    counts = [len(at) for _, at in sailing]
    at_s = np.concatenate([at for _, at in sailing])
    xy_m = np.concatenate([v.track.at(at) for v, at in sailing])
    velocity = np.concatenate([v.track.velocity_mps(at) for v, at in sailing])
    speed_kn = np.sqrt(velocity[:, 0] ** 2 + velocity[:, 1] ** 2) / MPS_PER_KN
    lon, lat = degrees(night.place).at(xy_m)
    owner = np.repeat(np.arange(len(sailing)), counts)
    voyages = [v for v, _ in sailing]
    mmsi = _sent([v.shown.mmsi if v.boat.ais else None for v in voyages], owner, pl.Int32())
    terminal = _sent([v.boat.beidou for v in voyages], owner, pl.String())
    on = [on_air(v.silences, at.astype(np.int64)) for v, at in sailing]
    beidou_on = [on_air(v.beidou_silences, at.astype(np.int64)) for v, at in sailing]
    spans = np.concatenate([[0], np.cumsum(counts)])
    columns = {
        "object": _sent([v.boat.target for v in voyages], owner, pl.String()),
        "kind": _sent([v.boat.kind for v in voyages], owner, pl.String()),
        "t_s": night.start_ms // 1000 + at_s.astype(np.int64),
        "lon": lon.round(6),
        "lat": lat.round(6),
        "speed_kn": speed_kn.round(1),
        "mmsi": pl.select(pl.when(pl.Series(np.concatenate(on))).then(mmsi)).to_series(),
        "beidou": pl.select(
            pl.when(pl.Series(np.concatenate(beidou_on))).then(terminal)
        ).to_series(),
        **_radars(voyages, spans, at_s, xy_m, scene, night),
        **_stations(voyages, owner, at_s, xy_m, scene, night),
        "beidou_works": ~_broken(at_s, beidou.outages(scene, night)),
    }
    return pl.DataFrame(columns).cast(dict(TRACKS)).select(TRACKS.names())  # type: ignore[arg-type]


def echoes(found: Sequence[tuple[str, Sequence[Echo]]], night: Night) -> pl.DataFrame:
    """The night's `ECHOES`, of each radar's name and its echoes."""
    rows = [
        (
            name, e.number, e.life, night.start_ms + round(e.from_s * 1000),
            night.start_ms + round(e.to_s * 1000), e.target or None,
        )
        for name, several in found
        for e in several
    ]  # fmt: skip
    return pl.DataFrame(rows, ECHOES, orient="row")


def parquet(frame: pl.DataFrame) -> bytes:
    """A frame's bytes: the same of the same rows."""
    out = io.BytesIO()
    frame.write_parquet(out, compression="zstd", statistics=False)
    return out.getvalue()


def _times(voyage: Voyage, night: Night) -> Float:
    t_s = voyage.track.t_s
    at = np.arange(0.0, night.end_s, STEP_S)
    return np.asarray(at[(at >= t_s[0]) & (at <= t_s[-1])])


def _sent(values: Sequence[object], owner: Int, dtype: pl.DataType) -> pl.Series:
    return pl.Series(values, dtype=dtype, strict=True).gather(owner)


def _broken(at_s: Float, spans: Sequence[tuple[float, float]]) -> Bool:
    broken = np.zeros(len(at_s), np.bool_)
    for from_s, to_s in spans:
        broken |= (at_s >= from_s) & (at_s < to_s)
    return broken


def _outages(scene: Scene, sensor: str, source: str) -> list[tuple[float, float]]:
    return [
        (o.from_s, o.to_s)
        for o in scene.outages
        if o.sensor == sensor and o.source in (None, source)
    ]


def _radars(
    voyages: Sequence[Voyage], spans: Int, at_s: Float, xy_m: Float, scene: Scene, night: Night
) -> dict[str, Int]:
    reach, sees = np.zeros((2, len(at_s)), np.int64)
    for bit, radar in enumerate(radars(night.place)):
        works = ~_broken(at_s, _outages(scene, "radar", radar.name))
        open_ = works & radar.open_to(xy_m)
        reach |= open_.astype(np.int64) << bit
        for i, voyage in enumerate(voyages):
            rows = slice(int(spans[i]), int(spans[i + 1]))
            if open_[rows].any():
                share = detection(
                    radar, voyage.boat, xy_m[rows], at_s[rows], night, scene.rains
                )  # fmt: skip
                sees[rows] |= (open_[rows] & (share >= _OFTEN)).astype(np.int64) << bit
    return {"radars_reach": reach, "radars_see": sees}


def _stations(
    voyages: Sequence[Voyage], owner: Int, at_s: Float, xy_m: Float, scene: Scene, night: Night
) -> dict[str, Int | Bool]:
    reach, sees = np.zeros((2, len(at_s)), np.int64)
    small = np.zeros(len(at_s), np.bool_)
    class_a = np.array([v.boat.class_a for v in voyages])[owner]
    holed = ais.in_holes(night, at_s, xy_m)
    for bit, row in enumerate(night.place.site.stations.to_dicts()):
        name, range_m = str(row["station_id"]), float(row["range_m"] or 40_000.0)
        works = ~_broken(at_s, _outages(scene, "ais", name)) & ~holed
        lon, lat = float(row["lon"]), float(row["lat"])
        share = ais.share_heard(night, xy_m, class_a, lon, lat, range_m)
        reach |= (works & (share > 0)).astype(np.int64) << bit
        sees |= (works & (share >= _OFTEN)).astype(np.int64) << bit
        b = ais.share_heard(night, xy_m, np.zeros_like(class_a), lon, lat, range_m)
        small |= works & (b >= _OFTEN)
    return {"ais_reach": reach, "ais_sees": sees, "ais_sees_b": small}
