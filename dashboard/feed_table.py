"""The table of feeds that an officer reads at night: one row a feed, its sources beneath.

A feed that is closed shows those of its sources that are in trouble; an open one shows all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from dashboard.catalogue import Words
from dashboard.health import ago
from dashboard.marks import mark

Json = dict[str, Any]
#: Each state has a sign of its own: colour only repeats it.
SIGNS: Final = {
    "heard": "●", "partly": "◐", "silent": "○", "quarantine": "◆", "down": "✕", "waiting": "…",
    "unknown": "?",
}  # fmt: skip
HEADS: Final = (
    "name", "state", "last", "lag", "rate", "refused", "suspects", "peers", "waiting",
)  # fmt: skip
STATIONS: Final = ("ais", "radar")  # whose sources have a reception map
SHOWN_CLOSED, SHOWN_REASONS = 3, 3


def feed_table(words: Words, report: Json | None, opened: Sequence[str]) -> list[Component]:
    """The table of a report (`dashboard.feed_report`), and what stands above it.

    Parameters
    ----------
    opened
        Names of the feeds whose sources are all shown.
    """
    if not report or not report["feeds"]:
        return [html.P(words("health.empty"), className="empty faint")]
    above: list[Component] = [_summary(words, report)]
    if report["stale"]:
        age_s = report["tick_age_s"]
        said = words("feeds.stale_never") if age_s is None else words(
            "feeds.stale", ago=ago(words, age_s)
        )  # fmt: skip
        above.append(html.P(said, className="stale", role="alert"))
    heads = [html.Th(words(f"feeds.{name}"), scope="col", className=name) for name in HEADS]
    bodies = [_feed(words, feed, feed["feed"] in opened) for feed in report["feeds"]]
    return [*above, html.Table([html.Thead(html.Tr(heads)), *bodies], className="feed-table")]


def _summary(words: Words, report: Json) -> Component:
    """How many feeds are in which state, the worst first."""
    counts = [
        (state, sum(feed["state"] == state for feed in report["feeds"]))
        for state in ("unknown", "down", "silent", "quarantine", "partly", "waiting", "heard")
    ]
    return html.Div(
        [
            html.H2(words("feeds.title")),
            *(_pill(words, state, str(n)) for state, n in counts if n),
        ],
        className="feeds-summary",
    )


def _feed(words: Words, feed: Json, is_open: bool) -> Component:
    sources = feed["sources"] if is_open else _in_trouble(feed)
    live = feed["live"] or {}
    rows: list[Component] = [
        html.Tr(
            [
                html.Th(_feed_name(words, feed, is_open), scope="row"),
                html.Td([_pill(words, feed["state"]), _live_state(words, live)]),
                *_figures(words, feed),
                html.Td(_reasons(words, feed["refused"], SHOWN_REASONS)),
                html.Td(_suspicions(words, feed)),
                html.Td(_number(live.get("peers")), className="number"),
                html.Td(_waiting(words, live), className="number"),
            ],
            className="feed-row",
        )
    ]
    rows += [_source(words, feed, source) for source in sources]
    if is_open:
        rows += _samples(words, feed)
    return html.Tbody(rows, className=feed["state"])


def _in_trouble(feed: Json) -> list[Json]:
    found = [s for s in feed["sources"] if s["state"] != "heard" or s["suspects"]]
    return found[:SHOWN_CLOSED]


def _feed_name(words: Words, feed: Json, is_open: bool) -> Component:
    sensor = words.of("feed", feed["sensor"])
    count = words("feeds.n_sources", n=feed["n_sources"])
    if feed["left_out"] and is_open:
        count = words("feeds.n_of_sources", n=len(feed["sources"]), all=feed["n_sources"])
    return html.Button(
        [
            html.Span("▾" if is_open else "▸", className="turn"),
            html.B(sensor),
            html.Span(feed["feed"].rpartition("/")[2], className="feed-name"),
            html.Span((feed["live"] or {}).get("owner") or "", className="faint small"),
            html.Span(count, className="faint small"),
        ],
        type="button",
        className="feed-button",
        **{"aria-expanded": str(is_open).lower(), **mark("feed", feed["feed"])},
    )


def _source(words: Words, feed: Json, source: Json) -> Component:
    name: Component = html.Span(source["source"] or words("feeds.nobody"), className="source-name")
    if feed["sensor"] in STATIONS and source["source"]:
        name = html.Button(
            source["source"],
            type="button",
            className="source-name station",
            title=words("feeds.reception"),
            **mark("station", source["source"]),
        )
    state = "quarantine" if source["suspects"] and source["state"] == "heard" else source["state"]
    return html.Tr(
        [
            html.Th(name, scope="row"),
            html.Td(_pill(words, state)),
            *_figures(words, source),
            html.Td(_reasons(words, source["refused"], SHOWN_REASONS)),
            html.Td(_suspicions(words, source)),
            html.Td(""),
            html.Td(_held(words, source["waiting"]), className="number"),
        ],
        className=f"source-row {state}",
    )


def _figures(words: Words, row: Json) -> list[Component]:
    """Last heard, lag and rate of a feed or a source."""
    last, age_s = row["last_at"], row["age_s"]
    at_ms = datetime.fromisoformat(last).timestamp() * 1000 if last else None
    seen = html.Span(
        "—" if age_s is None else ago(words, age_s),
        **(mark("seen", f"{at_ms:.0f}") if at_ms is not None else {}),
    )
    lag = row["lag_s"]
    return [
        html.Td(seen, className="last"),
        html.Td("—" if lag is None else words("feeds.seconds", n=_short(lag)), className="number"),
        html.Td(_number(row["per_min"]), className="number"),
    ]


def _pill(words: Words, state: str, count: str = "") -> Component:
    sign = html.I(SIGNS.get(state, "?"))
    said = words.of("feed_state", state)
    return html.Span([sign, said, html.B(count) if count else None], className=f"pill {state}")


def _live_state(words: Words, live: Json) -> Component | None:
    if not live:
        return None
    told = str(live["state"])
    said = words.of("live_state", told.partition(":")[0].strip())
    detail = live.get("detail") or told.partition(":")[2].strip()
    return html.Div([said, f" · {detail}" if detail else ""], className="faint small detail")


def _reasons(words: Words, refused: list[Json], most: int) -> Component | str:
    if not refused:
        return "—"
    total = sum(entry["n"] for entry in refused)
    told = [f"{words.of('refusal', entry['reason'])} {entry['n']:,}" for entry in refused[:most]]
    if len(refused) > most:
        told.append("…")
    reasons = html.Span(" · ".join(told), className="faint small")
    return html.Div([html.Span(f"{total:,}", className="warn"), reasons], className="reasons-cell")


def _suspicions(words: Words, row: Json) -> list[Component] | str:
    said: list[Component] = [
        html.Div(suspect(words, code), className="suspect", title=code) for code in row["suspects"]
    ]
    skew_s = row.get("skew_s")
    by_hours = any(code.startswith("clock_") for code in row["suspects"])
    if skew_s is not None and abs(skew_s) >= 1 and not by_hours:
        key = "feeds.clock_ahead" if skew_s > 0 else "feeds.clock_behind"
        said.append(html.Div(words(key, n=_short(abs(skew_s))), className="small"))
    if row.get("bias"):
        bias = {name: f"{value:+}" for name, value in row["bias"].items() if "sigma" not in name}
        said.append(html.Div(words("feeds.bias", **{**row["bias"], **bias}), className="small"))
    doubted = [f"{words.of('doubt', d['reason'])} {d['n']:,}" for d in row.get("doubted") or []]
    if doubted:
        said.append(html.Div(" · ".join(doubted), className="faint small"))
    return said or "—"


def suspect(words: Words, code: str) -> str:
    """A suspicion in words: clocks that are off by hours tell by how many."""
    hours = re.fullmatch(r"clock_(minus_)?(\d+)h", code)
    if hours:
        return words("suspect.clock_behind_h" if hours[1] else "suspect.clock_ahead_h", n=hours[2])
    return words.of("suspect", code)


def _waiting(words: Words, live: Json) -> list[Component] | str:
    if not live or live.get("waiting") is None:
        return "—"
    said: list[Component] = [html.Span(_number(live["waiting"]))]
    if live.get("lost"):
        said.append(html.Div(words("feeds.lost", n=f"{live['lost']:,}"), className="lost"))
    if live.get("stored_after_s") is not None:
        stored = words("feeds.stored", n=_short(live["stored_after_s"]))
        said.append(html.Div(stored, className="faint small"))
    return said


def _held(words: Words, waiting: int | None) -> str:
    return words("feeds.held", n=f"{waiting:,}") if waiting else ""


def _samples(words: Words, feed: Json) -> list[Component]:
    """What was refused, a sample of each reason, beneath an open feed."""
    shown = [
        html.Li(
            [
                html.Span(words.of("refusal", entry["reason"])),
                html.B(f"{entry['n']:,}"),
                html.Code(entry["sample"] or "—"),
            ]
        )
        for entry in feed["refused"]
    ]
    if not shown:
        return []
    cell = html.Td(
        [html.Span(words("feeds.samples"), className="faint small"), html.Ul(shown)],
        colSpan=len(HEADS),
    )
    return [html.Tr(cell, className="samples-row")]


def _number(value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:,.0f}" if value >= 10 or float(value).is_integer() else f"{value:.1f}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.1f}"
