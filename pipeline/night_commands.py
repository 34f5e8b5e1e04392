"""`pierwatch night-report`, `weights` and `judgements`: what is said when a night is over.

What they need is imported when they run: every other command starts sooner for it.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline import judgements_command as judgements
from pipeline.settings import load_settings

Run = Annotated[Path | None, typer.Argument(help="A run's --out folder (default: the database).")]
Config = Annotated[Path | None, typer.Option(help="Settings file (default: pierwatch.toml).")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: one JSON object.")]


def add_to(app: typer.Typer) -> None:
    """Make them commands of the product's command line."""
    app.command("night-report")(night_report)
    app.command()(weights)
    app.add_typer(judgements.commands, name="judgements", no_args_is_help=True)


def night_report(
    run: Run = None,
    evening: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its day (default: the last).")
    ] = None,
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
    site: Annotated[Path | None, typer.Option(help="Site folder (default: the setting).")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """What officers' verdicts would make of the weights, in shadow: it changes none."""
    from pipeline.weights_command import lines
    from pipeline.weights_command import weights as propose

    settings = load_settings(config)
    if site is not None:
        settings = settings.model_copy(update={"site": site})
    told = propose(settings, run, state)
    print(json.dumps(told, ensure_ascii=False) if as_json else "\n".join(lines(told)))
