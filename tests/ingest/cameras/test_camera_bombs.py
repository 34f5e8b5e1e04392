"""The largest messages that are taken at all, made to be slow: none holds a feed up."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import camera_lines
import pytest
from camera_lines import frigate, gat1400, onvif, reasons, run

from ingest.sources.web_intake import MOST_BODY

#: No message may cost much more than what the standard library takes to read so many numbers
#: (0.05 s beside 0.037): measured on the same machine, it stands whatever else that does.
PLAIN = json.dumps([1] * 1_000_000)
MOST_OF_PLAIN = 1.35
#: Made when asked for: each worker collects them all, and one runs them.
BOMBS = {
    "lists in lists": lambda: frigate(x=[[[1]]] * 900_000),
    "lists": lambda: frigate(x=[[]] * 1_500_000),
    "objects": lambda: frigate(x=[{}] * 1_500_000),
    "numbers": lambda: frigate(x=[1] * 2_000_000),
    "texts": lambda: frigate(x=["a"] * 1_200_000),
    "members": lambda: frigate(x={str(n): 1 for n in range(400_000)}),
    "XML of many objects": lambda: onvif("<tt:Object/>" * 4_000),
    "XML of foreign elements": lambda: onvif("<a/>" * 4_000),
}
MOST = {
    "a thousand vehicles": lambda: gat1400(*[camera_lines.vehicle()] * 1000),
    "a picture as large as a request may be": lambda: frigate(
        snapshot="A" * (MOST_BODY - (1 << 12))
    ),
    "every list that is taken": lambda: frigate(x=[[]] * 8_000),
    "every member that is taken": lambda: frigate(x={str(n): 1 for n in range(65_000)}),
    "every object that is taken": lambda: onvif(camera_lines.onvif_object("Vehicle") * 250),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_message_of_too_many_parts_is_refused_before_it_takes_long(name: str) -> None:
    line = BOMBS[name]()
    assert reasons(run(line)) == ["too_deep"]
    assert _of_plain(line) < MOST_OF_PLAIN


@pytest.mark.parametrize("name", MOST)
def test_the_largest_that_is_taken_takes_no_longer(name: str) -> None:
    line = MOST[name]()
    assert run(line).observations.height > 0
    assert reasons(run(line)) == []
    assert _of_plain(line) < MOST_OF_PLAIN


def _of_plain(line: bytes) -> float:
    """CPU beside that of reading `PLAIN`, each the least of three taken in turn."""
    mine, plain = [], []
    for _ in range(3):
        mine.append(_cpu_s(lambda: run(line)))
        plain.append(_cpu_s(lambda: json.loads(PLAIN)))
    return min(mine) / min(plain)


def _cpu_s(work: Callable[[], object]) -> float:
    begin = time.thread_time()
    work()
    return time.thread_time() - begin
