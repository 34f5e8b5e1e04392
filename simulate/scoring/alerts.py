"""`alerts.jsonl`: each alert of kind `night_landing` with all its revisions, as the contract reads
them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from core.errors import RecordingError
from core.times import SECOND_US
from simulate.scoring.ground import Ground, Spot
from simulate.scoring.reading import Row, parse_json

FILE: Final = "alerts.jsonl"
MINUTE_US: Final = 60 * SECOND_US
COUNTED_KIND: Final = "night_landing"
STATUSES: Final = ("new", "update", "cancel")
LEVELS: Final = ("watch", "verify")
EARLY_US: Final = 60 * MINUTE_US  # revisions issued later do not raise an alert's posterior
LOWEST, HIGHEST = 0.0001, 0.999  # a posterior
BRIEF_US: Final = 10 * MINUTE_US  # a cancelled alert counts if it stood for longer
FORGOTTEN_US: Final = 180 * MINUTE_US  # after the last revision nobody looks any more
MOST_EVIDENCE: Final = 1_000  # entries of one revision
MOST_LINE: Final = 1 << 20
MOST_REVISIONS: Final = 2_000_000


@dataclass(frozen=True)
class Revision:
    """One line of the file; times in microseconds since 1970."""

    alert_id: str
    revision: int
    status: str
    issued_us: int
    level: str
    posterior: float
    prior_nats: float
    spot: Spot
    from_us: int | None
    to_us: int | None
    named: frozenset[str]
    adds_up: bool  # the posterior is what prior and evidence amount to, as the contract wants


@dataclass(frozen=True, eq=False)
class Alert:
    """All revisions of one alert, in order."""

    revisions: tuple[Revision, ...]

    @property
    def alert_id(self) -> str:
        """Its name."""
        return self.revisions[0].alert_id

    @cached_property
    def stated(self) -> Revision:
        """The latest revision that is not a cancel: pier and berthing are those of it."""
        return next(r for r in reversed(self.revisions) if r.status != "cancel")

    @property
    def spot(self) -> Spot:
        """Where it says that the landing is."""
        return self.stated.spot

    @property
    def from_us(self) -> int | None:
        """When it says that the vessel berthed."""
        return self.stated.from_us

    @property
    def to_us(self) -> int | None:
        """When it says that the vessel left; None while it lies there."""
        return self.stated.to_us

    @cached_property
    def judged(self) -> Revision:
        """The revision whose posterior counts: the highest of those issued no later than 60 minutes
        after `berth_from`, the first where none is so early."""
        berth_us = self.from_us
        early = [
            r for r in self.revisions if berth_us is not None and r.issued_us <= berth_us + EARLY_US
        ]
        return max(early, key=lambda r: r.posterior, default=self.revisions[0])

    @property
    def posterior(self) -> float:
        """How sure it was, in time."""
        return self.judged.posterior

    @property
    def spells(self) -> list[tuple[int, int | None]]:
        """From when to when it stood: from an issue to the cancel after it, None where none came.

        An alert may be raised again after a cancel.
        """
        found: list[tuple[int, int | None]] = []
        standing = False
        for revision in self.revisions:
            if revision.status == "cancel" and standing:
                found[-1] = (found[-1][0], revision.issued_us)
            elif revision.status != "cancel" and not standing:
                found.append((revision.issued_us, None))
            standing = revision.status != "cancel"
        return found

    @property
    def brief(self) -> bool:
        """Whether it was cancelled, and had stood for no more than 10 minutes in all."""
        spells = [(begun, end) for begun, end in self.spells if end is not None]
        if len(spells) < len(self.spells):
            return False
        return sum(end - begun for begun, end in spells) <= BRIEF_US

    @property
    def stood_us(self) -> int:
        """How long it stood: until cancelled, `berth_to`, or 3 h after the last revision, whichever
        came first."""
        last_us = self.revisions[-1].issued_us + FORGOTTEN_US
        over_us = last_us if self.to_us is None else min(self.to_us, last_us)
        ends = [
            (begun, over_us if end is None else min(end, over_us)) for begun, end in self.spells
        ]
        return sum(max(0, end - begun) for begun, end in ends)

    @property
    def named(self) -> frozenset[str]:
        """Vessels and vehicles that it ever named."""
        return frozenset[str]().union(*(r.named for r in self.revisions))

    @property
    def verify_us(self) -> int | None:
        """When it first asked that a person should check now; None where it never did."""
        asked = (
            r.issued_us for r in self.revisions if r.level == "verify" and r.status != "cancel"
        )
        return next(asked, None)

    def first_at_us(self, threshold: float) -> int | None:
        """When the first revision at or above a threshold was issued, after the last cancel."""
        cancels = [i for i, r in enumerate(self.revisions) if r.status == "cancel"]
        standing = self.revisions[cancels[-1] + 1 if cancels else 0 :]
        return next((r.issued_us for r in standing if r.posterior >= threshold), None)


def parse_alerts(data: bytes, ground: Ground, file: str = FILE) -> tuple[Alert, ...]:
    """The counted alerts of a file's bytes, in the order of their first revisions.

    Raises
    ------
    RecordingError
        Naming the file, the line, the field and what was expected. Revisions must run from 1
        without a gap and in the order of issue: a revision left out could hide a cancel.
    """
    return gather(rows_of(data, file), ground)


def gather(rows: Iterable[Row], ground: Ground) -> tuple[Alert, ...]:
    """The counted alerts of revisions in the order of issue; see `parse_alerts`."""
    found: dict[str, list[Revision]] = {}
    kinds: dict[str, str] = {}
    last_us = 0
    for row in rows:
        issued_us = row.time_us("issued_at")
        if issued_us < last_us:
            raise row.wrong("issued_at", "a time not before that of the line before")
        last_us = issued_us
        alert_id, kind = row.text("alert_id"), row.text("kind")
        if kinds.setdefault(alert_id, kind) != kind:
            raise row.wrong("kind", f"{kinds[alert_id]!r}, as in the alert's other revisions")
        if kind != COUNTED_KIND:
            continue
        said = found.setdefault(alert_id, [])
        said.append(_revision(row, ground, len(said) + 1))
    return tuple(Alert(tuple(said)) for said in found.values())


def as_rows(alerts: Iterable[dict[str, Any]], source: str) -> Iterator[Row]:
    """Envelopes that are already objects, such as a baseline's."""
    for i, alert in enumerate(alerts, 1):
        yield Row.of(alert, f"{source}, line {i}")


def rows_of(data: bytes, file: str) -> Iterator[Row]:
    """The objects of a file of one a line."""
    for number, line in enumerate(data.splitlines(), 1):
        where = f"{file}, line {number}"
        if number > MOST_REVISIONS or len(line) > MOST_LINE:
            raise RecordingError(
                where, expected=f"at most {MOST_REVISIONS} lines of {MOST_LINE} bytes", came="more"
            )
        if line.strip():
            yield Row.of(parse_json(line, where), where)


def _revision(row: Row, ground: Ground, number: int) -> Revision:
    if row.whole("revision", 1, MOST_REVISIONS) != number:
        raise row.wrong("revision", f"{number}, the alert's next")
    status = row.choice("status", STATUSES)
    if (status == "new") != (number == 1):
        raise row.wrong("status", "new for the first revision and for no other")
    from_us, to_us = row.time_us_or_none("berth_from"), row.time_us_or_none("berth_to")
    if to_us is not None and (from_us is None or to_us < from_us):
        raise row.wrong("berth_to", "null, or a time not before berth_from")
    given = row.fields.get("evidence") is not None
    entries = row.rows("evidence", MOST_EVIDENCE) if given else []
    return Revision(
        row.text("alert_id"), number, status, row.time_us("issued_at"),
        row.choice("level", LEVELS), row.number("posterior", LOWEST, HIGHEST),
        row.number("prior_nats", -50, 50), ground.spot(row), from_us, to_us,
        frozenset((*row.texts("targets"), *row.texts("vehicles"))), _adds_up(row, entries),
    )  # fmt: skip


def _adds_up(row: Row, entries: list[Row]) -> bool:
    """Whether the posterior's log-odds are the prior plus the evidence, to 0.01; one at the edge of
    what may be said stands for all beyond it."""
    odds = row.number("prior_nats", -50, 50)
    odds += sum(entry.number("nats", -1_000, 1_000) for entry in entries)
    said = row.number("posterior", LOWEST, HIGHEST)
    if said in (LOWEST, HIGHEST):
        edge = math.log(said / (1 - said))
        return odds <= edge + 0.011 if said == LOWEST else odds >= edge - 0.011
    return abs(math.log(said / (1 - said)) - odds) <= 0.011  # posteriors are rounded too
