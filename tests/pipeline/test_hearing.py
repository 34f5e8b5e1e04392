"""What a second of the archive gives, however small the pieces in which it is handed over."""

from __future__ import annotations

from collections.abc import Iterator

from nmea_lines import tag_block
from one_of_each import AT, POSITION, SITE

from core.errors import RecordingError
from geo.site import parse_site
from pipeline.clerk import Taken
from pipeline.hearing import Hearing
from pipeline.tally import Tally

PATH = "ais/north-20260301T170000.nmea"


def line(i: int) -> bytes:
    at = tag_block(b"a:%d" % (1000 * (AT + i)))
    return at + tag_block(b"s:N,c:%d" % (AT + 60 * i)) + POSITION + b"\n"


def test_what_was_read_before_the_disk_failed_is_heard_and_the_rest_is_counted() -> None:
    def pieces() -> Iterator[bytes]:
        yield line(0)
        yield line(1)
        raise RecordingError("ais/north", expected="the bytes that were written", came="an error")

    hearing = Hearing(parse_site(SITE), Tally())
    heard = hearing.slice(Taken(AT + 5, {PATH: pieces()}), {}).observations
    assert len(heard) == 2
    assert hearing.tally.refused["ais/north", "unreadable_file"] == 1
