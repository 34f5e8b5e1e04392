"""A whole recording: the same bytes however it is made, and a bounded number of nights at hand."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from core.errors import SettingsError
from simulate.command import Maker, NightFiles, Order, simulate

FOLDER = Path(__file__).parents[2] / "sites/xiangshan"
FILES = {p.name: p.read_bytes() for p in FOLDER.iterdir() if p.is_file()}
SEED = 205
AGAIN = """
import hashlib, sys
from pathlib import Path
from simulate.command import simulate
if __name__ == "__main__":
    folder = Path(sys.argv[1])
    files = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    for path, data in simulate(files, 2, int(sys.argv[2]), "small", tracks=True, workers=2):
        print(path, hashlib.sha256(data).hexdigest(), flush=True)
"""


@pytest.fixture(scope="module")
def maker() -> Maker:
    return Maker(Order(FILES, 2, SEED, "small"))


@pytest.fixture(scope="module")
def nights(maker: Maker) -> list[NightFiles]:
    """The second night is made before the first: neither may depend on the other."""
    second = maker.night(1)
    return [maker.night(0), second]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Path and digest of what two processes on a plainer processor wrote, with tracks, in order."""
    script = tmp_path_factory.mktemp("elsewhere") / "again.py"
    script.write_text(AGAIN)
    extra = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
    env = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(extra), "PYTHONWARNINGS": "ignore"}
    env["PYTHONPATH"] = str(FOLDER.parents[1])
    made = subprocess.run(
        [sys.executable, script, FOLDER, str(SEED)],
        env=env, check=True, capture_output=True, text=True, timeout=600,
    ).stdout  # fmt: skip
    return [(path, digest) for path, digest in map(str.split, made.splitlines())]


def test_two_processes_and_a_plainer_processor_write_the_same_bytes_with_tracks_or_without(
    maker: Maker, nights: list[NightFiles], elsewhere: list[tuple[str, str]]
) -> None:
    theirs = {path: digest for path, digest in elsewhere if not path.startswith("truth/")}
    assert len(theirs) == len(elsewhere) - 2 * len(nights), "tracks and echoes of each night"
    ours = {"recording.toml": maker.recording_toml(), "truth.json": maker.truth(nights)}
    ours |= {f"site/{name}": content for name, content in maker.site_files.items()}
    ours |= {path: content for night in nights for path, content in night.files}
    assert theirs == {path: hashlib.sha256(content).hexdigest() for path, content in ours.items()}


def test_every_feed_is_there_each_night_in_the_order_of_its_receipts(
    nights: list[NightFiles],
) -> None:
    for night in nights:
        feeds = {path.split("/")[1] for path, _ in night.files}
        assert feeds == {"ais", "beidou", "radar", "vehicles", "cameras"}
        for path, content in night.files:
            assert content[4:8] == bytes(4), "no time of writing in the file"
            if path.startswith(("feeds/ais", "feeds/radar")):
                last = 0
                for line in gzip.decompress(content).splitlines():
                    if b"c:" in line:
                        at = int(line.split(b"c:")[1].split(b"*")[0])
                        assert at >= last, path
                        last = at


def test_a_night_of_the_standard_set_stays_within_its_share(nights: list[NightFiles]) -> None:
    """240 nights: 120 million frames and 12 GB."""
    for night in nights:
        assert sum(night.frames.values()) < 650_000
        assert sum(len(content) for _, content in night.files) < 50_000_000


def test_the_head_says_that_it_is_simulated(maker: Maker) -> None:
    head = tomllib.loads(maker.recording_toml().decode())
    assert head["simulated"] is True
    assert "模拟" in head["note"]
    assert head["start"] == maker.county.starts[0]


def test_files_come_one_after_another_the_truth_last(elsewhere: list[tuple[str, str]]) -> None:
    paths = [path for path, _ in elsewhere]
    assert paths[0] == "recording.toml"
    assert paths[-1] == "truth.json"
    assert len(set(paths)) == len(paths)


@pytest.mark.parametrize(
    ("nights", "scale", "off"), [(0, "small", ()), (1, "vast", ()), (1, "small", ("rainbows",))]
)
def test_what_cannot_be_made_is_refused_with_a_sentence(
    nights: int, scale: str, off: tuple[str, ...]
) -> None:
    with pytest.raises(SettingsError, match="expected"):
        next(simulate(FILES, nights, SEED, scale, off=off))
