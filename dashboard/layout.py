"""The page of the command screen: where everything stands. Filled by `dashboard.callbacks`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from core.errors import PierwatchError
from dashboard.catalogue import Words
from dashboard.marks import mark
from dashboard.reading import Run

#: Groups of words that the page's own scripts need.
SCRIPT_WORDS = (
    "page", "vessels", "class", "pier", "pier_kind", "sensor", "map", "level", "kind", "ashore",
    "sighting", "feed_state",
)  # fmt: skip
#: Readers of screens are told when the panel changes.
LIVE: dict[str, Any] = {"aria-live": "polite"}
LEGEND = (
    ("under-way-other", "legend.vessel"),
    ("under-way-fishing", "class.fishing"),
    ("under-way-service", "class.service"),
    ("still-other", "legend.lying"),
    ("under-way-silent", "vessels.silent_legend"),
    ("dark-under-way", "legend.dark"),
    ("beidou-under-way", "legend.beidou"),
    ("radar-under-way", "legend.radar"),
    ("truck", "legend.truck"),
    ("camera-seen", "legend.camera"),
    ("station-radar", "legend.station"),
    ("station-silent", "legend.station_silent"),
    ("line-ais", "legend.line_ais"),
    ("line-beidou", "legend.line_beidou"),
    ("line-radar", "legend.line_radar"),
    ("line-silent", "legend.line_silent"),
    ("line-approach", "legend.line_approach"),
    ("line-chain", "legend.line_chain"),
    ("alert-sos", "kind.sos"),
    ("alert-verify", "level.verify"),
    ("alert-watch", "level.watch"),
)


@dataclass(frozen=True)
class Basemap:
    """A site's own tiles beneath the sketch; `approval` is the 审图号 that must be printed."""

    tiles: str
    title: str
    approval: str


def screen(
    words: Words, run: Run | None, query: Mapping[str, str], basemap: Basemap | None
) -> Component:
    """The whole page in one language."""
    return whole(
        words,
        [
            html.A(words("page.skip"), href="#alerts", className="skip"),
            dcc.Store(id="language", data=words.language),
            dcc.Store(id="chosen", data=query.get("alert")),
            dcc.Store(id="decided"),
            dcc.Store(id="declared"),
            dcc.Store(id="regimes-shown"),
            dcc.Store(id="beat", data=0),
            dcc.Interval(id="slow", interval=10_000),
            head(words, run, query),
            html.Main(
                [_left(words, query), _map(words, run, basemap), _right()],
                className="columns",
            ),
        ],
    )


def whole(words: Words, parts: list[Component]) -> Component:
    """A page of these parts, from edge to edge, in its language."""
    language = "zh-CN" if words.language == "zh" else "en"
    return html.Div(parts, className="screen", lang=language)


def noon_page(
    words: Words, run: Run | None, query: Mapping[str, str], body: list[Component]
) -> Component:
    """The page of what is made at a noon: to be read from above."""
    main = html.Main(html.Div(body, className="outlook scroll", tabIndex="-1"))
    return whole(words, [head(words, run, query), main])


def no_run(words: Words) -> Component:
    """What the page says while the database holds nothing."""
    return html.Div(
        [html.H2(words("page.no_run_title")), html.P(words("page.no_run"))], className="notice-card"
    )


def away(words: Words, error: PierwatchError) -> Component:
    """The page while the store does not answer."""
    again = html.A(words("page.again"), href="", className="plain-button")
    said = [html.H2(words("page.trouble")), html.P(str(error), className="faint"), html.P(again)]
    return html.Div(html.Div(said, className="notice-card"), className="notice")


def head(words: Words, run: Run | None, query: Mapping[str, str]) -> Component:
    """The head of every page: whose coast, which time, and the way to the other page."""
    kept = {k: v for k, v in query.items() if k in ("still", "alert", "page")}
    other = _address({**kept, "lang": words("page.other_language_code")})
    elsewhere = query.get("page") in ("feeds", "outlook", "night-report")
    there = page_address(query, None if elsewhere else "feeds")
    return html.Header(
        [
            html.Div(
                [
                    html.H1(run.titles[words.language] if run else "pierwatch"),
                    html.Span(words("page.product"), className="faint"),
                ],
                className="title",
            ),
            html.Div(id="banner", className="banner", role="status", children=banner(words, run)),
            html.Div(
                [
                    None if elsewhere else html.Div(id="sky", className="sky"),
                    html.Span(id="line", className="line", role="status"),
                    _clock(words("page.data_time"), "data-clock"),
                    _clock(words("page.local_time"), "local-clock"),
                    None
                    if elsewhere
                    else html.Button(
                        words("page.sound_off"), id="sound", className="plain-button", type="button"
                    ),
                    html.A(
                        words("page.screen" if elsewhere else "feeds.title"),
                        href=there,
                        className="plain-button",
                    ),
                    html.A(words("page.other_language"), href=other, className="plain-button"),
                    html.A(words("page.sign_out"), href="/sign-out", className="plain-button"),
                ],
                className="tools",
            ),
        ],
        className="top",
    )


def _address(query: Mapping[str, str]) -> str:
    return "?" + "&".join(f"{quote(k)}={quote(v)}" for k, v in query.items())


def page_address(query: Mapping[str, str], page: str | None) -> str:
    """The way to a page of the same language, or with None to the screen, to an alert on it.

    >>> page_address({"lang": "en", "alert": "a1", "page": "feeds"}, "outlook")
    '?lang=en&page=outlook'
    >>> page_address({"lang": "en", "alert": "a1", "page": "feeds"}, None)
    '?lang=en&alert=a1'
    """
    names = ("still", "lang") if page else ("still", "lang", "alert")
    kept = {k: v for k, v in query.items() if k in names}
    return _address({**kept, "page": page} if page else kept)


def banner(words: Words, run: Run | None) -> list[Component]:
    """REPLAY and 模拟, where the run is no real present."""
    said: list[Component] = []
    if run and run.kind == "replay":
        said.append(html.Strong(words("page.banner_replay")))
    if run and run.simulated:
        said.append(html.Span(words("page.banner_simulated")))
    return said


def _clock(name: str, number: str) -> Component:
    return html.Div(
        [html.Span(name, className="faint small"), html.Time("--:--:--", id=number)],
        className="clock",
    )


def _left(words: Words, query: Mapping[str, str]) -> Component:
    feeds_at, outlook_at, report_at = (
        page_address(query, page) for page in ("feeds", "outlook", "night-report")
    )
    return html.Aside(
        [
            html.Div(id="sos", className="sos-block", role="alert"),
            html.Section(
                [
                    html.Header(
                        [
                            html.H2(words("alerts.title")),
                            html.Span(id="alert-counts", className="faint"),
                            html.A(words("outlook.title"), href=outlook_at, className="panel-link"),
                            html.A(
                                words("night_report.title"), href=report_at, className="panel-link"
                            ),
                        ]
                    ),
                    html.Div(id="alerts", className="scroll", tabIndex="-1"),
                ],
                className="panel grow",
            ),
            html.Div(id="notices", className="notices", **LIVE),
            html.Section(
                [
                    html.Header(
                        [
                            html.H2(words("health.title")),
                            html.A(words("health.all"), href=feeds_at, className="panel-link"),
                        ]
                    ),
                    html.Div(id="health", className="scroll"),
                ],
                className="panel health",
            ),
        ],
        className="side left",
    )


def _right() -> Component:
    return html.Aside(
        html.Section(
            [
                html.Div(id="why", className="scroll", **LIVE),
                html.Div(
                    [html.Div(id="conditions"), html.Div(id="regimes", className="conditions")],
                    className="scroll surroundings",
                ),
            ],
            className="panel grow",
        ),
        className="side right",
    )


def _map(words: Words, run: Run | None, basemap: Basemap | None) -> Component:
    told: dict[str, Any] = {
        "words": {group: words.group(group) for group in SCRIPT_WORDS},
        "language": words.language,
        "timezone": str(run.zone) if run else "UTC",
        "basemap": asdict(basemap) if basemap else None,
    }
    credit = [html.Span(words("map.notice")), html.Span(words("map.credit"))]
    if basemap:
        credit.append(
            html.Span(words("map.basemap", credit=basemap.title, number=basemap.approval))
        )
    buttons = [("in", "＋", "zoom_in"), ("out", "−", "zoom_out"), ("fit", "⤢", "fit")]
    return html.Section(
        [
            html.Div(id="map", **mark("told", json.dumps(told, ensure_ascii=False))),
            html.Div(
                id="map-empty",
                className="map-empty",
                role="status",
                children=None if run else no_run(words),
            ),
            html.Div(
                [
                    html.Button(
                        sign,
                        title=words(f"page.{name}"),
                        className="icon-button",
                        type="button",
                        **mark("map", act),
                    )
                    for act, sign, name in buttons
                ],
                className="map-buttons",
            ),
            html.Div(
                [
                    html.Div(
                        [
                            html.Span(className="sign", **mark("sign", sign)),
                            html.Span(words(name)),
                        ],
                        className="sign-row",
                    )
                    for sign, name in LEGEND
                ],
                className="legend",
            ),
            html.Div(id="vessel-counts", className="vessel-counts"),
            html.Footer(credit, className="credit"),
        ],
        className="map-frame",
    )
