"""Registration: by how much each radar measures too far, too far clockwise and too late.

An unregistered radar makes about half of the "dark" alarms false (methods 2.3). A radar begins
`learning`: pairs of its echoes with AIS vessels near them vote in a histogram of residuals, and a
heap that stands alone, with enough vessels in it, is where the estimate starts. From then on the
echoes nearest to AIS vessels feed a least-squares estimate of range, bearing and clock that forgets
exponentially, so that it follows a drift; `registered` is said once it is certain enough. A radar
that learns for long in vain is `impossible`: too few vessels in common, or several heaps.

A clock that is ahead shows along the direction of motion: an echo stated at t is where the vessel
was before. Residual = range + bearing − clock × velocity; each vessel's residuals hang together for
minutes (the echo wanders over the hull, AIS predicts straight on), so each counts in part only: of
a registered radar it is enough to look at times. What hardly moves tells nothing of a clock:
its velocity is mostly noise, and would soon vouch for a clock that is right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.settings import FusionSettings
from models.fusion import residuals
from models.fusion.filters import SECOND_US, Bool, Float, Int
from models.fusion.ground import Ground
from models.fusion.radar_bias import PRIOR, RAD, Estimate, Radar, RegistrationState
from models.fusion.residuals import Pairs
from models.fusion.schema import REGISTRATION

__all__ = ["Echoes", "References", "RegistrationState", "due", "learn", "said"]

CHI2_99: Final = 9.210  # 2 degrees of freedom; methods 2.1
GATES_M: Final = (250.0, 120.0)  # of the start, around the mode; methods 2.3
HALF_LIFE_S: Final = 1800  # of a vote
ALONE: Final = 1.5  # × the second heap: a heap stands alone
CHECK_S: Final = 600  # how often a standing estimate is looked at again, and told
MOST_PARTNERS: Final = 10_000
REGISTERED: Final = "registered"
SELDOM: Final = 2  # a registered radar learns at every other instant
FAST_MPS: Final = 2.0  # slower references tell no clock: seven sigmas of a velocity by AIS
#: What is told again: metres, degrees, seconds.
TOLD_STEPS: Final = (5.0, 0.05, 1.0)
#: A radar's bearing and range may be wrong by so much (IMO MSC.192(79), methods 7.2): range, its
#: share, bearing.
UNKNOWN: Final = (30.0, 0.01, 1.0 * RAD)


@dataclass(frozen=True, eq=False)
class Echoes:
    """The newest row of each radar target in a step, as measured, in the site's plane.

    Attributes
    ----------
    radar
        Shape (n,): number of the radar in `Ground.radars`; of a number beyond nothing is learned.
    xy, velocity
        Shape (n, 2): metres, metres a second; NaN where the velocity is not known.
    t_us
        Shape (n,): when it was measured, as the radar says.
    """

    radar: Int
    xy: Float
    velocity: Float
    t_us: Int


@dataclass(frozen=True, eq=False)
class References:
    """Vessels that say where they are, predicted to the instant, in the site's plane.

    Attributes
    ----------
    name
        Shape (m,): of the source track.
    ais
        Shape (m,): AIS, not BeiDou.
    xy, velocity
        Shape (m, 2).
    sigma_m
        Shape (m,): of the place.
    """

    name: NDArray[np.object_]
    ais: Bool
    xy: Float
    velocity: Float
    sigma_m: Float

    def at(self, rows: Int | Bool) -> References:
        """Some of them."""
        return References(*(column[rows] for column in vars(self).values()))


def learn(
    state: RegistrationState,
    echoes: Echoes,
    references: References,
    clock_s: int,
    ground: Ground,
    settings: FusionSettings,
) -> RegistrationState:
    """Take what was seen and heard at an instant.

    Parameters
    ----------
    echoes
        One row a target; of radars without a row nothing is learned.
    references
        BeiDou counts for a radar only where AIS has too few.
    clock_s
        The instant, later than the last.
    """
    found = dict(state.radars)
    told: list[dict[str, Any]] = []
    known = np.column_stack([references.xy, references.velocity, references.sigma_m])
    certain = references.sigma_m <= settings.bias_reference_sigma_m
    references = references.at(np.isfinite(known).all(axis=1) & certain)
    there = np.isfinite(echoes.xy).all(axis=1)
    for number, name in enumerate(ground.radars):
        was = found.get(name)
        if not _awaited(was, clock_s, settings):
            continue
        mine = ((echoes.radar == number) & there).nonzero()[0]
        if not len(mine):
            continue
        radar = was or Radar(since_s=clock_s, voted_s=clock_s)
        seen, who = _pairs(echoes, mine, references, clock_s, ground, radar.estimate, settings)
        radar = _vote(radar, seen, clock_s)
        radar = _follow(radar, seen, who, clock_s, settings)
        radar = _judged(radar, clock_s, settings)
        if was is None or was.word != radar.word or clock_s % CHECK_S == 0:
            row = _row(name, radar, clock_s)
            if was is None or was.word != radar.word or _moved(radar, row):
                told.append(row)
                now = (row["range_m"], row["bearing_deg"], row["clock_offset_s"])
                radar = replace(radar, told=now)
        found[name] = radar
    return RegistrationState(found, tuple(told))


def due(state: RegistrationState, clock_s: int, ground: Ground, settings: FusionSettings) -> bool:
    """Whether `learn` would look at the rows of any radar at this instant."""
    return any(_awaited(state.radars.get(name), clock_s, settings) for name in ground.radars)


def _awaited(radar: Radar | None, clock_s: int, settings: FusionSettings) -> bool:
    if radar is None or radar.word != REGISTERED or clock_s % CHECK_S == 0:
        return True
    return clock_s - radar.voted_s >= SELDOM * settings.step_s


def said(state: RegistrationState) -> pl.DataFrame:
    """`REGISTRATION` of every radar that was heard, as it stands: for the health of feeds."""
    rows = [_row(name, radar, radar.last_s) for name, radar in sorted(state.radars.items())]
    return pl.DataFrame(rows, schema=REGISTRATION)


def _pairs(
    echoes: Echoes,
    mine: Int,
    references: References,
    clock_s: int,
    ground: Ground,
    estimate: Estimate | None,
    settings: FusionSettings,
) -> tuple[Pairs, NDArray[np.object_]]:
    """The pairs of the radar whose echoes are `mine`, and the names of those that they number."""
    number = echoes.radar[mine[0]]
    place = references.xy - ground.radar_xy[number]
    reach_m = ground.reach_m[number] + settings.bias_gate_m
    far = place[:, 0] * place[:, 0] + place[:, 1] * place[:, 1]
    near = far <= reach_m * reach_m
    ais = near & references.ais
    near = ais if int(np.count_nonzero(ais)) >= settings.bias_common else near
    found = residuals.pairs(
        echoes.xy[mine] - ground.radar_xy[number],
        (echoes.t_us[mine] - clock_s * SECOND_US) / SECOND_US,
        echoes.velocity[mine],
        np.column_stack([place[near], references.velocity[near]]),
        references.sigma_m[near],
        bias=estimate.value[:2] if estimate else (0.0, 0.0),
        gate_m=settings.bias_gate_m,
        velocity_gate_mps=settings.bias_velocity_gate_mps,
    )
    return found, references.name[near]


def _vote(radar: Radar, seen: Pairs, clock_s: int) -> Radar:
    """The pairs counted in; old votes are halved at fixed times."""
    halvings = clock_s // HALF_LIFE_S - radar.voted_s // HALF_LIFE_S
    votes = (radar.votes >> min(halvings, 62)) + residuals.votes(seen)
    return replace(radar, votes=votes, voted_s=clock_s)


def _follow(
    radar: Radar,
    seen: Pairs,
    who: NDArray[np.object_],
    clock_s: int,
    settings: FusionSettings,
) -> Radar:
    """The estimate after an instant, started where the mode is where there was none."""
    forgotten = clock_s - settings.bias_memory_s
    partners = {name: last for name, last in radar.partners.items() if last > forgotten}
    if radar.known and clock_s % CHECK_S == 0 and _elsewhere(radar, settings):
        radar, partners = Radar(since_s=clock_s, voted_s=clock_s, votes=radar.votes), {}
    estimate = radar.estimate or _start(radar, seen, settings)
    if estimate is None:
        return replace(radar, partners=partners)
    near, weights = _near(seen, estimate, settings)
    for name in who[near.reference].tolist():
        if len(partners) < MOST_PARTNERS or name in partners:
            partners[name] = clock_s
    radar = replace(radar, partners=partners)
    if not len(near) or (not radar.known and len(partners) < settings.bias_common):
        return radar
    fade = math.exp((radar.last_s - clock_s) / settings.bias_memory_s) if radar.known else 0.0
    since_s = settings.step_s * (SELDOM if radar.word == REGISTERED else 1)
    each = since_s / settings.bias_correlation_s
    sums = tuple(
        old * fade + new * min(each, 1.0)
        for old, new in zip(radar.sums, _sums(near, *weights), strict=True)
    )
    return replace(radar, sums=sums, known=True, last_s=clock_s)


def _start(radar: Radar, seen: Pairs, settings: FusionSettings) -> Estimate | None:
    """The mode, if it stands alone, refined by medians within narrowing gates."""
    range_m, bearing, high, second = residuals.mode(radar.votes)
    if high < 3 * settings.bias_common or high < ALONE * second:
        return None
    for gate_m in GATES_M:
        aside_m = seen.range_m * (seen.d_bearing - bearing)
        near = seen.at((np.abs(seen.d_range_m - range_m) < gate_m) & (np.abs(aside_m) < gate_m))
        if not len(near):
            return None
        range_m, bearing = float(np.median(near.d_range_m)), float(np.median(near.d_bearing))
    return Estimate((range_m, bearing, 0.0), (UNKNOWN[0], 0.5 * UNKNOWN[2], PRIOR[2]))


def _elsewhere(radar: Radar, settings: FusionSettings) -> bool:
    """Whether the votes now speak for another bias: someone turned the antenna."""
    range_m, bearing, high, second = residuals.mode(radar.votes)
    estimate = Estimate.of(radar.sums)
    alone = high >= 3 * settings.bias_common and high >= ALONE * second
    return alone and not residuals.same_heap(range_m, bearing, *estimate.value[:2])


def _near(
    seen: Pairs, estimate: Estimate, settings: FusionSettings
) -> tuple[Pairs, tuple[Float, Float]]:
    """Pairs that the estimate explains, each other's nearest, with both variances of each.

    Those too slow to tell a clock come without velocity, at the clock as it is known.
    """
    (range_m, bearing, clock), sigma = estimate.value, estimate.sigma
    ahead = seen.d_range_m - range_m + clock * seen.along_mps
    aside = seen.range_m * (seen.d_bearing - bearing) + clock * seen.across_mps
    noise = seen.range_m * (settings.bearing_sigma_deg * RAD)
    along_var = settings.range_sigma_m**2 + seen.sigma_m * seen.sigma_m
    across_var = noise * noise + seen.sigma_m * seen.sigma_m
    speed_var = seen.along_mps * seen.along_mps + seen.across_mps * seen.across_mps
    unsure = speed_var * (sigma[2] * sigma[2])
    turned = seen.range_m * sigma[1]
    score = ahead * ahead / (along_var + unsure + sigma[0] * sigma[0])
    score = score + aside * aside / (across_var + unsure + turned * turned)
    inside = (score <= CHI2_99).nonzero()[0]
    best = residuals.nearest_both_ways(seen.echo[inside], seen.reference[inside], score[inside])
    rows = inside[best]
    near, unsure = seen.at(rows), unsure[rows]
    slow = speed_var[rows] < FAST_MPS * FAST_MPS
    lag_s, doubt = np.where(slow, clock, 0.0), np.where(slow, unsure, 0.0)
    near = replace(
        near,
        d_range_m=near.d_range_m + lag_s * near.along_mps,
        d_bearing=near.d_bearing + lag_s * near.across_mps / near.range_m,
        along_mps=np.where(slow, 0.0, near.along_mps),
        across_mps=np.where(slow, 0.0, near.across_mps),
    )
    return near, (along_var[rows] + doubt, across_var[rows] + doubt)


def _sums(near: Pairs, along_var: Float, across_var: Float) -> tuple[float, ...]:
    """What pairs add to the sums of least squares; exactly summed, so in any order."""
    ahead, aside = near.d_range_m, near.range_m * near.d_bearing
    along, across = near.along_mps, near.across_mps
    terms = (
        1.0 / along_var,
        near.range_m * near.range_m / across_var,
        along * along / along_var + across * across / across_var,
        -along / along_var,
        -near.range_m * across / across_var,
        ahead / along_var,
        near.range_m * aside / across_var,
        -(along * ahead / along_var + across * aside / across_var),
    )
    return tuple(math.fsum(term.tolist()) for term in terms)


def _judged(radar: Radar, clock_s: int, settings: FusionSettings) -> Radar:
    """With its word."""
    estimate = radar.estimate
    sure = (
        estimate is not None
        and len(radar.partners) >= settings.bias_common
        and estimate.sigma[0] <= settings.bias_sure_m
        and estimate.sigma[1] <= settings.bias_sure_deg * RAD
    )
    if sure:
        return replace(radar, word=REGISTERED)
    if radar.word == REGISTERED:
        return replace(radar, word="learning", since_s=clock_s)
    in_vain = clock_s - radar.since_s >= settings.bias_patience_s
    return replace(radar, word="impossible" if in_vain else "learning")


def _row(name: str, radar: Radar, clock_s: int) -> dict[str, Any]:
    """A radar as `REGISTRATION`."""
    estimate = radar.estimate
    value, sigma = (estimate.value, estimate.sigma) if estimate else ((None,) * 3, (None,) * 3)
    units, digits = (1.0, 1.0 / RAD, 1.0), (1, 3, 1)
    names = ("range", "bearing", "clock")
    columns = (("range_m", "bearing_deg", "clock_offset_s"), [f"{n}_sigma" for n in names])
    said_ = {
        column: None if number is None else round(number * unit, places)
        for kind, numbers in zip(columns, (value, sigma), strict=True)
        for column, number, unit, places in zip(kind, numbers, units, digits, strict=True)
    }
    for short, unit in zip(names, ("m", "deg", "s"), strict=True):
        said_[f"{short}_sigma_{unit}"] = said_.pop(f"{short}_sigma")
    pairs = len(radar.partners)
    return {"radar_id": name, "clock_s": clock_s, **said_, "pairs": pairs, "state": radar.word}


def _moved(radar: Radar, row: Mapping[str, Any]) -> bool:
    """Whether the estimate is another than was told, by a step that matters."""
    if row["range_m"] is None:
        return False
    now = (row["range_m"], row["bearing_deg"], row["clock_offset_s"])
    told = radar.told
    if told is None or told[0] is None:
        return True
    return any(abs(a - b) >= s for a, b, s in zip(now, told, TOLD_STEPS, strict=True))
