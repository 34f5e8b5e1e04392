"""The list of alerts: one card each, tonight's first, by level and rank."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from dash import html
from dash.development.base_component import Component

from alerts.envelope import weighed
from dashboard.catalogue import Words, parsed_at
from dashboard.marks import mark
from dashboard.nights import SOS, SYSTEM, at_one_pier, leads
from dashboard.reading import Run, rank, stands

Json = dict[str, Any]
SHOWN = 200


def alert_list(
    words: Words,
    run: Run | None,
    alerts: list[Json],
    names: dict[str, str],
    heard: Collection[str] = (),
) -> html.Div:
    """The leads of a run: what stands tonight, and under lines of their own those of earlier
    nights that nobody closed, and what is over.

    Parameters
    ----------
    alerts
        All of the run, in any order.
    names
        Names of piers by their number.
    heard
        Numbers of the alerts that make a sound (`dashboard.sounding`); they are marked.
    """
    empty = html.Div(
        [html.P(words("alerts.empty")), html.P(words("alerts.empty_why"), className="faint")],
        className="empty",
    )
    if run is None:
        return empty
    found = leads(run, alerts)
    if not (found.tonight or found.earlier or found.over):
        return empty

    def under(line: str, some: list[Json]) -> list[Component]:
        head = html.H3(words(line, n=len(some)), className="cards-line")
        return [head, *(_card(words, run, alert, names, heard) for alert in some)] if some else []

    top: list[Component] = []
    for first, *more in at_one_pier(found.tonight):
        top.append(_card(words, run, first, names, heard))
        top += [_also(words, run, alert, heard) for alert in more]
    below = [*under("alerts.earlier", found.earlier), *under("alerts.over", found.over)]
    return html.Div([*(top or [empty]), *below][:SHOWN], className="cards")


def counts(words: Words, run: Run | None, alerts: list[Json]) -> str:
    """How many alerts stand at each level tonight."""
    levels = [alert["level"] for alert in leads(run, alerts).tonight] if run else []
    return words("alerts.standing", verify=levels.count("verify"), watch=levels.count("watch"))


def place_of(words: Words, alert: Json, names: dict[str, str]) -> str:
    """Where an alert is: its pier's name, else its position. A dark vessel's pier is one that it
    heads for."""
    if alert.get("pier_id"):
        name = names.get(alert["pier_id"], str(alert["pier_id"]))
        return words("alerts.toward", place=name) if alert["kind"] == "dark_vessel" else name
    if alert.get("lon") is None:
        return words("alerts.unplaced")
    return position(alert["lon"], alert["lat"])


def position(lon: float, lat: float) -> str:
    """Degrees and minutes with their hemispheres, latitude first as sailors read it.

    >>> position(121.905, 29.1)
    '29°06.00′N 121°54.30′E'
    """

    def part(value: float, width: int, signs: str) -> str:
        minutes = round(abs(value) * 60, 2)
        whole, rest = divmod(minutes, 60)
        return f"{int(whole):0{width}d}°{rest:05.2f}′{signs[value < 0]}"

    return f"{part(lat, 2, 'NS')} {part(lon, 3, 'EW')}"


def tags(words: Words, alert: Json) -> list[html.Span]:
    """Level, state and 「模拟」 of an alert."""
    said, sort = standing_word(words, alert)
    shown = [html.Span(said, className=f"tag {sort}")]
    if alert.get("exercise"):
        shown.append(html.Span(words("page.simulated"), className="tag exercise"))
    return shown


def standing_word(words: Words, alert: Json) -> tuple[str, str]:
    """How an alert stands, in a word, and the name of its colour: what is not weighed has no level
    to speak of."""
    kind = alert["kind"]
    if alert["status"] == "cancel":
        return words.of("status", "cancel"), "cancelled"
    if kind == SOS or kind in SYSTEM:
        return words.of("kind", kind), "sos" if kind == SOS else "system"
    if not stands(alert):
        return words.of("status", "ended"), "ended"
    level = alert.get("level") or "watch"
    return words.of("level", level), level


def percent(posterior: float | None) -> str:
    """A probability as a person reads it: never 0 % and never 100 %.

    >>> percent(0.31), percent(0.0142), percent(0.0007), percent(0.99951), percent(None)
    ('31%', '1.4%', '0.07%', '>99%', '—')
    """
    if posterior is None:
        return "—"
    if posterior >= 0.995:
        return ">99%"
    digits = 0 if posterior >= 0.0995 else 1 if posterior >= 0.00995 else 2
    return f"{posterior:.{digits}%}"


def withdrawn(words: Words, run: Run, alert: Json) -> list[str]:
    """Why a landing's alert was taken back, a line each; none where it was not."""
    why = alert.get("withdrawn")
    if not why or alert.get("status") != "cancel":
        return []
    first = words.of("withdrawn", why["code"])
    if "posterior" in why:
        first = words("why.taken_back_now", why=first, chance=percent(why["posterior"]))
    against = [
        words.sentence(entry["code"], entry.get("params") or {}, run.zone)
        for entry in why.get("evidence") or []
    ]
    more = [words("why.taken_back_against", what=words.listed(against))] if against else []
    return [first, *more]


def also(words: Words, run: Run, alert: Json) -> list[str]:
    """Others at the pier at the same time that the alert is told with (`alerts.visits`), a line
    each."""
    lines = []
    for one in alert.get("also") or []:
        at = parsed_at(one.get("berth_from"))
        lines.append(
            words(
                "why.also_here",
                at=f"{at.astimezone(run.zone):%H:%M}" if at else "—",
                what=" · ".join(one["targets"]) or words("why.nobody_named"),
                chance=percent(one.get("posterior")),
            )
        )
    return lines


def _card(
    words: Words, run: Run, alert: Json, names: dict[str, str], heard: Collection[str]
) -> html.Button:
    berth = parsed_at(alert.get("berth_from") or alert["issued_at"])
    at = berth.astimezone(run.zone) if berth else None
    entries = [entry for entry in alert.get("evidence") or [] if (entry.get("nats") or 0) > 0]
    reasons = [
        words.sentence(entry["code"], entry.get("params") or {}, run.zone)
        for entry in sorted(entries, key=lambda entry: -float(entry["nats"]))[:2]
    ]
    reasons = withdrawn(words, run, alert)[:1] or reasons
    return html.Button(
        [
            html.Div(
                [
                    *tags(words, alert),
                    _heard(words) if alert["alert_id"] in heard else None,
                    html.Time(f"{at:%m-%d %H:%M}" if at else "", className="when"),
                ],
                className="card-head",
            ),
            html.Div(
                [
                    html.Strong(place_of(words, alert, names), className="place"),
                    html.Span(words.of("kind", alert["kind"]), className="kind"),
                ],
                className="card-place",
            ),
            html.Div(
                [
                    _figure(words("alerts.posterior"), percent(alert.get("posterior"))),
                    _figure(words("alerts.severity"), _two(alert.get("severity"))),
                    _figure(words("alerts.order"), _two(rank(alert))),
                ],
                className="figures",
            )
            if weighed(alert)
            else None,
            html.P(" · ".join(reasons), className="reasons") if reasons else None,
        ],
        className=f"card {alert.get('level') or 'watch'} {'' if stands(alert) else 'over'}",
        type="button",
        **mark("alert", alert["alert_id"]),
    )


def _also(words: Words, run: Run, alert: Json, heard: Collection[str]) -> html.Button:
    """One more landing at the pier of the card above it, in a line."""
    at = parsed_at(alert.get("berth_from") or alert["issued_at"])
    said, sort = standing_word(words, alert)
    return html.Button(
        [
            html.Span(said, className=f"tag {sort}"),
            html.Span(words("alerts.same_pier"), className="faint"),
            html.B(percent(alert.get("posterior"))),
            _heard(words) if alert["alert_id"] in heard else None,
            html.Time(f"{at.astimezone(run.zone):%H:%M}" if at else "", className="when"),
        ],
        className=f"card also {alert.get('level') or 'watch'}",
        type="button",
        **mark("alert", alert["alert_id"]),
    )


def _heard(words: Words) -> html.Span:
    return html.Span(words("alerts.sounding"), className="tag sounding")


def _figure(name: str, value: str) -> html.Span:
    return html.Span([html.Span(name, className="faint"), html.B(value)], className="figure")


def _two(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"
