"""Every form that a decoder reads: how one is made, lines of a sample, hostile lines, sentinels."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import camera_lines
import jt808_frames
import polars as pl
from jt808_frames import framed, location
from nmea_feeds import AT, Decoder, gga, heard, rmc, tll, ttm
from nmea_lines import message, parts, sentence, tag_block

from ingest.ais import AisDecoder
from ingest.ais_catcher import AisCatcherDecoder
from ingest.ais_csv import AisCsvDecoder
from ingest.asterix import AsterixDecoder
from ingest.beidou import BeiDouDecoder
from ingest.cameras import CameraDecoder
from ingest.jt808 import Jt808Decoder
from ingest.jt808.bodies import BATCH, HEARTBEAT, REGISTRATION, Batch
from ingest.radar import RadarDecoder

SAMPLES = Path(__file__).parent.parent / "ingest" / "samples"
RADARS = pl.DataFrame(
    {
        "radar_id": ["R1", "25.201"], "lon": [121.99, 16.0], "lat": [29.19, 45.0],
        "range_m": [40_000.0, 500_000.0], "period_s": [3.0, 4.0],
    }
)  # fmt: skip
TYPE_5 = f"{5:06b}00{412345678:030b}".ljust(424, "1")
NO_POSITION = f"{1:06b}00{412345679:030b}{15:04b}{128:08b}{1023:010b}0" + (
    f"{181 * 600_000:028b}{91 * 600_000:027b}{3600:012b}{511:09b}{60:06b}".ljust(107, "0")
)
#: CAT 048 of the radar 25/201, from the sample that decoders of ASTERIX are shown with.
CAT_048 = (
    "300030fdf70219c9356d4da0c5aff1e0020005283c660c10c236d4182001c0780031bc0000400deb07b9582e4100"
    "20f5"
)


@dataclass(frozen=True)
class Form:
    """A form's decoder and what it is tried with.

    Attributes
    ----------
    sample
        Lines that yield observations, each with its line feed.
    head
        What must stand first in a file.
    hostile
        The n-th of many lines that each name somebody else.
    blank
        Lines whose columns of motion or place must be null.
    """

    make: Callable[[], Decoder]
    sample: tuple[bytes, ...]
    hostile: Callable[[int], bytes]
    blank: bytes = b""
    head: bytes = b""


def _lines(*bodies: bytes) -> tuple[bytes, ...]:
    return tuple(body + b"\r\n" for body in bodies)


def _said(second: int, body: bytes, station: bytes = b"S1") -> bytes:
    return tag_block(b"s:%s,c:%d" % (station, AT + second)) + body


def _class_a(mmsi: int) -> bytes:
    return message(f"{1:06b}00{mmsi:030b}".ljust(61, "0") + f"{73_200_000:028b}".ljust(107, "0"))


_AIS = _lines(
    _said(0, _class_a(412345678)),
    _said(2, _class_a(412345678), b"S2"),
    b"# a comment",
    sentence(b"$PGHP,1,2026,3,1,17,22,12,250,219,,2190047,1,4A"),
    *(_said(3, part) for part in parts(TYPE_5, 40)),
    _said(4, message(f"{24:06b}00{338123456:030b}00".ljust(160, "0"))),
    _said(5, message(f"{18:06b}00{338123456:030b}".ljust(168, "0"))),
    _said(6, message(f"{8:06b}00{338123457:030b}".ljust(168, "0"))),
    _said(7, sentence(b"$GPZDA,172217,01,03,2026,,")),
)
_BEIDOU = _lines(
    heard(b"0123456", gga(121.95, 29.2)),
    heard(b"0123456", rmc(121.95, 29.2)),
    heard(b"0123457", b"BDVTG,45.0,T,,M,8.2,N,15.2,K,A", AT + 1),
    heard(
        b"9", b"BDDWR,1,0242407,172210.00,2912.0000,N,12157.0000,E,3,M,8,M,1,1,0", AT + 2
    ),
    heard(b"0123456", b"BDTXR,1,0242407,1,1722,SOMETHING", AT + 3),
    heard(b"0123456", b"GPGSV,3,1,11,10,63,137,17", AT + 3),
)  # fmt: skip
_RADAR = _lines(
    heard(b"R1", ttm(17, 5.0, 62.5)),
    heard(b"R1", tll(18, 121.95, 29.2, 62_531), AT + 1),
    heard(b"R1", ttm(17, 5.0, 62.6), AT + 3),
    heard(b"R1", b"RATTM,17,,,T,,,T,,,N,,L,,,A", AT + 6),
)
_VEHICLES = tuple(
    jt808_frames.line(frame, jt808_frames.AT + n)
    for n, frame in enumerate(
        (
            framed(location(items=((1, b"\0\0\1\0"), (0x2A, b"\0\1"), (0xE1, b"?"))).encode()),
            framed(b"", HEARTBEAT),
            framed(Batch(2, 1, (location().encode(), location(status=0).encode())).encode(), BATCH),
            framed(
                bytes(4) + bytes(5 + 20 + 7) + b"\2" + "浙B12345".encode("gbk"), REGISTRATION
            ),
            framed(location(alarm=1, status=0).encode()),
        )
    )
)  # fmt: skip
_CAMERAS = (
    camera_lines.frigate(recognized_license_plate=["浙B12345", 0.9]),
    camera_lines.frigate("update", label="boat"),
    camera_lines.gat1400(camera_lines.vehicle(Speed=40), camera_lines.vehicle(PlateNo="?")),
    camera_lines.onvif(camera_lines.onvif_object("Vehicle", camera_lines.PLATE) * 2),
    camera_lines.barrier(), camera_lines.keepalive(), camera_lines.tracked(plate="浙B12345"),
    camera_lines.tracked("face", name="?"),
)  # fmt: skip


def _rows(name: str) -> tuple[bytes, ...]:
    return tuple((SAMPLES / name).read_bytes().splitlines(keepends=True))


def _vehicle(n: int) -> bytes:
    body = bytes(range(10))
    part = framed(body, phone=f"{n:012d}", part=(1, 9)) if n % 2 else framed(
        location().encode(), phone=f"{n:012d}"
    )  # fmt: skip
    return jt808_frames.line(part, jt808_frames.AT + n / 1000)


def _catcher(n: int) -> bytes:
    members = {"class": "AIS", "type": 1, "mmsi": 100_000_000 + n, "lon": 121.9, "lat": 29.1}
    return json.dumps({**members, "rxuxtime": AT + n / 1000, "stationid": f"s{n}"}).encode() + b"\n"


def _asterix(n: int) -> bytes:
    raw = bytearray.fromhex(CAT_048)
    raw[36:38] = (n % 4096).to_bytes(2, "big")  # the track's number
    return b"%d.%03d %s\n" % (AT, n % 1000, raw.hex().encode())


_CSV_HEAD, *_CSV = _rows("dma.csv")
FORMS: dict[str, Form] = {
    "ais": Form(
        lambda: AisDecoder(quarantine=True), _AIS,
        lambda n: _said(n // 1000, _class_a(100_000_000 + n) if n % 2 else parts(TYPE_5, 40, n % 9)[
            0], b"S%d" % n) + b"\n",
        _said(0, message(NO_POSITION)) + b"\n",
    ),
    "beidou": Form(
        lambda: BeiDouDecoder(quarantine=True), _BEIDOU,
        lambda n: heard(b"%07d" % n, rmc(121.95, 29.2), AT + n // 1000) + b"\n",
        heard(b"1", b"BDRMC,172210.00,A,2912.0,N,12157.0,E,999.9,360.0,010326,,,A") + b"\n",
    ),
    "radar": Form(
        lambda: RadarDecoder(RADARS, quarantine=True), _RADAR,
        lambda n: heard(b"R1", tll(n % 100_000, 121.95, 29.2), AT + n // 1000) + b"\n",
        heard(b"R1", b"RATTM,17,5.0,62.5,T,200.0,360.0,T,,,N,,T,,,A") + b"\n",
    ),
    "jt808": Form(
        lambda: Jt808Decoder(quarantine=True), _VEHICLES, _vehicle,
        jt808_frames.line(framed(location(speed=0xFFFF, direction=360, altitude=0xFFFF).encode())),
    ),
    "camera": Form(
        lambda: CameraDecoder(quarantine=True), _CAMERAS,
        lambda n: camera_lines.barrier(source=f"bar-{n}"),
        camera_lines.frigate(score=5, recognized_license_plate="无车牌"),
    ),
    "ais-catcher": Form(
        lambda: AisCatcherDecoder(quarantine=True), _rows("ais_catcher.jsonl"), _catcher,
        json.dumps({"class": "AIS", "type": 1, "mmsi": 412345679, "lon": 181, "lat": 91,
                    "speed": 102.3, "course": 360, "heading": 511, "rxuxtime": AT},
                   ).encode() + b"\n",
    ),
    "ais-csv": Form(
        AisCsvDecoder, tuple(_CSV),
        lambda n: b"01/03/2026 17:%02d:%02d,Class A,%d,29.1,121.9,Engaged in fishing,0.0,4.1,104.8,"
                  b"109,Unknown,BQXS,N%d,Fishing,,6,34,GPS,3.2,X,,AIS,20,14,3,3\n"
                  % (n // 6000 % 60, n // 100 % 60, 100_000_000 + n, n),
        b"01/03/2026 17:00:02,Class A,412345679,91.0,181.0,Engaged in fishing,,102.3,360.0,511,,,,,"
        b",,,,,,,AIS,,,,\n",
        _CSV_HEAD,
    ),
    "asterix": Form(
        lambda: AsterixDecoder(RADARS, quarantine=True),
        (*map(_asterix, (7, 7, 8)), b"%d %s\n" % (AT, CAT_048.encode())),
        _asterix,
    ),
}  # fmt: skip


def seeds(form: str, shared: Path | None) -> list[bytes]:
    """Lines of a form's samples: those made here, and some of the real ones where they are."""
    made = [FORMS[form].head + line for line in FORMS[form].sample]
    return made if shared is None else [*made, *_real(form, shared)]


def _real(form: str, shared: Path) -> Iterator[bytes]:
    names = {
        "ais": ("gpsd/ais-nmea.log", "libais/typeexamples.nmea", "ais-tools/errors.nmea",
                "ais-tools/ee-multiline.nmea", "libais/tagblock.nmea"),
        "beidou": ("gpsd/beidou-bd.log", "gpsd/beidou-gb.log"),
        "camera": ("camera/lines/frigate.jsonl", "camera/lines/gat1400.jsonl",
                   "camera/lines/onvif.jsonl", "camera/lines/bad.jsonl"),
    }.get(form, ())  # fmt: skip
    for name in names:
        yield from islice((shared / name).read_bytes().splitlines(keepends=True), 60)
    if form == "jt808":
        for text in (shared / "jt808-yezhihao" / "pairs.jsonl").read_text("utf-8").splitlines():
            yield jt808_frames.line(bytes.fromhex(json.loads(text)["hex"]))


def hostile_lines(form: str) -> list[bytes]:
    """Lines of 4 KiB at most that want to be slow, by form or by all."""
    big = b"9" * 4000
    xml = '<!DOCTYPE x [<!ENTITY a "b">]><x>' + "&a;" * 900 + "</x>"
    common = [
        b"\\" * 4000, b"!" * 4000, b"$" * 4000, b"," * 4000, b"*" * 4000, b"[" * 4000,
        b"{" * 4000,
        b"\\s:" * 1000 + b"*00\\", b"!AIVDM," * 500, b"$RATTM," * 500, b"$BDTXR,*00" * 400,
        b"1772384400 7e" + b"7d02" * 900 + b"7e", b"1772384400." + big, b'{"a":' * 700,
        b"\0" * 4000,
        b'{"received_at":' + big + b"}", b"1772384400 " + b"3e0fff" * 600,
        b"\xff" * 4000, b'"' * 4000, b'{"n":1e' + b"9" * 300 + b"}", "贩".encode("gbk") * 2000,
        b'{"class":"AIS","nmea":[' + b'"!AIVDM,1,1,,A,15RTgt0PAso;90TKcj,0*4A",' * 90 + b"]}",
    ]  # fmt: skip
    made = [
        camera_lines.line("onvif.metadata", {"xml": xml}),
        camera_lines.line("onvif.metadata", {"xml": "<a>" * 1200}),
        camera_lines.gat1400(*[{"PlateNo": "ﷺ" * 40}] * 40),
    ]
    return [FORMS[form].head + line + b"\n" for line in common] + made
