"""The last line of a quiet feed does not wait for the next: what is archived is decoded at once."""

from __future__ import annotations

from datetime import UTC, datetime

import camera_lines
import jt808_frames
import nmea_feeds
import pytest
from nmea_lines import tag_block
from one_of_each import POSITION, SITE

from geo.site import parse_site
from ingest.archive.stamps import in_hex, in_json, stamped
from pipeline.reader import Reader
from pipeline.tally import Tally

AT = nmea_feeds.AT
MINUTE = 60
#: Minutes between frames: a burst, the archive's longest pause, and another.
PAUSES = (0, 1, 10, 10, 1)


def ais(at):
    return stamped(tag_block(b"s:N,c:%d" % at) + POSITION, 1000 * at)


def beidou(at):
    return stamped(nmea_feeds.heard(b"7", nmea_feeds.rmc(121.9, 29.2, at % 86400), at), 1000 * at)


def radar(at):
    return stamped(nmea_feeds.heard(b"R1", nmea_feeds.ttm(7, 5, 90), at), 1000 * at)


def truck(at):
    beijing = datetime.fromtimestamp(at + 8 * 3600, UTC).strftime("%y%m%d%H%M%S")
    told = jt808_frames.location(time=bytes.fromhex(beijing))
    return in_hex(jt808_frames.framed(told.encode()).hex().encode(), 1000 * at)


def bar(at):
    said = camera_lines.barrier(at=datetime.fromtimestamp(at, UTC).isoformat())
    return in_json(said.replace(b'"received_at"', b'"claimed"'), 1000 * at)


@pytest.mark.parametrize(
    ("path", "frame"),
    [
        ("ais/north.nmea", ais), ("beidou/boats.nmea", beidou), ("radar/R1.nmea", radar),
        ("vehicles/trucks.jt808", truck), ("cameras/quay.jsonl", bar),
    ],
)  # fmt: skip
def test_every_frame_is_there_when_it_was_fed_however_long_the_pause(path, frame):
    reader = Reader(path, parse_site(SITE), Tally())
    at = AT
    for pause in PAUSES:
        at += pause * MINUTE
        part = reader.feed(frame(at))
        assert part["observations"]["arrived_at"][0].timestamp() == at
    assert "observations" not in reader.close()


def test_in_an_archive_the_arrival_bears_a_leaping_receipt_out_or_not():
    """A station that caught up is believed at once; one whose clock leaped is refused at once."""
    tally = Tally()
    reader = Reader("radar/R1.nmea", parse_site(SITE), tally)
    for received, arrived, taken in (
        (AT - 3600, AT, True),
        (AT + 1, AT + 1, True),
        (AT + 7200, AT + 2, False),
        (AT + 3, AT + 3, True),
    ):
        line = nmea_feeds.heard(b"R1", nmea_feeds.ttm(7, 5, 90), received)
        assert ("observations" in reader.feed(stamped(line, 1000 * arrived))) == taken
    assert tally.refusals() == {"radar/R1": {"bad_receipt": 1}}
