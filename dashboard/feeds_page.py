"""The page of feeds: how every one does, and where a station hears. Filled by callbacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.catalogue import Words
from dashboard.layout import Basemap, head, whole
from dashboard.marks import mark
from dashboard.reading import Run
from geo.site import Site

#: Groups of words that the page's own scripts need.
SCRIPT_WORDS = ("page", "vessels", "feeds")
RECEPTION_HOURS = 6
#: Least counts of a cell's colours, as `assets/app/style.js` draws them.
STEPS = (1, 10, 100, 1000)


def feeds_page(
    words: Words,
    run: Run | None,
    query: Mapping[str, str],
    basemap: Basemap | None,
    site: Site | None,
) -> Component:
    """The whole page in one language."""
    told: dict[str, Any] = {
        "words": {group: words.group(group) for group in SCRIPT_WORDS},
        "language": words.language,
        "timezone": str(run.zone) if run else "UTC",
        "basemap": asdict(basemap) if basemap else None,
        "stations": stations(site),
        "hours": RECEPTION_HOURS,
    }
    return whole(
        words,
        [
            html.A(words("page.skip_table"), href="#feed-table", className="skip"),
            dcc.Store(id="language", data=words.language),
            dcc.Store(id="feeds-open", data=[]),
            dcc.Store(id="feeds-beat", data=0),
            dcc.Interval(id="feeds-slow", interval=10_000),
            head(words, run, query),
            html.Main(
                [
                    html.Section(
                        html.Div(id="feed-table", className="scroll", tabIndex="-1"),
                        className="side left",
                    ),
                    _reception(words, told),
                ],
                className="feeds-columns",
            ),
        ],
    )


def stations(site: Site | None) -> list[dict[str, Any]]:
    """Where AIS stations and radars stand: id, kind, lon, lat."""
    if site is None:
        return []
    return [
        {"id": number, "kind": kind, "lon": lon, "lat": lat}
        for kind, table, name in (
            ("ais", site.stations, "station_id"),
            ("radar", site.radars, "radar_id"),
        )
        for number, lon, lat in table.select(name, "lon", "lat").iter_rows()
    ]


def _reception(words: Words, told: dict[str, Any]) -> Component:
    steps = [
        html.Span([html.I(className=f"step step-{i}"), f"≥ {least:,}"], className="step-row")
        for i, least in enumerate(STEPS)
    ]
    return html.Section(
        [
            html.Div(id="feeds-map", **mark("told", json.dumps(told, ensure_ascii=False))),
            html.Div(
                [
                    html.H2(words("feeds.reception")),
                    html.P(id="station-name", role="status", children=words("feeds.choose")),
                    html.Div(
                        [html.Span(words("feeds.heard_per_cell"), className="faint"), *steps],
                        className="steps",
                    ),
                ],
                className="map-title",
            ),
            html.Footer(
                [html.Span(words("map.notice")), html.Span(words("map.credit"))],
                className="credit",
            ),
        ],
        className="map-frame",
    )
