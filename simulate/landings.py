"""Night landings by gangs: an idle pier, the small hours, enough water, a silence before.

Parameters after methods.md 7.1, where the AIS alone can tell them: berthing in the small hours
about high water, 50 to 150 minutes at the pier, transponder off 30 to 120 minutes before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from simulate.dice import Dice
from simulate.fleet import UNDER_WAY, Boat, Voyage
from simulate.motion import Journey, sailing_s
from simulate.night import Night
from simulate.scene import Label, Scene

_FAVOURED = ("高塘", "鹤浦", "定山")  # where landings were mainly found (methods, 0)
_APART_M = 3_000.0
_UNDER_KEEL_M = 0.3
_SHOWN_S = 900.0  # a boat is heard this long before it goes silent, where the way allows
_SHORTEST_S = 1_800.0  # of the silences before a berth
_SEAS = ((0.97, 0.30), (0.95, 0.10), (0.97, 0.52))


@dataclass(frozen=True)
class Variant:
    """How the transponder is used; minutes against berthing, None for never off."""

    name: str
    on_again_min: tuple[int, int] | None
    dark_leaving: bool = False


VARIANTS = (
    Variant("dark_until_berth", (2, 8)),
    Variant("dark_through_arrival", (12, 25), dark_leaving=True),
    Variant("ais_left_on", None),
    Variant("dark_on_again_near", (-7, -4)),
    Variant("dark_until_berth", (4, 12), dark_leaving=True),
)


def landings(night: Night, count: int) -> Scene:
    """The landings of the night, by two or three gangs, each at a pier of its own."""
    voyages: list[Voyage] = []
    labels: list[Label] = []
    used: list[int] = []
    for i in range(count):
        dice = night.dice.child(f"landing {i}")
        boat = _boat(night, i, dice)
        found = _where_and_when(night, boat, used, dice)
        if found is None:
            continue
        pier, berth_s, dwell_s = found
        used.append(pier)
        variant = VARIANTS[i % len(VARIANTS)]
        voyage, from_s, to_s = _run(night, boat, pier, berth_s, dwell_s, variant, dice)
        voyages.append(voyage)
        row = night.pier(pier)
        labels.append(
            {
                "landing_id": f"L{i + 1}",
                "gang": f"G{i % 3 + 1}",
                "variant": variant.name,
                "pier_id": row["pier_id"],
                "lon": round(float(str(row["lon"])), 6),
                "lat": round(float(str(row["lat"])), 6),
                "berth_from": night.utc(from_s),
                "berth_to": night.utc(to_s),
                "vessels": [boat.target],
                "trucks": [],
                "scout": None,
                "covered_by": ["ais"],
            }
        )
    return Scene(voyages, labels)


def _boat(night: Night, i: int, dice: Dice) -> Boat:
    """Fishing boats and small freighters; one in three is in no register."""
    if i % 3 == 2:
        return night.fleet.stranger(dice.pick(("fishing", "cargo")), 26, 42)
    return night.fleet.take(dice.pick(("fishing", "fishing", "cargo")), 18, 36)


def _where_and_when(
    night: Night, boat: Boat, used: list[int], dice: Dice
) -> tuple[int, float, float] | None:
    """An idle pier away from the others, and a time in the small hours with enough water."""
    idle = night.piers("idle", kinds=("pier", "jetty", "ramp"))
    first = [i for i in idle if night.pier(i)["township"] in _FAVOURED]
    rest = [i for i in idle if i not in set(first)]
    order = dice.shuffled(first) + dice.shuffled(rest)
    if dice.chance(30):
        order = dice.shuffled(idle)
    for apart_m in (_APART_M, _APART_M / 4):
        for pier in order:
            here = night.place.centre(pier)
            gaps = [((night.place.centre(other) - here) ** 2).sum() for other in used]
            if (gaps and min(gaps) < apart_m**2) or night.crowded(pier, 400.0):
                continue
            for _ in range(4):
                berth_s, dwell_s = _hour(night, dice), dice.between(50, 140) * 60.0
                if _afloat(night, boat, pier, berth_s, dwell_s):
                    return pier, berth_s, dwell_s
    return None


def _hour(night: Night, dice: Dice) -> float:
    """About high water where one falls into the small hours, else any time from 00 to 03."""
    tide = night.place.site.tide
    if tide is not None:
        from_ = night.start_at + timedelta(seconds=night.clock_s(-1.5))
        waters = tide.high_waters(from_, from_ + timedelta(hours=5.5))
        if waters:
            peak_s = (waters[0][0] - night.start_at).total_seconds()
            from_s = max(peak_s - 80 * 60, night.clock_s(0.1))
            to_s = min(peak_s + 100 * 60, night.clock_s(3.4))
            return float(dice.between(int(from_s), int(max(from_s, to_s))))
    return night.clock_s(0.0) + dice.between(0, 3 * 3600)


def _afloat(night: Night, boat: Boat, pier: int, berth_s: float, dwell_s: float) -> bool:
    """Water enough under the keel from berthing to leaving, as far as depth and tide are known."""
    depth_m = night.pier(pier)["depth_m"]
    tide = night.place.site.tide
    if depth_m is None or tide is None:
        return True
    start = np.datetime64(night.start_at.replace(tzinfo=None), "us")
    steps = np.linspace(berth_s, berth_s + dwell_s, 6).astype(np.int64)
    lowest = float(tide.height_m(start + steps.astype("timedelta64[s]")).min())
    return lowest + float(str(depth_m)) >= boat.draught_m + _UNDER_KEEL_M


def _run(
    night: Night,
    boat: Boat,
    pier: int,
    berth_s: float,
    dwell_s: float,
    variant: Variant,
    dice: Dice,
) -> tuple[Voyage, float, float]:
    """In from the open sea, alongside, and out again; the voyage and its times at the pier."""
    sea = night.place.sea(*dice.pick(_SEAS))
    path = night.place.way_in(pier, night.slot(pier), sea)
    assert path is not None, "every pier of the list has a way in"
    speed_kn = dice.between(85, 110) / 10
    leave_s = berth_s - sailing_s(path, speed_kn)
    journey = Journey(min(leave_s, 0.0) - 60.0, path[0]).stay(leave_s, 60.0, dice)
    journey.sail(path, speed_kn, dice)
    from_s = journey.now_s
    journey.stay(from_s + dwell_s, 1.5, dice)
    to_s = journey.now_s
    journey.sail(path[::-1], speed_kn + 0.5, dice).stay(night.end_s + 60.0, 60.0, dice)
    silences: list[tuple[float, float]] = []
    if variant.on_again_min is not None:
        off_s = max(from_s - dice.between(30, 120) * 60.0, _heard_s(night, journey) + _SHOWN_S)
        off_s = min(off_s, from_s - _SHORTEST_S)
        silences.append((off_s, from_s + 60.0 * dice.between(*variant.on_again_min)))
    if variant.dark_leaving:
        silences.append((to_s + 60.0 * dice.between(2, 10), to_s + 60.0 * dice.between(60, 110)))
    return Voyage(boat, journey.track(), tuple(silences), ((-1e6, UNDER_WAY),)), from_s, to_s


def _heard_s(night: Night, journey: Journey) -> float:
    """When a boat comes within the stations' hearing."""
    track = journey.track()
    minutes = np.arange(max(float(track.t_s[0]), 0.0), float(track.t_s[-1]), 60.0)
    return float(minutes[int(np.argmax(night.audible(track.at(minutes))))])
