"""The autoferry recordings as scans: radar and lidar plots, and where the two boats truly were.

Cameras give bearings only and are left out, for every tracker alike. What is told of the sensors
was looked up in the data: near the truth, plots scatter by 3 to 12 m; the boats have a plot within
25 m in 54 % of the lidar's scans and in 14 % of the radar's; about them lie 5e-5 (lidar) and 2e-5
(radar) other plots per m², more near the quays. Densities and `SETTINGS` were chosen on these
same five scenarios. Stone Soup's GNN uses neither density nor probability; its JPDA both.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
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
SETTINGS = ScanSettings(
    acceleration_q=0.5, birth_speed_mps=4.0, drop_sigma_m=25.0, longest_unseen_s=10.0,
    confirm_nats=10.0, most_nats=16.0,
)  # fmt: skip
CUTOFF_M = 50.0  # of GOSPA here: the whole scene is 300 m wide


@dataclass(frozen=True)
class Sensor:
    """What both trackers are told of a sensor."""

    name: str
    sigma_m: float
    detection: float
    clutter_m2: float
    range_m: float


SENSORS = {
    1: Sensor("lidar", 8.0, 0.55, 2e-5, 150.0),
    2: Sensor("radar", 8.0, 0.2, 1e-4, 650.0),
}


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
        plots = np.array(scan["measurement"], float).reshape(-1, 2)[:, ::-1] + own
        truth = np.array([boat["position"][1::-1] for boat in boats])
        made.append(
            Instant(
                sensor,
                Scan.of(
                    sensor.name, round(scan["time"] * 1e6), plots, sensor.sigma_m,
                    sensor.detection, sensor.clutter_m2, View(*own.tolist(), sensor.range_m),
                ),
                truth,
            )
        )  # fmt: skip
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
