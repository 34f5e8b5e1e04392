"""The command line. Each command says what it needs, does one thing, and ends with a code that
means something: 0 done, 1 a fault of ours, 2 wrong input, 3 something is not installed or not
running, 4 the database refused, 5 judgements contradict each other, 130 interrupted.

What a command needs is imported when it runs: `--help` takes half a second for it, where all that
the commands need takes four, and a replay without a store loads neither SQLAlchemy nor Dash.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections import Counter
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from core.errors import InputError, PierwatchError, StoreUnavailable
from core.settings import Settings
from pipeline import night_commands
from pipeline.collector import looks_seldom
from pipeline.evaluation import command as evaluation
from pipeline.settings import load_settings

app = typer.Typer(
    help="pierwatch watches a coast for night landings at idle piers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
said = Console(stderr=True, highlight=False)

Config = Annotated[Path | None, typer.Option(help="Settings file (default: pierwatch.toml).")]
Site = Annotated[Path | None, typer.Option(help="Site folder (default: the setting `site`).")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: one JSON object.")]


@app.command()
def decode(
    format_: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help="ais, beidou, radar, jt808, camera, ais-csv, ais-catcher or asterix",
        ),
    ],
    file: Annotated[Path | None, typer.Argument(help="A file; standard input without it.")] = None,
    site: Site = None,
) -> None:
    """Frames in, one JSON object a line out; counts on standard error."""
    from pipeline import decode as decoding
    from pipeline.forms import FORMATS
    from pipeline.sites import read_site

    if format_ not in FORMATS:
        raise InputError("FORMAT", expected=" or ".join(FORMATS), came=format_)
    place = read_site(site) if site else None
    with _bar("decode", file, enabled=not sys.stdout.isatty()) as advance:
        counts = decoding.decode(format_, decoding.pieces_of(file, advance), sys.stdout, place)
    sys.stdout.flush()
    print(json.dumps(counts), file=sys.stderr)


@app.command()
def replay(
    recording: Annotated[Path, typer.Argument(help="A recording folder.")],
    out: Annotated[Path | None, typer.Option(help="Folder of alerts.jsonl and the rest.")] = None,
    no_store: Annotated[bool, typer.Option("--no-store", help="Store nothing.")] = False,
    until: Annotated[str | None, typer.Option(help="End at this time (RFC 3339).")] = None,
    state: Annotated[Path | None, typer.Option(help="State to begin from and to save.")] = None,
    speed: Annotated[float | None, typer.Option(min=0.1, help="Data seconds a second.")] = None,
    vessels: Annotated[bool, typer.Option("--vessels", help="Vessels and links too.")] = False,
    cores: Annotated[int | None, typer.Option(min=1, help="Processors; all, if long.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """The whole pipeline over a recording, as fast as it goes or paced."""
    from pipeline import beside
    from pipeline.recording import read_recording
    from pipeline.replay import replay as run

    settings = load_settings(config)
    source = read_recording(recording)
    ends = None if until is None else _moment("--until", until)
    if cores is None:
        cores = beside.cores() if source.size > beside.WORTH_BYTES else 1
    with ExitStack() as held:
        sink: Any = None
        run_id = 0
        if not no_store:
            from pipeline.database import open_run, open_store
            from pipeline.live_store import paced
            from pipeline.runner import write_site
            from pipeline.sites import make_place

            sink = store = held.enter_context(open_store(settings))
            run_id = open_run(store, source, source.digest())
            write_site(store, run_id, make_place(source.site, settings, exercise=True))
            if speed is not None:
                sink = held.enter_context(paced(store, settings))
        advance = held.enter_context(_bar("replay", source.size))
        runner = run(
            source, settings, out=out, sink=sink, run_id=run_id, until=ends,
            state_dir=state, speed=speed, progress=advance, vessels=vessels, cores=cores,
        )  # fmt: skip
    _tell(runner.summary(), as_json)


@app.command()
def live(
    ais: Annotated[
        list[str] | None,
        typer.Option(help="One more AIS feed: udp://host:port, tcp://host:port or -"),
    ] = None,
    site: Site = None,
    keep: Annotated[Path, typer.Option(help="Archive and state.")] = Path("var/live"),
    out: Annotated[Path | None, typer.Option(help="Folder of alerts.jsonl and the rest.")] = None,
    no_store: Annotated[bool, typer.Option("--no-store", help="Store nothing.")] = False,
    config: Config = None,
) -> None:
    """Hear the feeds of the settings, archive them, raise alerts, until Ctrl-C."""
    from pipeline.feed_states import StoredAfter
    from pipeline.live import Kept, Service
    from pipeline.live_store import open_desk, open_live
    from pipeline.settings import with_ais_feeds
    from pipeline.sites import make_place, read_site

    settings = with_ais_feeds(_with_site(load_settings(config), site), ais or [])
    place = make_place(read_site(settings.site), settings, exercise=False)
    stop = _stopped_by_signals()
    stored = None if no_store else StoredAfter()
    store = not no_store
    with (
        open_live(settings, place, enabled=store, say=_say, stored=stored) as (sink, run),
        open_desk(settings, enabled=store) as desk,
    ):
        service = Service(
            settings.feeds, place, settings.site, Kept(keep), sink=sink, run_id=run, out=out,
            desk=desk, stored=stored, say=_say,
        )  # fmt: skip
        runner = service.run(stop)
    _tell(runner.summary(), as_json=False)


archive = typer.Typer(help="The raw archive of `live`: is it whole, what is in it; hold, forget.")
app.add_typer(archive, name="archive", no_args_is_help=True)
Keep = Annotated[Path, typer.Option(help="The folder of `pierwatch live`.")]


@archive.command("verify")
def archive_verify(keep: Keep = Path("var/live"), config: Config = None) -> None:
    """Check the manifest's chain and every closed file; exit code 1 where something is wrong."""
    from pipeline.archive_command import verify

    texts, whole = verify(keep, load_settings(config).archive.key_dir)
    print("\n".join(texts))
    raise typer.Exit(0 if whole else 1)


@archive.command("list")
def archive_list(keep: Keep = Path("var/live")) -> None:
    """What the archive holds by feed and day, and what went from it."""
    from pipeline.archive_command import listing

    print("\n".join(listing(keep)))


@archive.command("hold")
def archive_hold(
    begin: Annotated[str, typer.Argument(help="From when, 2026-03-01T15:00:00Z.")],
    end: Annotated[str, typer.Argument(help="Until when.")],
    why: Annotated[str, typer.Option(help="The case or the alert; stands in held.txt.")],
    keep: Keep = Path("var/live"),
) -> None:
    """Hold the hours that evidence rests on: they are neither dropped for room nor forgotten."""
    from pipeline.archive_command import hold

    print("\n".join(hold(keep, _moment("BEGIN", begin), _moment("END", end), why)))


@archive.command("forget")
def archive_forget(
    feed: Annotated[str, typer.Argument(help="The feed's name.")],
    first: Annotated[str, typer.Argument(help="The first day (UTC), 2026-03-01.")],
    last: Annotated[str, typer.Argument(help="The last day.")],
    why: Annotated[str, typer.Option(help="Stands in the manifest for ever.")],
    keep: Keep = Path("var/live"),
    config: Config = None,
) -> None:
    """Destroy the keys of a feed's days and delete its files; the chain still verifies."""
    from pipeline.archive_command import forget

    days = _day("FIRST", first), _day("LAST", last)
    print("\n".join(forget(keep, feed, *days, why, load_settings(config).archive.key_dir)))


@app.command()
def play(
    recording: Annotated[Path, typer.Argument(help="A recording folder.")],
    speed: Annotated[float, typer.Option(min=0.1, help="Data seconds a second.")] = 1,
    rate: Annotated[float | None, typer.Option(min=0.1, help="Frames a second instead.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0, help="End after these.")] = None,
    repeat: Annotated[bool, typer.Option("--repeat", help="Begin again at the end.")] = False,
    keep_times: Annotated[
        bool, typer.Option("--keep-times", help="Send the recorded times, not today's.")
    ] = False,
    crowd: Annotated[int, typer.Option(min=0, help="More terminals that say nothing.")] = 0,
    ledger: Annotated[Path | None, typer.Option(help="Lists what was acknowledged.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Send a recording's frames to the feeds of the settings, as its sensors would."""
    from pipeline.play.player import Pace
    from pipeline.play.playing import run
    from pipeline.recording import read_recording

    settings = load_settings(config)
    pace = Pace(speed, rate, shift=not keep_times, seconds=seconds)
    told = run(
        read_recording(recording, settings.archive.key_dir), settings.feeds, pace, repeat=repeat,
        crowd=crowd, ledger=ledger, say=_say,
    )  # fmt: skip
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
        return
    for feed, n in told["sent"].items():
        print(f"{feed}: {n} sent, {told['acknowledged'].get(feed, 0)} acknowledged")
    for feed, n in told["failed"].items():
        print(f"{feed}: {n} not sent")


evaluation.add_to(app)
night_commands.add_to(app)


@app.command()
def outlook(
    state: Annotated[Path | None, typer.Option(help="State that `live` or a replay saved.")] = None,
    evening: Annotated[str | None, typer.Option(help="Its day (default: today).")] = None,
    config: Config = None,
    site: Site = None,
    as_json: AsJson = False,
) -> None:
    """Where a landing is likely tonight."""
    from pipeline.outlook_command import lines
    from pipeline.outlook_command import outlook as run

    settings = _with_site(load_settings(config), site)
    day = _day("--evening", evening) if evening else None
    told = run(settings, state, day)
    print(json.dumps(told, ensure_ascii=False) if as_json else "\n".join(lines(told)))


@app.command()
def serve(config: Config = None, site: Site = None) -> None:
    """Serve the command screen over the store, until Ctrl-C."""
    from pipeline.database import open_store
    from pipeline.serve import invitation, server

    settings = _with_site(load_settings(config), site)
    welcome = invitation(settings)
    with open_store(settings) as store:
        web = server(store, settings)
        _say(welcome)
        web.run()


@app.command()
def demo(
    speed: Annotated[float, typer.Option(min=1, help="Data seconds a second.")] = 45,
    config: Config = None,
) -> None:
    """A story of three simulated nights on the command screen, until Ctrl-C."""
    from pipeline.demo import demo as run

    run(load_settings(config), speed, _say)


@app.command()
def doctor(config: Config = None, as_json: AsJson = False) -> None:
    """Say what is installed, running and reachable, and what to do about the rest."""
    from pipeline.doctor import examine

    findings = list(examine(load_settings(config)))
    if as_json:
        print(json.dumps([vars(f) for f in findings], ensure_ascii=False))
    else:
        for f in findings:
            mark = "ok  " if f.ok else "--  "
            print(
                f"{mark}{f.name:10} {f.found}" + (f"\n{'':15}{f.act}" if f.act and not f.ok else "")
            )
    needed = {"Python", "packages", "site", "PostGIS"}
    raise typer.Exit(0 if all(f.ok for f in findings if f.name in needed) else 3)


def _say(text: str) -> None:
    said.print(text, markup=False, soft_wrap=True)


def _tell(summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(summary, ensure_ascii=False))
        return
    results = summary["said"]
    frames = Counter[str]()
    for counts in summary["frames"].values():
        frames.update(counts)
    refused = sum(sum(reasons.values()) for reasons in summary["refused"].values())
    print(
        f"{frames['position']} positions and {frames['sighting']} sightings of "
        f"{summary['targets']} targets, {frames['identity']} identity claims, "
        f"{refused} lines refused, "
        f"{summary['late']} late; {results.get('alert_new', 0)} alerts "
        f"({results.get('alert_cancel', 0)} cancelled), "
        f"{results.get('event_pier_call', 0)} pier calls, {results.get('event_stop', 0)} stops, "
        f"{results.get('event_silence', 0)} silences; last tick {summary['last_tick']}"
    )


def _with_site(settings: Settings, site: Path | None) -> Settings:
    return settings if site is None else settings.model_copy(update={"site": site})


def _moment(where: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError(where, expected="a time such as 2026-03-01T17:22:10Z", came=text)
    return moment


def _day(where: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(where, expected="a day such as 2026-03-01", came=text) from None


def _stopped_by_signals() -> threading.Event:
    """Ctrl-C and a service manager's stop end the second that is under way, then everything."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    return stop


class _bar:
    """A progress bar on standard error over bytes; silent where nobody watches."""

    def __init__(self, what: str, size: Path | int | None, enabled: bool = True) -> None:
        total = size.stat().st_size if isinstance(size, Path) and size.is_file() else size
        columns = (TextColumn(what), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        shown = enabled and said.is_terminal and isinstance(total, int)
        self._progress = Progress(*columns, console=said, transient=True, disable=not shown)
        self._task = self._progress.add_task(what, total=total if isinstance(total, int) else None)

    def __enter__(self) -> Any:
        self._progress.start()
        return lambda n: self._progress.advance(self._task, n)

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def main() -> None:
    """Run the command; errors become one sentence on standard error and an exit code."""
    looks_seldom()
    try:
        app()
    except StoreUnavailable as error:
        said.print(
            f"{error} Is it running? `pierwatch doctor` looks.", markup=False, soft_wrap=True
        )
        sys.exit(error.exit_code)
    except PierwatchError as error:
        said.print(str(error), markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        text = f"{error}. Is there room on the disk, and may it be written?"
        said.print(text, markup=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
