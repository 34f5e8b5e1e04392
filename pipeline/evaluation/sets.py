"""The standard evaluation set: simulated recordings, made once and kept outside the repository.

A recording is kept under a name that says what it was made from: scale, seed, nights, and a hash of
the site and of the simulator's own source. What was made by an older simulator is never taken for
what today's would make.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.errors import SettingsError
from pipeline.county import simulate
from simulate.priors import TEST_SEEDS, TUNING_SEEDS

NIGHTS: Final = 30
SCALE: Final = "small"
#: Lists of seeds by name. Figures come from `test`; whatever is tuned is tuned on `tuning`.
SEEDS: Final = {"test": TEST_SEEDS, "tuning": TUNING_SEEDS}
MOST_SEEDS: Final = 100
_HOUSE: Final = Path(__file__).parents[2]


@dataclass(frozen=True)
class Cache:
    """A folder of simulated recordings of one site."""

    folder: Path
    site: Path

    def path(self, seed: int, nights: int = NIGHTS, scale: str = SCALE) -> Path:
        """Where a recording stands, made or not."""
        made_of = hashed([*source("simulate", "geo", without=("scoring",)), *_files(self.site)])
        return self.folder / f"{scale}-{seed}-{nights}-{made_of}"

    def recording(
        self, seed: int, nights: int = NIGHTS, scale: str = SCALE, *, workers: int = 1
    ) -> Path:
        """The recording's folder; it is made where it is not there."""
        path = self.path(seed, nights, scale)
        if not path.exists():
            simulate(self.site, path, nights, seed, scale, workers=workers)
        return path


def seeds_of(text: str) -> tuple[int, ...]:
    """Seeds from their list's name, or from numbers with commas between.

    >>> seeds_of("test")[:2], seeds_of("7,9")
    ((201, 202), (7, 9))

    Raises
    ------
    SettingsError
        Neither.
    """
    if text in SEEDS:
        return SEEDS[text]
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > MOST_SEEDS or not all(p.isdecimal() and len(p) < 10 for p in parts):
        known = ", ".join(SEEDS)
        raise SettingsError("--seeds", expected=f"{known}, or numbers like 201,202", came=text)
    return tuple(dict.fromkeys(int(part) for part in parts))


def make(
    cache: Cache,
    seeds: Sequence[int],
    nights: int,
    *,
    workers: int = 1,
    told: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Make what is missing of a set, and count it: landings, frames, gzipped bytes."""
    total = {"recordings": 0, "nights": 0, "landings": 0, "frames": 0, "bytes": 0}
    for seed in seeds:
        path = cache.recording(seed, nights, workers=workers)
        found = size(path)
        told(f"{path.name}: " + ", ".join(f"{n:,} {name}" for name, n in found.items()))
        for name, n in {"recordings": 1, **found}.items():
            total[name] += n
    return total


def size(recording: Path) -> dict[str, int]:
    """What a simulated recording has."""
    truth = json.loads((recording / "truth.json").read_bytes())
    counts = truth["counts"]
    feeds = (p for p in (recording / "feeds").rglob("*") if p.is_file())
    return {
        "nights": truth["nights"],
        "landings": counts["landings"],
        "frames": sum(counts["frames"].values()),
        "bytes": sum(p.stat().st_size for p in feeds),
    }


def county(recording: Path) -> dict[str, int]:
    """A simulated county in numbers, coast included; of one that has none, what is counted."""
    truth = json.loads((recording / "truth.json").read_bytes())
    found: dict[str, int] = truth.get("county") or {"landings": len(truth["landings"])}
    return found


def source(*rooms: str, without: Sequence[str] = ()) -> list[Path]:
    """The files of some rooms that decide what comes out, in order."""
    return [
        path
        for room in rooms
        for path in _files(_HOUSE / room)
        if path.suffix in (".py", ".toml") and not {*without} & {*path.parent.parts}
    ]


def hashed(paths: Iterable[Path]) -> str:
    """Twelve letters that stand for the names and contents of some files."""
    state = hashlib.blake2b(digest_size=6)
    for path in paths:
        data = path.read_bytes()
        state.update(f"{path.name} {len(data)}\n".encode() + data)
    return state.hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())
