"""Where vessels are at an instant: their source tracks fused, or predicted through silence."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.settings import FusionSettings
from models.fusion.filters import (
    SECOND_US,
    Bool,
    Estimates,
    Int,
    covariance_intersection,
    larger_axis_m,
)
from models.fusion.ground import BEIDOU_KIND, KN_MS, RADARS_FROM, Ground
from models.fusion.schema import AIS, BEIDOU, RADAR
from models.fusion.vessels import Scene

Columns = dict[str, NDArray[Any]]
#: Intervals after which a source is overdue: three of class B or BeiDou moored (methods 7.2),
#: of class B under way, of a radar's output.
OVERDUE_MOORED_S: Final = 540
OVERDUE_S: Final = 90
OVERDUE_RADAR_S: Final = 30
HARDLY_KN: Final = 0.5


def fuse(scene: Scene) -> Columns:
    """Bring the vessels to the instant, and say where each is: columns of `FIX`, by vessel."""
    sources, vessels, settings = scene.sources, scene.vessels, scene.settings
    owned = np.flatnonzero(sources["vessel"] >= 0)
    home = vessels.index(sources["vessel"][owned])
    age_s = sources.age_s(scene.t_s)[owned]
    place = _placed(scene, owned, home, age_s <= settings.longest_gap_s)
    vessels.places = place
    np.maximum.at(vessels["row_us"], home, sources.places.t_us[owned])
    freshest = np.lexsort((-sources["kind"][owned], sources.places.t_us[owned]))
    vessels["stopped"][home[freshest]] = sources["stopped"][owned][freshest]
    kind = sources["kind"][owned]
    bit = np.where(kind >= RADARS_FROM, RADAR, np.where(kind == BEIDOU_KIND, BEIDOU, AIS))
    heard = np.zeros(len(vessels), np.int64)
    members = np.zeros(len(vessels), np.int64)
    np.bitwise_or.at(heard, home, np.where(sources["seen_s"][owned] == scene.t_s, bit, 0))
    np.bitwise_or.at(members, home, np.where(scene.live()[owned], bit, 0))
    coasting = np.ones(len(vessels), np.bool_)
    np.logical_and.at(coasting, home, _overdue(kind, age_s, sources["stopped"][owned]))
    speaker = np.zeros(len(vessels), np.int64)
    speaks = np.lexsort((-sources.places.t_us[owned], kind))[::-1]  # the best comes last
    speaker[home[speaks]] = owned[speaks]
    quiet_s = -((vessels["row_us"] - scene.t_s * SECOND_US) // SECOND_US)
    return {
        "vessel": vessels.name,
        "clock_s": np.full(len(vessels), scene.t_s, np.int64),
        "x": place.x,
        "sigma_m": larger_axis_m(place.p),
        "age_s": np.maximum(quiet_s, 0),
        "heard": heard,
        "members": members,
        "target": sources.text["target"][speaker],
        "coasting": coasting,
    }


def _placed(scene: Scene, owned: Int, home: Int, useful: Bool) -> Estimates:
    """Each vessel's place: covariance intersection of its useful tracks, kind after kind."""
    sources, vessels = scene.sources, scene.vessels
    out = vessels.at(scene.t_s, scene.settings)
    begun = np.zeros(len(vessels), np.bool_)
    kind = sources["kind"][owned]
    for k in range(scene.ground.kinds):
        mine = useful & (kind == k)
        at, into = owned[mine], home[mine]
        x, p = scene.now.x[at], scene.now.p[at].copy()
        p[:, 0, 0] += sources["bias_var"][at]
        p[:, 1, 1] += sources["bias_var"][at]
        first = ~begun[into]
        out.x[into[first]], out.p[into[first]] = x[first], p[first]
        more = ~first
        if more.any():
            again = into[more]
            fused = covariance_intersection(out.x[again], out.p[again], x[more], p[more])
            out.x[again], out.p[again] = fused[0], fused[1]
        begun[into] = True
    return out


def _overdue(kind: Int, age_s: Int, stopped: Bool) -> Bool:
    patient = stopped | (kind == BEIDOU_KIND)
    limit = np.where(patient, OVERDUE_MOORED_S, OVERDUE_S)
    return age_s > np.where(kind >= RADARS_FROM, OVERDUE_RADAR_S, limit)


def columns_of(parts: list[Columns], ground: Ground, settings: FusionSettings) -> Columns:
    """The instants' columns together, in degrees and knots, rounded as they are said."""
    del settings
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    x = whole.pop("x")
    lon, lat = ground.plane.to_deg(x[:, 0], x[:, 1])
    speed = np.sqrt(x[:, 2] * x[:, 2] + x[:, 3] * x[:, 3]) * (1.0 / KN_MS)
    course = np.round(np.arctan2(x[:, 2], x[:, 3]) * (180.0 / np.pi), 1)
    whole |= {
        "lon": np.round(lon, 6),
        "lat": np.round(lat, 6),
        "sigma_m": np.round(whole["sigma_m"], 1),
        "speed_kn": np.round(speed, 2),
        "course_deg": np.where(
            speed < HARDLY_KN, np.nan, np.where(course < 0, course + 360, course)
        ),
    }
    return whole
