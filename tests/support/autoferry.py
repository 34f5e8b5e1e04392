"""The autoferry recordings as scans: radar and lidar plots, and where the two boats truly were.

Cameras give bearings only and are left out, for every tracker alike. Plots are written as two rows,
north and east (the publisher's README: 2xM). What is told of the sensors was looked up in the data,
over all five scenarios: how far plots lie from the boats (4.3 and 7.1 m root mean square in each
coordinate, with the boats' size and the place of the GNSS antenna in it), how often a boat in view
has one within 30 m (0.96 and 0.93), where view ends (lidar: from 120 m on it misses half and more;
radar: its list ends at 500 m), how many other plots there are (0.2 and 3.6 a scan), and that the
lidar has half a plot more of a boat, 13 m off: one of them is a ship. The boats shadow each other
and their echoes run together; how long that lasts and when a target is confirmed (0.999) are
numbers of Brekke, Hem and Tokle (2021) for boats and a radar: from turn to turn, here 1.7 s, a
visible one stays so with 0.9 and a hidden one with 0.48. The rest are the product's settings, but
for two: where a target may be farther off than GOSPA's cut-off (in the product 200 m), it is none;
and it is given up after 10 s, as Stone Soup's is. Stone Soup's GNN uses neither density nor
probability, its JPDA both; it knows neither further plots nor hiding.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.settings import ScanSettings
from models.fusion.scan_tracker import ScanState, advance
from models.fusion.scans import Scan, View
from simulate.scoring.tracking.picture import Siap, assigned, siap
from simulate.scoring.tracking.sets import gospa

Float = NDArray[np.float64]

SCENARIOS = (2, 3, 4, 5, 6)
CUTOFF_M = 50.0  # of GOSPA here: the boats pass each other at 20 m
SETTINGS = ScanSettings(drop_sigma_m=CUTOFF_M, longest_unseen_s=10.0, confirm_nats=6.9)


@dataclass(frozen=True)
class Sensor:
    """What both trackers are told of a sensor."""

    name: str
    sigma_m: float
    detection: float
    clutter_m2: float
    range_m: float
    further: float
    extent_m: float


SENSORS = {
    1: Sensor("lidar", 4.5, 0.95, 4e-6, 120.0, 0.5, 13.0),
    2: Sensor("radar", 7.0, 0.93, 4.5e-6, 500.0, 0.0, 0.0),
}
VISIBLE_S, HIDDEN_S = 10.9, 2.1


@dataclass(frozen=True)
class Instant:
    """A scan of radar or lidar; the truth, shape (2, 2)."""

    sensor: Sensor
    scan: Scan
    truth: Float


def instants(folder: Path, scenario: int) -> list[Instant]:
    """The scans of a scenario in order."""

    def read(kind: str) -> list[dict[str, object]]:
        name = folder / "autoferry" / f"scenario{scenario}_{kind}.json.gz"
        return list(json.loads(gzip.decompress(name.read_bytes())))

    made = []
    for scan, boats in zip(read("detections"), read("groundTruth"), strict=True):
        sensor = SENSORS.get(scan["sensorID"])
        if sensor is None:
            continue
        own = np.array(scan["ownshipPosition"])[::-1]
        north, east = np.array(scan["measurement"], float).reshape(2, -1)  # one return: two numbers
        view = View(*own.tolist(), sensor.range_m)
        seen = Scan.of(
            sensor.name, round(scan["time"] * 1e6), np.column_stack([east, north]) + own,
            sensor.sigma_m, sensor.detection, sensor.clutter_m2, view,
        )  # fmt: skip
        seen = replace(
            seen, further=sensor.further, extent_m=sensor.extent_m, visible_s=VISIBLE_S,
            hidden_s=HIDDEN_S,
        )  # fmt: skip
        made.append(Instant(sensor, seen, np.array([boat["position"][1::-1] for boat in boats])))
    return sorted(made, key=lambda each: each.scan.t_us)  # a few were written late


@dataclass(frozen=True)
class Picture:
    """Confirmed tracks after each scan: numbers and places."""

    numbers: list[NDArray[np.int64]]
    places: list[Float]


def ours(scans: list[Instant], settings: ScanSettings) -> Picture:
    """The picture that our tracker makes."""
    state, picture = ScanState.initial(), Picture([], [])
    for each in scans:
        state, out = advance(state, each.scan, settings)
        picture.numbers.append(out.tracks.number)
        picture.places.append(out.tracks.states.x[:, :2])
    return picture


def score(scans: list[Instant], picture: Picture, cutoff: float = CUTOFF_M) -> tuple[float, Siap]:
    """Mean GOSPA over all scans, and the picture's SIAP."""
    mean = np.mean(
        [
            gospa(found, each.truth, cutoff).distance
            for each, found in zip(scans, picture.places, strict=True)
        ]
    )
    began_us = scans[0].scan.t_us
    at_s = [(each.scan.t_us - began_us) / 1e6 for each in scans]
    found_s = np.repeat(at_s, [len(n) for n in picture.numbers])
    found_xy = np.concatenate(picture.places)
    true_s, true_object = np.repeat(at_s, 2), np.tile([0, 1], len(scans))
    true_xy = np.concatenate([each.truth for each in scans])
    owner, error = assigned(found_s, found_xy, true_s, true_object, true_xy, cutoff)
    number = np.concatenate(picture.numbers)
    return float(mean), siap(true_s, true_object, found_s, number, owner, error)


def mean(scores: list[tuple[float, Siap]]) -> tuple[float, float, float]:
    """Over scenarios: GOSPA in metres, completeness, share of the longest segments."""
    columns = [(g, s.completeness, s.longest_segment) for g, s in scores]
    first, second, third = (float(np.mean(column)) for column in zip(*columns, strict=True))
    return first, second, third
