"""Loads the settings: defaults, then `pierwatch.toml`, then `PIERWATCH_*`.

A key that does not exist is refused and named, in the file as in the environment: a threshold that
someone believes to have set must not be the default.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

from core.errors import SettingsError
from core.settings import FeedSettings, Settings

PREFIX = "PIERWATCH_"
FEEDS = "feeds"
_FEED_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,39}")
#: Variables of the set-up and the tests that share the prefix.
NOT_SETTINGS = ("PIERWATCH_CHROMIUM", "PIERWATCH_SCREENSHOTS", "PIERWATCH_SETUP", "PIERWATCH_TEST")


class _Layers(Settings, BaseSettings):
    """The settings with what they are read from, the stronger first."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=PREFIX, env_nested_delimiter="__"
    )

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings


def load_settings(file: Path | None = None) -> Settings:
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
        _refuse_unknown(values, str(path))
    known = [PREFIX + key.replace(".", "__").upper() for key in _paths(Settings)]
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and not name.startswith(NOT_SETTINGS) and name not in known:
            raise SettingsError(name, expected=_nearest(name, known), came="an unknown variable")
    if url := os.environ.get("DATABASE_URL"):
        values.setdefault("store", {}).setdefault("url", url)
    try:
        return _Layers(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"setting {where}", expected=first["msg"], came=repr(first["input"]), act="Correct it."
        ) from error


def with_ais_feeds(settings: Settings, urls: list[str]) -> Settings:
    """The settings with one more AIS feed for each url, named after it.

    Raises
    ------
    SettingsError
        There is no feed at all then, or a name is taken.
    """
    feeds = dict(settings.feeds)
    for url in urls:
        name = "stdin" if url == "-" else re.sub(r"[^A-Za-z0-9.]+", "-", url).strip("-")
        if name in feeds:
            raise SettingsError(f"--ais {url}", expected="a new feed", came=f"feeds.{name} again")
        feeds[name] = FeedSettings(sensor="ais", url=url)
    if not feeds:
        raise SettingsError(
            "feeds", expected="a table [feeds.<name>] for each feed, or --ais", came="none",
            act="Add one to pierwatch.toml.",
        )  # fmt: skip
    return settings.model_copy(update={"feeds": feeds})


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(
            str(path), expected="a file to read", came=error.strerror or "nothing"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), expected="TOML in UTF-8", came=str(error)) from error


def _refuse_unknown(values: Mapping[str, Any], where: str) -> None:
    known = list(_paths(Settings))
    sections = {key.split(".")[0] for key in known if "." in key}
    for key, value in _keys({k: v for k, v in values.items() if k != FEEDS}):
        if key in sections:
            if not isinstance(value, Mapping):
                raise SettingsError(f"{where}, {key}", expected="a section", came=repr(value))
        elif key not in known:
            raise SettingsError(
                f"{where}, {key}", expected=_nearest(key, known), came="an unknown key"
            )
    _check_feeds(values.get(FEEDS, {}), where)


def _check_feeds(feeds: Any, where: str) -> None:
    """Each feed is a table of known keys, under a name that may stand in a file's."""
    known = [f"{FEEDS}.<name>.{key}" for key in FeedSettings.model_fields]
    if not isinstance(feeds, Mapping):
        raise SettingsError(f"{where}, {FEEDS}", expected="tables [feeds.<name>]", came=repr(feeds))
    for name, feed in feeds.items():
        at = f"{where}, {FEEDS}.{name}"
        if not _FEED_NAME.fullmatch(name):
            raise SettingsError(
                at, expected="a name of letters, digits, `_`, `-` and `.`, 40 at most", came=name
            )
        if not isinstance(feed, Mapping):
            raise SettingsError(at, expected=f"a table [feeds.{name}]", came=repr(feed))
        for key in feed:
            if key not in FeedSettings.model_fields:
                near = _nearest(f"{FEEDS}.<name>.{key}", known)
                raise SettingsError(f"{at}.{key}", expected=near, came="an unknown key")


def _keys(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        yield before + key, value
        if isinstance(value, Mapping):
            yield from _keys(value, f"{before}{key}.")


def _paths(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _paths(inner, f"{before}{name}.")
        elif before or name != FEEDS:
            yield before + name


def _nearest(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    return f"a known setting such as {near[0] if near else names[0]}"
