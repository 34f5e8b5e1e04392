"""A landing as it went, step by step: when, what, by which sensor.

The steps come of the berthing times and of the evidence about the chain; what has no time of its
own stands behind the berthing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.catalogue import Words, eased, parsed_at
from dashboard.reading import Run
from dashboard.tracks import LINES

Json = dict[str, Any]
Step = tuple[datetime | None, str, list[str]]


def chain(words: Words, run: Run, alert: Json) -> Component | None:
    """The steps of a landing as a list in time; nothing where there is no more than its berthing.

    Parameters
    ----------
    alert
        The contract's envelope.
    """
    found = steps(words, alert)
    if len(found) < 2:
        return None
    rows = [
        html.Li(
            [
                html.Time(f"{at.astimezone(run.zone):%H:%M}" if at else words("none")),
                html.Span(said),
                html.Span(" · ".join(words.of("sensor", s) for s in sensors), className="faint"),
            ]
        )
        for at, said, sensors in found
    ]
    return html.Section(
        [html.H3(html.Span(words("chain.title"))), html.Ol(rows, className="chain")]
    )


def steps(words: Words, alert: Json) -> list[Step]:
    """When, what and by which sensors; by time, and what has no time behind the berthing."""
    berthed = parsed_at(alert.get("berth_from"))
    if alert.get("kind") != "night_landing" or berthed is None:
        return []
    entries = {entry["code"]: entry for entry in alert.get("evidence") or []}
    afloat = {target.partition(":")[0] for target in alert.get("targets") or []}
    seen = [sensor for start, sensor in LINES.items() if start in afloat]
    unseen = "unseen" in entries or not seen
    found: list[Step] = [(berthed, words("chain.unseen" if unseen else "chain.berthed"), seen)]
    for code in ("barrier_up", "camera_boat", "trucks", "left_with"):
        if code not in entries:
            continue
        entry = entries[code]
        params = eased(entry.get("params") or {})
        lag = (entry.get("params") or {}).get("lag_min")
        at = berthed + timedelta(minutes=lag) if lag is not None else None
        bar = words.of("value.bar", params.get("bar"))
        how = "maybe." if "chance_share" in params else ""
        said = words(f"chain.{how}{code}", bar=bar, n=params.get("trucks"))
        found.append((at, said, sorted({s.partition(":")[0] for s in entry.get("sources") or []})))
    left = parsed_at(alert.get("berth_to"))
    if left:
        lost = (alert.get("explanation") or {}).get("lost")
        found.append((left, words("chain.lost" if lost else "chain.left"), seen))
    return sorted(found, key=lambda step: step[0] or berthed)
