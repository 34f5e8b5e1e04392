"""Which sensors can see a place by their position alone, for the truth's `covered_by`."""

from __future__ import annotations

import numpy as np

from simulate.night import Night
from simulate.place import Place
from simulate.scene import Label, Scene
from simulate.sensors.shadows import shadows_of

_SHADOWED_M = 100.0
_RADAR_SHARE = 0.6  # of its range: where it sees small boats
_ROAD_M = 2_500.0


def covered_by(night: Night, scene: Scene, row: Label) -> list[str]:
    """The kinds of sensor that could see a landing: its row of the truth."""
    place = night.place
    x, y = place.plane.to_m(row["lon"], row["lat"])  # type: ignore[arg-type]
    spot = np.array([[float(x), float(y)]])
    out = ["ais"] if bool(night.audible(spot)[0]) else []
    cameras = place.cameras
    docks = cameras.filter(cameras["pier_id"] == row["pier_id"])
    out += ["camera"] if len(docks) else []
    cx, cy = place.plane.to_m(cameras["lon"].to_numpy(), cameras["lat"].to_numpy())
    near = ((cx - float(x)) ** 2 + (cy - float(y)) ** 2) < _ROAD_M**2
    out += ["road_camera"] if bool((near & (cameras["kind"] == "road").to_numpy()).any()) else []
    if seen_by_radar(place, spot[0]):
        out.append("radar")
    plates = row["trucks"]
    assert isinstance(plates, list)
    told = {trip.plate for trip in scene.trips if trip.terminal is not None}
    return sorted([*out, *(["vehicles"] if told & set(plates) else [])])


def seen_by_radar(place: Place, spot: np.ndarray) -> bool:
    """Whether one of the radars could see a small boat at a place, shape (2,)."""
    radars = place.site.radars.to_dicts()
    return any(_sees(place, radar, spot[None, :]) for radar in radars)


def _sees(place: Place, radar: dict[str, object], spot: np.ndarray) -> bool:
    lon, lat, range_m = (float(str(radar[key])) for key in ("lon", "lat", "range_m"))
    x, y = place.plane.to_m(lon, lat)
    away = float(np.sqrt(((spot - np.array([float(x), float(y)])) ** 2).sum()))
    shadow = shadows_of(place, lon, lat, range_m).land_m(spot)
    return away < range_m * _RADAR_SHARE and float(shadow[0]) < _SHADOWED_M
