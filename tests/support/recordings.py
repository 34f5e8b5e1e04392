"""Recordings for tests: a folder from a few bytes, and a small night off a small coast."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

SITE = b'name = "sea"\n'
ABOUT = b'name = "test"\n'


def make_recording(
    folder: Path,
    ais: Mapping[str, bytes],
    *,
    site: Mapping[str, bytes] | None = None,
    about: bytes = ABOUT,
    others: Mapping[str, bytes] | None = None,
) -> Path:
    """A recording with these AIS files; `others` are files by their path in the folder."""
    files = {"recording.toml": about}
    files |= {f"site/{name}": data for name, data in (site or {"site.toml": SITE}).items()}
    files |= {f"feeds/ais/{name}": data for name, data in ais.items()}
    for name, data in (files | dict(others or {})).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
