"""The page of the outlook: piers by hours of the coming night, and a patrol plan. Of nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from dashboard.alert_list import percent, position
from dashboard.catalogue import Words
from dashboard.layout import noon_page
from dashboard.reading import Run
from models.outlook.patrol import Plan, Window

Json = dict[str, Any]
#: Piers that are shown, and hours after the night's noon.
MOST: Final = 25
FIRST_H, LAST_H = 6, 20
#: A factor so small says nothing.
LEAST_NATS: Final = 0.1


def outlook_page(
    words: Words,
    run: Run | None,
    query: Mapping[str, str],
    told: Json | None,
    plan: Plan | None,
    names: Mapping[str, str],
    pier_ids: list[str],
) -> Component:
    """The whole page in one language.

    Parameters
    ----------
    told
        The document of `engine.outlooks`; None where there is none yet.
    plan
        As everybody may see it.
    names, pier_ids
        Names of piers by number; their numbers by row of the site's table.
    """
    body: list[Component] = [html.P(words("outlook.none"), className="empty")]
    if told and run:
        body = [
            _summary(words, told),
            _table(words, run, told, names),
            *(_plan(words, run, plan, names, pier_ids) if plan else []),
        ]
    return noon_page(words, run, query, body)


def _summary(words: Words, told: Json) -> Component:
    missing = [words.of("outlook_gap", code) for code in told["not_covered"]]
    return html.Header(
        [
            html.H2(words("outlook.title_of", evening=told["evening"])),
            html.P(words("outlook.lead"), className="lead"),
            html.P(
                words("outlook.expected", n=f"{told['expected']:.2f}", nights=told["nights"]),
                className="faint",
            ),
            html.P(words("outlook.not_covered", what=" · ".join(missing)), className="faint")
            if missing
            else None,
        ]
    )


def _table(words: Words, run: Run, told: Json, names: Mapping[str, str]) -> Component:
    begun = datetime.fromisoformat(told["from"])
    hours = range(FIRST_H, min(LAST_H, len(told["piers"][0]["hours"]) if told["piers"] else 0))
    clocks = [f"{(begun + timedelta(hours=h)).astimezone(run.zone):%H}" for h in hours]
    shown = told["piers"][:MOST]
    most = max((row["hours"][h] for row in shown for h in hours), default=0.0) or 1.0
    heads = [words("outlook.pier"), words("outlook.night"), *clocks, words("outlook.why")]
    rows = [
        html.Tr(
            [
                html.Th(names.get(row["pier_id"], row["pier_id"]), scope="row"),
                html.Td(percent(row["probability"]), className="number"),
                *(_cell(row["hours"][h], most) for h in hours),
                html.Td(_why(words, row), className="faint"),
            ]
        )
        for row in shown
    ]
    return html.Table(
        [
            html.Caption(words("outlook.caption", n=len(shown), all=len(told["piers"]))),
            html.Thead(html.Tr([html.Th(text, scope="col") for text in heads])),
            html.Tbody(rows),
        ],
        className="outlook-table",
    )


def _cell(probability: float, most: float) -> Component:
    shade = {"backgroundColor": f"rgb(217 109 92 / {probability / most * 0.8:.2f})"}
    return html.Td(f"{probability * 1000:.2f}", style=shade, className="number")


def _why(words: Words, row: Json) -> str:
    """What makes the pier's likeliest hour likelier or less so, the weightiest first."""
    told = [(n, v) for n, v in row["factors"].items() if n != "base" and abs(v) >= LEAST_NATS]
    told.sort(key=lambda one: (-abs(one[1]), one[0]))
    return " · ".join(f"{words.of('outlook_factor', n)} {v:+.1f}" for n, v in told)


def _plan(
    words: Words, run: Run, plan: Plan, names: Mapping[str, str], pier_ids: list[str]
) -> list[Component]:
    rows = [
        html.Tr([html.Td(text) for text in _window(words, run, window, names, pier_ids)])
        for window in plan.windows
    ]
    heads = ("team", "window", "pier", "position", "met")
    return [
        html.H2(words("outlook.plan")),
        html.P(words("outlook.plan_lead"), className="lead"),
        html.Table(
            [
                html.Thead(html.Tr([html.Th(words(f"outlook.{h}"), scope="col") for h in heads])),
                html.Tbody(rows),
            ],
            className="outlook-table plan",
        ),
    ]


def _window(
    words: Words, run: Run, window: Window, names: Mapping[str, str], pier_ids: list[str]
) -> list[str]:
    from_, to = (
        datetime.fromtimestamp(us / 1e6, UTC).astimezone(run.zone)
        for us in (window.from_us, window.to_us)
    )
    number = None if window.pier is None else pier_ids[window.pier]
    placed = window.lon is not None and window.lat is not None
    return [
        words("outlook.team_n", n=window.team + 1),
        f"{from_:%m-%d %H:%M} – {to:%H:%M}",
        names.get(number, number) if number else words("none"),
        position(window.lon, window.lat) if placed else "",  # type: ignore[arg-type]
        percent(window.expected),
    ]
