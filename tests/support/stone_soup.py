"""Stone Soup's trackers on our scans: the yardstick (MIT, dstl; a dev dependency only)."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Callable, Sequence

import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for rtree, which we do not use
    from stonesoup.base import Property
    from stonesoup.dataassociator.base import DataAssociator
    from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
    from stonesoup.dataassociator.probability import JPDA
    from stonesoup.dataassociator.tree import DetectionKDTreeGNN2D
    from stonesoup.deleter.base import Deleter
    from stonesoup.deleter.error import CovarianceBasedDeleter
    from stonesoup.deleter.multi import CompositeDeleter
    from stonesoup.deleter.time import UpdateTimeDeleter
    from stonesoup.functions import gm_reduce_single
    from stonesoup.hypothesiser.distance import DistanceHypothesiser
    from stonesoup.hypothesiser.probability import PDAHypothesiser
    from stonesoup.initiator.simple import MultiMeasurementInitiator
    from stonesoup.measures import Mahalanobis
    from stonesoup.models.measurement.linear import LinearGaussian
    from stonesoup.models.transition.linear import (
        CombinedLinearGaussianTransitionModel,
        ConstantVelocity,
    )
    from stonesoup.predictor.kalman import KalmanPredictor
    from stonesoup.types.array import StateVectors
    from stonesoup.types.detection import Detection
    from stonesoup.types.state import GaussianState
    from stonesoup.types.track import Track
    from stonesoup.types.update import GaussianStateUpdate, Update
    from stonesoup.updater.kalman import KalmanUpdater

from core.settings import ScanSettings
from models.fusion.scans import Scan, View

EPOCH = datetime.datetime(1970, 1, 1)
KINDS = ("gnn", "jpda", "kdtree")


class StepsInViewDeleter(Deleter):
    """As `UpdateTimeStepsDeleter`, but a step whose sensor could not see the track is no miss.

    Without it, tracks beyond the lidar's 120 m would end between two turns of the radar.
    """

    steps: int = Property(doc="Misses in a row that end a track")
    views: dict = Property(doc="The view of the scan at each timestamp; None: everything")

    def check_for_deletion(self, track: Track, **_: object) -> bool:
        missed = 0
        for state in track[::-1]:
            if isinstance(state, Update) and state.hypothesis:
                return False
            view, (x, _, y, _) = self.views[state.timestamp], state.state_vector[:, 0]
            missed += view is None or bool(view.holds(np.array([[float(x), float(y)]]))[0])
            if missed >= self.steps:
                return True
        return False


class StoneSoup:
    """A multi-target tracker as its tutorials put one together, with our settings.

    The same constant-velocity model, noise, gate, detection probability, clutter density, view,
    birth velocity and plots to initiate; a target is given up when it was not seen for `unseen_s`
    or when its covariance has grown beyond ours. `reach_m` is how far its KD-tree looks.
    """

    def __init__(
        self, settings: ScanSettings, kind: str, unseen_s: float, reach_m: float = np.inf
    ) -> None:
        self._settings, self._kind, self._reach_m = settings, kind, reach_m
        q = settings.acceleration_q
        motion = CombinedLinearGaussianTransitionModel([ConstantVelocity(q), ConstantVelocity(q)])
        self._predictor = KalmanPredictor(motion)
        self._updater = KalmanUpdater(None)
        self._deleter = CompositeDeleter(
            [
                UpdateTimeDeleter(datetime.timedelta(seconds=unseen_s)),
                CovarianceBasedDeleter(2 * settings.drop_sigma_m**2, mapping=[0, 2]),
            ],
            intersect=False,
        )
        speed = settings.birth_speed_mps**2
        prior = GaussianState([[0], [0], [0], [0]], np.diag([0, speed, 0, speed]))
        tries = settings.initiate_of - settings.initiate_hits
        self._views: dict[datetime.datetime, View | None] = {}
        self._initiator = MultiMeasurementInitiator(
            prior, deleter=StepsInViewDeleter(tries + 1, self._views), data_associator=None,
            updater=self._updater, min_points=settings.initiate_hits,
        )  # fmt: skip
        self._tracks: set[Track] = set()
        self._numbers: dict[str, int] = {}

    def take(self, scan: Scan) -> tuple[np.ndarray, np.ndarray]:
        """Numbers and places of the tracks after a scan."""
        at = EPOCH + datetime.timedelta(microseconds=scan.t_us)
        self._views[at] = scan.view
        noise = np.diag([scan.along_var[0], scan.across_var[0]]) if len(scan.xy) else np.eye(2)
        model = LinearGaussian(4, (0, 2), noise)
        detections = {
            Detection([[x], [y]], timestamp=at, measurement_model=model)
            for x, y in scan.xy.tolist()
        }
        distance = self._by_distance()
        self._initiator.data_associator = self._nearest(distance)
        found = self._associator(scan, distance).associate(self._tracks, detections, at)
        used = set()
        for track, hypotheses in found.items():
            used |= self._follow(track, hypotheses)
        self._tracks -= self._deleter.delete_tracks(self._tracks)
        self._tracks |= self._initiator.initiate(detections - used, at)
        numbers = [self._numbers.setdefault(t.id, len(self._numbers) + 1) for t in self._tracks]
        places = [[float(v) for v in t.state_vector[[0, 2], 0]] for t in self._tracks]
        order = np.argsort(numbers)
        return np.array(numbers, np.int64)[order], np.array(places).reshape(-1, 2)[order]

    def _by_distance(self) -> DistanceHypothesiser:
        far = np.sqrt(self._settings.gate_chi2)
        return DistanceHypothesiser(self._predictor, self._updater, Mahalanobis(), far)

    def _nearest(self, distance: DistanceHypothesiser) -> DataAssociator:
        if self._kind != "kdtree":
            return GNNWith2DAssignment(distance)
        return DetectionKDTreeGNN2D(
            distance, predictor=self._predictor, updater=self._updater,
            max_distance=self._reach_m,
        )  # fmt: skip

    def _associator(self, scan: Scan, distance: DistanceHypothesiser) -> DataAssociator:
        if self._kind != "jpda":
            return self._nearest(distance)
        return JPDA(
            PDAHypothesiser(
                self._predictor, self._updater, scan.clutter_m2, scan.detection, prob_gate=0.999
            )
        )

    def _follow(self, track: Track, hypotheses: object) -> set[Detection]:
        """Move a track on; the detections that it took."""
        if self._kind != "jpda":
            if not hypotheses:
                track.append(hypotheses.prediction)
                return set()
            track.append(self._updater.update(hypotheses))
            return {hypotheses.measurement}
        states, weights, taken = [], [], set()
        for hypothesis in hypotheses:
            if hypothesis:
                states.append(self._updater.update(hypothesis))
                taken.add(hypothesis.measurement)
            else:
                states.append(hypothesis.prediction)
            weights.append(float(hypothesis.probability))
        if not taken:
            track.append(hypotheses[0].prediction)
            return taken
        means = StateVectors([state.state_vector for state in states])
        covars = np.stack([state.covar for state in states], axis=2)
        mean, covar = gm_reduce_single(means, covars, np.asarray(weights))
        track.append(
            GaussianStateUpdate(mean, covar, timestamp=states[0].timestamp, hypothesis=hypotheses)
        )
        return taken


def run(
    scans: Sequence[Scan], settings: ScanSettings, kind: str, unseen_s: float,
    after: Callable[[], None] = lambda: None,
) -> list[tuple[np.ndarray, np.ndarray]]:  # fmt: skip
    """Numbers and places of its tracks after every scan."""
    tracker, made = StoneSoup(settings, kind, unseen_s), []
    for scan in scans:
        made.append(tracker.take(scan))
        after()
    return made
