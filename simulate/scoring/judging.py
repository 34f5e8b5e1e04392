"""What each alert of a recording was: true, false, a duplicate, or too brief to count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

import numpy as np

from core.errors import RecordingError
from core.times import SECOND_US, instant
from geo.calendar import operational_night
from simulate.scoring.alerts import MINUTE_US, Alert
from simulate.scoring.ground import Ground, Spot, Spots
from simulate.scoring.matching import match, may_repeat
from simulate.scoring.pier_nights import PierNights, parse_pier_nights
from simulate.scoring.truth import Landing, Nuisance, Truth

Verdict = Literal["true", "false", "duplicate", "brief"]

CAUSE_US: Final = 30 * MINUTE_US
UNEXPLAINED: Final = "unexplained"


@dataclass(frozen=True)
class Outcome:
    """An alert with what it was. `landing` is the row it matched; `cause` is a false alarm's.

    `outranks` is the landing's own match in a duplicate that was surer than it.
    """

    alert: Alert
    verdict: Verdict
    night: int
    landing: int | None = None
    cause: str | None = None
    township: str = ""
    outranks: bool = False


@dataclass(frozen=True)
class Judged:
    """One recording after the scoring of its alerts; nights are noon to noon, local time.

    `landing_night` has the night of each landing, `matched` the row of its outcome or None;
    `pier_nights` is None where the replay wrote no reports on its nights.
    """

    name: str
    nights: tuple[date, ...]
    piers: int
    timezone: str
    landings: tuple[Landing, ...]
    landing_night: tuple[int, ...]
    matched: tuple[int | None, ...]
    outcomes: tuple[Outcome, ...]
    seed: str = ""
    pier_nights: PierNights | None = None


def judge(
    alerts: Sequence[Alert],
    truth: Truth,
    ground: Ground,
    start: datetime | None,
    end: datetime | None,
    name: str,
    reports: bytes | None = None,
) -> Judged:
    """Score a recording's alerts against its truth.

    Parameters
    ----------
    start, end
        Of the recording, as `recording.toml` says.
    name
        Of the recording.
    reports
        `night_reports.jsonl` of the replay, where it wrote one.

    Raises
    ------
    RecordingError
        Truth or reports and `recording.toml` disagree about the nights: rates would mean nothing.
    """
    nights = night_list(truth, start, end, ground.timezone, name)
    counted = [alert for alert in alerts if not alert.brief]
    pairs = match(truth.landings, counted)
    landing_of = {j: i for i, j in pairs}
    repeats = may_repeat(truth.landings, counted)
    where = _night_numbers([_begins_us(alert) for alert in alerts], nights, ground.timezone)
    causes, outcomes = _Causes(truth.nuisances), list[Outcome]()
    matched: list[int | None] = [None] * len(truth.landings)
    posterior_of = {i: counted[j].posterior for i, j in pairs}
    numbers = {id(alert): j for j, alert in enumerate(counted)}
    for row, (alert, night) in enumerate(zip(alerts, where, strict=True)):
        township = ground.township(alert.spot)
        j = numbers.get(id(alert))
        if j is None:
            outcomes.append(Outcome(alert, "brief", night, township=township))
        elif j in landing_of:
            matched[landing_of[j]] = row
            outcomes.append(Outcome(alert, "true", night, landing_of[j], township=township))
        elif shields := [
            posterior_of[i] for i in np.flatnonzero(repeats[:, j]).tolist() if i in posterior_of
        ]:
            outranks = alert.posterior > max(shields)
            outcomes.append(
                Outcome(alert, "duplicate", night, township=township, outranks=outranks)
            )
        else:
            cause = causes.of(alert)
            outcomes.append(Outcome(alert, "false", night, cause=cause, township=township))
    landing_night = _night_numbers([x.from_us for x in truth.landings], nights, ground.timezone)
    landed = list(zip(truth.landings, landing_night, strict=True))
    told = None if reports is None else parse_pier_nights(reports, nights, landed, ground)
    return Judged(
        name, nights, ground.pier_count, ground.timezone, truth.landings, tuple(landing_night),
        tuple(matched), tuple(outcomes), truth.seed, told,
    )  # fmt: skip


def night_list(
    truth: Truth, start: datetime | None, end: datetime | None, timezone: str, name: str
) -> tuple[date, ...]:
    """The recording's nights; `truth.json` must have as many as `recording.toml` spans."""
    where = f"{name}/recording.toml"
    if start is None or end is None or end <= start:
        raise RecordingError(
            where, expected="a start and a later end, from which the nights are counted",
            came=f"{start} and {end}",
        )  # fmt: skip
    first = operational_night(start, timezone)
    last = operational_night(end - timedelta(microseconds=1), timezone)
    spanned = (last - first).days + 1
    if spanned != truth.nights:
        raise RecordingError(
            f"{name}/truth.json, nights", expected=f"{spanned}, the nights from noon to noon "
            "that start and end of recording.toml span", came=str(truth.nights),
        )  # fmt: skip
    return tuple(first + timedelta(days=k) for k in range(spanned))


def _begins_us(alert: Alert) -> int:
    """When an alert's landing begins; when it was issued, where it does not say."""
    return alert.revisions[0].issued_us if alert.from_us is None else alert.from_us


def _night_numbers(times_us: list[int], nights: tuple[date, ...], timezone: str) -> list[int]:
    """The number of each time's night; times outside the recording go to the nearest."""
    if not times_us:
        return []
    at = np.array([instant(_datetime(t)) for t in times_us], "datetime64[us]")
    days = (operational_night(at, timezone) - np.datetime64(nights[0], "D")).astype(np.int64)
    return [int(k) for k in np.clip(days, 0, len(nights) - 1)]


def _datetime(at_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)


class _Causes:
    """The nuisances of a recording, to be asked what a false alarm was."""

    def __init__(self, nuisances: Sequence[Nuisance]) -> None:
        self._all = nuisances
        self._from_us = np.array([n.from_us for n in nuisances], np.int64)
        self._to_us = np.array([n.to_us for n in nuisances], np.int64)
        self._placed = np.array([n.spot is not None for n in nuisances], np.bool_)
        nowhere = Spot(None, np.nan, np.nan)
        self._spots = Spots([n.spot or nowhere for n in nuisances])

    def of(self, alert: Alert) -> str:
        """The kind of nuisance at a false alarm's pier within 30 minutes of it.

        Of several, one that names the alert's vessel or truck goes first, then the nearest in
        time. A nuisance without a place counts where it names one of them.
        """
        begins_us = _begins_us(alert)
        ends_us = begins_us if alert.to_us is None else alert.to_us
        in_time = (self._from_us - CAUSE_US <= ends_us) & (begins_us <= self._to_us + CAUSE_US)
        here = self._spots.at(alert.spot, np.flatnonzero(in_time & self._placed))
        anywhere = np.flatnonzero(in_time & ~self._placed)
        named = alert.named
        found: list[tuple[bool, int, str]] = []
        for row in (*here.tolist(), *anywhere.tolist()):
            nuisance = self._all[row]
            its_own = bool(named & nuisance.named)
            if its_own or nuisance.spot is not None:
                apart_us = max(nuisance.from_us - ends_us, begins_us - nuisance.to_us, 0)
                found.append((not its_own, apart_us // SECOND_US, nuisance.kind))
        return min(found)[2] if found else UNEXPLAINED
