"""A site's own tables are used in place of those that are shipped, and wrong ones are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shore_night import shore

from core.errors import SiteError
from core.settings import Settings
from models.risk.calibration import Calibration, as_toml
from pipeline.sites import make_place

OWN = Calibration(version="own-1", source="made", sum_nats=(-10.0, 10.0), nats=(-5.0, 5.0))


def test_without_a_calibration_of_its_own_a_site_has_the_shipped_one_that_corrects_nothing() -> (
    None
):
    curve = shore().calibration
    assert curve.version.startswith("identity")
    assert [curve(nats) for nats in (-30.0, 0.0, 7.25, 30.0)] == [-30.0, 0.0, 7.25, 30.0]


def test_a_sites_own_calibration_is_read() -> None:
    site = replace(shore().site, calibration=as_toml(OWN).encode())
    place = make_place(site, Settings(), exercise=True)
    assert place.calibration == OWN


def test_a_wrong_calibration_is_refused_by_its_name() -> None:
    site = replace(shore().site, calibration=b'version = "x"\n')
    with pytest.raises(SiteError, match=r"calibration\.toml"):
        make_place(site, Settings(), exercise=True)
