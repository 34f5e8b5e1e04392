"""Coverage-guided fuzzing of the decoders: nothing may leave them but what they decode.

    python tests/fuzz/fuzz_decoders.py FORMAT [--seconds N] [--corpus DIR] [--merge FOUND]

FORMAT is one of `pierwatch decode`'s. A finding is an exception, something unbelievable in the
yield (see `unbelievable.believable`), or a frame of 4 KiB that costs more than 50 ms of CPU time
thrice in a row; atheris then writes the input to DIR and ends with status 1. Whether memory grows
`memory_of_decoders.py` says afterwards: under the fuzzer its own books grow.
What is found stands in a folder of its own; `--merge FOUND` takes the smallest of it into the
corpus (libFuzzer's own merge starts itself anew, which a Python target cannot).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(HERE.parent / "support")]

import atheris  # noqa: E402

with atheris.instrument_imports(include=["ingest"]):
    from decoder_forms import FORMS, seeds
    from unbelievable import believable

    from ingest.decoded import concat

MOST_BYTES = 4096
MOST_S = 0.05
MOST_KEPT = 24 << 10  # bytes of a corpus


class Target:
    """Feeds one input, whole and in two pieces, to a new decoder of a form."""

    def __init__(self, form: str) -> None:
        self._form = FORMS[form]

    def __call__(self, data: bytes) -> None:
        most = MOST_S * (1 + data.count(b"\n"))
        if all(self._taken(data) > most for _ in range(3)):  # stops at the first in time
            raise TimeoutError(f"more than {most:.2f} s of CPU time for {len(data)} bytes")

    def _taken(self, data: bytes) -> float:
        decoder = self._form.make()
        begin = time.thread_time()
        yields = [decoder.feed(data[:97]), decoder.feed(data[97:]), decoder.close()]
        taken = time.thread_time() - begin
        believable(concat(yields))
        return taken


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("format", choices=FORMS)
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--corpus", type=Path)
    options.add_argument("--merge", type=Path, metavar="FOUND")
    given = options.parse_args()
    corpus = given.corpus or HERE / "corpus" / given.format
    corpus.mkdir(parents=True, exist_ok=True)
    if given.merge:
        kept(given.merge, corpus)
        return
    folders = [_seeded(given.format), corpus]
    flags = [f"-max_total_time={given.seconds}", f"-artifact_prefix={corpus}/finding-"]
    print(f"keep what was found: --merge {folders[0]}", file=sys.stderr)
    flags += [f"-max_len={MOST_BYTES}", "-len_control=0", "-rss_limit_mb=0"]
    flags += ["-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *flags, *map(str, folders)], Target(given.format))
    atheris.Fuzz()


def kept(found: Path, corpus: Path) -> None:
    """Take what was found into the corpus, the smallest first, up to MOST_KEPT bytes in all."""
    total = sum(path.stat().st_size for path in corpus.iterdir())
    new = [path for path in found.iterdir() if not path.name.startswith("seed-")]
    for path in sorted(new, key=lambda each: (each.stat().st_size, each.name)):
        total += path.stat().st_size
        if total > MOST_KEPT:
            return
        shutil.copy(path, corpus / path.name)


def _seeded(form: str) -> Path:
    """A new folder with the samples as a corpus to begin with."""
    work = Path(tempfile.mkdtemp(prefix=f"pierwatch-fuzz-{form}-"))
    shared = ROOT.parent / "shared" / "data"
    for number, line in enumerate(seeds(form, shared if shared.is_dir() else None)):
        (work / f"seed-{number:04d}").write_bytes(line[:MOST_BYTES])
    return work


if __name__ == "__main__":
    main()
