"""Lives of vessels: begun by tracks that found no vessel, gone on under a new number, given up."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from core.compiled import compiled
from models.fusion import linking
from models.fusion.assignment import choose, probability
from models.fusion.association import noise, stranger
from models.fusion.filters import SECOND_US, Bool, Float, Int, mahalanobis
from models.fusion.ground import RADARS_FROM
from models.fusion.neighbours import REACH_M
from models.fusion.vessels import Scene, homes

LEAST_ROWS: Final = 2  # of a track that founds a vessel
LEAST_ROWS_AGAIN: Final = 3  # of a second one under a number: a wild position is no vessel
LONGEST_S: Final = 24 * 3600  # a silent identity stays with a vessel that is still seen
MOST_LOST: Final = 8  # lost vessels looked at around a new track


def give_up(scene: Scene) -> None:
    """End what was not heard of for too long: source tracks, and vessels with all of theirs."""
    sources, vessels, settings = scene.sources, scene.vessels, scene.settings
    patience_s = (LONGEST_S, settings.longest_gap_s, settings.coast_s, settings.radar_coast_s)
    over, ended = _over(
        sources["vessel"], vessels["serial"], sources["kind"], sources.places.t_us,
        vessels["row_us"],
        scene.t_s * SECOND_US, patience_s,
    )  # fmt: skip
    if over.any():
        for at in (over & (sources["vessel"] >= 0)).nonzero()[0].tolist():
            scene.say(at, "left")
        sources.keep(~over)
    if ended.any():
        vessels.keep(~ended)


@compiled
def _over(
    vessel: Int, serial: Int, kind: Int, t_us: Int, row_us: Int, now_us: int,
    patience_s: tuple[int, ...],
) -> tuple[Bool, Bool]:  # fmt: skip
    """Which of n source tracks are given up, and which of m vessels; `row_us` (m,) is written.

    `vessel` gives the serial of each source track's vessel, −1 for none; `patience_s` how long is
    waited for an identity that has a vessel, for one without, for a vessel with an identity, for
    all else.
    """
    home = homes(vessel, serial)
    owned_s, identity_s, named_s, else_s = patience_s
    over, named = np.zeros(len(home), np.bool_), np.zeros(len(row_us), np.bool_)
    for i in range(len(home)):
        identity = kind[i] < RADARS_FROM
        limit_s = (owned_s if home[i] >= 0 else identity_s) if identity else else_s
        over[i] = now_us - t_us[i] > limit_s * SECOND_US
        if home[i] >= 0:
            row_us[home[i]] = max(row_us[home[i]], t_us[i])
            named[home[i]] |= identity
    ended, left = np.zeros(len(row_us), np.bool_), np.zeros(len(row_us), np.bool_)
    for v in range(len(row_us)):
        ended[v] = now_us - row_us[v] > (named_s if named[v] else else_s) * SECOND_US
    for i in range(len(home)):
        if home[i] >= 0:
            over[i] |= ended[home[i]]
            left[home[i]] |= not over[i]
    return over, ended | ~left


def begin(scene: Scene) -> None:
    """Tracks that found no vessel go on with one that was lost, or are vessels of their own."""
    sources, settings = scene.sources, scene.settings
    new = _homeless(sources["vessel"], scene.live, sources["rows"])
    if not len(new):
        return
    patient = scene.t_s - sources["waits_s"][new] < settings.decide_s
    new = new[~(linking.waiting(scene)[new] & patient)]
    _go_on(scene, new[sources["kind"][new] >= RADARS_FROM])
    for at in new[sources["vessel"][new] < 0].tolist():
        again = sources.text["track"][at] != sources.text["target"][at]
        if sources["rows"][at] >= (LEAST_ROWS_AGAIN if again else LEAST_ROWS):
            scene.join(at, scene.found([at]), "own", 1.0, math.nan, 0)


@compiled
def _homeless(vessel: Int, live: Bool, rows: Int) -> Int:
    """The live source tracks of enough rows that have no vessel."""
    new, k = np.empty(len(vessel), np.int64), 0
    for i in range(len(vessel)):
        if vessel[i] < 0 and live[i] and rows[i] >= LEAST_ROWS:
            new[k] = i
            k += 1
    return new[:k]


def _go_on(scene: Scene, new: Int) -> None:
    """A new radar track is a lost vessel's where that is the only likely one within reach.

    Lost is a vessel whose echo was lost, and of which nothing else was heard since.
    """
    if not len(new):
        return
    sources, vessels, settings = scene.sources, scene.vessels, scene.settings
    radar, live = sources["kind"] >= RADARS_FROM, scene.live
    echo = np.isin(vessels["serial"], sources["vessel"][radar & ~live])
    quiet_us = scene.t_s * SECOND_US - vessels["row_us"]
    lost = (
        (quiet_us > settings.radar_live_s * SECOND_US)
        & (quiet_us <= settings.longest_gap_s * SECOND_US)
        & echo
    ).nonzero()[0]
    if not len(lost):
        return
    reached = vessels.at(scene.t_s, settings, lost)
    row, column, cost = _reachable(scene, new, reached.x, reached.p)
    open_ = _slot_free(scene, new[row], vessels["serial"][lost[column]])
    row, column, cost = row[open_], column[open_], cost[open_]
    for choice in choose(row, column, cost):
        sure = probability(choice.margin, 1)
        if sure >= settings.link_probability:
            at, vessel = int(new[row[choice.edge]]), int(lost[column[choice.edge]])
            serial = int(vessels["serial"][vessel])
            for other in scene.members(serial):
                if sources["kind"][other] == sources["kind"][at]:
                    scene.leave(other)
            margin = math.nan if choice.alone else choice.margin
            scene.join(at, serial, "motion", sure, margin, 1)


def _reachable(scene: Scene, new: Int, x: Float, p: Float) -> tuple[Int, Int, Float]:
    """New tracks with the lost vessels that may be there now, and what it costs."""
    settings = scene.settings
    here = scene.now.x[new]
    away = here[:, None, :2] - x[None, :, :2]
    metres = away[:, :, 0] * away[:, :, 0] + away[:, :, 1] * away[:, :, 1]
    nearest = np.argsort(metres, axis=1, kind="stable")[:, :MOST_LOST]
    row = np.repeat(np.arange(len(new)), nearest.shape[1])
    column = nearest.ravel()
    near = metres[row, column] <= (2 * REACH_M) ** 2
    row, column = row[near], column[near]
    s = noise(scene.sources, scene.now, new[row], settings) + p[column]
    d2, ln_s = mahalanobis(here[row] - x[column], s)
    birth = stranger(settings) + 2.0 * math.log(
        settings.strangers_per_km2 / settings.births_per_km2
    )
    cost = np.round(d2 + ln_s, 6) - birth
    good = d2 <= settings.gate
    return row[good], column[good], cost[good]


def _slot_free(scene: Scene, at: Int, vessel: Int) -> Bool:
    """Whether each vessel (by serial) has no live track of the kind of `at`."""
    sources = scene.sources
    live = scene.live & (sources["vessel"] >= 0)
    kinds = scene.ground.kinds
    taken = sources["vessel"][live] * kinds + sources["kind"][live]
    return ~np.isin(vessel * kinds + sources["kind"][at], taken)
