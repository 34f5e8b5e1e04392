"""Recorded samples with what `pierwatch decode` must say of them, line by line.

`write_golden` writes the expectations anew: read the difference before it is committed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ingest.decode import objects
from ingest.decoded import Decoded

SAMPLES = Path(__file__).parent.parent / "ingest" / "samples"


def said_of(name: str, decode: Callable[[bytes], Decoded]) -> list[str]:
    """The objects of a sample as lines of JSON."""
    decoded = decode((SAMPLES / name).read_bytes())
    return [json.dumps(row, ensure_ascii=False) for row in objects(decoded)]


def agrees_with_golden(name: str, decode: Callable[[bytes], Decoded]) -> None:
    """Every object, to the last digit."""
    expected = (SAMPLES / f"{name}.expected.jsonl").read_text("utf-8").splitlines()
    assert said_of(name, decode) == expected


def write_golden(name: str, decode: Callable[[bytes], Decoded]) -> None:
    """Take what the decoder says now as what is expected."""
    lines = "\n".join(said_of(name, decode))
    (SAMPLES / f"{name}.expected.jsonl").write_text(f"{lines}\n", "utf-8")
