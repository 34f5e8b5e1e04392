"""Nothing is reached without the password, and the password cannot be tried out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.sign_in import SESSION_S, Attempts, Credentials, basic_password, safe_path

SECRET = bytes(range(32))
NOW_S = 1_772_000_000.0


def test_a_session_is_good_for_a_watch_and_not_longer():
    door = Credentials("swordfish", SECRET)
    token = door.session(NOW_S)
    assert door.opened(token, NOW_S + SESSION_S)
    assert not door.opened(token, NOW_S + SESSION_S + 1)
    assert not door.opened(token, NOW_S - 3600)


def test_a_new_password_ends_every_session():
    token = Credentials("swordfish", SECRET).session(NOW_S)
    assert not Credentials("sunfish", SECRET).opened(token, NOW_S)
    assert not Credentials("swordfish", SECRET[::-1]).opened(token, NOW_S)


@given(st.text(max_size=80))
def test_no_text_is_a_session_that_was_not_signed(text: str):
    assert not Credentials("swordfish", SECRET).opened(text, NOW_S)


@given(st.text(min_size=1), st.text(min_size=1))
def test_only_the_password_itself_is_right(password: str, other: str):
    assert Credentials(password, SECRET).right(other) == (password == other)


@pytest.mark.parametrize(("password", "secret"), [("", SECRET), ("x", b"short")])
def test_an_empty_password_or_a_short_secret_is_refused_at_the_start(password: str, secret: bytes):
    with pytest.raises(ValueError, match="needs a password and a secret"):
        Credentials(password, secret)


def test_after_five_wrong_passwords_an_address_waits_and_others_do_not():
    attempts = Attempts(limit=5, window_s=300)
    for i in range(5):
        assert attempts.wait_s("10.0.0.7", NOW_S + i) == 0
        attempts.wrong("10.0.0.7", NOW_S + i)
    assert attempts.wait_s("10.0.0.7", NOW_S + 5) == 295
    assert attempts.wait_s("10.0.0.8", NOW_S + 5) == 0
    assert attempts.wait_s("10.0.0.7", NOW_S + 301) == 0


def test_attempts_from_a_million_addresses_do_not_fill_the_memory():
    attempts = Attempts(addresses=100)
    for i in range(1000):
        attempts.wrong(f"10.0.{i // 256}.{i % 256}", NOW_S)
    assert len(attempts._wrong) == 100


@given(st.text(max_size=40))
def test_after_the_sign_in_nobody_is_sent_to_another_host(path: str):
    where = safe_path(path)
    assert where.startswith("/")
    assert not where.startswith(("//", "/\\"))


@given(st.text(max_size=60))
def test_a_header_that_is_no_basic_gives_no_password_and_no_error(header: str):
    basic_password(header)
    basic_password(f"Basic {header}")
