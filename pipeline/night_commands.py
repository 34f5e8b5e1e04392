"""`pierwatch patrol`, `night-report`, `weights` and `judgements`: before a night and after it.

What they need is imported when they run: every other command starts sooner for it.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from core.settings import Settings
from pipeline import judgements_command as judgements
from pipeline.settings import load_settings

Run = Annotated[Path | None, typer.Argument(help="A run's --out folder (default: the database).")]
Evening = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its day (default: the last).")
]
Site = Annotated[Path | None, typer.Option(help="Site folder (default: the setting).")]
Config = Annotated[Path | None, typer.Option(help="Settings file (default: pierwatch.toml).")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: one JSON object.")]


def add_to(app: typer.Typer) -> None:
    """Make them commands of the product's command line."""
    app.command()(patrol)
    app.command("night-report")(night_report)
    app.command()(weights)
    app.add_typer(judgements.commands, name="judgements", no_args_is_help=True)


def patrol(
    run: Run = None,
    evening: Evening = None,
    team: Annotated[int | None, typer.Option(min=1, help="With what is told to it alone.")] = None,
    keeper: Annotated[bool, typer.Option("--keeper", help="All windows and the seed.")] = False,
    site: Site = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Where teams may stand tonight; one window in five is drawn by lot, for its team alone."""
    from pipeline.patrol_command import lines
    from pipeline.patrol_command import patrol as plan

    settings = _of_site(load_settings(config), site)
    told = plan(settings, run, evening.date() if evening else None, team, keeper=keeper)
    print(json.dumps(told, ensure_ascii=False) if as_json else "\n".join(lines(told)))


def night_report(
    run: Run = None,
    evening: Evening = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """What stood out in a night that ended, what of it was alerted, how often so far."""
    from pipeline.night_report_command import lines
    from pipeline.night_report_command import night_report as report

    told = report(load_settings(config), run, evening.date() if evening else None)
    print(json.dumps(told, ensure_ascii=False) if as_json else "\n".join(lines(told)))


def weights(
    run: Run = None,
    state: Annotated[Path | None, typer.Option(help="The state of RUN, with its labels.")] = None,
    site: Site = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """What officers' verdicts would make of the weights, in shadow: it changes none."""
    from pipeline.weights_command import lines
    from pipeline.weights_command import weights as propose

    settings = _of_site(load_settings(config), site)
    told = propose(settings, run, state)
    print(json.dumps(told, ensure_ascii=False) if as_json else "\n".join(lines(told)))


def _of_site(settings: Settings, site: Path | None) -> Settings:
    return settings if site is None else settings.model_copy(update={"site": site})
