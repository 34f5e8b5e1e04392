"""Settings: defaults, then the file, then the environment; what is misspelt is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import Settings
from pipeline.settings import load_settings, with_ais_feeds


@pytest.fixture
def here(tmp_path, monkeypatch):
    import os

    for name in [n for n in os.environ if n.startswith(("PIERWATCH_", "DATABASE_URL"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "pierwatch.toml"


def test_without_file_and_variables_the_defaults_hold(here):
    assert load_settings().model_dump() == Settings().model_dump()


def test_the_file_is_stronger_than_the_default_and_the_variable_than_the_file(here, monkeypatch):
    here.write_text('site = "a"\n[alerts]\nwatch = 0.3\nverify = 0.7\n')
    monkeypatch.setenv("PIERWATCH_ALERTS__WATCH", "0.4")
    settings = load_settings()
    assert (settings.alerts.watch, settings.alerts.verify) == (0.4, 0.7)
    assert settings.site == Path("a")
    assert settings.tracks == Settings().tracks


def test_database_url_stands_for_the_stores_url_unless_that_is_said(here, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://h/a")
    assert load_settings().store.url == "postgresql://h/a"
    here.write_text('[store]\nurl = "postgresql://h/b"\n')
    assert load_settings().store.url == "postgresql://h/b"
    monkeypatch.setenv("PIERWATCH_STORE__URL", "postgresql://h/c")
    assert load_settings().store.url == "postgresql://h/c"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[alerts]\nwathc = 0.3", ("alerts.wathc", "alerts.watch", "unknown key")),
        ("[alrets]\nwatch = 0.3", ("alrets", "unknown key")),
        ("[tracks.stop_min_s]\nx = 1", ("tracks.stop_min_s",)),
        ("alerts = 3", ("alerts", "a section")),
        ("[alerts]\nwatch = 3", ("alerts.watch", "less than 1", "3")),
        ("site = ", ("pierwatch.toml", "TOML")),
        (
            '[feeds.a]\nsensor = "ais"\nulr = "-"',
            ("feeds.a.ulr", "feeds.<name>.url", "unknown key"),
        ),
        ('[feeds.a]\nsensor = "ais"', ("feeds.a.url", "required")),
        ('[feeds.a]\nsensor = "sonar"\nurl = "-"', ("feeds.a.sensor", "sonar")),
        ('[feeds."a/b"]\nsensor = "ais"\nurl = "-"', ("feeds.a/b", "letters")),
        ("[feeds]\na = 3", ("feeds.a", "a table [feeds.a]", "3")),
        ("feeds = 3", ("feeds", "tables [feeds.<name>]", "3")),
    ],
)
def test_what_the_file_has_wrong_is_named_with_what_was_expected(here, text, names):
    here.write_text(text + "\n")
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert all(name in str(error.value) for name in names)


@pytest.mark.parametrize(
    ("name", "value", "names"),
    [
        ("PIERWATCH_ALERTS__WATHC", "0.3", ("PIERWATCH_ALERTS__WATCH", "unknown variable")),
        ("PIERWATCH_ALERTS", "{}", ("PIERWATCH_ALERTS",)),
        ("PIERWATCH_ALERTS__WATCH", "many", ("alerts.watch", "'many'")),
    ],
)
def test_what_a_variable_has_wrong_is_named(here, monkeypatch, name, value, names):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert all(part in str(error.value) for part in (name.split("__")[0][:9], *names)[1:])


def test_a_file_that_was_named_must_be_there(here):
    with pytest.raises(SettingsError, match=r"absent\.toml"):
        load_settings(Path("absent.toml"))


def test_feeds_are_rows_and_a_url_of_the_command_is_one_more(here):
    here.write_text('[feeds.trucks]\nsensor = "vehicles"\nurl = "tcp-listen://0.0.0.0:8808"\n')
    settings = with_ais_feeds(load_settings(), ["udp://127.0.0.1:10110", "-"])
    assert {name: feed.sensor for name, feed in settings.feeds.items()} == {
        "trucks": "vehicles", "udp-127.0.0.1-10110": "ais", "stdin": "ais",
    }  # fmt: skip
    with pytest.raises(SettingsError, match="stdin again"):
        with_ais_feeds(settings, ["-"])
    with pytest.raises(SettingsError, match="a table"):
        with_ais_feeds(Settings(), [])
