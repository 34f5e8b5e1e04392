"""Which decoder reads what: by the FORMAT of `pierwatch decode`, by the file of a recording."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import polars as pl

from core.errors import SetupError
from geo.site import Site
from ingest.ais import AisDecoder
from ingest.beidou import BeiDouDecoder
from ingest.beidou.privacy import centre_of
from ingest.cameras import CameraDecoder
from ingest.decoded import Decoded
from ingest.jt808 import Jt808Decoder
from ingest.radar import RadarDecoder


class Decoder(Protocol):
    """What every decoder is."""

    def feed(self, chunk: bytes) -> Decoded: ...
    def close(self) -> Decoded: ...


#: Makes a decoder for a site or for none; `source` is who speaks where a frame names nobody, the
#: last whether frames from the future are kept aside (`Decoded.ahead`) instead of refused.
Maker = Callable[[Site | None, str | None, bool], Decoder]


def _skew_s(site: Site | None) -> dict[str, int]:
    return {name: int(s) for name, s in site.skew_s.items()} if site else {}


def _radars(site: Site | None) -> pl.DataFrame:
    return site.radars if site else pl.DataFrame(schema={"radar_id": pl.String})


def _ais(site: Site | None, source: str | None, quarantine: bool) -> Decoder:
    return AisDecoder(source, _skew_s(site), quarantine=quarantine)


def _ais_catcher(site: Site | None, source: str | None, quarantine: bool) -> Decoder:
    from ingest.ais_catcher import AisCatcherDecoder

    return AisCatcherDecoder(source, _skew_s(site), quarantine=quarantine)


def _ais_csv(_: Site | None, source: str | None, __: bool) -> Decoder:
    from ingest.ais_csv import AisCsvDecoder

    return AisCsvDecoder(source)


def _beidou(site: Site | None, source: str | None, quarantine: bool) -> Decoder:
    if site is None:
        return BeiDouDecoder(source, quarantine=quarantine)
    return BeiDouDecoder(source, site.skew_s, centre_of(site.extra), quarantine)


def _radar(site: Site | None, source: str | None, quarantine: bool) -> Decoder:
    skew_s = site.skew_s if site else None
    return RadarDecoder(_radars(site), source, skew_s, quarantine=quarantine)


def _asterix(site: Site | None, _: str | None, quarantine: bool) -> Decoder:
    try:
        from ingest.asterix import AsterixDecoder
    except ModuleNotFoundError as error:
        raise SetupError(
            "ASTERIX", expected="the optional extra `asterix` (libasterix)", came="none installed",
            act="Install it: `uv sync --extra asterix`.",
        ) from error  # fmt: skip
    return AsterixDecoder(_radars(site), site.skew_s if site else None, quarantine=quarantine)


def _jt808(site: Site | None, _: str | None, quarantine: bool) -> Decoder:
    if site is None:
        return Jt808Decoder(quarantine=quarantine)
    known = site.vehicles.drop_nulls(["terminal", "plate"])
    plates = dict(known.select("terminal", "plate").iter_rows())
    return Jt808Decoder(plates, site.vehicle_datum, site.skew_s, quarantine=quarantine)


def _camera(site: Site | None, _: str | None, quarantine: bool) -> Decoder:
    if site is None:
        return CameraDecoder(quarantine=quarantine)
    cameras, bars = (
        {id_: (lon, lat) for id_, lon, lat in table.select(column, "lon", "lat").iter_rows()}
        for table, column in ((site.cameras, "camera_id"), (site.bars, "bar_id"))
    )
    return CameraDecoder(cameras, bars, site.timezone, site.skew_s, quarantine=quarantine)


#: By the FORMAT of `pierwatch decode`.
FORMATS: Final[dict[str, Maker]] = {
    "ais": _ais,
    "beidou": _beidou,
    "radar": _radar,
    "jt808": _jt808,
    "camera": _camera,
    "ais-csv": _ais_csv,
    "ais-catcher": _ais_catcher,
    "asterix": _asterix,
}

#: The FORMAT of a recording's files, by folder and ending.
FORMS: Final[dict[tuple[str, str], str]] = {
    ("ais", ".nmea"): "ais",
    ("ais", ".jsonl"): "ais-catcher",
    ("ais", ".csv"): "ais-csv",
    ("beidou", ".nmea"): "beidou",
    ("radar", ".nmea"): "radar",
    ("radar", ".asterix"): "asterix",
    ("vehicles", ".jt808"): "jt808",
    ("cameras", ".jsonl"): "camera",
}

#: The contract's folders of sensors, in its order.
SENSOR_FEEDS: Final = tuple(dict.fromkeys(folder for folder, _ in FORMS))


def decoder_of(folder: str, ending: str, site: Site, source: str) -> Decoder:
    """The decoder of a recording's file.

    Raises
    ------
    KeyError
        No file of that folder has that ending.
    SetupError
        The format needs an extra that is not installed.
    """
    return FORMATS[FORMS[folder, ending]](site, source, True)
