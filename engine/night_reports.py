"""The report at the end of a night, as a plain document: made when the night is closed.

It looks at all pier-nights of the night at once (Benjamini-Hochberg), so it cannot judge as they
come: no alert hangs on it. It says which stood out, which of these were alerted, and how often
the promised rate was really reached so far.

Source: methods 5.3, 5.4.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from typing import Any, Final

import polars as pl

from alerts import issuing, policy
from core.times import SECOND_US, day_of, unix_seconds, utc_text
from engine.normal import Closed
from engine.place import Place
from models.anomaly.conformal import realised
from models.anomaly.learned import among

Json = dict[str, Any]
#: So many decimals leave a p of up to `models.anomaly.fold.MOST_ROWS` on its side of any α.
P_DIGITS: Final = 9


def through(
    book: issuing.Book, said: list[policy.Said], closed: Iterable[Closed], until_s: int,
    place: Place, *, hold_s: int,
) -> tuple[issuing.Book, list[Json], list[Json]]:  # fmt: skip
    """Let the policy take what was said, stopping at each tick that closes a night to report on it.

    Parameters
    ----------
    said
        Of any tick up to `until_s`.
    closed
        The nights that were closed since the last batch, in their order.

    Returns
    -------
    The book, the revisions as `alerts.issuing.advance` gives them, and the reports.
    """
    revisions: list[Json] = []
    reports: list[Json] = []
    take = partial(
        issuing.advance, site=place.site.name, hold_s=hold_s, settings=place.settings.alerts
    )
    for night in closed:
        by_then = [word for word in said if word.tick_s <= night.tick_s]
        said = [word for word in said if word.tick_s > night.tick_s]
        book, issued = take(book, by_then, night.tick_s)
        revisions += issued
        reports.append(document(night, book, place))
    book, issued = take(book, said, until_s)
    return book, [*revisions, *issued], reports


def document(night: Closed, book: issuing.Book, place: Place) -> Json:
    """The report on a night as JSON.

    Parameters
    ----------
    book
        As it was when the night was closed.

    Returns
    -------
    `evening`, `from`, `to`, `made_at`; `q` and `alpha` in force; `piers` of the site; `judged` and
    `not_judged` pier-nights; `found` of them, `found_alerted`; `alerts` `standing` and
    `taken_back`; `so_far`: `promised`, `realised` (`count` of `of`), `low`, `high` (95 %, whole
    nights vary; None before the second), `nights` that are remembered; `not_covered`.
    `strata` that were taken as one that night: `among` which kinds of pier-night ("idle/calm"),
    `calibrated_by` how many.
    `pier_nights`, the most unusual first: `pier_id`, `pier_class`, `regime`, `p`, `found`, `alerts`
    (each `alert_id`, and its `level`, None where it was taken back): all that were judged, and
    those of piers with an alert that were not, whose class, regime and p are None.
    """
    limits = place.settings.alerts
    alerted = _alerted(night, book)
    told = night.said.report(night.night, limits.report_q)
    rows = [_pier_night(row, alerted, place) for row in told.iter_rows(named=True)]
    judged = {row["pier_id"] for row in rows}
    empty = {"pier_class": None, "regime": None, "p": None, "found": False}
    rows += [
        {"pier_id": pier_id, **empty, "alerts": alerts}
        for pier_id, alerts in sorted(alerted.items())
        if pier_id not in judged
    ]
    found = [row for row in rows if row["found"]]
    levels = [alert["level"] for alerts in alerted.values() for alert in alerts]
    silent = night.said.said.filter(pl.col("night") == night.night, pl.col("p").is_null())
    return {
        "evening": day_of(night.night).isoformat(),
        "from": utc_text(night.from_s * SECOND_US),
        "to": utc_text(night.to_s * SECOND_US),
        "made_at": utc_text(night.tick_s * SECOND_US),
        "q": limits.report_q,
        "alpha": limits.alpha,
        "piers": len(place.pier_rows),
        "judged": len(told),
        "not_judged": len(silent),
        "found": len(found),
        "found_alerted": sum(bool(row["alerts"]) for row in found),
        "alerts": {
            "standing": sum(level is not None for level in levels),
            "taken_back": levels.count(None),
        },
        "so_far": _so_far(night, limits.alpha),
        "not_covered": [] if len(told) else ["anomaly"],
        "strata": _strata(night) if len(told) else [],
        "pier_nights": rows,
    }


def _alerted(night: Closed, book: issuing.Book) -> dict[str, list[Json]]:
    """The alerts of landings that berthed in the night, by pier."""
    out: dict[str, list[Json]] = {}
    for alert_id, one in book.visits.issued.items():
        said = json.loads(one.text)
        if night.from_s <= unix_seconds(said["berth_from"]) < night.to_s:
            level = said["level"] if one.stands else None
            out.setdefault(said["pier_id"], []).append({"alert_id": alert_id, "level": level})
    return {pier: sorted(alerts, key=lambda a: str(a["alert_id"])) for pier, alerts in out.items()}


def _pier_night(row: Json, alerted: dict[str, list[Json]], place: Place) -> Json:
    pier_id = place.pier_rows[row["pier"]]["pier_id"]
    return {
        "pier_id": pier_id,
        "pier_class": row["pier_class"],
        "regime": row["regime"],
        "p": round(row["p"], P_DIGITS),
        "found": row["found"],
        "alerts": alerted.get(pier_id, []),
    }


def _strata(night: Closed) -> list[Json]:
    """What the night's pier-nights were compared with."""
    learned = night.before.learned
    if learned is None:
        return []
    return [
        {"among": list(among(group)), "calibrated_by": len(scores)}
        for group, scores in sorted(learned.highest.items())
    ]


def _so_far(night: Closed, alpha: float) -> Json:
    """What was promised beside what came, over the nights that are remembered."""
    known = night.learned.said.drop_nulls("p")
    came = realised(known["p"].to_numpy(), known["night"].to_numpy(), alpha)
    return {
        "promised": alpha,
        "realised": round(came.count / came.of, 6) if came.of else None,
        "count": came.count,
        "of": came.of,
        "low": None if came.low is None else round(came.low, 6),
        "high": None if came.high is None else round(came.high, 6),
        "nights": known["night"].n_unique(),
    }
