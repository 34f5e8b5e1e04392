"""A whole recording, night by night: what `pierwatch simulate` writes.

Memory holds some nights at most, however many there are; nights may be made in several processes,
and the bytes do not depend on how many.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from multiprocessing import get_context

from core.errors import SettingsError
from geo.site import parse_site
from simulate import story
from simulate.county import County
from simulate.dice import Dice
from simulate.night import Night
from simulate.place import Place
from simulate.priors import NUISANCES, Priors
from simulate.scale import SCALES, cut
from simulate.scene import Label, Scene
from simulate.sensors import ais, barriers, beidou, cameras, radar, vehicles
from simulate.sensors.plan import SensorPlan, sensor_plan
from simulate.sensors.written import Echo, Written
from simulate.tracks import echoes, parquet, tracks

Frames = Callable[[Scene, Night, SensorPlan, Dice], list[Written]]

SENSORS: dict[str, Frames] = {
    "ais": ais.frames,
    "beidou": beidou.frames,
    "radar": radar.frames,
    "vehicles": vehicles.frames,
    "cameras": cameras.frames,
    "barriers": barriers.frames,
}
STORY = "demo"  # the scale of the demonstration
_LEVEL = 3  # of gzip: a night is written once and read often


@dataclass(frozen=True)
class Order:
    """What is to be simulated; see `simulate`."""

    files: Mapping[str, bytes]
    nights: int
    seed: int
    scale: str
    off: frozenset[str] = frozenset()
    start_on: date | None = None
    priors: Priors | None = None
    radar_bias: float | None = None
    tracks: bool = False


@dataclass(frozen=True)
class NightFiles:
    """One night of a recording: its files by path, its rows of the truth, frames by feed."""

    files: list[tuple[str, bytes]]
    landings: list[Label]
    nuisance: list[Label]
    frames: dict[str, int]
    vessels: int
    vehicles: int


@dataclass
class Maker:
    """Makes the nights of an order."""

    order: Order
    county: County = field(init=False)
    nights: tuple[int, ...] = field(init=False)  # those that are written
    plan: SensorPlan = field(init=False)
    site_files: dict[str, bytes] = field(init=False)

    def __post_init__(self) -> None:
        order, told = self.order, self.order.scale == STORY
        scale = SCALES[order.scale]
        self.site_files = cut(order.files, scale)
        place = Place(parse_site(self.site_files))
        self.county = County(
            place, order.seed, order.nights, scale,
            priors=order.priors, start_on=order.start_on, off=order.off, told=told,
        )  # fmt: skip
        self.nights = story.NIGHTS if told else tuple(range(order.nights))
        dice = Dice(order.seed, "sensors")
        self.plan = sensor_plan(
            place.site, dice, wrong_clocks="wrong_clock" not in order.off, bias=order.radar_bias
        )
        self.site_files["regimes.csv"] = self.county.regimes_csv()
        self.site_files["permits.csv"] = self.county.permits_csv()

    def night(self, k: int) -> NightFiles:
        """Night k, complete."""
        night, scene = self.county.night(k)
        files: list[tuple[str, bytes]] = []
        frames: Counter[str] = Counter()
        nuisance = list(scene.nuisances)
        seen: list[tuple[str, list[Echo]]] = []
        for name, write in SENSORS.items():
            for wrote in write(scene, night, self.plan, night.dice.child(f"sensor {name}")):
                path = f"feeds/{wrote.stem}-{night.evening:%Y%m%d}{wrote.ending}.gz"
                text = wrote.in_order()
                frames[wrote.stem.partition("/")[0]] += text.count(b"\n")
                nuisance += wrote.labels
                files.append((path, gzip.compress(text, _LEVEL, mtime=0)))
                if wrote.echoes:
                    seen.append((wrote.stem.partition("/")[2], wrote.echoes))
        if self.order.tracks:
            for what, frame in (("tracks", tracks(scene, night)), ("echoes", echoes(seen, night))):
                files.append((f"truth/{what}-{night.evening:%Y%m%d}.parquet", parquet(frame)))
        return NightFiles(
            files, scene.landings, nuisance, dict(frames), len(scene.voyages), len(scene.trips)
        )

    def recording_toml(self) -> bytes:
        """The recording's head."""
        county = self.county
        end = county.starts[-1] + timedelta(seconds=county.night_s)
        return (
            f'name = "{county.place.site.name}-{self.order.scale}-{county.seed}"\n'
            f"start = {county.starts[0]:%Y-%m-%dT%H:%M:%SZ}\n"
            f"end = {end:%Y-%m-%dT%H:%M:%SZ}\n"
            'note = "模拟：船舶、车辆与事件均为虚构 / '
            'simulated: vessels, vehicles and events are invented"\n'
            "simulated = true\n"
        ).encode()

    def size(self) -> dict[str, int]:
        """The county in numbers, to be printed: its coast, its piers, who lives there."""
        site = self.county.place.site
        return {
            "coast_km": round(self.county.place.coast_km()),
            "piers": len(site.piers),
            "vessels": len(site.vessels),
            "vehicles": len(site.vehicles),
            "cameras": len(site.cameras),
            "radars": len(site.radars),
            "ais_stations": len(site.stations),
        }

    def truth(self, nights: list[NightFiles]) -> bytes:
        """What is true of all nights."""
        county = self.county
        landings = [row for night in nights for row in night.landings]
        nuisance = [row for night in nights for row in night.nuisance]
        frames: Counter[str] = Counter()
        for night in nights:
            frames.update(night.frames)
        kinds = Counter(str(row["kind"]) for row in nuisance)
        truth: Label = {
            "simulated": True,
            "seed": county.seed,
            "nights": len(self.nights),
            "scale": self.order.scale,
            "priors": county.priors.name,
            "start_on": county.start_on.isoformat(),
            "off": sorted(self.order.off),
            "county": self.size(),
            "gangs": sorted({str(row["gang"]) for row in landings}),
            "landings": landings,
            "nuisance": nuisance,
            "counts": {
                "landings": len(landings),
                "nuisance": dict(sorted(kinds.items())),
                "vessels": max((night.vessels for night in nights), default=0),
                "vehicles": max((night.vehicles for night in nights), default=0),
                "frames": dict(sorted(frames.items())),
            },
            "biases": self.plan.biases(),
        }
        return (json.dumps(truth, ensure_ascii=False, indent=1) + "\n").encode()


def simulate(
    files: Mapping[str, bytes],
    nights: int,
    seed: int,
    scale: str = "small",
    *,
    off: Collection[str] = (),
    start_on: date | None = None,
    priors: Priors | None = None,
    radar_bias: float | None = None,
    tracks: bool = False,
    workers: int = 1,
) -> Iterator[tuple[str, bytes]]:
    """The files of a recording with ground truth, one after another.

    Parameters
    ----------
    files
        The site folder's files by name.
    nights, seed
        How many, and the dice.
    scale
        `demo` (three nights of a story, `simulate.story`, whatever `nights`), `small` or `county`.
    off, start_on, priors
        Kinds of nuisance to leave out; the first evening, and the priors: None for the seed's own.
    radar_bias
        How much of 60 m and 0.6° every radar errs by, 0 to 1, to its own side; None: as drawn.
    tracks
        Write the truth of every track too, `truth/` (`simulate.tracks`).
    workers
        Processes that make nights; with 1, this one does.

    Returns
    -------
    Path in the recording's folder and content: the head and the site first, truth.json last.

    Raises
    ------
    SettingsError, SiteError
        No such scale or nuisance, or less than one night; the site lacks what a simulation needs.
    """
    _check(nights, scale, off)
    if scale == STORY:
        nights, off = story.NIGHTS[-1] + 1, {*off, *story.OFF}
        start_on = start_on or story.START_ON
    order = Order(
        dict(files), nights, seed, scale, frozenset(off), start_on, priors, radar_bias, tracks
    )
    maker = Maker(order)
    yield "recording.toml", maker.recording_toml()
    for name, content in sorted(maker.site_files.items()):
        yield f"site/{name}", content
    done: list[NightFiles] = []
    for night in _made(maker, workers):
        yield from night.files
        night.files.clear()
        done.append(night)
    yield "truth.json", maker.truth(done)


def _check(nights: int, scale: str, off: Collection[str]) -> None:
    if scale not in SCALES:
        known = ", ".join(SCALES)
        raise SettingsError("--scale", expected=f"one of {known}", came=scale)
    if nights < 1:
        raise SettingsError("--nights", expected="at least 1", came=str(nights))
    unknown = sorted(set(off) - set(NUISANCES))
    if unknown:
        expected = f"kinds of nuisance: {', '.join(sorted(NUISANCES))}"
        raise SettingsError("--without", expected=expected, came=unknown[0])


def _made(maker: Maker, workers: int) -> Iterator[NightFiles]:
    """All nights in their order; never more than one a process ahead."""
    nights = maker.nights
    if workers <= 1:
        yield from map(maker.night, nights)
        return
    with ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=_start, initargs=(maker.order,)
    ) as pool:
        waiting = deque(pool.submit(_night, k) for k in nights[: workers + 1])
        for k in nights[workers + 1 :]:
            yield waiting.popleft().result()
            waiting.append(pool.submit(_night, k))
        yield from (made.result() for made in waiting)


_maker: Maker | None = None  # of a worker process


def _start(order: Order) -> None:
    global _maker
    _maker = Maker(order)


def _night(k: int) -> NightFiles:
    assert _maker is not None
    return _maker.night(k)
