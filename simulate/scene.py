"""What happens in a night, before any sensor looks: voyages, trips, barriers, weather, failures.

These are the types that the plan, the land and the sensors share. Seconds count from the start of
the night's recording; places are metres in the site's plane.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from simulate.fleet import Voyage
from simulate.motion import Track

#: A row of the truth: `landings` or `nuisance` of truth.json.
Label = dict[str, object]

Span = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Trip:
    """What one road vehicle does in the night.

    Attributes
    ----------
    plate
        What stands on it, such as `浙B12345`.
    vehicle_class
        As in vehicles.csv: `truck_light`, `truck_heavy`, `refrigerated`, `tanker`, `van`, `car`.
    terminal
        The number of its JT/T 808 terminal without leading zeros; None where it has none.
    generation
        Of the terminal's headers.
    track
        Where it truly is.
    parked
        Spans (from, to) in which it stands with the engine off.
    private
        A private car: no camera event of it may be kept beyond the truth.
    silences
        Spans in which its terminal says nothing at all (unplugged); dead spots are the sensor's.
    """

    plate: str
    vehicle_class: str
    terminal: str | None
    generation: Literal[2011, 2013, 2019]
    track: Track
    parked: tuple[Span, ...] = ()
    private: bool = False
    silences: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Gate:
    """A height-limit bar that changes: `raised`, `lowered` or `damaged`."""

    bar_id: str
    at_s: float
    state: Literal["raised", "lowered", "damaged"]


@dataclass(frozen=True)
class Outage:
    """A sensor that hears, sees or forwards nothing for a while.

    `sensor` is the feed's folder (`ais`, `beidou`, `radar`, `vehicles`, `cameras`), `source` the
    station, radar, camera or bar; None means all of the feed.
    """

    sensor: str
    source: str | None
    from_s: float
    to_s: float


@dataclass(frozen=True)
class Rain:
    """A round shower that drifts: radars see clutter in it, and small boats less well."""

    from_s: float
    to_s: float
    xy_m: tuple[float, float]
    drift_mps: tuple[float, float]
    radius_m: float


@dataclass(frozen=True)
class Glimpse:
    """Something that a camera reports although no voyage or trip makes it (a lamp, a person)."""

    camera_id: str
    at_s: float
    label: str


@dataclass(frozen=True)
class Scene:
    """A part of the night, or all of it; parts are added up with `together`."""

    voyages: list[Voyage] = field(default_factory=list)
    landings: list[Label] = field(default_factory=list)
    nuisances: list[Label] = field(default_factory=list)
    trips: list[Trip] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    glimpses: list[Glimpse] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    rains: list[Rain] = field(default_factory=list)


def together(scenes: Iterable[Scene]) -> Scene:
    """One scene of all of them, in their order."""
    whole = Scene()
    for scene in scenes:
        whole.voyages.extend(scene.voyages)
        whole.landings.extend(scene.landings)
        whole.nuisances.extend(scene.nuisances)
        whole.trips.extend(scene.trips)
        whole.gates.extend(scene.gates)
        whole.glimpses.extend(scene.glimpses)
        whole.outages.extend(scene.outages)
        whole.rains.extend(scene.rains)
    return whole
