"""What is issued: calls as the policy tells them, then one alert for each visit. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from alerts import policy, visits
from core.settings import AlertSettings


@dataclass(frozen=True)
class Book:
    """All that may still be spoken of: the calls, and the visits that they are told as."""

    calls: policy.Book = field(default_factory=policy.Book)
    visits: visits.Book = field(default_factory=visits.Book)

    def dump(self) -> bytes:
        """To be saved."""
        return json.dumps([self.calls.dump().decode(), self.visits.dump().decode()]).encode()

    @staticmethod
    def load(data: bytes) -> Book:
        """As it was saved."""
        calls, told = json.loads(data)
        return Book(policy.Book.load(calls.encode()), visits.Book.load(told.encode()))


def advance(
    book: Book,
    said: Iterable[policy.Said],
    until_s: int,
    *,
    site: str,
    hold_s: int,
    settings: AlertSettings,
) -> tuple[Book, list[dict[str, Any]]]:
    """Take what was said up to tick `until_s` (`alerts.policy.advance`).

    Returns
    -------
    The book, and the revisions in the order in which they are issued.
    """
    calls, revisions = policy.advance(book.calls, said, until_s, site=site, hold_s=hold_s)
    known = {entry.alert_id for entry in calls.entries if entry.alert_id is not None}
    told, issued = visits.advance(book.visits, revisions, known, settings)
    return Book(calls, told), issued
