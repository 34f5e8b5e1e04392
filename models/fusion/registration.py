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

from core.compiled import compiled
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

    def table(self, clock_s: int) -> Float:
        """Place, velocity, and seconds after the instant of each, shape (n, 5)."""
        out = np.empty((len(self.t_us), 5))
        out[:, :2], out[:, 2:4] = self.xy, self.velocity
        out[:, 4] = (self.t_us - clock_s * SECOND_US) / SECOND_US
        return out


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

    def table(self) -> Float:
        """Place, velocity and sigma of each, shape (m, 5)."""
        out = np.empty((len(self.sigma_m), 5))
        out[:, :2], out[:, 2:4], out[:, 4] = self.xy, self.velocity, self.sigma_m
        return out


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
    measured, said_ = echoes.table(clock_s), references.table()
    for number, name in enumerate(ground.radars):
        was = found.get(name)
        if not _awaited(was, clock_s, settings):
            continue
        mine = measured[(echoes.radar == number) & np.isfinite(measured[:, 0] + measured[:, 1])]
        if not len(mine):
            continue
        radar = was or Radar(since_s=clock_s, voted_s=clock_s)
        ends, values = residuals.pairs(
            mine, said_, references.ais, ground.radar_xy[number],
            radar.estimate.value[:2] if radar.estimate else (0.0, 0.0),
            (
                ground.reach_m[number] + settings.bias_gate_m, settings.bias_reference_sigma_m,
                settings.bias_gate_m, settings.bias_velocity_gate_mps,
            ),
            settings.bias_common,
        )  # fmt: skip
        seen = Pairs(*ends, *values)
        votes = _votes(radar, seen, clock_s)
        radar = _follow(radar, votes, seen, references.name, clock_s, settings)
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


def _votes(radar: Radar, seen: Pairs, clock_s: int) -> Int:
    """The votes with the pairs counted in; old ones are halved at fixed times."""
    halvings = clock_s // HALF_LIFE_S - radar.voted_s // HALF_LIFE_S
    votes = radar.votes >> min(halvings, 62)
    residuals.vote(votes, seen)
    return votes


def _follow(
    radar: Radar,
    votes: Int,
    seen: Pairs,
    who: NDArray[np.object_],
    clock_s: int,
    settings: FusionSettings,
) -> Radar:
    """The estimate after an instant, started where the mode is where there was none."""
    forgotten = clock_s - settings.bias_memory_s
    partners = {name: last for name, last in radar.partners.items() if last > forgotten}
    if radar.known and clock_s % CHECK_S == 0 and _elsewhere(radar, votes, settings):
        radar, partners = Radar(since_s=clock_s), {}
    voted: dict[str, Any] = {"votes": votes, "voted_s": clock_s, "partners": partners}
    estimate = radar.estimate or _start(votes, seen, settings)
    if estimate is None:
        return replace(radar, **voted)
    reference, terms = _explained(seen, estimate, settings)
    for name in who[reference].tolist():
        if len(partners) < MOST_PARTNERS or name in partners:
            partners[name] = clock_s
    if not len(terms) or (not radar.known and len(partners) < settings.bias_common):
        return replace(radar, **voted)
    fade = math.exp((radar.last_s - clock_s) / settings.bias_memory_s) if radar.known else 0.0
    since_s = settings.step_s * (SELDOM if radar.word == REGISTERED else 1)
    each = since_s / settings.bias_correlation_s
    sums = tuple(
        old * fade + new * min(each, 1.0)
        for old, new in zip(radar.sums, map(math.fsum, terms.T.tolist()), strict=True)
    )
    return replace(radar, **voted, sums=sums, known=True, last_s=clock_s)


def _start(votes: Int, seen: Pairs, settings: FusionSettings) -> Estimate | None:
    """The mode, if it stands alone, refined by medians within narrowing gates."""
    range_m, bearing, high, second = residuals.mode(votes)
    if high < 3 * settings.bias_common or high < ALONE * second:
        return None
    for gate_m in GATES_M:
        aside_m = seen.range_m * (seen.d_bearing - bearing)
        near = seen.at((np.abs(seen.d_range_m - range_m) < gate_m) & (np.abs(aside_m) < gate_m))
        if not len(near.echo):
            return None
        range_m, bearing = float(np.median(near.d_range_m)), float(np.median(near.d_bearing))
    return Estimate((range_m, bearing, 0.0), (UNKNOWN[0], 0.5 * UNKNOWN[2], PRIOR[2]))


def _elsewhere(radar: Radar, votes: Int, settings: FusionSettings) -> bool:
    """Whether the votes now speak for another bias: someone turned the antenna."""
    range_m, bearing, high, second = residuals.mode(votes)
    alone = high >= 3 * settings.bias_common and high >= ALONE * second
    estimate = radar.estimate
    return (
        alone
        and estimate is not None
        and not residuals.same_heap(range_m, bearing, *estimate.value[:2])
    )


def _explained(seen: Pairs, estimate: Estimate, settings: FusionSettings) -> tuple[Int, Float]:
    """Pairs that the estimate explains: their references, and what they add to its sums.

    The sums of the terms, shape (n, 8), are taken exactly, so in any order.
    """
    noise = (settings.range_sigma_m, settings.bearing_sigma_deg * RAD)
    return _terms(seen, (*estimate.value, *estimate.sigma), noise)


@compiled
def _terms(seen: Pairs, held: tuple[float, ...], noise: tuple[float, float]) -> tuple[Int, Float]:
    """References and terms of the pairs within the gate that are each other's nearest.

    Parameters
    ----------
    held
        Range, bearing and clock of the estimate, and their sigmas.
    noise
        Sigmas of range (m) and of bearing (radians).

    Those too slow to tell a clock come without velocity, at the clock as it is known.
    """
    echo, reference, range_m, along_mps, across_mps, sigma_m, d_range_m, d_bearing = seen
    n, clock = len(echo), held[2]
    score, along_var, across_var = np.empty(n), np.empty(n), np.empty(n)
    of_echo = np.full(echo.max() + 1 if n else 0, -1)  # its nearest pair so far
    of_reference = np.full(reference.max() + 1 if n else 0, -1)
    for i in range(n):
        along, across, far = along_mps[i], across_mps[i], range_m[i]
        ahead = d_range_m[i] - held[0] + clock * along
        aside = far * (d_bearing[i] - held[1]) + clock * across
        along_var[i] = noise[0] * noise[0] + sigma_m[i] * sigma_m[i]
        across_var[i] = far * noise[1] * (far * noise[1]) + sigma_m[i] * sigma_m[i]
        unsure = (along * along + across * across) * (held[5] * held[5])
        turned = far * held[4]
        score[i] = ahead * ahead / (along_var[i] + unsure + held[3] * held[3])
        score[i] += aside * aside / (across_var[i] + unsure + turned * turned)
        if not score[i] <= CHI2_99:
            continue
        best = of_echo[echo[i]]
        if best < 0 or (score[i], reference[i]) < (score[best], reference[best]):
            of_echo[echo[i]] = i
        best = of_reference[reference[i]]
        if best < 0 or (score[i], echo[i]) < (score[best], echo[best]):
            of_reference[reference[i]] = i
    rows = np.array([i for i in of_echo if i >= 0 and of_reference[reference[i]] == i], np.int64)
    terms = np.empty((len(rows), 8))
    for k, i in enumerate(rows):
        along, across, far = along_mps[i], across_mps[i], range_m[i]
        ahead, turn, one, two = d_range_m[i], d_bearing[i], along_var[i], across_var[i]
        speed_var = along * along + across * across
        if speed_var < FAST_MPS * FAST_MPS:
            unsure = speed_var * (held[5] * held[5])
            one, two = one + unsure, two + unsure
            ahead, turn = ahead + clock * along, turn + clock * across / far
            along, across = 0.0, 0.0
        aside = far * turn
        terms[k, 0], terms[k, 1] = 1.0 / one, far * far / two
        terms[k, 2] = along * along / one + across * across / two
        terms[k, 3], terms[k, 4] = -along / one, -far * across / two
        terms[k, 5], terms[k, 6] = ahead / one, far * aside / two
        terms[k, 7] = -(along * ahead / one + across * aside / two)
    return reference[rows], terms


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
        return radar if radar.word == REGISTERED else replace(radar, word=REGISTERED)
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
