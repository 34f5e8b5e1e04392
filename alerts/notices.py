"""Alerts that state a fact: a call for help, a silent feed, a disk that fills. Pure.

They have no prior and no likelihood, so nothing is weighed: `posterior` is the least that the
contract allows, and the one entry of `evidence` is of block `fact` with 0 nats. They never touch
the alerts of landings: a call for help is no evidence against anybody.

Such a fact is one of arrival, known at its tick and for good; so there is one voice, not the fast
and the settled one of `alerts.policy`, and *Settle* does not hold: a line that comes later is heard
later.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from alerts.envelope import FACT, NO_LANDING
from core.keys import short_id
from core.times import SECOND_US, utc_text

MEMORY_S: Final = 48 * 3600  # an open notice that nothing more is said of stands, unremembered


@dataclass(frozen=True)
class Notice:
    """What is to be said of a matter at a tick; `content` is None where it is over.

    `matter` tells matters of one kind apart. `content`: `level`, `lon`, `lat`, `targets`,
    `vehicles`, `params` and `sources`, as far as there are any.
    """

    tick_s: int
    kind: str
    matter: str
    content: dict[str, Any] | None


@dataclass(frozen=True)
class Open:
    """A matter that an alert stands for."""

    alert_id: str
    revision: int
    shown: str
    touched_s: int


Book = dict[tuple[str, str], Open]


def dump(book: Book) -> bytes:
    """To be saved."""
    rows = [[*matter, asdict(entry)] for matter, entry in sorted(book.items())]
    return json.dumps(rows, ensure_ascii=False).encode()


def load(data: bytes) -> Book:
    """As it was saved."""
    return {(kind, matter): Open(**row) for kind, matter, row in json.loads(data)}


def advance(
    book: Book, notices: Iterable[Notice], until_s: int, *, site: str, exercise: bool
) -> tuple[Book, list[dict[str, Any]]]:
    """Take what was said up to tick `until_s`, in any order.

    Returns
    -------
    The book, and the revisions in the order in which they are issued.
    """
    entries, revisions = dict(book), []
    for said in sorted(notices, key=lambda n: (n.tick_s, _rank(n.kind), n.kind, n.matter)):
        name = (said.kind, said.matter)
        entry = entries.get(name)
        if entry is not None and entry.touched_s <= said.tick_s - MEMORY_S:
            entry = None
        issued_at = utc_text(said.tick_s * SECOND_US) or ""
        if said.content is None:
            if entry is None:
                continue
            text, status = entry.shown, "cancel"
        else:
            text = json.dumps(_envelope(said, exercise), ensure_ascii=False, sort_keys=True)
            status = "new" if entry is None else "update"
        if entry is not None and status == "update" and entry.shown == text:
            continue
        body = json.loads(text)
        alert_id = entry.alert_id if entry else _id(entries, site, said, body, issued_at)
        revision = entry.revision + 1 if entry else 1
        head = {"alert_id": alert_id, "revision": revision, "status": status}
        revisions.append({**body, **head, "issued_at": issued_at})
        entries[name] = Open(alert_id, revision, text, said.tick_s)
        if status == "cancel":
            del entries[name]
    kept = {name: e for name, e in entries.items() if e.touched_s > until_s - MEMORY_S}
    return dict(sorted(kept.items())), revisions


def _rank(kind: str) -> int:
    """A call for help stands above everything."""
    return 0 if kind == "sos" else 1


def _envelope(said: Notice, exercise: bool) -> dict[str, Any]:
    content = said.content or {}
    fact = {
        "block": FACT,
        "nats": 0,
        "code": said.kind,
        "params": content["params"],
        "sources": content.get("sources", []),
    }
    return {
        "kind": said.kind,
        "level": content["level"],
        **NO_LANDING,
        "exercise": exercise,
        "pier_id": None,
        "lon": content.get("lon"),
        "lat": content.get("lat"),
        "berth_from": None,
        "berth_to": None,
        "targets": content["targets"],
        "vehicles": content.get("vehicles", []),
        "evidence": [fact],
        "not_covered": [],
        "severity_parts": [],
    }


def _id(entries: Book, site: str, said: Notice, body: dict[str, Any], issued_at: str) -> str:
    """Made of site, kind, tick and lowest target; of the matter too where that is taken."""
    taken = {e.alert_id for e in entries.values()}
    parts = [site, said.kind, issued_at, min(body["targets"], default="")]
    found = short_id(parts)
    return short_id([*parts, said.matter]) if found in taken else found
