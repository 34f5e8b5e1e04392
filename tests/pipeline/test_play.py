"""The player takes the other side of every feed: what a live source then has is what was recorded.

Real sources on loopback, a real broker; see also `test_every_feed_live`.
"""

from __future__ import annotations

import json
import socket
from collections import Counter
from pathlib import Path

import jt808_frames
from heard import hearing, kept_up, ran, until
from living import free_port
from mosquitto import broker
from recordings import make_recording

from core.settings import FeedSettings
from pipeline.play.frames import Played, played
from pipeline.play.player import Feeds, Pace, play
from pipeline.play.senders import Told
from pipeline.recording import read_recording

SAMPLES = Path(__file__).parent.parent / "ingest/samples"
NMEA = rb"\s:S1,c:1772384400*58\!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
TTM = rb"\s:R1,c:1772384400*59\$RATTM,17,5.0,90.0,T,8.2,270.0,T,,,N,,T,,,A*1C"
RMC = rb"\s:B1,c:1772384400*49\$BDRMC,170000.00,A,2912.000,N,12154.000,E,8.5,90.0,010326,,,A*66"
SHIP = b'{"class":"AIS","rxuxtime":1772384400.5,"mmsi":412345678,"type":1,"lon":121.9,"lat":29.2}'
POST = b'{"stationid":"hill","msgs":[' + SHIP + b"]}"


def feed(sensor: str, url: str, form: str = "") -> FeedSettings:
    return FeedSettings.model_validate({"sensor": sensor, "url": url, "format": form})


def udp() -> str:
    return f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"


def recording(folder: Path) -> dict[str, list[bytes]]:
    """One of every form; the frames by file's ending as a source has them."""
    lorry = jt808_frames.line(jt808_frames.framed(b"", 0x0002))
    tracks = [line for line in (SAMPLES / "tracks.asterix").read_bytes().splitlines() if line]
    envelope = b'{"received_at":"2026-03-01T17:00:01Z","source":"hill","format":"ais-catcher",'
    files = {
        "ais/shore.nmea": NMEA + b"\n",
        "ais/json.jsonl": SHIP + b"\n" + envelope + b'"payload":' + POST + b"}\n",
        "ais/history.csv": (SAMPLES / "dma.csv").read_bytes(),
        "radar/plain.nmea": TTM + b"\n",
        "radar/binary.asterix": b"\n".join(tracks) + b"\n",
        "beidou/boats.nmea": RMC + b"\n",
        "vehicles/lorries.jt808": lorry,
    }
    make_recording(folder, {}, others={f"feeds/{name}": data for name, data in files.items()})
    binary = [line.split()[1].lower() for line in tracks if len(line.split()) == 2]
    return {"lorries": [lorry.split()[1]], "binary": binary, "boats": [RMC], "plain": [TTM]}


def test_every_form_reaches_a_feed_that_reads_it_as_it_was(tmp_path: Path) -> None:
    wanted = recording(tmp_path / "recording")
    with broker() as hub:
        feeds = {
            "shore": feed("ais", udp()),
            "json": feed("ais", udp(), "ais-catcher"),
            "plain": feed("radar", f"file://{tmp_path}/radar"),
            "binary": feed("radar", udp(), "asterix"),
            "boats": feed("beidou", hub.url),
            "lorries": feed("vehicles", f"file://{tmp_path}/lorries"),
        }
        with hearing(tmp_path, **feeds) as heard, kept_up(heard):
            until(lambda: heard.state("boats").state == "connected", "the broker")
            told = Told()
            frames = played(read_recording(tmp_path / "recording"))
            ran(play(frames, feeds, Pace(rate=200, shift=False), told))
            n = 4 + len(wanted["binary"]) + 2
            until(lambda: len(heard.frames) >= n, f"{n} frames of {told}")
            assert not any(state.refused for state in heard.sources.states())
    came: dict[str, list[bytes]] = {}
    for each in heard.frames:
        came.setdefault(each.feed, []).append(each.frame)
    assert {name: came[name] for name in wanted} == wanted
    assert came["shore"] == [NMEA]
    said = [json.loads(each) for each in came["json"]]
    assert [each["payload"] for each in said] == [json.loads(SHIP), json.loads(POST)]
    assert set(told.failed) == {"no feed for ais, *.csv"}  # history, which no sensor sends


def test_each_source_keeps_its_feed_and_all_feeds_get_some() -> None:
    feeds = Feeds({name: feed("ais", udp()) for name in ("north", "south", "east")})
    sources = [f"S{n % 6}" for n in range(60)]
    chosen = [feeds.of(Played(None, "ais", ".nmea", source, b"")) for source in sources]
    pairs = set(zip(sources, chosen, strict=True))
    assert len(pairs) == 6
    assert Counter(name for _, name in pairs) == {"north": 2, "south": 2, "east": 2}
