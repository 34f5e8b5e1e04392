"""The demonstration's story: one burst of one gang, told over three nights.

Twice the gang lands at the same pier and nobody is there. On the third night its scout looks in at
that pier again and a patrol boat stops it, while the carrier, silent since an hour, unloads at the
pier beside it. A boat with a dead engine lies at a third pier that same evening: dark as the
carrier, and innocent.

The county around it is the ordinary one (`simulate.county`); a story takes the place of its gangs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from core.errors import SiteError
from simulate.coverage import seen_by_radar
from simulate.dice import Dice
from simulate.fishing import label
from simulate.fleet import NOT_UNDER_COMMAND, UNDER_WAY, Fleet, Voyage, outsider
from simulate.land.meeting import meet, unbar
from simulate.motion import Float, Journey, resampled, sailing_s
from simulate.night import Night
from simulate.place import Place
from simulate.plan import Job
from simulate.priors import NUISANCES
from simulate.runs import SEAS, short_of, there_and_back, truth
from simulate.scene import Scene
from simulate.sensors.echoes import radars

START_ON = date(2026, 3, 6)  # the water is high between ten and two on its nights
SEED = 20260309
NIGHTS = (0, 2, 4)  # of the county's, those of the story: the others are not recorded
#: From the recording's start: when the third night is worth looking at, and when it is told.
WATCHED = timedelta(days=NIGHTS[-1], hours=3, minutes=50)
TOLD = timedelta(days=NIGHTS[-1], hours=8, minutes=45)
#: What goes on beside it: enough to look like a coast at night.
AROUND = frozenset(
    {"fishing_home", "gear_beacon", "fish_truck", "private_cars", "plate_misread", "gps_drift",
     "camera_false", "sea_clutter"}
)  # fmt: skip
OFF = frozenset(NUISANCES) - AROUND

_ALWAYS = (-1e6, 1e9)
_BUILT = ("pier", "jetty", "ramp")
_SEA = (0.97, 0.80)  # of the way across the county: where carrier and scout come from
_SHARED, _BY_M = 0.8, 400.0  # of the way to one pier on that to the other: what counts as on it
_BESIDE_M = (700.0, 3_000.0)  # from the known pier to the one beside it
_ELSEWHERE_M = (3_000.0, 20_000.0)  # from there to the twin's
_DWELL_S = 80 * 60.0
_TRUCKS = 5
_CARRIER_KN = 9.0
_ANCHOR_M = 110.0  # the twin lies off its pier
_WAIT_S = 12 * 60.0  # of the carrier off the quay
_GANG = "G01"


@dataclass(frozen=True)
class Piers:
    """Where it happens: indices of piers.

    Attributes
    ----------
    known
        The gang's pier of the first two nights.
    beside
        The one that it turns to on the third.
    other
        Where the innocent twin lies.
    """

    known: int
    beside: int
    other: int


class Story:
    """Three nights of one gang at a place.

    Parameters
    ----------
    place
        Cut to the scale already.
    seed
        The dice.
    usable
        Piers at which a gang could land: quiet, and reached by sea and by road.
    """

    def __init__(self, place: Place, seed: int, usable: Iterable[int]) -> None:
        self._dice = Dice(seed, "story")
        self.piers = _piers(place, sorted(usable))
        fleet = Fleet(place.site, Dice(seed, "fleet"), self._dice.child("boats"))
        self.carrier = outsider(1, "fishing", 24, self._dice.child("carrier"))
        self.scout = replace(fleet.take("fishing", 16, 28), beidou=None)
        self.twin = replace(fleet.take("fishing", 16, 28), beidou=None)
        self.patrol = fleet.take("law_enforcement")

    def busy(self) -> set[str]:
        """The vessels of the register that have no time for anything else."""
        boats = (self.scout, self.twin, self.patrol)
        return {boat.vessel_id for boat in boats if boat.vessel_id is not None}

    def scenes(self, night: Night) -> list[Scene]:
        """What of the story happens in a night."""
        if night.number not in NIGHTS:
            return []
        at = NIGHTS.index(night.number)
        dice = self._dice.child(f"night {at + 1}")
        berth_s = night.clock_s((0.6, 0.8, 1.2)[at])
        job = Job(
            f"L{at + 1:04d}", _GANG, "dark_approach", night.number,
            self.piers.beside if at == 2 else self.piers.known,
            berth_s, _DWELL_S, (self.carrier,), _TRUCKS, dark_s=3_300.0, scout=self.scout,
        )  # fmt: skip
        scenes = [self._landing(night, job, dice), self._ahead(night, berth_s - 2_700.0, at, dice)]
        if at == 2:
            scenes.append(self._trouble(night, night.clock_s(0.1), dice.child("twin")))
        return scenes

    def _landing(self, night: Night, job: Job, dice: Dice) -> Scene:
        """The carrier comes dark and waits off the quay until its lorries are there."""
        throw, ashore = dice.child("carrier"), dice.child("land")
        path = self._way(night, job.pier)
        off = _in_sight(night.place, path)
        there_s = job.berth_s - _WAIT_S
        leave_s = there_s - sailing_s(off, _CARRIER_KN)
        journey = Journey(min(leave_s, 0.0) - 60.0, off[0]).stay(leave_s, 40.0, throw)
        journey.sail(off, _CARRIER_KN, throw).stay(job.berth_s, 2.0, throw)
        journey.sail(path[len(off) - 1 :], 3.0, throw)
        from_s = journey.now_s
        to_s = from_s + job.dwell_s
        journey.stay(to_s, 1.5, throw).sail(path[::-1], _CARRIER_KN, throw)
        journey.stay(night.end_s + 60.0, 40.0, throw)
        dark = ((there_s - job.dark_s, to_s + 2_400.0),)
        voyage = Voyage(self.carrier, journey.track(), dark, ((-1e6, UNDER_WAY),), dark)
        crew = Dice(self._dice.seed, "gang", job.gang)
        trips = meet(night, job.pier, from_s, to_s, job.trucks, ashore, gang=crew)
        gates = unbar(night, job.pier, from_s, to_s, ashore.child("bars"))
        row = truth(night, job, from_s, to_s, [trip.plate for trip in trips])
        return Scene([voyage], [row], trips=trips, gates=gates)

    def _way(self, night: Night, pier: int, sea: tuple[float, float] = _SEA) -> Float:
        path = night.place.way_in(pier, night.slot(pier), night.place.sea(*sea))
        assert path is not None, "a usable pier is reached from the sea"
        return resampled(path)

    def _ahead(self, night: Night, there_s: float, at: int, dice: Dice) -> Scene:
        """The scout looks in at the known pier; on the third night it is stopped there."""
        pier, scene, throw = self.piers.known, Scene(), dice.child("scout")
        path = self._way(night, pier)
        inward, speed_kn = short_of(path, 250.0), 9.5
        stay_s = 50 * 60.0 if at == 2 else 8 * 60.0
        away = short_of(self._way(night, pier, SEAS[1]), 250.0)
        voyage, from_s, to_s = there_and_back(
            night, self.scout, inward, there_s, stay_s, speed_kn, throw, away=away
        )
        scene.voyages.append(voyage)
        scene.nuisances.append(label(night, "scout", pier, from_s, to_s, [self.scout]))
        if at == 2:
            there = short_of(path, 280.0)[-400:]
            voyage, from_s, to_s = there_and_back(
                night, self.patrol, there, from_s + 600.0, stay_s - 900.0, 14.0, throw
            )
            scene.voyages.append(voyage)
            row = label(night, "patrol_stop", pier, from_s, to_s, [self.patrol])
            scene.nuisances.append(row)
        return scene

    def _trouble(self, night: Night, berth_s: float, dice: Dice) -> Scene:
        """Engine and batteries fail: no transponder until they are mended at a quiet pier."""
        pier = self.piers.other
        path = short_of(self._way(night, pier, SEAS[1]), _ANCHOR_M)
        voyage, from_s, to_s = there_and_back(
            night, self.twin, path, berth_s, 90 * 60.0, 6.5, dice, duty=NOT_UNDER_COMMAND
        )
        voyage = replace(voyage, silences=((-1e6, from_s + 25 * 60.0),))
        row = label(night, "engine_trouble", pier, from_s, to_s, [self.twin])
        return Scene([voyage], nuisances=[row])


def _in_sight(place: Place, path: Float) -> Float:
    """A way in, as far as a radar sees it: nearer to the quay the shore's echo hides a boat."""
    seen = np.stack([radar.open_to(path[-20:]) for radar in radars(place)])
    hidden = int(np.argmax(seen.max(axis=0)[::-1]))
    return path[: len(path) - hidden]


def _shared(place: Place, known: int, beside: int) -> float:
    """Of the last 15 km to one pier, the share that lies on the way to the other."""
    ways = [place.way_in(pier, 0, place.sea(*_SEA)) for pier in (known, beside)]
    if ways[0] is None or ways[1] is None:
        return 0.0
    one, other = resampled(ways[0])[::8], resampled(ways[1])[:-600:-8]
    apart = np.sqrt(((other[:, None, :] - one[None, :, :]) ** 2).sum(axis=2))
    return float((apart.min(axis=1) < _BY_M).mean())


def _radar_m(place: Place, spot: Float) -> float:
    """How far the nearest radar is, in metres."""
    x, y = place.plane.to_m(
        place.site.radars["lon"].to_numpy(), place.site.radars["lat"].to_numpy()
    )
    return float(np.sqrt((x - spot[0]) ** 2 + (y - spot[1]) ** 2).min())


def _piers(place: Place, usable: list[int]) -> Piers:
    """Idle piers before a dock camera and in sight of a radar: two neighbours, and one apart.

    Raises
    ------
    SiteError
        The site has none such.
    """
    table = place.site.piers.table
    watched = set(place.cameras.filter(pl.col("kind") == "dock")["pier_id"].drop_nulls())
    rows = table.select("pier_id", "status", "kind").rows()
    there = {
        i: place.centre(i)
        for i in usable
        if rows[i][1] == "idle" and rows[i][0] in watched
        if seen_by_radar(place, place.centre(i))
    }
    apart = {
        (a, b): float(np.sqrt(((there[a] - there[b]) ** 2).sum())) for a in there for b in there
    }
    pairs = sorted(
        (round(metres), a, b)
        for (a, b), metres in apart.items()
        if _BESIDE_M[0] < metres < _BESIDE_M[1] and rows[b][2] in _BUILT
    )
    for _, known, beside in pairs:
        far = [i for i in there if _ELSEWHERE_M[0] < apart[beside, i] < _ELSEWHERE_M[1]]
        if far and _shared(place, known, beside) >= _SHARED:
            return Piers(known, beside, min(far, key=lambda i: (_radar_m(place, there[i]), i)))
    raise SiteError(
        "piers.geojson", expected="three idle piers before dock cameras and in sight of a radar",
        came=f"{len(there)}, too near to each other or too far apart",
    )  # fmt: skip
