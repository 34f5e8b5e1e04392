"""`pierwatch decode FORMAT [FILE]`: frames in, one JSON object a line out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, Protocol, TextIO

import polars as pl

from geo.site import Site
from ingest.ais import AisDecoder
from ingest.beidou import BeiDouDecoder
from ingest.cameras import CameraDecoder
from ingest.decode import objects
from ingest.decoded import Decoded
from ingest.jt808 import Jt808Decoder
from ingest.radar import RadarDecoder
from pipeline.recording import CHUNK, chunks


class Decoder(Protocol):
    """What every decoder is."""

    def feed(self, chunk: bytes) -> Decoded: ...
    def close(self) -> Decoded: ...


def _ais(site: Site | None) -> Decoder:
    return AisDecoder(skew_s={k: int(v) for k, v in site.skew_s.items()} if site else None)


def _beidou(site: Site | None) -> Decoder:
    return BeiDouDecoder(skew_s=site.skew_s if site else None)


def _radar(site: Site | None) -> Decoder:
    table = site.radars if site else pl.DataFrame(schema={"radar_id": pl.String})
    return RadarDecoder(table, skew_s=site.skew_s if site else None)


def _jt808(site: Site | None) -> Decoder:
    if site is None:
        return Jt808Decoder()
    known = site.vehicles.drop_nulls(["terminal", "plate"])
    plates = dict(known.select("terminal", "plate").iter_rows())
    return Jt808Decoder(plates, site.vehicle_datum, site.skew_s)


def _camera(site: Site | None) -> Decoder:
    if site is None:
        return CameraDecoder()
    places = [
        {id_: (lon, lat) for id_, lon, lat in table.select(column, "lon", "lat").iter_rows()}
        for table, column in ((site.cameras, "camera_id"), (site.bars, "bar_id"))
    ]
    return CameraDecoder(places[0], places[1], site.timezone, site.skew_s)


#: The decoder of each FORMAT, made for a site or for none.
FORMATS: Final[dict[str, Callable[[Site | None], Decoder]]] = {
    "ais": _ais,
    "beidou": _beidou,
    "radar": _radar,
    "jt808": _jt808,
    "camera": _camera,
}


def decode(
    format_: str, pieces: Iterable[bytes], out: TextIO, site: Site | None = None
) -> dict[str, object]:
    """Decode one of the FORMATS; what a frame yields goes out in the order of the lines.

    Returns
    -------
    The counts by kind and by reason, for standard error.
    """
    decoder = FORMATS[format_](site)
    counts: dict[str, int] = {}
    refused: dict[str, int] = {}
    receptions = 0

    def take(part: Decoded) -> None:
        nonlocal receptions
        for kind, n in part.counts.items():
            counts[kind] = counts.get(kind, 0) + n
        for reason, n in part.refusals.group_by("reason").len().iter_rows():
            refused[reason] = refused.get(reason, 0) + n
        receptions += part.receptions
        out.writelines(json.dumps(o, ensure_ascii=False) + "\n" for o in objects(part))

    for piece in pieces:
        take(decoder.feed(piece))
    take(decoder.close())
    return {
        "counts": dict(sorted(counts.items())),
        "receptions": receptions,
        "refused": dict(sorted(refused.items())),
    }


def pieces_of(
    file: Path | None, progress: Callable[[int], None] = lambda _: None
) -> Iterator[bytes]:
    """The bytes of a file (unpacked where gzipped), or of standard input."""
    source = chunks(file) if file is not None else _stream(sys.stdin.fileno())
    for piece in source:
        progress(len(piece))
        yield piece


def _stream(descriptor: int) -> Iterator[bytes]:
    """What is there, without waiting for a full buffer: a pipe may be slow."""
    while piece := os.read(descriptor, CHUNK):
        yield piece
