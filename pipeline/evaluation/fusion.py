"""The figures of fusion on some nights of some seeds, and the table of them in its report.

A seed's nights are simulated, replayed and scored once; their sums are kept under a name that says
what they were made from, as everything of the evaluation is.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from core.errors import InputError, SettingsError
from pipeline.collector import looks_seldom
from pipeline.county import simulate
from pipeline.evaluation.gathering import commit
from pipeline.evaluation.runs import SETTINGS, version
from pipeline.evaluation.sets import SCALE, Cache, hashed, seeds_of, source
from pipeline.fusion_scores import fusion_sums
from pipeline.recording import read_recording
from pipeline.replay import replay
from simulate.scoring.tracking.sums import Sums
from simulate.scoring.tracking.tables import joined_table

MOST_BIASES: Final = 10
BEGIN, END = "<!-- figures -->\n", "\n<!-- /figures -->"
_SUMS: Final = "nights.json"
_HEAD: Final = """\
{at:%Y-%m-%d %H:%M} UTC, commit {commit}; source of what replays and scores, as a hash: {source}.
{nights} of each of the seeds {seeds}, `{scale}` county; the sums of the nights are added. Made by

```
{command}
```
"""
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Nights:
    """The first nights of a seed, at a bias of its radars: a share of 60 m and 0.6°, to both
    sides."""

    seed: int
    bias: float
    number: int = 1


def biases_of(text: str) -> tuple[float, ...]:
    """Biases, with commas between, as shares of the worst.

    >>> biases_of("0,0.5,1")
    (0.0, 0.5, 1.0)

    Raises
    ------
    SettingsError
        Not so, or too many.
    """
    parts = [part.strip() for part in text.split(",")]
    try:
        found = tuple(dict.fromkeys(map(float, parts)))
    except ValueError:
        found = ()
    if not 0 < len(found) <= MOST_BIASES or not all(0.0 <= bias <= 1.0 for bias in found):
        raise SettingsError("--radar-bias", expected="shares like 0,0.5,1", came=text)
    return found


def measure(
    asked: Sequence[Nights], cache: Cache, told: Tell, workers: int = 1
) -> list[list[Sums]]:
    """The sums of every night asked for, each made where it is not there."""
    one = partial(sums_of, cache=cache)
    found = []
    for number, (nights, sums) in enumerate(
        zip(asked, _mapped(one, asked, workers), strict=True), 1
    ):
        told(f"seed {nights.seed}, bias {nights.bias:g}: {number} of {len(asked)}")
        found.append(sums)
    return found


def sums_of(nights: Nights, cache: Cache) -> list[Sums]:
    """The sums of each night; they are simulated, replayed and scored where that was not done
    before."""
    looks_seldom()  # in a process of its own nobody else said so
    recording = _recording(nights, cache)
    folder = cache.folder / "fusion" / f"{recording.name}~{_source()}"
    kept = folder / _SUMS
    if not kept.exists():
        shutil.rmtree(folder, ignore_errors=True)  # of a run that was broken off
        about = read_recording(recording)
        replay(about, SETTINGS, out=folder, vessels=True)
        kept.write_text(json.dumps(fusion_sums(recording, folder, about.site)), "utf-8")
    return [
        {name: (above, below) for name, (above, below) in night.items()}
        for night in json.loads(kept.read_bytes())
    ]


def write_figures(
    seeds: str, biases: str, cache: Cache, page: Path, *,
    command: str, at: datetime, told: Tell, nights: int = 1, workers: int = 1,
) -> None:  # fmt: skip
    """Measure, and write the table between the page's marks `BEGIN` and `END`.

    Parameters
    ----------
    seeds, biases
        As `seeds_of` and `biases_of` read them; a column of the table a bias.
    command, at
        Said on the page.
    nights
        Of each seed.

    Raises
    ------
    InputError
        The page is not there, or has no such marks.
    SettingsError
        `seeds` or `biases` are no such lists.
    """
    before, after = _around(page)
    of_seeds, columns = seeds_of(seeds), biases_of(biases)
    asked = [Nights(seed, bias, nights) for bias in columns for seed in of_seeds]
    found = measure(asked, cache, told, workers)
    by_bias = {
        _named(bias): [
            night
            for of, sums in zip(asked, found, strict=True)
            if of.bias == bias
            for night in sums
        ]
        for bias in columns
    }
    head = _HEAD.format(
        at=at, commit=commit(), source=_source(), seeds=", ".join(map(str, of_seeds)),
        scale=SCALE, command=command,
        nights="One night" if nights == 1 else f"The first {nights} nights",
    )  # fmt: skip
    page.write_text(f"{before}{BEGIN}{head}\n{joined_table(by_bias)}{END}{after}", "utf-8")


def _around(page: Path) -> tuple[str, str]:
    """What stands before and after the figures."""
    text = page.read_text("utf-8") if page.is_file() else ""
    before, begun, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        wanted = f"a page with the lines {BEGIN.strip()} and {END.strip()}"
        came = "one without" if text else "no such page"
        raise InputError(str(page), expected=wanted, came=came, act="Put them where it is to be.")
    return before, after


def _recording(nights: Nights, cache: Cache) -> Path:
    of = cache.path(nights.seed, nights.number)
    path = of.with_name(f"{of.name}-tracks-{nights.bias:g}")
    if not path.exists():
        simulate(
            cache.site, path, nights.number, nights.seed, SCALE,
            tracks=True, radar_bias=nights.bias,
        )  # fmt: skip
    return path


def _source() -> str:
    """A hash of all that decides what is said and how it is scored."""
    return f"{version()}-{hashed(source('simulate'))}"


def _mapped(
    one: Callable[[Nights], list[Sums]], asked: Sequence[Nights], workers: int
) -> Iterator[list[Sums]]:
    if workers == 1:  # a process takes seconds to begin
        yield from map(one, asked)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(one, asked)


def _named(bias: float) -> str:
    return f"{60 * bias:g} m / {0.6 * bias:g}°" if bias else "no bias"
