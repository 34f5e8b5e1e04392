"""The page of the report on the night that ended: what stood out, and what of it was alerted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from dashboard.catalogue import Words
from dashboard.layout import noon_page, page_address
from dashboard.reading import Run

Json = dict[str, Any]
#: Pier-nights that are shown beyond those that stand out.
MOST: Final = 25


def night_report_page(
    words: Words,
    run: Run | None,
    query: Mapping[str, str],
    told: Json | None,
    names: Mapping[str, str],
) -> Component:
    """The whole page in one language.

    Parameters
    ----------
    told
        The document of `engine.night_reports`; None where no night ended yet.
    names
        Names of piers by number.
    """
    body: list[Component] = [html.P(words("night_report.none"), className="empty")]
    if told:
        body = [_summary(words, told)]
        if told["pier_nights"]:
            body.append(_table(words, query, told, names))
    return noon_page(words, run, query, body)


def _summary(words: Words, told: Json) -> Component:
    so_far, alerts = told["so_far"], told["alerts"]
    missed = told["found"] - told["found_alerted"]
    share = {name: _share(so_far[name]) for name in ("realised", "low", "high")}
    lines = [
        words("night_report.judged", n=told["judged"], unknown=told["not_judged"]),
        words(
            "night_report.found", q=_share(told["q"]), n=told["found"],
            alerted=told["found_alerted"], missed=missed,
        ),
        words("night_report.alerts", n=alerts["standing"], back=alerts["taken_back"]),
        words("night_report.promised", share=_share(so_far["promised"]), p=so_far["promised"])
        + (words("night_report.realised", **{**so_far, **share}) if so_far["of"] else ""),
    ]  # fmt: skip
    if told["not_covered"]:
        lines.append(words("night_report.not_learned"))
    return html.Header(
        [
            html.H2(words("night_report.title_of", evening=told["evening"])),
            html.P(words("night_report.lead"), className="lead"),
            *(html.P(line) for line in lines),
        ]
    )


def _share(value: float | None) -> str:
    """A share as a person reads it; small ones keep their digits.

    >>> _share(0.2), _share(0.005), _share(0.00163), _share(None)
    ('20%', '0.5%', '0.16%', '—')
    """
    return "—" if value is None else f"{value * 100:.2g}%" if value < 1 else "100%"


def _table(
    words: Words, query: Mapping[str, str], told: Json, names: Mapping[str, str]
) -> Component:
    shown = told["pier_nights"][: max(MOST, told["found"])]
    marked = [row for row in told["pier_nights"][len(shown) :] if row["alerts"]]
    heads = ("pier", "kind", "regime", "p", "stands_out", "alert")
    return html.Table(
        [
            html.Caption(words("night_report.caption", n=len(shown))),
            html.Thead(html.Tr([html.Th(words(f"night_report.{h}"), scope="col") for h in heads])),
            html.Tbody([_row(words, query, row, names) for row in (*shown, *marked)]),
        ],
        className="outlook-table plan",
    )


def _row(words: Words, query: Mapping[str, str], row: Json, names: Mapping[str, str]) -> Component:
    kind = words.of("pier", row["pier_class"]) if row["pier_class"] else words("none")
    regime = words.of("regime", row["regime"]) if row["regime"] else words("none")
    p = words("none") if row["p"] is None else f"{row['p']:.4f}"
    said = words("night_report.yes") if row["found"] else words("none")
    alerts = [_alert(words, query, alert) for alert in row["alerts"]]
    missing = words("night_report.not_alerted") if row["found"] else words("none")
    return html.Tr(
        [
            html.Th(names.get(row["pier_id"], row["pier_id"]), scope="row"),
            html.Td(kind),
            html.Td(regime),
            html.Td(p, className="number"),
            html.Td(said),
            html.Td(alerts or missing),
        ],
        className="found" if row["found"] else "",
    )


def _alert(words: Words, query: Mapping[str, str], alert: Json) -> Component:
    """The way to an alert on the screen."""
    level = alert["level"]
    said = words.of("level", level) if level else words.of("status", "cancel")
    there = page_address({**query, "alert": alert["alert_id"]}, None)
    return html.A(said, href=there, className=f"tag {level or 'cancelled'}")
