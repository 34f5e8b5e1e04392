"""`pierwatch judgements`: how grave what is, proposed by one office and put in force by another.

A site's `judgements.toml` is in force from the next start on. What is proposed is kept beside it,
unchanged, in `judgements/`, with a log to which lines are only added. Judgements that contradict
each other are refused with the one to look at, and those in force stay.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from core.errors import JudgementError, SettingsError
from core.settings import Settings
from core.times import unix_us, utc_text
from pipeline.saved import replace_file
from pipeline.settings import load_settings

if TYPE_CHECKING:
    from models.risk.judgements import Judgements

Json = dict[str, Any]
IN_FORCE: Final = "judgements.toml"
_KEPT: Final = "judgements"
_LOG: Final = "log.jsonl"
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Site = Annotated[Path | None, typer.Option(help="Site folder (default: the setting `site`).")]
By = Annotated[str, typer.Option(help="The office or duty number that does it.")]
commands = typer.Typer(help="Judgements of severity: shown, proposed, put in force.")


@commands.command()
def show(site: Site = None) -> None:
    """The judgements in force: weights, consistency, and what was proposed and activated."""
    folder = _folder(site, load_settings())
    own = folder / IN_FORCE
    shipped = files("models.risk").joinpath(IN_FORCE)
    print("\n".join(lines(_parsed(own.read_bytes() if own.exists() else shipped.read_bytes()))))
    for said in history(folder):
        print(f"{said['at']} {said['what']} {said['version']} by {said['by']}")


@commands.command()
def propose(file: Path, by: By, site: Site = None) -> None:
    """Check judgements and keep them for another office to activate."""
    judged = proposed(_folder(site, load_settings()), file.read_bytes(), str(file), by, _now())
    print("\n".join(lines(judged)))
    print(f"Proposed. Another office activates it: pierwatch judgements activate {judged.version}")


@commands.command()
def activate(version: str, by: By, site: Site = None) -> None:
    """Put proposed judgements in force, from the next start on."""
    judged = activated(_folder(site, load_settings()), version, by, _now())
    print(f"{judged.version} is in force from the next start of live, replay or serve.")


def proposed(folder: Path, toml: bytes, where: str, by: str, at: str) -> Judgements:
    """Keep judgements beside a site's.

    Raises
    ------
    JudgementError
        They contradict each other, or their version is taken by others.
    """
    judged = _parsed(toml, where)
    if not _VERSION.fullmatch(judged.version):
        raise JudgementError(
            f"{where}, version", expected="letters, digits, dot, dash or underscore",
            came=repr(judged.version),
        )  # fmt: skip
    path = _path(folder, judged.version)
    if path.exists() and path.read_bytes() != toml:
        raise JudgementError(
            f"{where}, version", expected="a version of its own",
            came=f"{judged.version}, under which others were proposed",
        )  # fmt: skip
    path.parent.mkdir(exist_ok=True)
    replace_file(path, toml)
    _add(folder, "proposed", judged.version, toml, by, at)
    return judged


def activated(folder: Path, version: str, by: str, at: str) -> Judgements:
    """Put what another office proposed in force.

    Raises
    ------
    JudgementError
        Nobody proposed it, it was changed since, or whoever proposed it would activate it.
    """
    last = next(
        (
            s
            for s in reversed(history(folder))
            if (s["what"], s["version"]) == ("proposed", version)
        ),
        None,
    )
    path = _path(folder, version) if _VERSION.fullmatch(version) else None
    if last is None or path is None or not path.exists():
        raise JudgementError(
            str(folder / _KEPT), expected="a version that was proposed", came=version
        )
    toml = path.read_bytes()
    if hashlib.sha256(toml).hexdigest() != last["sha256"]:
        raise JudgementError(
            str(path), expected="the judgements that were proposed", came="a file changed since",
            act="Propose it anew.",
        )  # fmt: skip
    if _same(by, str(last["by"])):
        raise JudgementError(
            f"activate {version}", expected=f"another office than {last['by']}, who proposed it",
            came=by,
        )  # fmt: skip
    judged = _parsed(toml, str(path))
    replace_file(folder / IN_FORCE, toml)
    _add(folder, "activated", version, toml, by, at)
    return judged


def lines(judged: Judgements) -> list[str]:
    """Version, weights of the criteria, and how consistent the judgements are."""
    weights = [f"  {c.code:<16}{judged.weights[c.code]:.4f}  {c.title_zh}" for c in judged.leaves]
    ratio = f"consistency ratio {judged.cr:.4f} ({judged.random_index}; below 0.10)"
    filled = [f"filled in, judged by nobody: {name}" for name in judged.filled]
    return [judged.version, *weights, ratio, *filled]


def history(folder: Path) -> list[Mapping[str, Any]]:
    """What was proposed and activated, in order."""
    path = folder / _KEPT / _LOG
    return (
        [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    )


def _parsed(toml: bytes, where: str = IN_FORCE) -> Judgements:
    from models.risk.judgements import parse_judgements  # other commands start without NumPy

    return parse_judgements(toml, where)


def _add(folder: Path, what: str, version: str, toml: bytes, by: str, at: str) -> None:
    said: Json = {
        "at": at, "what": what, "version": version,
        "sha256": hashlib.sha256(toml).hexdigest(), "by": by.strip(),
    }  # fmt: skip
    with (folder / _KEPT / _LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps(said, ensure_ascii=False) + "\n")
        log.flush()
        os.fsync(log.fileno())


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _path(folder: Path, version: str) -> Path:
    return folder / _KEPT / f"{version}.toml"


def _folder(site: Path | None, settings: Settings) -> Path:
    folder = settings.site if site is None else site
    if not (folder / "site.toml").exists():
        raise SettingsError(str(folder), expected="a site folder with a site.toml", came="none")
    return folder


def _now() -> str:
    return str(utc_text(unix_us(datetime.now(UTC))))
