"""What is no landing: calls for help above everything, and notices of the service's own state.

Neither is ever weighed: no probability, no severity, no place in the order of landings.
"""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.alert_list import place_of
from dashboard.catalogue import Words, parsed_at
from dashboard.marks import mark
from dashboard.nights import SOS, SYSTEM
from dashboard.reading import Run

Json = dict[str, Any]
SHOWN_NOTICES, SHOWN_TARGETS = 6, 3


def calls_for_help(
    words: Words, run: Run | None, alerts: list[Json], names: dict[str, str]
) -> list[Component]:
    """A card for every call for help that stands, the newest first."""
    calls = [alert for alert in alerts if alert["kind"] == SOS and _stands(alert)]
    return [_call(words, run, alert, names) for alert in calls] if run else []


def system_notices(words: Words, run: Run | None, alerts: list[Json]) -> list[Component]:
    """A line for every standing notice of the service itself, and how many more there are."""
    found = [alert for alert in alerts if alert["kind"] in SYSTEM and _stands(alert)]
    if run is None or not found:
        return []
    more = len(found) - SHOWN_NOTICES
    return [
        *(_notice(words, run, alert) for alert in found[:SHOWN_NOTICES]),
        *([html.P(words("notices.more", n=more), className="faint small")] if more > 0 else []),
    ]


def told(words: Words, run: Run, alert: Json) -> list[str]:
    """What such an alert says, as sentences from its codes and parameters."""
    said = []
    for entry in alert.get("evidence") or []:
        params = dict(entry.get("params") or {})
        if params.get("n") == 1:
            del params["n"]  # one source is named, not counted
        said.append(words.sentence(entry["code"], params, run.zone))
    return said


def named(words: Words, target: str) -> str:
    """A source of the service as the screen names it: `radar:R1` → "Radar R1"."""
    sensor, _, name = target.partition(":")
    return f"{words.of('feed', sensor)} {name}".strip()


def _stands(alert: Json) -> bool:
    return bool(alert["status"] != "cancel")


def _call(words: Words, run: Run, alert: Json, names: dict[str, str]) -> Component:
    return html.Button(
        [
            html.Div(
                [
                    html.Span(className="sign", **mark("sign", "alert-sos")),
                    html.Strong(words("notices.sos"), className="sos-word"),
                    html.Time(_clock(run, alert), className="when"),
                ],
                className="card-head",
            ),
            html.Div(
                [
                    html.Strong(place_of(words, alert, names), className="place"),
                    _exercise(words, alert),
                ],
                className="card-place",
            ),
            html.P(" · ".join(alert.get("targets") or []), className="reasons"),
            html.P(" · ".join(told(words, run, alert)), className="reasons"),
        ],
        className="card sos",
        type="button",
        **mark("alert", alert["alert_id"]),
    )


def _notice(words: Words, run: Run, alert: Json) -> Component:
    targets = [named(words, target) for target in alert.get("targets") or []]
    shown = words.listed(targets[:SHOWN_TARGETS])
    rest = " …" if len(targets) > SHOWN_TARGETS else ""
    return html.Button(
        [
            html.Span("!", className="notice-sign"),
            html.Span(
                [
                    html.B(words.of("kind", alert["kind"])),
                    f" {shown}{rest}" if shown else None,
                    html.Span(" · ".join(told(words, run, alert)), className="faint small"),
                ],
                className="notice-said",
            ),
            _exercise(words, alert),
            html.Time(_clock(run, alert), className="when"),
        ],
        className="notice-line",
        type="button",
        **mark("alert", alert["alert_id"]),
    )


def _exercise(words: Words, alert: Json) -> Component | None:
    if not alert.get("exercise"):
        return None
    return html.Span(words("page.simulated"), className="tag exercise")


def _clock(run: Run, alert: Json) -> str:
    at = parsed_at(alert.get("issued_at"))
    return f"{at.astimezone(run.zone):%m-%d %H:%M}" if at else ""
