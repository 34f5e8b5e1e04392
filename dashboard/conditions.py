"""What the night is like: tide, sun, piers by status, vessels."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from dash import html
from dash.development.base_component import Component

from core.times import instant
from dashboard.catalogue import Words
from dashboard.marks import mark
from dashboard.reading import Run
from dashboard.tide_curve import tide_curve
from geo.daylight import is_night
from geo.site import Site
from geo.tides import Tide

STATUSES = ("idle", "low", "active", "unknown")


def conditions(
    words: Words, run: Run | None, site: Site | None, piers: list[dict[str, Any]]
) -> Component:
    """The panel shown while no alert is chosen, at the data's own time."""
    zone, at = (run.zone, run.tick) if run else (ZoneInfo("UTC"), None)
    return html.Article(
        [
            html.H2(words("conditions.title")),
            _tide(words, zone, site.tide if site else None, at),
            _sun(words, zone, site, at),
            _piers(words, piers),
        ],
        className="conditions",
    )


def sky(words: Words, run: Run | None, site: Site | None) -> list[Component]:
    """Night or day and the tide, in a few words for the head of the page."""
    if run is None or run.tick is None or site is None:
        return []
    now = np.array([instant(run.tick)])
    night = bool(is_night(site.plane.lon0, site.plane.lat0, now)[0])
    said: list[Component] = [html.Span(words("page.night" if night else "page.day"))]
    if site.tide:
        height_m, trend = tide_now(words, site.tide, run.tick)
        short = words("conditions.tide_short", height=f"{height_m:.1f}", trend=trend)
        said.append(html.Span(short))
    return said


def tide_now(words: Words, tide: Tide, at: datetime) -> tuple[float, str]:
    """Metres above chart datum, and whether it rises or falls."""
    height_m, soon_m = tide.height_m(np.array([instant(at), instant(at + timedelta(minutes=10))]))
    trend = "rising" if soon_m >= height_m else "falling"
    return float(height_m), words(f"conditions.{trend}")


def _tide(words: Words, zone: ZoneInfo, tide: Tide | None, at: datetime | None) -> Component:
    title = html.H3([html.Span(words("conditions.tide"))])
    if tide is None or at is None:
        missing = "conditions.no_tide" if tide is None else "conditions.no_time"
        return html.Section([title, html.P(words(missing), className="faint small")])
    height_m, trend = tide_now(words, tide, at)
    high = tide.high_waters(at, at + timedelta(hours=14))
    said = [
        html.P(
            words("conditions.tide_now", height=f"{height_m:.1f}", trend=trend), className="strong"
        )
    ]
    if high:
        when, top_m = high[0]
        local = f"{when.astimezone(zone):%H:%M}"
        said.append(html.P(words("conditions.next_high", at=local, height=f"{top_m:.1f}")))
    note = words(
        "conditions.stand_in",
        station=tide.station,
        offset=f"{tide.time_offset_min:+.0f}",
        factor=f"{tide.range_factor:.2f}",
    )
    return html.Section(
        [
            title,
            html.Div(said, className="tide-said"),
            tide_curve(words, zone, tide, at),
            html.P(note, className="faint small"),
        ]
    )


def _sun(words: Words, zone: ZoneInfo, site: Site | None, at: datetime | None) -> Component | None:
    if site is None or at is None:
        return None
    lon, lat = site.plane.lon0, site.plane.lat0
    times = np.array([instant(at + timedelta(minutes=10 * i)) for i in range(145)])
    dark = is_night(lon, lat, times)
    turns = np.flatnonzero(dark != dark[0])
    now = words("page.night" if dark[0] else "page.day")
    then = ""
    if len(turns):
        when = (at + timedelta(minutes=10 * int(turns[0]))).astimezone(zone)
        then = words(
            "conditions.night_to" if dark[0] else "conditions.night_from", at=f"{when:%H:%M}"
        )
    return html.Section(
        [
            html.H3([html.Span(words("conditions.light"))]),
            html.P([html.B(now), html.Span(f" · {then}" if then else "")]),
        ]
    )


def _piers(words: Words, piers: list[dict[str, Any]]) -> Component:
    title = html.H3(
        [html.Span(words("pier.title")), html.Span(str(len(piers)), className="faint small")]
    )
    if not piers:
        return html.Section([title, html.P(words("pier.empty"), className="faint small")])
    found = Counter(pier["properties"]["status"] for pier in piers)
    rows = [
        html.Div(
            [
                html.Span(className="sign", **mark("sign", f"pier-{status}")),
                html.Span(words.of("pier", status)),
                html.B(str(found[status])),
            ],
            className="sign-row",
        )
        for status in STATUSES
    ]
    return html.Section([title, html.Div(rows, className="signs")])
