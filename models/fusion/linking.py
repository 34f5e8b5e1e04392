"""Source tracks find their vessel, and leave it where they no longer move as it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from core.compiled import compiled
from models.fusion.assignment import choose, probability
from models.fusion.association import Held, stranger
from models.fusion.filters import Bool, Float, Int
from models.fusion.ground import AIS_KIND, BEIDOU_KIND, RADARS_FROM
from models.fusion.neighbours import Ends
from models.fusion.register import APART, SAME, Registered, relation
from models.fusion.vessels import Scene

#: Scores by which the register makes two tracks of one vessel likelier than of strangers.
REGISTER_BONUS: Final = 10.0
#: Times as long must an MMSI and a BeiDou address go together that the register has apart.
AGAINST_REGISTER: Final = 2

Tracks = tuple[Bool, Int, Int]


class Units(NamedTuple):
    """What may be joined: vessels, and source tracks that have none yet.

    `of` gives each source track its unit (-1: not live). Of each unit: `rank` its lowest live kind,
    `kinds` its live kinds as bits, `vessel` its serial or -1, `source` its first track, `ais` and
    `beidou` its live tracks of these kinds or -1.
    """

    of: Int
    rank: Int
    kinds: Int
    vessel: Int
    source: Int
    ais: Int
    beidou: Int


class Edges(NamedTuple):
    """Pairs of units that are likelier one vessel than not, by row and column.

    Attributes
    ----------
    row, column, kind
        Units; the lowest live kind of the row, which is higher than that of the column.
    cost, worth, instants
        The mean score, below 0; independent instants, and instants, that it rests on.
    ready, by_register
        Whether they may be joined at this instant; whether the register has them as one.
    """

    row: Int
    column: Int
    kind: Int
    cost: Float
    worth: Float
    instants: Int
    ready: Bool
    by_register: Bool


@dataclass
class Look:
    """What the pairs say of the partition as it was after so many changes of this instant.

    `ready`: whether any edge of each kind is.
    """

    changes: int
    units: Units
    edges: Edges
    ready: list[bool]


def part(scene: Scene) -> None:
    """Source tracks leave vessels with whose other members they disagree twice in a row.

    Of two that disagree the one with more disagreements leaves, else the radar (a radar mixes up
    its numbers; an MMSI does not change hands in half a minute).
    """
    sources, (one, two) = scene.sources, scene.ends
    rows = _disagree(one, two, sources["vessel"], scene.pairs.misses, scene.settings.drop)
    while len(rows):
        count = np.bincount(np.concatenate([one[rows], two[rows]]), minlength=len(sources))
        worst = int(np.lexsort((-np.arange(len(count)), -sources["kind"], -count))[0])
        scene.leave(worst)
        rows = rows[(one[rows] != worst) & (two[rows] != worst)]


@compiled
def _disagree(one: Int, two: Int, vessel: Int, misses: Int, drop: int) -> Int:
    """The pairs of one vessel that missed each other so many times."""
    rows, k = np.empty(len(one), np.int64), 0
    for i in range(len(one)):
        if misses[i] >= drop and vessel[one[i]] >= 0 and vessel[one[i]] == vessel[two[i]]:
            rows[k] = i
            k += 1
    return rows[:k]


def link(scene: Scene) -> None:
    """Join what belongs together, kind by kind."""
    least = scene.settings.link_probability
    for kind in range(AIS_KIND + 1, scene.ground.kinds):
        seen = look(scene)
        if not seen.ready[kind]:
            continue
        units, edges = seen.units, seen.edges
        mine = (edges.kind == kind).nonzero()[0]
        ready = edges.ready[mine]
        for choice in choose(edges.row[mine], edges.column[mine], edges.cost[mine], ready):
            at = int(mine[choice.edge])
            sure = probability(choice.margin, float(edges.worth[at]))
            if edges.ready[at] and sure >= least:
                margin = float("nan") if choice.alone else choice.margin
                reason = "motion_and_register" if edges.by_register[at] else "motion"
                ends = (int(edges.row[at]), int(edges.column[at]))
                _merge(scene, units, ends, reason, sure, margin, int(edges.instants[at]))


def look(scene: Scene) -> Look:
    """What the pairs say now."""
    seen: Look | None = scene.look
    if seen is None or seen.changes != scene.changes:
        seen = scene.look = _looked(scene)
    return seen


def waiting(scene: Scene) -> Bool:
    """Source tracks without a vessel that may yet find one, shape (sources,)."""
    seen = look(scene)
    units, edges = seen.units, seen.edges
    waits = np.zeros(len(units.rank) + 1, np.bool_)  # the last is for what is not live
    waits[edges.row] = True  # a unit of lower rank may be its vessel
    waits[edges.column[units.vessel[edges.row] >= 0]] = True
    return np.asarray(waits[units.of], np.bool_)


def doubts(scene: Scene) -> list[dict[str, Any]]:
    """Rows of `DOUBTFUL` at this instant.

    An echo with m identities near it, of which each has n echoes near it, is one of theirs by about
    m / (m + n): every pair is weighed against all others of both.
    """
    seen = look(scene)
    units, edges = seen.units, seen.edges
    open_ = (edges.kind >= RADARS_FROM) & (units.vessel[edges.row] >= 0)
    open_ &= (units.vessel[edges.column] >= 0) & (units.rank[edges.column] < RADARS_FROM)
    at = open_.nonzero()[0]
    if not len(at):
        return []
    weight = np.exp(np.minimum(-0.5 * edges.cost[at] * edges.worth[at], 60.0)).tolist()
    row, column = edges.row[at].tolist(), edges.column[at].tolist()
    rivals = list(zip(edges.kind[at].tolist(), column, strict=True))
    of_row, of_rival = dict.fromkeys(row, 0.0), dict.fromkeys(rivals, 0.0)
    for unit, rival, part_ in zip(row, rivals, weight, strict=True):
        of_row[unit] += part_
        of_rival[rival] += part_
    found: dict[int, tuple[float, int, float]] = {}
    for unit, rival, part_ in zip(row, rivals, weight, strict=True):
        share = part_ / (1.0 + of_row[unit] + of_rival[rival] - part_)
        best, who, total = found.get(unit, (0.0, rival[1], 0.0))
        found[unit] = (*max((best, who), (share, rival[1])), total + share)
    names, index = scene.vessels.name, scene.vessels.index(units.vessel)
    return [
        {
            "vessel": names[index[unit]],
            "clock_s": scene.t_s,
            "rival": names[index[who]],
            "probability": round(min(total, 1.0), 4),
        }
        for unit, (_, who, total) in sorted(found.items())
    ]


def _looked(scene: Scene) -> Look:
    sources, settings = scene.sources, scene.settings
    units, edges, ready = _seen(
        scene.ends, scene.pairs.held, (scene.live, sources["vessel"], sources["kind"]),
        sources["serial"], sources.registered,
        (settings.confirm, settings.drop, settings.motion_instants),
        (settings.gate_share, stranger(settings)), scene.ground.kinds,
    )  # fmt: skip
    return Look(scene.changes, Units(*units), Edges(*edges), ready.tolist())


@compiled
def _units(tracks: Tracks, serial: Int) -> tuple[Int, Int, Int, Int, Int, Int, Int]:
    """The columns of `Units`; `tracks`: whether each is live, its vessel, its kind.

    Tracks without a vessel come first, the newest before the others, then vessels, the oldest
    first.
    """
    live, vessel, kind = tracks
    at = live.nonzero()[0]
    name = np.where(vessel[at] >= 0, vessel[at], -1 - serial[at])
    order = np.argsort(name, kind="mergesort")
    n = len(at)
    of = np.full(len(live), -1)
    kinds = np.zeros(n, np.int64)
    rank, serials, source, ais, beidou = np.full((5, n), -1)
    unit = -1
    for k in range(n):
        i = at[order[k]]
        if k == 0 or name[order[k]] != name[order[k - 1]]:
            unit += 1
            rank[unit], serials[unit], source[unit] = kind[i], max(name[order[k]], -1), i
        of[i] = unit
        rank[unit] = min(rank[unit], kind[i])
        kinds[unit] |= 1 << kind[i]
        if kind[i] == AIS_KIND:
            ais[unit] = i
        elif kind[i] == BEIDOU_KIND:
            beidou[unit] = i
    n = unit + 1
    return of, rank[:n], kinds[:n], serials[:n], source[:n], ais[:n], beidou[:n]


@compiled
def _between(
    ends: Ends, count: Int, tracks: Tracks, of: Int, rank: Int, kinds: Int, n_kinds: int
) -> tuple[Int, Int]:
    """Pairs of live tracks of two units that may be one, and a number for both units of each."""
    (one, two), (live, vessel, kind) = ends, tracks
    finds = np.zeros(n_kinds, np.bool_)  # the kinds that may find a vessel of a lower one
    mine, k = np.empty(len(one), np.int64), 0
    for i in range(len(one)):
        a, b = one[i], two[i]
        strangers = vessel[a] != vessel[b] or vessel[a] < 0
        if live[a] and live[b] and strangers and count[i] > 0:
            finds[kind[b]] = True
            mine[k] = i
            k += 1
    key, n = np.empty(k, np.int64), 0
    for i in mine[:k]:
        a, b = of[one[i]], of[two[i]]
        row, column = (a, b) if rank[a] > rank[b] else (b, a)
        if a != b and finds[rank[row]] and kinds[row] & kinds[column] == 0:
            mine[n], key[n] = i, row * len(rank) + column
            n += 1
    return mine[:n], key[:n]


@compiled
def _evidence(
    i: int, identities: bool, pairs: Held, register: int, limits: tuple[int, int, int],
    numbers: tuple[float, float],
) -> tuple[float, float, bool, bool]:  # fmt: skip
    """What a pair says: score, independent instants, whether it proves, and speaks against."""
    _, _, scores, gated, count, _, bias, runs, misses, moving = pairs
    confirm, drop, way = limits
    total, inside = 0.0, 0
    for j in range(scores.shape[1]):
        total += scores[i, j]
        inside += gated[i, j]
    score = total / count[i] - numbers[1]
    if register == SAME:
        score -= REGISTER_BONUS
    # n instants of correlation ρ are worth n/(1+(n−1)ρ)
    worth = count[i] / (1.0 + (count[i] - 1) * bias[i])
    needed = way * AGAINST_REGISTER if register == APART else way
    proves = runs[i] >= confirm and inside / count[i] >= numbers[0]
    proves = proves and (not identities or register == SAME or moving[i] >= needed)
    return score, worth, proves, misses[i] >= drop or (identities and not proves)


@compiled
def _apart(registered: Registered, ais: int, beidou: int) -> bool:
    """Whether both are there and the register has them apart."""
    return ais >= 0 and beidou >= 0 and relation(registered, ais, beidou) == APART


@compiled
def _seen(
    ends: Ends, pairs: Held, tracks: Tracks, serial: Int, registered: Registered,
    limits: tuple[int, int, int], numbers: tuple[float, float], n_kinds: int,
) -> tuple[
    tuple[Int, Int, Int, Int, Int, Int, Int],
    tuple[Int, Int, Int, Float, Float, Int, Bool, Bool],
    Bool,
]:  # fmt: skip
    """The columns of `Units` and `Edges`, and of which kinds an edge is ready.

    The edges come of the pairs of live tracks that are not of one vessel; none joins an MMSI and a
    BeiDou address that the register has apart, unless a long way proved them one.

    Parameters
    ----------
    limits
        Instants in the gate, out of it, and under way together that count.
    numbers
        Share of the window in the gate that counts; score of a stranger.
    """
    units = _units(tracks, serial)
    of, rank, kinds, _, _, ais, beidou = units
    count = pairs[4]
    mine, key = _between(ends, count, tracks, of, rank, kinds, n_kinds)
    order = np.argsort(key, kind="mergesort")
    n, n_units, edges, begin = len(key), len(rank), 0, 0
    rows, columns, kind, instants = np.empty((4, n), np.int64)
    (cost, worth), (ready, by_register) = np.empty((2, n)), np.zeros((2, n), np.bool_)
    any_ready = np.zeros(n_kinds, np.bool_)
    while begin < n:
        end, total, most_worth, most = begin, 0.0, 1.0, 0
        proves, against, same, long_way = False, False, False, False
        while end < n and key[order[end]] == key[order[begin]]:
            i = mine[order[end]]
            a, b = ends[0][i], ends[1][i]
            identities = tracks[2][a] == AIS_KIND and tracks[2][b] == BEIDOU_KIND
            register = relation(registered, a, b)
            said = _evidence(i, identities, pairs, register, limits, numbers)
            total += said[0]
            most_worth, most = max(most_worth, said[1]), max(most, count[i])
            proves, against = proves or said[2], against or said[3]
            same = same or register == SAME
            long_way = long_way or (said[2] and identities)
            end += 1
        row, column = divmod(key[order[begin]], n_units)
        apart = _apart(registered, ais[row], beidou[column])
        apart = apart or _apart(registered, ais[column], beidou[row])
        if total < 0.0 and (long_way or not apart):
            rows[edges], columns[edges], kind[edges] = row, column, rank[row]
            cost[edges] = total / (end - begin)
            worth[edges], instants[edges] = most_worth, most
            ready[edges] = proves and not against
            by_register[edges] = same
            any_ready[rank[row]] |= ready[edges]
            edges += 1
        begin = end
    return units, (
        rows[:edges], columns[:edges], kind[:edges], cost[:edges], worth[:edges],
        instants[:edges], ready[:edges], by_register[:edges],
    ), any_ready  # fmt: skip


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
