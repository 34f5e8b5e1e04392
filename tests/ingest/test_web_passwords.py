"""Passwords of a feed's HTTP endpoint: whose file says what, and what ends the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import FeedSettings
from geo.site import parse_site
from ingest.sources.web import WebSource

SITE = parse_site({"site.toml": b'name = "cove"'})


def feed(users: Path | None, **more: object) -> FeedSettings:
    given = {"sensor": "cameras", "url": "http://127.0.0.1:0", "password_file": users, **more}
    return FeedSettings.model_validate(given)


@pytest.mark.parametrize(
    ("text", "user", "known"),
    [
        ("a:b", None, {"a": "b"}),
        ("s3cret\n", None, {"pierwatch": "s3cret"}),
        ("s3:cret\n", "road", {"road": "s3:cret"}),
        ("a:b\nroad:x:y\n", "road", {"road": "x:y", "a": "b"}),
    ],
)
def test_a_password_file_has_one_line_or_lines_of_users(tmp_path, text, user, known):
    (tmp_path / "users").write_text(text)
    source = WebSource("gate", feed(tmp_path / "users", user=user), SITE, tmp_path)
    assert list(source.users.items()) == list(known.items())


def test_a_feed_without_passwords_or_with_another_sensor_is_refused(tmp_path):
    for text, user, said in [
        ("\n", None, "empty"),
        ("a:b\nc", None, "form"),
        ("a:b\nc:d", "x", "x"),
    ]:
        (tmp_path / "users").write_text(text)
        with pytest.raises(SettingsError, match=said):
            WebSource("gate", feed(tmp_path / "users", user=user), SITE, tmp_path)
    with pytest.raises(SettingsError, match="passwords of those who may send"):
        WebSource("gate", feed(None), SITE, tmp_path)
    with pytest.raises(SettingsError, match="cameras"):
        WebSource("gate", feed(tmp_path / "users", sensor="ais"), SITE, tmp_path)
