"""Every entry of the table of likelihoods is asked for, and an impossible one is named."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import models.risk
from core.errors import SiteError
from models.risk.evidence_table import parse_evidence

TOML = (Path(models.risk.__file__).parent / "evidence.toml").read_bytes()


def leaves(table: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        yield (*path, key)


def as_toml(table: dict[str, Any], path: tuple[str, ...] = ()) -> str:
    """Enough of TOML for the table at hand."""
    plain = {k: v for k, v in table.items() if not isinstance(v, dict)}
    text = (f"[{'.'.join(path)}]\n" if path else "") + "".join(
        f"{k} = {str(v).lower() if isinstance(v, bool) else repr(v)}\n" for k, v in plain.items()
    )
    return text + "".join(as_toml(v, (*path, k)) for k, v in table.items() if isinstance(v, dict))


MAY_BE_LEFT_OUT = {"readings", "facts"}  # tables of free names, whose rows are not asked for


@pytest.mark.parametrize("path", sorted(leaves(tomllib.loads(TOML.decode()))), ids=".".join)
def test_every_entry_that_is_missing_stops_the_start_with_its_name(path: tuple[str, ...]) -> None:
    table = tomllib.loads(TOML.decode())
    inner = table
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    if path[0] in MAY_BE_LEFT_OUT and len(path) != 3 and path != (path[0],):
        return  # a reading or a fact less, or a feature that says nothing: a table like another
    if path[0] == "facts":
        assert path == ("facts",)
    with pytest.raises(SiteError) as caught:
        parse_evidence(as_toml(table).encode())
    assert ".".join(path) in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"radar_only = 0.307", b"radar_only = 0.407", "landing.seen.landing: expected"),
        (b"idle = [0.935, ", b"idle = [0.835, ", "idle should be shares that sum to 1"),
        (b"come_by_min = [-90, -30", b"come_by_min = [-90, -99", "come_by_min should rise"),
        (b"cap_nats = 2.5\nnone", b"cap_nats = -2.5\nnone", "landing.near_repeat.cap_nats"),
        (b"used_share = 0.20\n", b"used_share = 1.20\n", "landing.unusual.used_share"),
        (b"used_share = 0.30\ncap", b"used_share = 1.30\ncap", "landing.burst.used_share"),
        (b"landing_share = [0.180, ", b"landing_share = [0.280, ", "landing_share should be"),
        (b"idle = { idle = 0.95,", b"idle = { idle = 0.65,", "landing.pier_use.idle: expected"),
        (b"nats = { at_home = 2.5", b"nats = { at_hime = 2.5", "at_hime"),
        (b'confirm = ["ask_home_port"', b'confirm = ["ask_the_moon"', "should each name some of"),
        (b"\nnats = 1.0\n", b"\nnats = nan\n", "landing.second_wave.nats"),
    ],
)
def test_an_impossible_entry_stops_the_start_with_its_name(
    old: bytes, new: bytes, says: str
) -> None:
    assert old in TOML
    with pytest.raises(SiteError) as caught:
        parse_evidence(TOML.replace(old, new, 1))
    assert says in str(caught.value)
