"""What is stored before its second is over: the same rows, once, and how long they took."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import polars as pl
from every_feed import BEGIN_S, boat, camera, echo, ship, tagged, truck
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from one_of_each import SITE as FILES
from polars.testing import assert_frame_equal

from core.settings import Settings
from geo.site import parse_site
from ingest.sources.inbox import FeedState
from pipeline.clerk import Taken
from pipeline.feed_states import LOOKED_BACK_S, StoredAfter, states
from pipeline.hearing import Hearing
from pipeline.runner import Runner
from pipeline.sites import make_place
from pipeline.tally import Tally

SITE = parse_site(FILES)
PIECES = 4  # of a second
files = st.lists(
    st.lists(st.tuples(st.integers(0, PIECES - 1), st.integers(0, 5)), max_size=8).map(sorted),
    min_size=3, max_size=3,
)  # fmt: skip


def heard(at: float, station: str, n: int, second: int) -> bytes:
    """A ship's line as an archive has it, which further stations hear too."""
    sentence = ship(n, BEGIN_S + second).rpartition(b"\\")[2].decode()
    return tagged(station, at, sentence) + b"\n"


def pieces(second: int, told: list[list[tuple[int, int]]]) -> list[dict[str, bytes]]:
    """What arrived in each piece of a second, by file."""
    found: list[dict[str, bytes]] = [{} for _ in range(PIECES)]
    for name, lines in zip(("east", "north", "south"), told, strict=True):
        for piece, n in lines:
            path = f"ais/{name}.nmea"
            line = heard(BEGIN_S + 10 * second + piece, name, n, 10 * second)
            found[piece][path] = found[piece].get(path, b"") + line
    at = BEGIN_S + 10 * second
    found[0]["beidou/boats.nmea"] = boat(second, at) + b"\n"
    found[1]["radar/r1.nmea"] = echo(second, at + 1) + b"\n"
    found[2]["vehicles/t.jt808"] = truck(second, at + 2) + b"\n"
    found[3]["cameras/c.jsonl"] = camera(4 * second, at + 3) + b"\n"
    return found


def taken(second: int, *some: dict[str, bytes]) -> Taken:
    paths = sorted({path for each in some for path in each})
    return Taken(
        BEGIN_S + 10 * second + 4, {p: iter([e[p] for e in some if p in e]) for p in paths}
    )


@examples(12)
@given(st.lists(files, min_size=1, max_size=3), st.integers(0, PIECES))
def test_what_was_heard_piece_by_piece_is_the_same_slice_and_holds_what_was_certain(
    seconds: list[list[list[tuple[int, int]]]], cut: int
) -> None:
    whole, cut_up = Hearing(SITE, Tally()), Hearing(SITE, Tally())
    for second, told in enumerate(seconds):
        parts = pieces(second, told)
        one = whole.slice(taken(second, *parts), {})
        certain = [cut_up.hear(taken(second, part)) for part in parts[:cut]]
        other = cut_up.slice(taken(second, *parts[cut:]), {})
        for field in fields(one):
            frame = getattr(one, field.name)
            if isinstance(frame, pl.DataFrame):
                assert_frame_equal(getattr(other, field.name), frame)
        told_before = pl.concat([part["observations"] for part in certain] or [one.observations])
        told_before = told_before.select(one.observations.columns)
        rows = Counter(map(repr, one.observations.rows()))
        assert not Counter(map(repr, told_before.rows())) - rows
        if cut == PIECES and second == 0:  # nothing was heard before: nothing is in doubt
            assert len(told_before) == len(one.observations)
    assert whole.tally.frames() == cut_up.tally.frames()


class Rows:
    """A sink that remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[pl.DataFrame] = []

    def write_observations(self, _run_id: int, frame: pl.DataFrame) -> int:
        self.given.append(frame)
        return len(frame)

    def set_tick(self, *_: object) -> int:
        return len(self.given)

    def __getattr__(self, name: str):  # what else a run tells is not looked at here
        return lambda *_: 0


def test_the_store_is_given_each_row_once_the_certain_ones_before_the_tick() -> None:
    place, sink = make_place(SITE, Settings(), exercise=False), Rows()
    runner, hearing = Runner(place, None, sink), Hearing(SITE, Tally())
    at = BEGIN_S
    runner.take(hearing.slice(Taken(at, {}), {}))
    stamp = f"{at}.200".encode()
    late, right = (b"%s %s\n" % (stamp, truck(n, at - 4000 * n).split()[1]) for n in (1, 0))
    runner.beforehand.hear(hearing.hear(Taken(at + 1, {"vehicles/t.jt808": iter([right, late])})))
    assert [len(frame) for frame in sink.given] == [1]
    runner.take(hearing.slice(Taken(at + 1, {"vehicles/t.jt808": iter([right])}), {}))
    assert runner.said["observations"] == 3, "the second one came again"
    assert [len(frame) for frame in sink.given] == [1, 1], "under the same key: it is stored once"
    assert runner.serial == 2


def rows(*after_s: float, at: datetime) -> pl.DataFrame:
    """Rows that arrived so long before a time."""
    return pl.DataFrame({"arrived_at": [at - timedelta(seconds=s) for s in after_s]})


def test_delays_are_those_of_rows_over_ten_minutes() -> None:
    now_s = 1_772_384_400.0
    stored = StoredAfter(lambda: now_s)
    begun = datetime.fromtimestamp(now_s, UTC)
    assert stored.quantiles_s() is None
    stored.rows(rows(5.0, at=begun))  # came before this life
    assert stored.quantiles_s() is None
    now_s += 30
    stored.rows(rows(*[0.1234] * 94, *[0.945] * 6, at=begun + timedelta(seconds=30)))
    assert stored.quantiles_s() == (0.13, 0.95)
    assert stored.summary() == {"stored_after_s": {"p50": 0.13, "p95": 0.95}}
    now_s += LOOKED_BACK_S - 31
    assert stored.quantiles_s() == (0.13, 0.95)
    stored.rows(rows(25.0, at=begun + timedelta(seconds=LOOKED_BACK_S - 1)))
    now_s += 31
    half, most = stored.quantiles_s() or (0.0, 0.0)
    assert half == most
    assert 25.0 <= half <= 25 * 1.06, "the first hundred are long ago"
    stored.rows(pl.DataFrame({"key": [b"k"]}))
    assert stored.quantiles_s() == (half, most)


def test_a_disk_that_takes_nothing_is_what_every_feed_says() -> None:
    feed = FeedState("trucks", "vehicles", "tcp-listen://:6001", "listening", "", 0, 0, 0, 1, ())
    (told,) = states([feed], {}, 0.0, None, None)
    assert (told["state"], told["detail"]) == ("listening", "")
    (told,) = states([feed], {}, 0.0, None, "disk: expected room, came none")
    assert (told["state"], told["detail"]) == ("waiting", "disk: expected room, came none")
