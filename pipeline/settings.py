"""Loads the settings: defaults, then `pierwatch.toml`, then `PIERWATCH_*`.

A key that does not exist is refused and named, in the file as in the environment: a threshold that
someone believes to have set must not be the default.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from core.errors import SettingsError
from core.settings import Settings

PREFIX = "PIERWATCH_"
#: Variables of the set-up and the tests that share the prefix.
NOT_SETTINGS = ("PIERWATCH_CHROMIUM", "PIERWATCH_SCREENSHOTS", "PIERWATCH_SETUP", "PIERWATCH_TEST")


def load_settings(file: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force.

    Parameters
    ----------
    file
        A TOML file that must be there; without it `pierwatch.toml` of the working directory, if
        there is one.

    Raises
    ------
    SettingsError
        Naming the key, what was expected and what came.
    """
    path = file or Path("pierwatch.toml")
    values: dict[str, Any] = {}
    if file is not None or path.is_file():
        values = _read(path)
        _refuse_unknown(values, Settings, str(path))
    for name, text in sorted(environ.items()):
        if name.startswith(PREFIX) and not name.startswith(NOT_SETTINGS):
            _put(values, name, text)
    if environ.get("DATABASE_URL"):
        values.setdefault("store", {}).setdefault("url", environ["DATABASE_URL"])
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"setting {where}", expected=first["msg"], came=repr(first["input"]), act="Correct it."
        ) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(
            str(path), expected="a file to read", came=error.strerror or "nothing"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), expected="TOML in UTF-8", came=str(error)) from error


def _put(values: dict[str, Any], name: str, text: str) -> None:
    path = name.removeprefix(PREFIX).lower().split("__")
    known = dict(_paths(Settings))
    if ".".join(path) not in known:
        names = [PREFIX + key.replace(".", "__").upper() for key in known]
        raise SettingsError(name, expected=_nearest(name, names), came="an unknown variable")
    inner = values
    for part in path[:-1]:
        inner = inner.setdefault(part, {})
    inner[path[-1]] = text


def _refuse_unknown(values: Mapping[str, Any], model: type[BaseModel], where: str) -> None:
    known = dict(_paths(model))
    for key in _keys(values):
        if key not in known and not any(k.startswith(key + ".") for k in known):
            raise SettingsError(
                f"{where}, {key}", expected=_nearest(key, list(known)), came="an unknown key"
            )


def _keys(values: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for key, value in values.items():
        yield before + key
        if isinstance(value, Mapping):
            yield from _keys(value, f"{before}{key}.")


def _paths(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _paths(inner, f"{before}{name}.")
        else:
            yield before + name, field


def _nearest(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    return f"a known setting such as {near[0] if near else names[0]}"
