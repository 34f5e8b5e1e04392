"""Source tracks find their vessel, and leave it where they no longer move as it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.fusion.assignment import choose, probability
from models.fusion.association import stranger
from models.fusion.filters import Bool, Float, Int
from models.fusion.ground import AIS_KIND, BEIDOU_KIND, RADARS_FROM
from models.fusion.register import may_be_one, registered
from models.fusion.vessels import Scene

#: Scores by which the register makes two tracks of one vessel likelier than of strangers.
REGISTER_BONUS: Final = 10.0
#: Times as long must an MMSI and a BeiDou address go together that the register has apart.
AGAINST_REGISTER: Final = 2


@dataclass
class Units:
    """What may be joined: vessels, and source tracks that have none yet.

    `of` gives each source track its unit (-1: not live); `rank` a unit's lowest live kind, `kinds`
    its live kinds as bits, `vessel` its serial or -1, `source` its first track.
    """

    of: Int
    rank: Int
    kinds: Int
    vessel: Int
    source: Int


@dataclass
class Evidence:
    """The pairs of live tracks that are not of one vessel, and what each says."""

    one: Int
    two: Int
    score: Float
    worth: Float
    instants: Int
    proved: Bool
    against: Bool
    same: Bool  # by the register
    identities: Bool  # AIS with BeiDou


@dataclass
class Edges:
    """Pairs of units that may be one vessel; `ready` ones may be joined at this instant."""

    row: Int
    column: Int
    kind: Int  # the lowest live one of the row, higher than that of the column
    cost: Float
    worth: Float  # independent instants
    instants: Int
    ready: Bool
    by_register: Bool

    def at(self, which: Int | Bool) -> Edges:
        """Some of them."""
        return Edges(**{name: column[which] for name, column in vars(self).items()})


@dataclass
class Look:
    """What the pairs say of the partition as it was after so many changes of this instant."""

    changes: int
    units: Units
    edges: Edges


def part(scene: Scene) -> None:
    """Source tracks leave vessels with whose other members they disagree twice in a row.

    Of two that disagree the one with more disagreements leaves, else the radar (a radar mixes up
    its numbers; an MMSI does not change hands in half a minute).
    """
    sources, pairs = scene.sources, scene.pairs
    one, two = scene.ends
    vessel = sources["vessel"]
    rows = (pairs.misses >= scene.settings.drop).nonzero()[0]
    mates = (vessel[one[rows]] >= 0) & (vessel[one[rows]] == vessel[two[rows]])
    rows = rows[mates]
    while len(rows):
        count = np.bincount(np.concatenate([one[rows], two[rows]]), minlength=len(sources))
        worst = int(np.lexsort((-np.arange(len(count)), -sources["kind"], -count))[0])
        scene.leave(worst)
        rows = rows[(one[rows] != worst) & (two[rows] != worst)]


def link(scene: Scene) -> None:
    """Join what belongs together, kind by kind."""
    said = evidence(scene)
    if said is None:
        return
    seen = scene.look = _look(scene, said)
    least = scene.settings.link_probability
    for kind in range(AIS_KIND + 1, scene.ground.kinds):
        edges, units = seen.edges, seen.units
        asked = edges.ready & (edges.kind == kind) & (edges.cost < 0.0)
        if not asked.any():
            continue
        edges = edges.at((edges.kind == kind) & (edges.cost < 0.0))
        for choice in choose(edges.row, edges.column, edges.cost, edges.ready):
            at = choice.edge
            sure = probability(choice.margin, float(edges.worth[at]))
            if edges.ready[at] and sure >= least:
                margin = float("nan") if choice.alone else choice.margin
                reason = "motion_and_register" if edges.by_register[at] else "motion"
                ends = (int(edges.row[at]), int(edges.column[at]))
                _merge(scene, units, ends, reason, sure, margin, int(edges.instants[at]))
        if scene.changes != seen.changes:
            seen = _look(scene, said)


def look(scene: Scene) -> Look | None:
    """What the pairs say now; None where there is nothing to be said."""
    seen: Look | None = scene.look
    if seen is None or seen.changes != scene.changes:
        said = evidence(scene)
        seen = scene.look = None if said is None else _look(scene, said)
    return seen


def waiting(scene: Scene) -> Bool:
    """Source tracks without a vessel that may yet find one, shape (sources,)."""
    seen = look(scene)
    if seen is None:
        return np.zeros(len(scene.sources), np.bool_)
    units, edges = seen.units, seen.edges
    waits = np.zeros(len(units.rank), np.bool_)
    hopes = edges.cost < 0.0
    row, column = edges.row[hopes], edges.column[hopes]
    waits[row] = True  # a unit of lower rank may be its vessel
    waits[column[units.vessel[row] >= 0]] = True
    return np.asarray((units.of >= 0) & waits[np.maximum(units.of, 0)], np.bool_)


def doubts(scene: Scene) -> list[dict[str, Any]]:
    """Rows of `DOUBTFUL` at this instant.

    An echo with m identities near it, of which each has n echoes near it, is one of theirs by about
    m / (m + n): every pair is weighed against all others of both.
    """
    seen = look(scene)
    if seen is None:
        return []
    units, edges = seen.units, seen.edges
    open_ = (edges.kind >= RADARS_FROM) & (edges.cost < 0.0) & (units.vessel[edges.row] >= 0)
    open_ &= (units.vessel[edges.column] >= 0) & (units.rank[edges.column] < RADARS_FROM)
    found: dict[int, tuple[float, int, float]] = {}
    for kind in sorted(set(edges.kind[open_].tolist())):
        among = edges.at(open_ & (edges.kind == kind))
        row, column = among.row, among.column
        weight = np.exp(np.minimum(-0.5 * among.cost * among.worth, 60.0))
        n = len(units.rank)
        of_row, of_column = np.bincount(row, weight, n), np.bincount(column, weight, n)
        share = weight / (1.0 + of_row[row] + of_column[column] - weight)
        for unit, rival, part_ in zip(row.tolist(), column.tolist(), share.tolist(), strict=True):
            best, who, total = found.get(unit, (0.0, rival, 0.0))
            best, who = max((best, who), (part_, rival))
            found[unit] = (best, who, total + part_)
    names = scene.vessels.name
    return [
        {
            "vessel": names[scene.vessels.index(units.vessel[unit : unit + 1])[0]],
            "clock_s": scene.t_s,
            "rival": names[scene.vessels.index(units.vessel[who : who + 1])[0]],
            "probability": round(min(total, 1.0), 4),
        }
        for unit, (_, who, total) in sorted(found.items())
    ]


def _look(scene: Scene, said: Evidence) -> Look:
    units = _units(scene)
    return Look(scene.changes, units, _edges(scene, said, units))


def _units(scene: Scene) -> Units:
    sources = scene.sources
    live = scene.live.nonzero()[0]
    vessel, kind = sources["vessel"][live], sources["kind"][live]
    name = np.where(vessel >= 0, vessel, -1 - sources["serial"][live])
    order = np.argsort(name, kind="stable")
    sorted_ = name[order]
    first = np.ones(len(live), np.bool_)
    first[1:] = sorted_[1:] != sorted_[:-1]
    begins = first.nonzero()[0]
    of = np.full(len(sources), -1, np.int64)
    of[live[order]] = np.cumsum(first) - 1
    rank = np.minimum.reduceat(kind[order], begins)
    kinds = np.bitwise_or.reduceat(1 << kind[order], begins)
    return Units(of, rank, kinds, np.maximum(sorted_[begins], -1), live[order[begins]])


def evidence(scene: Scene) -> Evidence | None:
    """What the pairs say, before they are gathered by unit; None where there are none."""
    sources, pairs, settings = scene.sources, scene.pairs, scene.settings
    one, two = scene.ends
    live, vessel = scene.live, sources["vessel"]
    strangers = (vessel[one] != vessel[two]) | (vessel[one] < 0)
    rows = (live[one] & live[two] & strangers & (pairs.count > 0)).nonzero()[0]
    if not len(rows):
        return None
    mine, one, two = pairs.at(rows), one[rows], two[rows]
    identities = (sources["kind"][one] == AIS_KIND) & (sources["kind"][two] == BEIDOU_KIND)
    same = np.zeros(len(rows), np.bool_)
    needed = np.full(len(rows), settings.motion_instants)
    at = identities.nonzero()[0]
    if len(at):
        same[at] = registered(sources, one[at], two[at], scene.ground)
        open_ = may_be_one(sources, one[at], two[at], scene.ground)
        needed[at] *= np.where(open_, 1, AGAINST_REGISTER)
    agree = (mine.runs >= settings.confirm) & (mine.share() >= settings.gate_share)
    proved = agree & (~identities | same | (mine.moving >= needed))
    against = (mine.misses >= settings.drop) | (identities & ~proved)
    score = mine.score() - stranger(settings) - np.where(same, REGISTER_BONUS, 0.0)
    said = (mine.independent(), mine.count, proved, against, same, identities)
    return Evidence(one, two, score, *said)


def _edges(scene: Scene, said: Evidence, units: Units) -> Edges:
    """Edges from units to units whose lowest live kind is lower."""
    a, b, n_units = units.of[said.one], units.of[said.two], len(units.rank)
    row, column = np.where(units.rank[a] > units.rank[b], (a, b), (b, a))
    seen = np.zeros(scene.ground.kinds, np.bool_)
    seen[scene.sources["kind"][said.two]] = True  # the kinds that may find a vessel of a lower one
    fits = (a != b) & seen[units.rank[row]] & (units.kinds[row] & units.kinds[column] == 0)
    at = fits.nonzero()[0]
    score, same = said.score[at], said.same[at]
    proved, against = said.proved[at], said.against[at]
    keys, of = np.unique(row[at] * n_units + column[at], return_inverse=True)
    n = len(keys)
    worth, instants = np.ones(n), np.zeros(n, np.int64)
    np.maximum.at(worth, of, said.worth[at])
    np.maximum.at(instants, of, said.instants[at])
    row, column = keys // n_units, keys % n_units
    edges = Edges(
        row,
        column,
        units.rank[row],
        np.bincount(of, score, n) / np.maximum(np.bincount(of, minlength=n), 1),
        worth,
        instants,
        (np.bincount(of, proved, n) > 0) & (np.bincount(of, against, n) == 0),
        np.bincount(of, same, n) > 0,
    )
    named = (1 << AIS_KIND) | (1 << BEIDOU_KIND)
    if ((units.kinds[row] | units.kinds[column]) & named == named).any():
        proved_so = np.bincount(of, proved & said.identities[at], n) > 0
        return edges.at(_allowed(scene, units, edges, proved_so))
    return edges


def _allowed(scene: Scene, units: Units, edges: Edges, proved: Bool) -> Bool:
    """Without an MMSI and the BeiDou of another vessel, unless a long way proved them one."""
    sources = scene.sources
    number = {}
    for kind in (AIS_KIND, BEIDOU_KIND):
        at = ((sources["kind"] == kind) & (units.of >= 0)).nonzero()[0]
        number[kind] = np.full(len(units.rank), -1, np.int64)
        number[kind][units.of[at]] = at
    fine = np.ones(len(edges.row), np.bool_)
    for ais, beidou in ((edges.row, edges.column), (edges.column, edges.row)):
        mine, theirs = number[AIS_KIND][ais], number[BEIDOU_KIND][beidou]
        both = ((mine >= 0) & (theirs >= 0)).nonzero()[0]
        fine[both] &= may_be_one(sources, mine[both], theirs[both], scene.ground) | proved[both]
    return fine


def _merge(
    scene: Scene,
    units: Units,
    ends: tuple[int, int],
    reason: str,
    sure: float,
    margin: float,
    instants: int,
) -> None:
    """Two units become one vessel, under the older name if they have one."""
    sources, vessels = scene.sources, scene.vessels
    parts = [_tracks(scene, units, end) for end in ends]
    serials = [int(units.vessel[end]) for end in ends]
    named = [serial for serial in serials if serial >= 0]
    if named:
        founded = vessels["founded_s"][vessels.index(np.array(named, np.int64))]
        stays = min(zip(founded.tolist(), named, strict=True))[1]
    else:
        stays = scene.found([*parts[1], *parts[0]])
        for at in parts[1]:
            scene.join(at, stays, "own", 1.0, float("nan"), 0)
        serials[1] = stays
    moving, staying = (parts[1], parts[0]) if stays == serials[0] else (parts[0], parts[1])
    live = scene.live
    kinds = {int(sources["kind"][at]) for at in moving if live[at]}
    for at in staying:
        if int(sources["kind"][at]) in kinds and not live[at]:
            scene.leave(at)
    held = {int(sources["kind"][at]) for at in staying if sources["vessel"][at] == stays}
    for at in moving:
        if sources["vessel"][at] >= 0:
            scene.leave(at)
        if int(sources["kind"][at]) not in held:
            scene.join(at, stays, reason, sure, margin, instants)


def _tracks(scene: Scene, units: Units, unit: int) -> list[int]:
    serial = int(units.vessel[unit])
    return scene.members(serial) if serial >= 0 else [int(units.source[unit])]
