"""Reads a site folder from disk; `geo.site` says what it means."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from core.errors import SiteError
from core.settings import Settings
from engine.place import Place
from geo.site import Site, parse_site
from models.outlook.table import parse_outlook
from models.risk.calibration import parse_calibration
from models.risk.evidence_table import parse_evidence
from models.risk.judgements import parse_judgements

MOST_BYTES = 256 * 1024 * 1024  # of one file: a site is a county, not a continent


def read_site(folder: Path) -> Site:
    """The site of a folder.

    Raises
    ------
    SiteError
        Naming file, row and expectation.
    """
    if not folder.is_dir():
        raise SiteError(
            str(folder), expected="a site folder with a site.toml", came="no folder",
            act="Name another with --site or the setting `site`.",
        )  # fmt: skip
    contents = {}
    for path in sorted(folder.iterdir()):
        if path.is_file():
            if path.stat().st_size > MOST_BYTES:
                raise SiteError(str(path), expected=f"at most {MOST_BYTES} bytes", came="more")
            contents[path.name] = path.read_bytes()
    return _parsed(tuple(contents.items()))


@lru_cache(maxsize=4)
def _parsed(contents: tuple[tuple[str, bytes], ...]) -> Site:
    """The same bytes are the same site: a start asks for it three times, at a second each."""
    return parse_site(dict(contents))


def make_place(site: Site, settings: Settings, *, exercise: bool) -> Place:
    """The site with its own tables, or those that are shipped in the package."""
    shipped = files("models.risk")
    evidence = site.evidence or shipped.joinpath("evidence.toml").read_bytes()
    judgements = site.judgements or shipped.joinpath("judgements.toml").read_bytes()
    calibration = site.calibration or shipped.joinpath("calibration.toml").read_bytes()
    outlook = site.outlook or files("models.outlook").joinpath("outlook.toml").read_bytes()
    return Place(
        site,
        parse_evidence(evidence),
        parse_judgements(judgements),
        settings,
        exercise,
        parse_calibration(calibration),
        parse_outlook(outlook),
    )
