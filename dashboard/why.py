"""Why an alert: every contribution, the times, what could not have seen, and the raw facts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from alerts.envelope import weighed
from dashboard.alert_list import also, percent, place_of, position, standing_word, tags, withdrawn
from dashboard.beside import beside
from dashboard.catalogue import Words, parsed_at
from dashboard.chain import chain
from dashboard.marks import mark
from dashboard.nights import SYSTEM
from dashboard.notices import named, told
from dashboard.reading import Run
from dashboard.steadiness import steadiness
from dashboard.verdicts import verdict_section
from models.risk.likelihood import posterior

Json = dict[str, Any]
#: What an alert is that is no lead to a landing.
_LEADS = {
    "sos": "why.lead_sos",
    "feed_silent": "why.lead_system",
    "disk_filling": "why.lead_system",
}
BAR_NATS = 8.0  # a full half of the bar: a little more than the prior
NOTHING_FOUND: Final[Mapping[str, Json]] = MappingProxyType({})


def why_panel(
    words: Words,
    run: Run,
    revisions: list[Json],
    piers: dict[str, Json],
    vessels: dict[str, str],
    found: Mapping[str, Json] = NOTHING_FOUND,
    tonight: Sequence[Json] = (),
) -> Component:
    """The panel of one alert by all its revisions.

    Parameters
    ----------
    piers
        Properties of piers by number.
    vessels
        Names of vessels by target.
    found
        What the desk said it turned out to be, by kind (`Store.found_out`).
    tonight
        The alerts that stand tonight: what it is ranked among.
    """
    if not revisions:
        return html.P(words("why.missing"), className="empty")
    alert = revisions[-1]
    names = {number: str(about.get("name") or number) for number, about in piers.items()}
    place = place_of(words, alert, names)
    if not weighed(alert):
        parts = [_known(words, run, alert), _times(words, run, alert, revisions)]
        heading = _head(words, alert, words.of("kind", alert["kind"]) if place == words(
            "alerts.unplaced") else place)  # fmt: skip
        return html.Article(
            [heading, *parts, _facts(words, alert, piers, vessels)], className="why unweighed"
        )
    return html.Article(
        [
            _head(words, alert, place),
            _posterior(words, alert),
            _withdrawn(words, run, alert),
            *(html.P(line, className="faint small") for line in also(words, run, alert)),
            verdict_section(words, run, alert, found),
            chain(words, run, alert),
            *beside(words, run, alert, names),
            _evidence(words, run, alert),
            _severity(words, alert, steadiness(words, tonight, alert)),
            _times(words, run, alert, revisions),
            _not_covered(words, alert),
            _facts(words, alert, piers, vessels),
        ],
        className="why",
    )


def _head(words: Words, alert: Json, place: str) -> Component:
    close = html.Button(
        "✕", className="icon-button", type="button", title=words("why.close"), **mark("close")
    )
    kind = words.of("kind", alert["kind"])
    return html.Header(
        [
            html.Div([*tags(words, alert), close], className="card-head"),
            html.H2(place),
            None if place == kind else html.P(kind, className="faint"),
            html.P(words(_LEADS.get(alert["kind"], "why.lead")), className="lead"),
        ]
    )


def _known(words: Words, run: Run, alert: Json) -> Component:
    """What is known of an alert that is not weighed."""
    said = told(words, run, alert)
    return html.Section(
        [_title(words("why.known"), ""), *(html.P(sentence) for sentence in said)] if said else []
    )


def _posterior(words: Words, alert: Json) -> Component:
    prior = posterior(float(alert["prior_nats"]))
    return html.Div(
        [
            html.Div(
                [
                    html.Span(words("alerts.posterior"), className="faint"),
                    html.B(percent(alert["posterior"])),
                    html.Span(
                        words("why.from_prior", prior=percent(prior)), className="faint small"
                    ),
                ]
            ),
            html.Div(
                [
                    html.Span(words("alerts.severity"), className="faint"),
                    html.B(
                        f"{alert['severity']:.2f}" if alert.get("severity") is not None else "—"
                    ),
                    html.Span(words("why.severity_scale"), className="faint small"),
                ]
            ),
        ],
        className="two-numbers",
    )


def _withdrawn(words: Words, run: Run, alert: Json) -> Component | None:
    """Why it was taken back; the evidence below is what was said last."""
    said = withdrawn(words, run, alert)
    if not said:
        return None
    return html.Section(
        [_title(words("why.taken_back"), ""), *(html.P(line, className="small") for line in said)],
        className="withdrawn",
    )


def _evidence(words: Words, run: Run, alert: Json) -> Component:
    entries = alert.get("evidence") or []
    total = float(alert["prior_nats"]) + sum(float(e["nats"]) for e in entries)
    return html.Section(
        [
            _title(words("why.evidence"), words("why.evidence_unit")),
            _prior_row(words, float(alert["prior_nats"])),
            *(_contribution(words, run, entry) for entry in entries),
            html.Div(
                [html.Span(words("why.total")), html.Span(_signed(total), className="nats")],
                className="bar-row total",
            ),
        ],
        className="evidence",
    )


def _contribution(words: Words, run: Run, entry: Json) -> Component:
    params = {k: v for k, v in (entry.get("params") or {}).items() if k != "counted_in"}
    said = words.sentence(entry["code"], params, run.zone)
    if "counted_in" in (entry.get("params") or {}):
        said = f"{said} — {words('why.counted_once')}"
    sources = " · ".join(_source(words, source) for source in entry.get("sources") or [])
    block = words.of("block", entry["block"])
    return _bar_row(words, said, f"{block} · {sources}" if sources else block, float(entry["nats"]))


def _prior_row(words: Words, nats: float) -> Component:
    note = words("why.prior_note", share=percent(posterior(nats)))
    return _row(words("why.prior"), note, "", nats, "prior")


def _bar_row(words: Words, said: str, note: str, nats: float) -> Component:
    return _row(said, note, _times_more(words, nats), nats, "for" if nats >= 0 else "against")


def _row(said: str, note: str, times: str, nats: float, kind: str) -> Component:
    share = min(abs(nats) / BAR_NATS, 1.0) * 50
    side = {"left": "50%"} if nats >= 0 else {"right": "50%"}
    bar = html.I(className=kind, style={"width": f"{share:.1f}%", **side})
    value = html.Span(_signed(nats), className="nats")
    return html.Div(
        [
            html.Div([html.Span(said), value], className="said"),
            html.Div(bar, className="bar"),
            html.Div([html.Span(note), html.Span(times)], className="faint small said"),
        ],
        className="bar-row",
    )


def _severity(words: Words, alert: Json, steady: list[str]) -> Component:
    parts = alert.get("severity_parts") or []
    return html.Section(
        [
            _title(words("why.severity"), ""),
            *(_severity_row(words, part) for part in parts),
            None if parts else html.P(words("why.severity_parts_missing"), className="faint small"),
            html.Ul([html.Li(line) for line in steady], className="following") if steady else None,
        ]
    )


def _severity_row(words: Words, part: Json) -> Component:
    note = words("why.weight", weight=f"{part['weight']:.2f}")
    if not part.get("known", True):
        note = f"{note} · {words('why.unknown_value')}"
    width = {"width": f"{min(float(part['contribution']), 1.0) * 100:.1f}%", "left": "0"}
    return html.Div(
        [
            html.Div(
                [
                    html.Span(words.of("criterion", part["criterion"])),
                    html.Span(f"{part['contribution']:.2f}", className="nats"),
                ],
                className="said",
            ),
            html.Div(html.I(className="severity", style=width), className="bar from-left"),
            html.Div(html.Span(note), className="faint small said"),
        ],
        className="bar-row",
    )


def _times(words: Words, run: Run, alert: Json, revisions: list[Json]) -> Component:
    from_, to = parsed_at(alert.get("berth_from")), parsed_at(alert.get("berth_to"))
    ends = _clock(run, to) if to else words("alerts.until_now")
    until = to or run.tick
    rows = []
    if from_:
        rows.append((words("why.berth"), f"{_clock(run, from_)} – {ends}"))
        if until and until > from_:
            rows.append((words("why.dwell"), dwell(words, (until - from_).total_seconds() / 60)))
    history = [
        html.Li(
            [
                html.Span(_clock(run, parsed_at(revision["issued_at"]), seconds=True)),
                html.Span(standing_word(words, revision)[0]),
                html.Span(percent(revision["posterior"]) if weighed(revision) else ""),
            ]
        )
        for revision in revisions[-8:]
    ]
    return html.Section(
        [
            _title(words("why.times"), ""),
            _table(rows) if rows else None,
            html.H4(words("why.revisions")),
            html.Ol(history, className="revisions", start=str(max(1, len(revisions) - 7))),
        ]
    )


def _not_covered(words: Words, alert: Json) -> Component:
    missing = alert.get("not_covered") or []
    shown: Component = html.P(words("why.not_covered_none"), className="faint small")
    if missing:
        chips = [html.Span(words.of("sensor", code), className="chip") for code in missing]
        note = html.P(words("why.not_covered_note"), className="faint small")
        shown = html.Div([html.Div(chips, className="chips"), note])
    return html.Section([_title(words("why.not_covered"), ""), shown])


def _facts(words: Words, alert: Json, piers: dict[str, Json], vessels: dict[str, str]) -> Component:
    targets = alert.get("targets") or []
    system = alert["kind"] in SYSTEM
    rows = [
        (words("why.sources"), "\n".join(named(words, t) for t in targets if system)),
        (words("why.targets"), "\n".join(_target(t, vessels) for t in targets if not system)),
        (
            words("why.vehicles"),
            "\n".join(v.partition(":")[2] for v in alert.get("vehicles") or []),
        ),
        (words("why.pier"), _pier(words, alert.get("pier_id"), piers)),
    ]
    if alert.get("lon") is not None and alert.get("lat") is not None:
        rows.append((words("why.position"), position(alert["lon"], alert["lat"])))
    rows.append((words("why.number"), f"{alert['alert_id']} · {alert['revision']}"))
    return html.Section([_title(words("why.facts"), ""), _table([row for row in rows if row[1]])])


def _pier(words: Words, number: str | None, piers: dict[str, Json]) -> str:
    if not number:
        return ""
    about = piers.get(number, {})
    parts = [number, about.get("name"), about.get("township")]
    parts += [words.of("pier_kind", about["kind"])] if about.get("kind") else []
    parts += [words.of("pier", about["status"])] if about.get("status") else []
    if about.get("depth_m") is not None:
        parts.append(words("why.depth", depth=f"{about['depth_m']:.1f}"))
    return " · ".join(str(part) for part in parts if part)


def _target(target: str, vessels: dict[str, str]) -> str:
    name = vessels.get(target)
    return f"{name} · {target}" if name else target


def _source(words: Words, source: str) -> str:
    sensor, _, station = source.partition(":")
    return f"{words.of('sensor', sensor)} {station}".strip()


def _times_more(words: Words, nats: float) -> str:
    """Nats as a person takes them: how many times more or less likely.

    A factor under 1.05 is no difference and says nothing.
    """
    factor = math.exp(min(abs(nats), 50.0))
    if factor < 1.05:
        return ""
    shown = f"{factor:.2g}" if factor < 10 else f"{factor:,.0f}"
    return words("why.times_more" if nats > 0 else "why.times_less", factor=shown)


def dwell(words: Words, minutes: float) -> str:
    """A stay in hours and minutes."""
    whole = round(minutes)
    if whole < 60:
        return words("why.dwell_min", min=whole)
    return words("why.dwell_h", h=whole // 60, min=whole % 60)


def _clock(run: Run, at: datetime | None, *, seconds: bool = False) -> str:
    return (
        f"{at.astimezone(run.zone):{'%m-%d %H:%M:%S' if seconds else '%m-%d %H:%M'}}" if at else "—"
    )


def _signed(nats: float) -> str:
    return f"{nats:+.2f}".replace("-", "−")


def _title(text: str, note: str) -> Component:
    return html.H3([html.Span(text), html.Span(note, className="faint small")])


def _table(rows: list[tuple[str, str]]) -> Component:
    return html.Table(
        html.Tbody([html.Tr([html.Th(name, scope="row"), html.Td(value)]) for name, value in rows])
    )
