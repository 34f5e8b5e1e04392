"""A second process beside a replay: it decodes ahead, and works out the settled pass meanwhile.

The fast and the settled pass do not ask each other, and each takes a state and gives one; so which
process works them out changes nothing in what is said. Two nights of the small county, start-up
included: 47 s by one process, 38 s by two.
"""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Final

from core.errors import PierwatchError, SetupError
from engine import passes
from engine.fold import Settled
from engine.place import Place
from pipeline.arrivals import Arrivals
from pipeline.collector import looks_seldom
from pipeline.recording import Recording
from pipeline.slices import Slice
from pipeline.tally import Tally

#: It takes three seconds to begin: packed recordings smaller than this are replayed by one process.
WORTH_BYTES: Final = 4_000_000


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class _Ahead:
    """A slice that was decoded, and what was counted and read on the way to it."""

    piece: Slice
    tally: Tally
    read_bytes: int


class Beside:
    """The second process, while a replay runs; leaving it ends it.

    Questions are answered in their order. One for the next slice is asked in advance, behind that
    for the pass, so that it is decoded while this process still judges.
    """

    def __init__(self, recording: Recording, progress: Callable[[int], None]) -> None:
        spawned = get_context("spawn")
        self._line, theirs = spawned.Pipe()
        self._process = spawned.Process(target=_serve, args=(theirs, recording), daemon=True)
        self._process.start()
        theirs.close()  # the end is seen once nobody else holds it
        self._progress = progress
        self._place: Place | None = None
        self._asked = False  # for a slice that has not been received
        self._ahead: _Ahead | None = None
        self._over = False
        self.tally = Tally()

    def __enter__(self) -> Beside:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._line.close()
        self._process.terminate()
        self._process.join()

    def __iter__(self) -> Iterator[Slice]:
        while not self._over:
            self._ask_ahead()
            self._receive_ahead()
            if self._ahead is None:
                return
            ahead, self._ahead = self._ahead, None
            self._over = ahead.piece.last
            self._progress(ahead.read_bytes)
            self.tally.add(ahead.tally)
            yield ahead.piece

    def settle(
        self, state: passes.PassState, given: passes.Given, was_s: int, until_s: int, place: Place
    ) -> Settled:
        """Begin the settled pass; its end is waited for when what it gave is called."""
        self._receive_ahead()  # or both would wait for the other to receive
        news = None if place is self._place else place
        self._place = place
        self._send((state, given, was_s, until_s, news))
        self._ask_ahead()
        return self._answer

    def _ask_ahead(self) -> None:
        if not (self._asked or self._ahead or self._over):
            self._send(None)
            self._asked = True

    def _receive_ahead(self) -> None:
        if self._asked:
            self._ahead, self._asked = self._answer(), False

    def _send(self, question: Any) -> None:
        try:
            self._line.send(question)
        except OSError as error:
            raise _gone() from error

    def _answer(self) -> Any:
        try:
            self._line.poll(None)  # Ctrl-C interrupts this wait; that of `recv` it would not
            answer, error = self._line.recv()
        except (EOFError, OSError) as gone:
            raise _gone() from gone
        if error is not None:
            raise error
        return answer


def _gone() -> SetupError:
    return SetupError(
        "replay", expected="its second process to answer", came="that it has ended",
        act="See whether memory ran out; --cores 1 does without it.",
    )  # fmt: skip


def _serve(line: Connection, recording: Recording) -> None:
    """Answer until the first process ends, or ends the line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process to take
    threading.Thread(target=_ends_with_the_first, daemon=True).start()
    looks_seldom()
    ahead = _decoded(recording)
    place: Any = None
    while True:
        try:
            asked = line.recv()
        except (EOFError, OSError):
            return
        answer: Any = None
        failed: Exception | None = None
        try:
            if asked is None:
                answer = next(ahead, None)
            else:
                state, given, was_s, until_s, news = asked
                place = news or place
                answer = passes.advance(state, given, was_s, until_s, place, settled=True)
        except PierwatchError as error:  # the first process says it
            failed = error
        except BaseException:  # a fault of ours: its traceback would not get across the line
            failed = RuntimeError(f"in the second process:\n{traceback.format_exc()}")
        try:
            line.send((answer, failed))
        except OSError:
            return


def _ends_with_the_first() -> None:
    """Where the first process was killed, this one does not work its question out to the end."""
    first = parent_process()
    if first is not None:
        connection.wait([first.sentinel])
        os._exit(1)


def _decoded(recording: Recording) -> Iterator[_Ahead]:
    read: list[int] = []
    arrivals = Arrivals(recording, read.append)
    for piece in arrivals:
        yield _Ahead(piece, arrivals.tally.taken(), sum(read))
        read.clear()
