"""What fills the page. A callback reads and draws, in one expression."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from dash import Dash, Input, Output, State
from dash.development.base_component import Component

from core.errors import PierwatchError
from dashboard.alert_list import alert_list, counts
from dashboard.catalogue import Words, words
from dashboard.conditions import conditions, sky
from dashboard.feed_table import feed_table
from dashboard.feeds_page import feeds_page
from dashboard.health import health
from dashboard.layout import Basemap, away, screen
from dashboard.night_report_page import night_report_page
from dashboard.nights import leads
from dashboard.notices import calls_for_help, system_notices
from dashboard.outlook_page import outlook_page
from dashboard.patrol_plan import plan_of, seed_of
from dashboard.reading import Reading, Run
from dashboard.sounding import sounding
from dashboard.why import why_panel

Json = dict[str, Any]


def register(
    app: Dash, reading: Reading, language: str, basemap: Basemap | None, secret: bytes = b""
) -> None:
    """Give the page its callbacks; the lots of patrol plans are drawn from the secret."""

    @app.callback(
        Output("page", "children"),
        Input("where", "search"),
        on_error=lambda error: away(words(language), expected(error)),
    )
    def page(search: str | None) -> Component:
        query = queried(search)
        said, run = words(query.get("lang", language)), reading.run()
        if query.get("page") == "feeds":
            return feeds_page(said, run, query, basemap, reading.site(run))
        if query.get("page") == "outlook":
            return _outlook(reading, run, query, said, secret)
        if query.get("page") == "night-report":
            ended = reading.night_report(run) if run else None
            return night_report_page(said, run, query, ended, reading.pier_names(run))
        return screen(said, run, query, basemap)

    _feeds(app, reading)
    _alerts(app, reading)
    _surroundings(app, reading)


def _outlook(
    reading: Reading, run: Run | None, query: dict[str, str], said: Words, secret: bytes
) -> Component:
    """The page of the outlook, with the plan as everybody may see it."""
    told, site = (reading.outlook(run) if run else None), reading.site(run)
    made = None
    if told and run and site:
        seed = seed_of(secret, run.site, told["evening"])
        made = plan_of(site, told, seed).shown_to(None)
    numbers = site.piers.table["pier_id"].to_list() if site else []
    return outlook_page(said, run, query, told, made, reading.pier_names(run), numbers)


def _feeds(app: Dash, reading: Reading) -> None:
    """The table of the page of feeds."""

    @app.callback(
        Output("feed-table", "children"),
        Input("feeds-beat", "data"),
        Input("feeds-open", "data"),
        Input("feeds-slow", "n_intervals"),
        State("language", "data"),
    )
    def table(_beat: int, opened: list[str], _n: int | None, lang: str) -> list[Component]:
        run = reading.run()
        return feed_table(words(lang), reading.feed_report(run) if run else None, opened)


def _alerts(app: Dash, reading: Reading) -> None:
    """The list of alerts, and why the chosen one."""

    @app.callback(
        Output("alerts", "children"),
        Output("alert-counts", "children"),
        Output("sos", "children"),
        Output("notices", "children"),
        Input("beat", "data"),
        State("language", "data"),
    )
    def alerts(_beat: int, lang: str) -> tuple[Component, str, list[Component], list[Component]]:
        run, said = reading.run(), words(lang)
        found = reading.alerts(run) if run else []
        names = reading.pier_names(run)
        heard = sounding(run, found, reading.sounds) if run else ()
        return (
            alert_list(said, run, found, names, heard),
            counts(said, run, found),
            calls_for_help(said, run, found, names),
            system_notices(said, run, found),
        )

    @app.callback(
        Output("why", "children"),
        Input("chosen", "data"),
        Input("beat", "data"),
        Input("decided", "data"),
        State("language", "data"),
    )
    def why(chosen: str | None, _beat: int, _decided: int | None, lang: str) -> Component | None:
        run = reading.run()
        return (
            why_panel(
                words(lang),
                run,
                reading.revisions(run, chosen),
                {p["properties"]["pier_id"]: p["properties"] for p in reading.piers(run)},
                vessel_names(reading, run),
                reading.found_out(run, chosen),
                leads(run, reading.alerts(run)).tonight,
            )
            if chosen and run
            else None
        )


def _surroundings(app: Dash, reading: Reading) -> None:
    """Tide and sky, and how the feeds do."""

    @app.callback(
        Output("conditions", "children"),
        Output("sky", "children"),
        Input("beat", "data"),
        Input("slow", "n_intervals"),
        State("language", "data"),
    )
    def sky_and_tide(_beat: int, _n: int | None, lang: str) -> tuple[Component, list[Component]]:
        run, said = reading.run(), words(lang)
        site = reading.site(run)
        return conditions(said, run, site, reading.piers(run) if run else []), sky(said, run, site)

    @app.callback(
        Output("health", "children"),
        Input("beat", "data"),
        Input("slow", "n_intervals"),
        State("language", "data"),
    )
    def feeds(_beat: int, _n: int | None, lang: str) -> Component:
        run = reading.run()
        return health(words(lang), reading.feeds(run) if run else {}, run.tick if run else None)


def expected(error: Exception) -> PierwatchError:
    """The error, where it is one of ours: what else goes wrong is not to be hidden."""
    if not isinstance(error, PierwatchError):
        raise error
    return error


def queried(search: str | None) -> dict[str, str]:
    """The parameters of the page's address.

    >>> queried("?lang=en&still")
    {'lang': 'en', 'still': ''}
    """
    found = parse_qs((search or "").removeprefix("?"), keep_blank_values=True, max_num_fields=16)
    return {name: values[0] for name, values in found.items()}


def vessel_names(reading: Reading, run: Run) -> dict[str, str]:
    """Names of the vessels by target, of those that have one."""
    positions = reading.positions(run).drop_nulls("name")
    return dict(zip(positions["target"].to_list(), positions["name"].to_list(), strict=True))
