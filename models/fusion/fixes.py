"""Where vessels are at an instant: their source tracks fused, or predicted through silence."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from core.compiled import compiled
from core.schema import empty
from models.fusion.filters import SECOND_US, Bool, Float, Int, carry, intersect, larger_axis_m
from models.fusion.ground import BEIDOU_KIND, KN_MS, RADARS_FROM, Ground
from models.fusion.schema import AIS, BEIDOU, FIX, RADAR
from models.fusion.sources import agility
from models.fusion.vessels import Scene, homes

#: What an instant says of each vessel, in numbers: `vessel` and `target` are serials, of the vessel
#: and of the source that speaks for it.
NUMBERS: Final = ("vessel", "clock_s", "age_s", "heard", "members", "target", "coasting")
SPEAKER: Final = NUMBERS.index("target")
NOBODY: Final = -1
#: These, one a row; states (n, 4); the larger axis of the place, in metres.
Columns = tuple[Int, Float, Float]
#: Intervals after which a source is overdue: three of class B or BeiDou moored (methods 7.2),
#: of class B under way, of a radar's output.
OVERDUE_MOORED_S: Final = 540
OVERDUE_S: Final = 90
OVERDUE_RADAR_S: Final = 30
HARDLY_KN: Final = 0.5
_RIVAL: Final = ("rival", "rival_probability")
_DOUBT: Final = pl.Schema({name: FIX[name] for name in ("vessel", "clock_s", *_RIVAL)})
_PLACE: Final = pl.Schema({name: dtype for name, dtype in FIX.items() if name not in _RIVAL})


def fuse(scene: Scene) -> Columns:
    """Bring the vessels to the instant, and say where each is, by vessel.

    Nothing is said of one whose tracks have all just become another's: it ends next.
    """
    sources, vessels, settings = scene.sources, scene.vessels, scene.settings
    places, now = vessels.places, scene.now
    said, x, sigma_m = _fuse(
        (places.x, places.p, places.t_us, vessels["row_us"], vessels["stopped"], vessels["serial"]),
        (
            sources["kind"], sources["seen_s"], sources.places.t_us, sources["stopped"],
            scene.live, sources["serial"],
        ),
        (now.x, now.p, sources["bias_var"]),
        _by_vessel(sources["vessel"], vessels["serial"], sources["kind"], scene.ground.kinds),
        scene.t_s, settings.longest_gap_s, agility(settings),
    )  # fmt: skip
    spoken = said[SPEAKER] != NOBODY
    return (said, x, sigma_m) if spoken.all() else (said[:, spoken], x[spoken], sigma_m[spoken])


@compiled
def _by_vessel(vessel: Int, serial: Int, kind: Int, kinds: int) -> tuple[Int, Int]:
    """Source tracks by vessel and kind, and where each kind of each vessel begins among them.

    Shapes (n,), of which those without a vessel (−1) are not meant, and (vessels × kinds + 1,).
    """
    home = homes(vessel, serial)
    first = np.zeros(len(serial) * kinds + 2, np.int64)
    for i in range(len(home)):
        if home[i] >= 0:
            first[home[i] * kinds + kind[i] + 2] += 1
    for slot in range(1, len(first)):
        first[slot] += first[slot - 1]
    order = np.empty(len(home), np.int64)
    for i in range(len(home)):
        if home[i] >= 0:
            slot = home[i] * kinds + kind[i] + 1
            order[first[slot]] = i
            first[slot] += 1
    return order[: first[-2]], first[:-1]


@compiled
def _patience_s(kind: int, stopped: bool) -> int:
    """How old the newest row of a source may be before it is overdue."""
    if kind >= RADARS_FROM:
        return OVERDUE_RADAR_S
    return OVERDUE_MOORED_S if stopped or kind == BEIDOU_KIND else OVERDUE_S


@compiled
def _place(
    x: Float, p: Float, placed: bool, x2: Float, p2: Float, bias_var: float, scratch: Float
) -> None:
    """A track's place into that of its vessel, in place: the first one, or intersected with it."""
    scratch[:] = p2
    scratch[0, 0] += bias_var
    scratch[1, 1] += bias_var
    if placed:
        intersect(x, p, x2, scratch)
    else:
        x[:], p[:] = x2, scratch


@compiled
def _fuse(
    vessels: tuple[Float, Float, Int, Int, Bool, Int],
    tracks: tuple[Int, Int, Int, Bool, Bool, Int],
    now: tuple[Float, Float, Float],
    by_vessel: tuple[Int, Int],
    t_s: int,
    longest_gap_s: int,
    agile: tuple[float, ...],
) -> Columns:
    """Places of vessels by covariance intersection, kind after kind, and who is heard of each.

    Parameters
    ----------
    vessels
        States (n, 4) and covariances (n, 4, 4), times, times of the newest row, whether they lie
        still, serials; all but the last are written. A vessel of no useful track is predicted.
    tracks
        Kind, instant and time of the newest row, whether it lies still, is live, serial.
    by_vessel
        See `_by_vessel`. Of several useful tracks of one kind the last counts; the newest of the
        first kind speaks.
    """
    x, p, t_us, row_us, lying, serial = vessels
    kind, seen_s, source_us, stopped, live, source = tracks
    now_x, now_p, bias_var = now
    order, first = by_vessel
    n, to_us, scratch = len(x), t_s * SECOND_US, np.empty((4, 4))
    said = np.full((len(NUMBERS), n), t_s)
    name, _, age_s, heard, members, target, coasting = said
    kinds = (len(first) - 1) // max(n, 1)
    for v in range(n):
        name[v], heard[v], members[v], coasting[v] = serial[v], 0, 0, 1
        placed, freshest, speaks = False, -1, -1
        for slot in range(v * kinds, (v + 1) * kinds):
            useful = -1
            for i in order[first[slot] : first[slot + 1]]:
                bit = RADAR if kind[i] >= RADARS_FROM else BEIDOU if kind[i] == BEIDOU_KIND else AIS
                heard[v] |= bit if seen_s[i] == t_s else 0
                members[v] |= bit if live[i] else 0
                old_s = -((source_us[i] - to_us) // SECOND_US)
                coasting[v] &= old_s > _patience_s(kind[i], stopped[i])
                useful = i if old_s <= longest_gap_s else useful
                if speaks < 0 or (kind[i] == kind[speaks] and source_us[i] > source_us[speaks]):
                    speaks = i
                later_us = 1 if freshest < 0 else source_us[i] - source_us[freshest]
                if later_us > 0 or (later_us == 0 and kind[i] == kind[freshest]):
                    freshest = i
            if useful >= 0:
                own_x, own_p = now_x[useful], now_p[useful]
                _place(x[v], p[v], placed, own_x, own_p, bias_var[useful], scratch)
                placed = True
        if not placed:
            rest = 2 if lying[v] else 0
            carry(x[v], p[v], max(to_us - t_us[v], 0) / SECOND_US, agile[rest], agile[rest + 1])
        if freshest >= 0:
            lying[v], row_us[v] = stopped[freshest], max(row_us[v], source_us[freshest])
        target[v] = source[speaks] if speaks >= 0 else NOBODY
        t_us[v], age_s[v] = to_us, max(-((row_us[v] - to_us) // SECOND_US), 0)
    return said, x.copy(), larger_axis_m(p)


def frame(
    parts: list[Columns],
    named: dict[int, str],
    targets: dict[int, str],
    ground: Ground,
    doubts: list[dict[str, Any]],
) -> pl.DataFrame:
    """The instants together, in degrees and knots, rounded as they are said: `FIX`.

    `named` and `targets` have the words of the serials of vessels and of sources; `doubts` is what
    `models.fusion.linking.doubts` said at the instants.
    """
    if not parts:
        return empty(FIX)
    numbers, x, sigma_m = (
        np.concatenate(part, axis=-1 if i == 0 else 0)
        for i, part in enumerate(zip(*parts, strict=True))
    )
    whole = dict(zip(NUMBERS, numbers, strict=True))
    lon, lat = ground.plane.to_deg(x[:, 0], x[:, 1])
    speed = np.sqrt(x[:, 2] * x[:, 2] + x[:, 3] * x[:, 3]) * (1.0 / KN_MS)
    course = np.round(np.arctan2(x[:, 2], x[:, 3]) * (180.0 / np.pi), 1)
    columns: dict[str, Any] = {
        **whole,
        "vessel": _words(whole["vessel"], named),
        "target": _words(whole["target"], targets),
        "lon": np.round(lon, 6),
        "lat": np.round(lat, 6),
        "sigma_m": np.round(sigma_m, 1),
        "coasting": whole["coasting"].astype(np.bool_),
        "speed_kn": np.round(speed, 2),
        "course_deg": np.where(
            speed < HARDLY_KN, np.nan, np.where(course < 0, course + 360, course)
        ),
    }
    told = pl.DataFrame({name: columns[name] for name in _PLACE}, schema=_PLACE)
    told = told.with_columns(pl.col("course_deg").fill_nan(None))
    doubtful = pl.DataFrame(doubts, schema=_DOUBT)
    told = told.join(doubtful, on=["vessel", "clock_s"], how="left", maintain_order="left")
    return told.sort("clock_s", "vessel")


def _words(serials: Int, words: dict[int, str]) -> pl.Series:
    """The word of each serial."""
    known = np.array(sorted(words), np.int64)
    text = pl.Series([words[serial] for serial in known.tolist()], dtype=pl.String())
    return text.gather(np.searchsorted(known, serials))
