"""Source tracks find their vessel, and leave it where they no longer move as it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.fusion.assignment import choose, probability
from models.fusion.association import may_be_one, registered, stranger
from models.fusion.filters import Bool, Float, Int
from models.fusion.ground import AIS_KIND, BEIDOU_KIND, RADARS_FROM
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
    cost: Float
    worth: Float  # independent instants
    instants: Int
    ready: Bool
    by_register: Bool


def part(scene: Scene) -> None:
    """Source tracks leave vessels with whose other members they disagree twice in a row.

    Of two that disagree the one with more disagreements leaves, else the radar (a radar mixes up
    its numbers; an MMSI does not change hands in half a minute).
    """
    sources, pairs = scene.sources, scene.pairs
    one, two = sources.index(pairs.first), sources.index(pairs.second)
    vessel = sources["vessel"]
    apart = (vessel[one] >= 0) & (vessel[one] == vessel[two])
    apart &= pairs.misses >= scene.settings.drop
    rows = np.flatnonzero(apart)
    while len(rows):
        count = np.bincount(np.concatenate([one[rows], two[rows]]), minlength=len(sources))
        worst = int(np.lexsort((-np.arange(len(count)), -sources["kind"], -count))[0])
        scene.leave(worst)
        rows = rows[(one[rows] != worst) & (two[rows] != worst)]


def link(scene: Scene) -> None:
    """Join what belongs together, kind by kind."""
    said = evidence(scene)
    for kind in _kinds(scene, said):
        units = _units(scene)
        edges = _edges(scene, said, units, kind)
        for choice in choose(edges.row, edges.column, edges.cost):
            at = choice.edge
            instants = int(edges.instants[at])
            sure = probability(choice.margin, float(edges.worth[at]))
            if edges.ready[at] and sure >= scene.settings.link_probability:
                margin = float("nan") if choice.alone else choice.margin
                reason = "motion_and_register" if edges.by_register[at] else "motion"
                ends = (int(edges.row[at]), int(edges.column[at]))
                _merge(scene, units, ends, reason, sure, margin, instants)


def waiting(scene: Scene) -> Bool:
    """Source tracks without a vessel that may yet find one, shape (sources,)."""
    said, units = evidence(scene), _units(scene)
    waits = np.zeros(len(units.rank), np.bool_)
    for kind in _kinds(scene, said):
        edges = _edges(scene, said, units, kind)
        hopes = edges.cost < 0.0
        row, column = edges.row[hopes], edges.column[hopes]
        waits[row] = True  # a unit of lower rank may be its vessel
        named = units.vessel[row] >= 0
        waits[column[named]] = True
    of = np.maximum(units.of, 0)
    return (units.of >= 0) & waits[of] if len(waits) else np.zeros(len(of), np.bool_)


def doubts(scene: Scene) -> list[dict[str, Any]]:
    """Rows of `DOUBTFUL` at this instant.

    An echo with m identities near it, of which each has n echoes near it, is one of theirs by about
    m / (m + n): every pair is weighed against all others of both.
    """
    said, units = evidence(scene), _units(scene)
    found: dict[int, tuple[float, int, float]] = {}
    for kind in (k for k in _kinds(scene, said) if k >= RADARS_FROM):
        edges = _edges(scene, said, units, kind)
        named = (units.vessel[edges.row] >= 0) & (units.vessel[edges.column] >= 0)
        known = units.rank[edges.column] < RADARS_FROM
        at = np.flatnonzero(named & known & (edges.cost < 0.0))
        row, column = edges.row[at], edges.column[at]
        better = np.minimum(-0.5 * edges.cost[at] * edges.worth[at], 60.0)
        weight = np.exp(better)
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


def _units(scene: Scene) -> Units:
    sources = scene.sources
    live = np.flatnonzero(scene.live())
    vessel = sources["vessel"][live]
    name = np.where(vessel >= 0, vessel, -1 - sources["serial"][live])
    names, code = np.unique(name, return_inverse=True)
    of = np.full(len(sources), -1, np.int64)
    of[live] = code
    rank = np.full(len(names), 1 << 30, np.int64)
    kinds = np.zeros(len(names), np.int64)
    source = np.full(len(names), len(sources), np.int64)
    np.minimum.at(rank, code, sources["kind"][live])
    np.bitwise_or.at(kinds, code, 1 << sources["kind"][live])
    np.minimum.at(source, code, live)
    return Units(of, rank, kinds, np.where(names >= 0, names, -1), source)


def _kinds(scene: Scene, said: Evidence) -> list[int]:
    """The kinds that may find a vessel of a lower one."""
    found: list[int] = np.unique(scene.sources["kind"][said.two]).tolist()
    return found


def evidence(scene: Scene) -> Evidence:
    """What the pairs say, before they are gathered by unit."""
    sources, pairs, settings = scene.sources, scene.pairs, scene.settings
    one, two = sources.index(pairs.first), sources.index(pairs.second)
    live, vessel = scene.live(), sources["vessel"]
    strangers = (vessel[one] != vessel[two]) | (vessel[one] < 0)
    rows = np.flatnonzero(live[one] & live[two] & strangers & (pairs.count > 0))
    mine, one, two = pairs.at(rows), one[rows], two[rows]
    identities = (sources["kind"][one] == AIS_KIND) & (sources["kind"][two] == BEIDOU_KIND)
    same = np.zeros(len(rows), np.bool_)
    same[identities] = registered(sources, one[identities], two[identities], scene.ground)
    needed = np.full(len(rows), settings.motion_instants)
    open_ = may_be_one(sources, one[identities], two[identities], scene.ground)
    needed[identities] *= np.where(open_, 1, AGAINST_REGISTER)
    agree = (mine.runs >= settings.confirm) & (mine.share() >= settings.gate_share)
    proved = agree & (~identities | same | (mine.moving >= needed))
    against = (mine.misses >= settings.drop) | (identities & ~proved)
    score = mine.score() - stranger(settings) - np.where(same, REGISTER_BONUS, 0.0)
    said = (mine.independent(), mine.count, proved, against, same, identities)
    return Evidence(one, two, score, *said)


def _edges(scene: Scene, said: Evidence, units: Units, kind: int) -> Edges:
    """Edges from units whose lowest live kind is `kind` to units with lower ones."""
    a, b = units.of[said.one], units.of[said.two]
    row, column = np.where(units.rank[a] > units.rank[b], (a, b), (b, a))
    fits = (a != b) & (units.rank[row] == kind) & (units.kinds[row] & units.kinds[column] == 0)
    at = np.flatnonzero(fits)
    row, column, score, same = row[at], column[at], said.score[at], said.same[at]
    proved, against = said.proved[at], said.against[at]
    keys, of = np.unique(row * len(units.rank) + column, return_inverse=True)
    n = len(keys)
    each = np.maximum(np.bincount(of, minlength=n), 1)
    worth, instants = np.ones(n), np.zeros(n, np.int64)
    np.maximum.at(worth, of, said.worth[at])
    np.maximum.at(instants, of, said.instants[at])
    ready = (np.bincount(of, proved, n) > 0) & (np.bincount(of, against, n) == 0)
    edges = Edges(
        keys // max(len(units.rank), 1),
        keys % max(len(units.rank), 1),
        np.bincount(of, score, n) / each,
        worth,
        instants,
        ready,
        np.bincount(of, same, n) > 0,
    )
    proved_so = np.bincount(of, proved & said.identities[at], n) > 0
    return _allowed(scene, units, edges, proved_so)


def _allowed(scene: Scene, units: Units, edges: Edges, proved: Bool) -> Edges:
    """Without an MMSI and the BeiDou of another vessel, unless a long way proved them one."""
    sources = scene.sources
    number = {}
    for kind in (AIS_KIND, BEIDOU_KIND):
        at = np.flatnonzero((sources["kind"] == kind) & (units.of >= 0))
        number[kind] = np.full(len(units.rank), -1, np.int64)
        number[kind][units.of[at]] = at
    fine = np.ones(len(edges.row), np.bool_)
    for ais, beidou in ((edges.row, edges.column), (edges.column, edges.row)):
        mine, theirs = number[AIS_KIND][ais], number[BEIDOU_KIND][beidou]
        both = np.flatnonzero((mine >= 0) & (theirs >= 0))
        fine[both] &= may_be_one(sources, mine[both], theirs[both], scene.ground) | proved[both]
    return Edges(**{name: column[fine] for name, column in vars(edges).items()})


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
    live = scene.live()
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
