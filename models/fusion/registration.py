"""Registration: by how much each radar measures too far, too far clockwise and too late.

An unregistered radar makes about half of the "dark" alarms false (methods 2.3). A radar begins
`learning`: pairs of its echoes with AIS vessels near them vote in a histogram of residuals, and a
heap that stands alone, with enough vessels in it, is where the estimate starts. From then on the
echoes nearest to AIS vessels feed a least-squares estimate of range, bearing and clock that forgets
exponentially, so that it follows a drift; `registered` is said once it is certain enough. A radar
that learns for long in vain is `impossible`: too few vessels in common, or several heaps.

A clock that is ahead shows along the direction of motion: an echo stated at t is where the vessel
was before. Residual = range + bearing − clock × velocity; each vessel's residuals hang together for
minutes (the echo wanders over the hull, AIS predicts straight on), so each counts in part only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.settings import FusionSettings
from geo.plane import NAUTICAL_MILE_M, east_north_m, moved
from models.fusion import residuals
from models.fusion.radar_bias import PRIOR, RAD, Estimate, Radar, RegistrationState
from models.fusion.residuals import Pairs
from models.fusion.schema import REGISTRATION

__all__ = [
    "ECHO",
    "REFERENCE",
    "RegistrationState",
    "correct",
    "learn",
    "registrations",
    "said",
]

Float = NDArray[np.float64]
KN_MPS: Final = NAUTICAL_MILE_M / 3600
CHI2_99: Final = 9.210  # 2 degrees of freedom; methods 2.1
GATES_M: Final = (250.0, 120.0)  # of the start, around the mode; methods 2.3
HALF_LIFE_S: Final = 1800  # of a vote
ALONE: Final = 1.5  # × the second heap: a heap stands alone
CHECK_S: Final = 600  # how often a standing estimate is looked at again, and told
MOST_PARTNERS: Final = 10_000
REGISTERED: Final = "registered"
#: What is told again: metres, degrees, seconds.
TOLD_STEPS: Final = (5.0, 0.05, 1.0)
#: A radar's bearing and range may be wrong by so much (IMO MSC.192(79), methods 7.2): range, its
#: share, bearing.
UNKNOWN: Final = (30.0, 0.01, 1.0 * RAD)

#: The newest row of each radar target in a step, as measured: what `learn` takes.
ECHO: Final = pl.Schema(
    {
        "source": pl.String(),  # the radar
        "target": pl.String(),
        "t_us": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "speed_kn": pl.Float64(),  # null where it is not known
        "course_deg": pl.Float64(),
    }
)
#: Vessels that say where they are, predicted to the instant.
REFERENCE: Final = pl.Schema(
    {
        "sensor": pl.String(),  # "ais", "beidou"
        "target": pl.String(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "sigma_m": pl.Float64(),
        "east_mps": pl.Float64(),
        "north_mps": pl.Float64(),
    }
)


def learn(
    state: RegistrationState,
    echoes: pl.DataFrame,
    references: pl.DataFrame,
    clock_s: int,
    radars: pl.DataFrame,
    settings: FusionSettings,
) -> RegistrationState:
    """Take what was seen and heard at an instant.

    Parameters
    ----------
    echoes
        `ECHO`, one row a target, in any order; of radars without a row nothing is learned.
    references
        `REFERENCE`, in any order. BeiDou counts for a radar only where AIS has too few.
    clock_s
        The instant, later than the last.
    radars
        The site's: `radar_id`, `lon`, `lat`, `range_m`.
    """
    found = dict(state.radars)
    told: list[dict[str, Any]] = []
    echoes = echoes.filter(pl.all_horizontal(pl.col("lon", "lat").is_finite()))
    heard = dict(iter(echoes.sort("source", "target").partition_by("source", as_dict=True).items()))
    sane = pl.all_horizontal(pl.col("lon", "lat", "sigma_m", "east_mps", "north_mps").is_finite())
    certain = pl.col("sigma_m") <= settings.bias_reference_sigma_m
    references = references.filter(sane & certain).sort("target")
    for site in radars.sort("radar_id").iter_rows(named=True):
        name = site["radar_id"]
        if (name,) not in heard:
            continue
        was = found.get(name)
        radar = was or Radar(since_s=clock_s, voted_s=clock_s)
        bias = radar.estimate.value[:2] if radar.estimate else (0.0, 0.0)
        seen, who = _pairs(heard[(name,)], references, clock_s, site, bias, settings)
        radar = _vote(radar, seen, clock_s)
        radar = _follow(radar, seen, who, clock_s, settings)
        radar = _judged(radar, clock_s, settings)
        row = _row(name, radar, clock_s)
        if was is None or was.word != radar.word or _moved(radar, row, clock_s):
            told.append(row)
            radar = replace(radar, told=(row["range_m"], row["bearing_deg"], row["clock_offset_s"]))
        found[name] = radar
    return RegistrationState(found, pl.DataFrame(told, schema=REGISTRATION))


def registrations(state: RegistrationState) -> pl.DataFrame:
    """`REGISTRATION`: what the last instant changed."""
    return state.fresh


def said(state: RegistrationState) -> pl.DataFrame:
    """`REGISTRATION` of every radar that was heard, as it stands: for the health of feeds."""
    rows = [_row(name, radar, radar.last_s) for name, radar in sorted(state.radars.items())]
    return pl.DataFrame(rows, schema=REGISTRATION)


def correct(rows: pl.DataFrame, state: RegistrationState, radars: pl.DataFrame) -> pl.DataFrame:
    """Rows of radars moved to where they would be without the bias.

    Parameters
    ----------
    rows
        With `source` (the radar), `lon`, `lat`, `speed_kn`, `course_deg`.

    Returns
    -------
    The rows in their order with `lon` and `lat` corrected where there is an estimate, and
    `bias_sigma_m`: one standard deviation of the bias that is left at that place, large where the
    radar is not registered. It is to be added, squared, to what the filter takes for noise.
    """
    table = _table(state, radars)
    known = rows.select("source", "lon", "lat", "speed_kn", "course_deg").join(
        table, left_on="source", right_on="radar_id", how="left", maintain_order="left"
    )
    lon, lat, speed, course, at_lon, at_lat, *biases = (
        known[name].to_numpy().astype(np.float64) for name in known.columns[1:]
    )
    d_range, d_bearing, clock, range_sigma, bearing_sigma, share = biases
    east, north = east_north_m(at_lon, at_lat, lon, lat)
    far = np.sqrt(east * east + north * north)
    lag_m, course = np.nan_to_num(speed) * KN_MPS * clock, np.nan_to_num(course) * RAD
    new_east, new_north = residuals.without(east, north, d_range, d_bearing)
    new_lon, new_lat = moved(
        lon, lat, new_east - east + lag_m * np.sin(course),
        new_north - north + lag_m * np.cos(course),
    )  # fmt: skip
    ahead, aside = np.maximum(range_sigma, share * far), far * bearing_sigma
    sigma = np.sqrt(ahead * ahead + aside * aside)
    there = np.isfinite(new_lon) & np.isfinite(new_lat)
    return rows.with_columns(
        pl.Series("lon", np.where(there, new_lon, lon)),
        pl.Series("lat", np.where(there, new_lat, lat)),
        pl.Series("bias_sigma_m", np.where(np.isnan(sigma), UNKNOWN[0], sigma)),
    )


def _table(state: RegistrationState, radars: pl.DataFrame) -> pl.DataFrame:
    """Each radar's place, bias and sigmas; those of an unknown one where there is no estimate."""
    table = []
    for name, lon, lat in radars.select("radar_id", "lon", "lat").iter_rows():
        radar = state.radars.get(name)
        estimate = radar.estimate if radar else None
        if estimate is None:
            bias = (0.0, 0.0, 0.0, UNKNOWN[0], UNKNOWN[2], UNKNOWN[1])
        else:
            bias = (*estimate.value, *estimate.sigma[:2], 0.0)
        table.append((name, lon, lat, *bias))
    columns = ["radar_id", "at_lon", "at_lat", *"rbc", "range_sigma", "bearing_sigma", "share"]
    schema = {name: pl.String if name == "radar_id" else pl.Float64 for name in columns}
    return pl.DataFrame(table, schema=schema, orient="row")


def _pairs(
    echoes: pl.DataFrame,
    references: pl.DataFrame,
    clock_s: int,
    site: Mapping[str, Any],
    bias: tuple[float, float],
    settings: FusionSettings,
) -> tuple[Pairs, list[str]]:
    """The pairs of a radar, and the names of the references that they number."""
    east, north = east_north_m(
        site["lon"], site["lat"], *(references[c].to_numpy() for c in ("lon", "lat"))
    )
    reach_m = (site["range_m"] or math.inf) + settings.bias_gate_m
    near = references.filter(pl.Series(east * east + north * north <= reach_m * reach_m))
    ais = near.filter(pl.col("sensor") == "ais")
    near = ais if len(ais) >= settings.bias_common else near
    places = east_north_m(site["lon"], site["lat"], *(near[c].to_numpy() for c in ("lon", "lat")))
    held = np.column_stack([*places, near["east_mps"].to_numpy(), near["north_mps"].to_numpy()])
    measured = east_north_m(
        site["lon"], site["lat"], *(echoes[c].to_numpy() for c in ("lon", "lat"))
    )
    speed = echoes["speed_kn"].cast(pl.Float64).to_numpy() * KN_MPS
    course = echoes["course_deg"].cast(pl.Float64).to_numpy() * RAD
    drift = np.column_stack([speed * np.sin(course), speed * np.cos(course)])
    after_s = (echoes["t_us"].to_numpy() - clock_s * 1_000_000) * 1e-6
    found = residuals.pairs(
        np.column_stack(measured), after_s, drift, held, near["sigma_m"].to_numpy(),
        bias=bias, gate_m=settings.bias_gate_m, velocity_gate_mps=settings.bias_velocity_gate_mps,
    )  # fmt: skip
    return found, near["target"].to_list()


def _vote(radar: Radar, seen: Pairs, clock_s: int) -> Radar:
    """The pairs counted in; old votes are halved at fixed times."""
    halvings = clock_s // HALF_LIFE_S - radar.voted_s // HALF_LIFE_S
    votes = (radar.votes >> min(halvings, 62)) + residuals.votes(seen)
    return replace(radar, votes=votes, voted_s=clock_s)


def _follow(
    radar: Radar, seen: Pairs, who: list[str], clock_s: int, settings: FusionSettings
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
    for row in near.reference.tolist():
        if len(partners) < MOST_PARTNERS or who[row] in partners:
            partners[who[row]] = clock_s
    radar = replace(radar, partners=partners)
    if not len(near) or (not radar.known and len(partners) < settings.bias_common):
        return radar
    fade = math.exp((radar.last_s - clock_s) / settings.bias_memory_s) if radar.known else 0.0
    each = settings.step_s / settings.bias_correlation_s
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
    """Pairs that the estimate explains, each other's nearest, with both variances of each."""
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
    inside = np.flatnonzero(score <= CHI2_99)
    best = residuals.nearest_both_ways(seen.echo[inside], seen.reference[inside], score[inside])
    rows = inside[best]
    return seen.at(rows), (along_var[rows], across_var[rows])


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


def _moved(radar: Radar, row: Mapping[str, Any], clock_s: int) -> bool:
    """Whether the estimate is another than was told, by a step that matters."""
    if clock_s % CHECK_S or row["range_m"] is None:
        return False
    now = (row["range_m"], row["bearing_deg"], row["clock_offset_s"])
    told = radar.told
    if told is None or told[0] is None:
        return True
    return any(abs(a - b) >= s for a, b, s in zip(now, told, TOLD_STEPS, strict=True))
