"""Source tracks find their vessel, and leave it where they no longer move as it does."""

from __future__ import annotations

import math
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
    instants, cost, worth
        Instants that it rests on; the mean score, below 0; independent instants.
    ready, by_register
        Whether they may be joined at this instant; whether the register has them as one.
    """

    row: Int
    column: Int
    kind: Int
    instants: Int
    cost: Float
    worth: Float
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
    """Vessels that only radars see whose echo may be that of a vessel with a transponder.

    Of each `vessel`, `clock_s`, and the last columns of `models.fusion.schema.FIX`. An echo with m
    identities near it, of which each has n echoes near it, is one of theirs by about m / (m + n):
    every pair is weighed against all others of both.
    """
    seen = look(scene)
    units, edges = seen.units, seen.edges
    if not (edges.kind >= RADARS_FROM).any():
        return []
    found, shares = _doubted(units.vessel, units.rank, edges, scene.ground.kinds)
    if not len(found):
        return []
    names, index = scene.vessels.name, scene.vessels.index(units.vessel)
    speaker = np.where(units.ais < 0, units.beidou, units.ais)
    targets = scene.sources.text["target"]
    return [
        {
            "vessel": names[index[unit]],
            "clock_s": scene.t_s,
            "rival": targets[speaker[who]],
            "rival_probability": round(min(share, 1.0), 4),
        }
        for (unit, who), share in zip(found.tolist(), shares.tolist(), strict=True)
    ]


@compiled
def _doubted(vessel: Int, rank: Int, edges: Edges, kinds: int) -> tuple[Int, Float]:
    """Units whose echo may be another's: with the likeliest of these, (n, 2), and their shares."""
    of_row, of_rival = np.zeros(len(rank)), np.zeros((kinds, len(rank)))
    weight, n = np.zeros(len(edges.row)), 0
    for k in range(len(weight)):
        row, column = edges.row[k], edges.column[k]
        named = rank[column] < RADARS_FROM and vessel[row] >= 0 and vessel[column] >= 0
        if named and edges.kind[k] >= RADARS_FROM:
            weight[k] = math.exp(min(-0.5 * edges.cost[k] * edges.worth[k], 60.0))
            of_row[row] += weight[k]
            of_rival[edges.kind[k], column] += weight[k]
            n += 1
    best, who, total = np.zeros(len(rank)), np.full(len(rank), -1), np.zeros(len(rank))
    for k in range(len(weight) if n else 0):
        row, column = edges.row[k], edges.column[k]
        if weight[k] > 0.0:
            both = 1.0 + of_row[row] + of_rival[edges.kind[k], column]
            share = weight[k] / (both - weight[k])
            if share > best[row] or (share == best[row] and column > who[row]):
                best[row], who[row] = share, column
            total[row] += share
    doubted = (who >= 0).nonzero()[0]
    found = np.empty((len(doubted), 2), np.int64)
    for k, row in enumerate(doubted):
        found[k, 0], found[k, 1] = row, who[row]
    return found, total[doubted]


def _looked(scene: Scene) -> Look:
    sources, settings = scene.sources, scene.settings
    of, units, numbers, weights, flags, ready = _seen(
        scene.ends, scene.pairs.held, (scene.live, sources["vessel"], sources["kind"]),
        sources["serial"], sources.registered,
        (settings.confirm, settings.drop, settings.motion_instants),
        (settings.gate_share, stranger(settings)), scene.ground.kinds,
    )  # fmt: skip
    edges = Edges(*numbers, *weights, *flags)
    return Look(scene.changes, Units(of, *units), edges, ready.tolist())


@compiled
def _units(tracks: Tracks, serial: Int) -> tuple[Int, Int]:
    """The unit of each track, and the other columns of `Units`, one a row.

    `tracks`: whether each is live, its vessel, its kind. Tracks without a vessel come first, the
    newest before the others, then vessels, the oldest first.
    """
    live, vessel, kind = tracks
    at = live.nonzero()[0]
    name = np.where(vessel[at] >= 0, vessel[at], -1 - serial[at])
    order = np.argsort(name, kind="mergesort")
    n = len(at)
    of = np.full(len(live), -1)
    units, unit = np.full((6, n), -1), -1
    rank, kinds, serials, source, ais, beidou = units
    for k in range(n):
        i = at[order[k]]
        if k == 0 or name[order[k]] != name[order[k - 1]]:
            unit += 1
            rank[unit], serials[unit], source[unit] = kind[i], max(name[order[k]], -1), i
            kinds[unit] = 0
        of[i] = unit
        rank[unit] = min(rank[unit], kind[i])
        kinds[unit] |= 1 << kind[i]
        if kind[i] == AIS_KIND:
            ais[unit] = i
        elif kind[i] == BEIDOU_KIND:
            beidou[unit] = i
    return of, units[:, : unit + 1].copy()


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
    numbers_, scores, gated, bias = pairs
    _, _, count, _, runs, misses, moving = numbers_
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
) -> tuple[Int, Int, Int, Float, Bool, Bool]:  # fmt: skip
    """The columns of `Units` and `Edges`, and of which kinds an edge is ready.

    Those of one type stand together, one a row. The edges come of the pairs of live tracks that are
    not of one vessel; none joins an MMSI and a BeiDou address that the register has apart, unless a
    long way proved them one.

    Parameters
    ----------
    limits
        Instants in the gate, out of it, and under way together that count.
    numbers
        Share of the window in the gate that counts; score of a stranger.
    """
    of, units = _units(tracks, serial)
    rank, kinds, _, _, ais, beidou = units
    count = pairs[0][2]
    mine, key = _between(ends, count, tracks, of, rank, kinds, n_kinds)
    order = np.argsort(key, kind="mergesort")
    n, n_units, edges, begin = len(key), len(rank), 0, 0
    whole, weights, flags = np.empty((4, n), np.int64), np.empty((2, n)), np.empty((2, n), np.bool_)
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
            whole[0, edges], whole[1, edges] = row, column
            whole[2, edges], whole[3, edges] = rank[row], most
            weights[0, edges], weights[1, edges] = total / (end - begin), most_worth
            flags[0, edges], flags[1, edges] = proves and not against, same
            any_ready[rank[row]] |= flags[0, edges]
            edges += 1
        begin = end
    whole, weights, flags = (
        whole[:, :edges].copy(),
        weights[:, :edges].copy(),
        flags[:, :edges].copy(),
    )
    return of, units, whole, weights, flags, any_ready


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
