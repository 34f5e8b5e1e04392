"""The first demonstration: one night of AIS off a site's coast, with what is true of it.

Pure: the site, the seed, the start and the length are all that it depends on; the same ones give
the same bytes. Everything in it is simulated, and `recording.toml` says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from geo.site import Site
from simulate import fishing, landings, mishaps, traffic
from simulate.dice import Dice
from simulate.fleet import Fleet, Voyage
from simulate.night import Night
from simulate.place import Place
from simulate.radio import Station, heard, transmissions
from simulate.scene import Label, Scene

#: A night whose high water falls at 00:46 local, outside holidays.
START_AT = datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
SEED = 20260309
HOURS = 12

#: Shares of the vessels, in per cent; what remains goes to the named scenes.
_SHARES = {"home": 16, "out": 11, "grounds": 17, "moored": 28, "rafts": 9, "passing": 9}
_CLOCKS_MS = (120, -340, 610, 35)


def demo_recording(
    site: Site,
    seed: int = SEED,
    start_at: datetime = START_AT,
    hours: int = HOURS,
    *,
    vessels: int = 150,
    site_files: Mapping[str, bytes] | None = None,
) -> dict[str, bytes]:
    """One simulated night as the files of a recording.

    Parameters
    ----------
    site
        It must have land, piers and AIS stations; tide and vessel register are used where given.
    seed
        The dice.
    start_at
        Aware; about dusk.
    hours
        Its length.
    vessels
        About how many; the landings and nuisances come on top where the night is long enough.
    site_files
        The site folder's files; they are put under `site/`.

    Returns
    -------
    Paths in the recording's folder, with the contents of the files.

    Raises
    ------
    SiteError
        The site lacks what the simulation needs.
    """
    night, voyages, truth, outages = plan(Place(site), seed, start_at, hours, vessels)
    files = {f"site/{name}": content for name, content in (site_files or {}).items()}
    files["recording.toml"] = _recording_toml(night, seed)
    lines, counts = _feeds(night, voyages, outages)
    files |= lines
    truth["messages"] = counts
    files["truth.json"] = (json.dumps(truth, ensure_ascii=False, indent=1) + "\n").encode()
    return files


def plan(
    place: Place, seed: int, start_at: datetime, hours: int, vessels: int
) -> tuple[Night, list[Voyage], Label, dict[str, tuple[float, float]]]:
    """The night before anything is sent: who goes where, and what is true of it."""
    site, dice = place.site, Dice(seed, "demo")
    night = Night(place, Fleet(site, dice.child("fleet")), dice, start_at, round(hours * 3600))
    share = {name: vessels * percent // 100 for name, percent in _SHARES.items()}
    scenes: list[Scene] = [
        traffic.moored(night, share["moored"]),
        traffic.ferries(night, 4),
        traffic.anchored(night, max(vessels // 30, 1)),
        traffic.passing(night, share["passing"]),
        fishing.coming_home(night, share["home"]),
        fishing.going_out(night, share["out"]),
        fishing.on_the_grounds(night, share["grounds"]),
        fishing.at_the_rafts(night, share["rafts"]),
        landings.landings(night, 5),
        mishaps.engine_trouble(night),
        mishaps.patrol(night),
    ]
    ordinary = [voyage for scene in scenes[:8] for voyage in scene.voyages]
    ordinary, shared = mishaps.shared_mmsi(night, ordinary)
    voyages = ordinary + [voyage for scene in scenes[8:] for voyage in scene.voyages]
    outages, outage_labels = mishaps.outage(night, site.stations["station_id"].to_list())
    nuisance = [row for scene in scenes for row in scene.nuisances] + shared + outage_labels
    true = [row for scene in scenes for row in scene.landings]
    truth: Label = {
        "simulated": True,
        "seed": seed,
        "nights": 1,
        "gangs": sorted({str(row["gang"]) for row in true}),
        "landings": true,
        "nuisance": nuisance,
        "counts": {"landings": len(true), "nuisance": len(nuisance), "vessels": len(voyages)},
        "biases": {"ais": {s.name: {"clock_ms": s.clock_ms} for s in _stations(night, outages)}},
    }
    return night, voyages, truth, outages


def _stations(night: Night, outages: Mapping[str, tuple[float, float]]) -> list[Station]:
    out = []
    for i, row in enumerate(night.place.site.stations.to_dicts()):
        x, y = night.place.plane.to_m(row["lon"], row["lat"])
        out.append(
            Station(
                name=str(row["station_id"]),
                xy_m=np.array([float(x), float(y)]),
                range_m=float(row["range_m"] or 40_000.0),
                clock_ms=_CLOCKS_MS[i % len(_CLOCKS_MS)],
                outages=(outages[row["station_id"]],) if row["station_id"] in outages else (),
            )
        )
    return out


def _feeds(
    night: Night, voyages: list[Voyage], outages: Mapping[str, tuple[float, float]]
) -> tuple[dict[str, bytes], dict[str, int]]:
    """What each station wrote, in the order of its receipts."""
    stations = _stations(night, outages)
    start_s = round(night.start_at.timestamp())
    books: list[list[tuple[int, str]]] = [[] for _ in stations]
    sent_count = 0
    for i, voyage in enumerate(voyages):
        dice = night.dice.child(f"radio {i}")
        sent = transmissions(voyage, night.place, start_s, night.end_s, dice)
        sent_count += len(sent.messages)
        for book, wrote in zip(books, heard(sent, stations, start_s * 1000, dice), strict=True):
            book += wrote
    files = {}
    for station, book in zip(stations, books, strict=True):
        book.sort()
        files[f"feeds/ais/{station.name}.nmea"] = "".join(text for _, text in book).encode()
    return files, {"sent": sent_count, "received": sum(len(book) for book in books)}


def _recording_toml(night: Night, seed: int) -> bytes:
    end = night.start_at + timedelta(seconds=night.end_s)
    return (
        f'name = "demo-{night.place.site.name}-{seed}"\n'
        f"start = {night.start_at:%Y-%m-%dT%H:%M:%SZ}\n"
        f"end = {end:%Y-%m-%dT%H:%M:%SZ}\n"
        'note = "模拟：船舶与事件均为虚构 / simulated: vessels and events are invented"\n'
        "simulated = true\n"
    ).encode()
