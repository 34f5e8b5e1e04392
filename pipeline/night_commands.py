"""`pierwatch night-report`: what is said of a night when it is over.

What it needs is imported when it runs: every other command starts sooner for it.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.settings import load_settings

Run = Annotated[Path | None, typer.Argument(help="A run's --out folder (default: the database).")]
Config = Annotated[Path | None, typer.Option(help="Settings file (default: pierwatch.toml).")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: one JSON object.")]


def add_to(app: typer.Typer) -> None:
    """Make it a command of the product's command line."""
    app.command("night-report")(night_report)


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
