"""`pierwatch simulate`, `evaluate` and `evaluation`: a known county, and how alerts did there.

What they need is imported when they run: every other command starts sooner for it.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from core.errors import SettingsError
from core.settings import Settings
from pipeline.settings import load_settings

evaluation = typer.Typer(help="The standard evaluation set, and the page of its figures.")

Cached = Annotated[Path, typer.Option("--cache", help="Recordings and replays are kept here.")]
Site = Annotated[Path | None, typer.Option(help="Site folder (default: the setting `site`).")]
Config = Annotated[Path | None, typer.Option(help="Settings file (default: pierwatch.toml).")]
Language = Annotated[str, typer.Option(help="en or zh")]
Only = Annotated[list[str] | None, typer.Option(help="This ablation only, by its name.")]
Recorded = Annotated[int, typer.Option(min=1, help="Nights of each recording.")]
Nights = Annotated[int, typer.Option(min=1, help="The first so many are used.")]
Workers = Annotated[int, typer.Option(min=1, help="Replays at once.")]
CACHE = Path("var/evaluation")
FUSION = Path("docs/reports/fusion.md")
STANDARD = 30  # nights of a seed


def add_to(app: typer.Typer) -> None:
    """Make them commands of the product's command line."""
    app.command()(simulate)
    app.command()(evaluate)
    app.add_typer(evaluation, name="evaluation", no_args_is_help=True)


def simulate(
    out: Annotated[Path, typer.Option(help="The folder to make.")],
    nights: Annotated[int, typer.Option(min=1, help="How many.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same bytes.")] = 1,
    scale: Annotated[str, typer.Option(help="demo, small or county")] = "small",
    off: Annotated[list[str] | None, typer.Option(help="A kind of nuisance to leave out.")] = None,
    tracks: Annotated[bool, typer.Option("--tracks", help="The truth of tracks too.")] = False,
    radar_bias: Annotated[
        float | None, typer.Option(min=0, max=1, help="Of 60 m and 0.6°; default: as drawn.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    site: Site = None,
    config: Config = None,
) -> None:
    """Make a recording of a simulated county, with what is true of it; prints its numbers."""
    from pipeline.county import simulate as run
    from pipeline.evaluation.sets import county

    run(
        _site(site, config), out, nights, seed, scale, off=off or (), tracks=tracks,
        radar_bias=radar_bias, workers=workers,
    )  # fmt: skip
    print(_numbers(county(out)))


def evaluate(
    recording: Annotated[Path, typer.Argument(help="A recording with truth.json.")],
    results: Annotated[Path, typer.Argument(metavar="DIR", help="What a replay of it wrote.")],
    language: Language = "en",
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one JSON object.")] = False,
    ablate: Annotated[
        bool, typer.Option("--ablate", help="Replay with each sensor removed or spoilt, too.")
    ] = False,
    nights: Annotated[int | None, typer.Option(min=1, help="Ablate the first ones only.")] = None,
    only: Only = None,
) -> None:
    """Score alerts against the truth; writes scores.json and scores.html into DIR."""
    from pipeline.county import evaluate as run

    found, text = run(recording, results, language)
    print(json.dumps(found, ensure_ascii=False) if as_json else text)
    if ablate:
        from pipeline.evaluation.gathering import ablate as also

        table = also(recording, results, nights, only or [], language, _tell)
        print(table, file=sys.stderr if as_json else sys.stdout)


@evaluation.command("make")
def make_set(
    cache: Cached = CACHE,
    seeds: Annotated[str, typer.Option(help="test, tuning, or numbers like 201,202")] = "test",
    nights: Annotated[int, typer.Option(min=1, help="Of each seed.")] = STANDARD,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    site: Site = None,
    config: Config = None,
) -> None:
    """Write what is missing of the set; what is there is used by every later command."""
    from pipeline.evaluation.sets import Cache, make, seeds_of

    kept = Cache(cache, _site(site, config))
    print(_numbers(make(kept, seeds_of(seeds), nights, workers=workers, told=_tell)))


@evaluation.command()
def report(
    cache: Cached = CACHE,
    out: Annotated[Path, typer.Option(help="Folder of evaluation.md.")] = Path("docs"),
    seeds: Annotated[str, typer.Option(help="Scored.")] = "test",
    tuning: Annotated[str, typer.Option(help="Thresholds are found on these.")] = "tuning",
    rivals: Annotated[str, typer.Option(help="Rivals are scored beside it on these.")] = "201,202",
    ablate: Annotated[str, typer.Option(help="Spoilt.")] = "201,202",
    recorded: Recorded = STANDARD,
    nights: Nights = STANDARD,
    tuning_nights: Nights = STANDARD,
    ablate_nights: Annotated[
        int, typer.Option(min=0, help="The same of ablations; 0: none.")
    ] = STANDARD,
    only: Only = None,
    workers: Workers = 2,
    site: Site = None,
    config: Config = None,
) -> None:
    """Replay the set, find thresholds, score product and rivals; writes the page of figures."""
    from pipeline.evaluation.gathering import Asked, write_report
    from pipeline.evaluation.sets import Cache

    asked = Asked(
        seeds,
        tuning,
        rivals,
        ablate,
        recorded,
        nights,
        tuning_nights,
        ablate_nights,
        _command(),
        (*(only or ()),),
        workers,
    )
    write_report(asked, Cache(cache, _site(site, config)), out, _tell)


@evaluation.command()
def calibrate(
    out: Annotated[Path, typer.Option(help="The calibration.toml to write.")],
    cache: Cached = CACHE,
    seeds: Annotated[str, typer.Option(help="Other ones than weights were chosen on.")] = "tuning",
    recorded: Recorded = STANDARD,
    nights: Nights = STANDARD,
    workers: Workers = 2,
    site: Site = None,
    config: Config = None,
) -> None:
    """Fit what a sum of evidence was worth in the end; a person puts it into the site's folder."""
    from pipeline.evaluation.gathering import calibrate as run
    from pipeline.evaluation.sets import Cache

    kept = Cache(cache, _site(site, config))
    try:
        print(run(seeds, recorded, nights, kept, out, _tell, workers))
    except ValueError as error:
        raise SettingsError("--seeds", expected="enough to fit on", came=str(error)) from error


@evaluation.command()
def fusion(
    page: Annotated[Path, typer.Option("--out", help="The page of the report.")] = FUSION,
    cache: Cached = CACHE,
    seeds: Annotated[str, typer.Option(help="test, tuning, or numbers like 201,202")] = "test",
    radar_bias: Annotated[str, typer.Option(help="Shares of 60 m and 0.6°, a column each.")] = "1",
    nights: Annotated[int, typer.Option(min=1, help="Of each seed, the first.")] = 1,
    workers: Workers = 2,
    site: Site = None,
    config: Config = None,
) -> None:
    """Score vessels on the first nights of each seed; writes the table of the report of fusion."""
    from pipeline.evaluation.fusion import write_figures
    from pipeline.evaluation.sets import Cache

    write_figures(
        seeds, radar_bias, Cache(cache, _site(site, config)), page,
        command=_command(), at=datetime.now(UTC), told=_tell, nights=nights, workers=workers,
    )  # fmt: skip


def _command() -> str:
    """As it was called, for a page: without places of this machine."""
    return "pierwatch " + " ".join(
        "…" if word.startswith("/") else quote(word) for word in sys.argv[1:]
    )


def _site(site: Path | None, config: Path | None) -> Path:
    settings: Settings = load_settings(config)
    return site or settings.site


def _numbers(of: dict[str, int]) -> str:
    return ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in of.items())


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
