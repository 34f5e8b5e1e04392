"""Targets out of scans whose plots have no numbers: one call a scan.

Every target is a Kalman filter (`models.fusion.filters`). At a scan all are predicted to its
time; confirmed targets choose their plots first, tentative ones among what is left, each by the
best assignment of all (`models.fusion.scan_pairs`); what is still left begins tentative targets.
A plot that a confirmed target may have given beyond its own says less for a tentative one.
A target is confirmed when it was seen in M of its last N scans (methods 2.1) and what it was seen
at speaks for a target enough, and given up as soon as M of N has become impossible; once
confirmed, when its score falls below 0 because it is missed, when nobody knows any more where it
is, or when nothing was seen of it for long.

Boats hide each other for seconds, and their echoes run together: misses hang together. Whether a
target can be seen is therefore a Markov chain of its own, and a miss that it explains says little
against the target (Mušicki, Evans & Stanković 1994, Markov chain two; Brekke, Hem & Tokle 2021).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from core.errors import InputError
from core.settings import ScanSettings
from models.fusion.filters import (
    SECOND_US,
    Bool,
    Float,
    Int,
    Measurements,
    begin,
    larger_axis_m,
    predict,
    update,
)  # fmt: skip
from models.fusion.scan_pairs import assign, rounded, strewn
from models.fusion.scan_targets import Targets
from models.fusion.scans import Plots, Scan, usable

CLOCK: Final = pl.Schema({"t_us": pl.Int64(), "next_number": pl.Int64()})


@dataclass(frozen=True)
class ScanState:
    """What the next scan needs to know of the past. `t_us` is the last scan's time."""

    t_us: int | None
    next_number: int
    targets: Targets

    @staticmethod
    def initial() -> ScanState:
        """Nothing seen yet."""
        return ScanState(None, 1, Targets.none())

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved: the same bytes however the scans were cut."""
        clock = {"t_us": [self.t_us], "next_number": [self.next_number]}
        return {"targets": self.targets.frame(), "clock": pl.DataFrame(clock, schema=CLOCK)}

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> ScanState:
        """The state from the frames that `frames` gave."""
        t_us, next_number = frames["clock"].row(0)
        return ScanState(t_us, next_number, Targets.of(frames["targets"]))


@dataclass(frozen=True)
class ScanOutput:
    """What a scan led to.

    Attributes
    ----------
    tracks
        The confirmed targets at the time of the scan; `tracks.seen_us` says who was seen in it.
    numbers
        By plot of the scan, in its order: the number of its confirmed target, 0 where it has none.
    ended
        Numbers of confirmed targets that were given up.
    refused
        Plots that were not used, by reason: `no_place`, `no_noise`, `too_many_plots`, and
        `too_many_targets`.
    """

    tracks: Targets
    numbers: Int
    ended: Int
    refused: dict[str, int]


def advance(state: ScanState, scan: Scan, settings: ScanSettings) -> tuple[ScanState, ScanOutput]:
    """Take a scan.

    Raises
    ------
    InputError
        A scan that is not after the last one, or whose probabilities cannot be.
    """
    _check(state, scan)
    plots = usable(scan, settings.most_plots)
    targets = _predicted(state.targets, scan, settings)
    row, plot, gain = _associated(targets, plots, scan, settings)
    targets = _updated(targets, row, plots.seen.take(plot))
    targets = _judged(targets, row, gain, scan, settings)
    kept = _kept(targets, scan.t_us, settings)
    numbers = np.zeros(len(scan.xy), np.int64)
    numbers[plots.row[plot]] = np.where(targets.confirmed, targets.number, 0)[row]
    ended = targets.number[targets.confirmed & ~kept]
    targets = targets.take(kept)
    free = np.delete(np.arange(len(plots)), plot)
    room = max(settings.most_targets - len(targets), 0)
    born = _born(plots.take(free[:room]), state.next_number, scan.t_us, settings)
    refused = {**plots.refused, "too_many_targets": max(len(free) - room, 0)}
    after = ScanState(scan.t_us, state.next_number + len(born), targets.and_then(born))
    return after, ScanOutput(targets.take(targets.confirmed), numbers, ended, refused)


def _check(state: ScanState, scan: Scan) -> None:
    where = f"scan of {scan.source} at {scan.t_us} µs"
    if state.t_us is not None and scan.t_us <= state.t_us:
        raise InputError(
            where, expected=f"a time after the last scan's ({state.t_us} µs)", came="an older one",
            act="Whoever feeds the tracker must put scans in order.",
        )  # fmt: skip
    for name, value, good in (
        ("a probability of detection between 0 and 1", scan.detection, 0 < scan.detection < 1),
        ("a density of clutter above 0", scan.clutter_m2, 0 < scan.clutter_m2 < math.inf),
        ("a number of further plots, 0 or more", scan.further, 0 <= scan.further < math.inf),
        ("an extent of 0 or more", scan.extent_m, 0 <= scan.extent_m < math.inf),
        ("a time above 0 for which it is visible", scan.visible_s, scan.visible_s > 0),
        ("a time of 0 or more for which it hides", scan.hidden_s, 0 <= scan.hidden_s < math.inf),
    ):
        if not good:
            act = "Whoever describes the sensor must mend it."
            raise InputError(where, expected=name, came=repr(value), act=act)


def _predicted(targets: Targets, scan: Scan, settings: ScanSettings) -> Targets:
    n = len(targets)
    q = np.full(n, settings.acceleration_q)
    states = predict(targets.states, np.full(n, scan.t_us, np.int64), q, settings.damping_per_s)
    visible = targets.visible
    if scan.hidden_s > 0:
        dt_s = (scan.t_us - targets.states.t_us) / SECOND_US
        settled = 1.0 / (1.0 + scan.hidden_s / scan.visible_s)
        keep = np.exp(-dt_s * (1.0 / scan.visible_s + 1.0 / scan.hidden_s))
        visible = settled + (visible - settled) * keep
    return replace(targets, states=states, visible=visible)


def _associated(
    targets: Targets, plots: Plots, scan: Scan, settings: ScanSettings
) -> tuple[Int, Int, Float]:
    """Rows of targets, the plots that are theirs, and what these say for them, in nats."""
    left = np.arange(len(plots))
    clutter_m2 = np.full(len(plots), scan.clutter_m2)
    detection = scan.detection * targets.visible
    found = []
    for confirmed in (True, False):
        mine = (targets.confirmed == confirmed).nonzero()[0]
        states, gate = targets.states.take(mine), settings.gate_chi2
        row, plot, cost = assign(
            states, plots.seen.take(left), gate, detection[mine], clutter_m2[left]
        )
        found.append((mine[row], left[plot], -cost))
        left = np.delete(left, plot)
        if confirmed and scan.further > 0:
            seen = plots.seen.take(left)
            clutter_m2[left] += strewn(states, seen, gate, scan.further, scan.extent_m)
    row, plot, gain = (np.concatenate(column) for column in zip(*found, strict=True))
    return row, plot, gain


def _updated(targets: Targets, row: Int, seen: Measurements) -> Targets:
    after = update(targets.states.take(row), seen)
    targets.states.put(row, after)  # they were predicted for this scan: nobody else has them
    seen_us = targets.seen_us.copy()
    seen_us[row] = after.t_us
    return replace(targets, seen_us=seen_us)


def _judged(targets: Targets, row: Int, gain: Float, scan: Scan, settings: ScanSettings) -> Targets:
    """Who was seen, who was missed, and who is confirmed by it."""
    seen = np.zeros(len(targets), np.bool_)
    seen[row] = True
    view = scan.view
    in_view = seen if view is None else seen | view.holds(targets.states.x)
    judged = np.ones(len(targets), np.bool_) if view is None else in_view
    window = (1 << settings.initiate_of) - 1
    history = np.where(judged, (targets.history << 1 | seen) & window, targets.history)
    chances = np.minimum(targets.chances + judged, settings.initiate_of)
    detection = scan.detection * targets.visible
    score = targets.score + np.where(judged, rounded(np.log1p(-detection)), 0.0)
    score[row] += gain
    unseen = targets.visible * (1.0 - scan.detection) / (1.0 - detection)
    visible = np.where(seen, 1.0, np.where(judged, unseen, targets.visible))
    enough = (np.bitwise_count(history) >= settings.initiate_hits) & (
        score >= settings.confirm_nats
    )
    return replace(
        targets,
        history=history,
        chances=chances,
        score=np.minimum(score, settings.most_nats),
        visible=visible,
        confirmed=targets.confirmed | enough,
    )


def _kept(targets: Targets, t_us: int, settings: ScanSettings) -> Bool:
    """Who is still a target after the scan."""
    misses = targets.chances - np.bitwise_count(targets.history)
    hopeful = misses <= settings.initiate_of - settings.initiate_hits
    likely = targets.score >= 0
    heard = t_us - targets.seen_us <= settings.longest_unseen_s * SECOND_US
    sure = larger_axis_m(targets.states.p) <= settings.drop_sigma_m
    return np.where(targets.confirmed, likely, hopeful) & heard & sure


def _born(plots: Plots, number: int, t_us: int, settings: ScanSettings) -> Targets:
    """Tentative targets of plots that are nobody's."""
    n = len(plots)
    once, at = np.ones(n, np.int64), np.full(n, t_us, np.int64)
    states = begin(plots.seen, settings.birth_speed_mps)
    numbers = number + np.arange(n, dtype=np.int64)
    none, sure = np.zeros(n), np.ones(n)
    return Targets(numbers, at, at, once, once, none, sure, np.zeros(n, np.bool_), states)
