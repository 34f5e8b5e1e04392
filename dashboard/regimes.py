"""What the coast's conditions are declared to be, and two clicks to declare or to end one.

The first click opens a kind, the second says until when. What a file of the site says
(`regimes.csv`) is shown beside it and is not changed from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component

from core.times import unix_us, utc_text
from dashboard.catalogue import Words, parsed_at, words
from dashboard.decisions import decide
from dashboard.reading import Reading, Run
from geo.site import Site
from store.engine import Store

Json = dict[str, Any]
#: Kinds that come at short notice; a moratorium is known long before and stands in the file.
KINDS: Final = ("fog", "gale", "typhoon_shelter", "festival")
HOURS: Final = (3, 6, 12, 24)
_FURTHER: Final = "further"  # until further notice
_OVER: Final = "over"
#: The desk's clock is this much ahead of what the service has taken, at most.
_SOON: Final = timedelta(minutes=1)
_BUTTON: Final = {"regime": ALL, "until": ALL}


def standing(
    declared: Sequence[Mapping[str, Any]], site: Site | None, at: datetime
) -> dict[str, tuple[datetime | None, bool]]:
    """The kinds that hold at a time: until when (None: further notice), and whether the desk
    declared it."""
    found: dict[str, tuple[datetime | None, bool]] = {}
    if site is not None:
        for kind, from_, to in site.regimes.select("kind", "from", "to").iter_rows():
            if from_ <= at and (to is None or at <= to):
                found[kind] = (to, False)
    for each in declared:
        from_, to = parsed_at(each["from"]), parsed_at(each.get("to"))
        if from_ is None or from_ > at + _SOON or to == from_:
            continue
        if to is None or at < to:
            found[each["kind"]] = (to, True)
    return found


def regimes(
    said: Words, run: Run | None, declared: Sequence[Mapping[str, Any]], site: Site | None
) -> Component | None:
    """The section; nothing where there is no time to speak of."""
    if run is None or run.tick is None:
        return None
    held = standing(declared, site, run.tick)
    live = run.kind == "live"
    kinds = [*KINDS, *(kind for kind in sorted(held) if kind not in KINDS)]
    rows = [_kind(said, run, kind, held.get(kind), live) for kind in kinds if live or kind in held]
    if not rows:
        return None
    return html.Section(
        [
            html.H3([html.Span(said("regimes.title"))]),
            html.Div(rows, className="regimes"),
            html.P(said("regimes.note"), className="faint small") if live else None,
        ]
    )


def _kind(
    said: Words, run: Run, kind: str, held: tuple[datetime | None, bool] | None, live: bool
) -> Component:
    name = html.B(said.of("regime_kind", kind)) if held else said.of("regime_kind", kind)
    line = [html.Span(name), html.Span(_until(said, run, held), className="faint small")]
    if not live or kind not in KINDS:
        return html.Div(line, className="regime")
    choices = [(str(hours), said("regimes.hours", n=hours)) for hours in HOURS]
    choices.append((_FURTHER, said("regimes.further")))
    if held and held[1]:
        choices.append((_OVER, said("regimes.over")))
    buttons = [
        html.Button(
            text, id={"regime": kind, "until": until}, className=f"verdict {until}", type="button"
        )
        for until, text in choices
    ]
    opened = html.Div(buttons, className="verdicts")
    return html.Details([html.Summary(line), opened], className="regime", open=False)


def _until(said: Words, run: Run, held: tuple[datetime | None, bool] | None) -> str:
    if held is None:
        return said("regimes.none")
    if held[0] is None:
        return said("regimes.further")
    return said("regimes.until", at=f"{held[0].astimezone(run.zone):%m-%d %H:%M}")


def content_of(kind: str, until: str, at: datetime) -> Json:
    """A decision's content: from now until so many hours later, further notice, or over.

    >>> content_of("fog", "3", datetime(2026, 3, 1, 17, tzinfo=UTC))["to"]
    '2026-03-01T20:00:00Z'
    """
    now = utc_text(unix_us(at))
    said: Json = {"kind": kind, "from": now}
    if until == _FURTHER:
        return said
    hours = 0 if until == _OVER else int(until)
    return {**said, "to": utc_text(unix_us(at + timedelta(hours=hours)))}


def register_regimes(app: Dash, store: Store, reading: Reading, clock: Callable[[], float]) -> None:
    """A second click is a decision; the section is drawn anew when what holds has changed."""

    @app.callback(
        Output("declared", "data"),
        Input(_BUTTON, "n_clicks"),
        prevent_initial_call=True,
    )
    def declared(_clicks: list[int | None]) -> Any:
        chosen = ctx.triggered_id
        if not chosen or not ctx.triggered[0]["value"]:
            return no_update  # drawn, not clicked
        at_s = clock()
        at = datetime.fromtimestamp(at_s, UTC)
        content = content_of(chosen["regime"], chosen["until"], at)
        return decide(store, reading, at_s, "regime", content)

    @app.callback(
        Output("regimes", "children"),
        Output("regimes-shown", "data"),
        Input("declared", "data"),
        Input("slow", "n_intervals"),
        State("regimes-shown", "data"),
        State("language", "data"),
    )
    def drawn(number: int | None, _n: int | None, shown: Any, lang: str) -> Any:
        run = reading.run()
        site, told = reading.site(run), reading.declared(run) if run else []
        held = standing(told, site, run.tick) if run and run.tick else {}
        now = [number, run.kind if run else "", lang, *sorted(map(str, held.items()))]
        if now == shown:
            return no_update, no_update  # what somebody has opened stays open
        return regimes(words(lang), run, told, site), now
