"""`pierwatch decode FORMAT [FILE]`: frames in, one JSON object a line out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TextIO

from geo.site import Site
from ingest.archive.reading import CHUNK, chunks
from ingest.decode import objects
from ingest.decoded import Decoded
from pipeline.forms import FORMATS


def decode(
    format_: str, pieces: Iterable[bytes], out: TextIO, site: Site | None = None
) -> dict[str, object]:
    """Decode one of the FORMATS; what a frame yields goes out in the order of the lines.

    Returns
    -------
    The counts by kind and by reason, for standard error.
    """
    decoder = FORMATS[format_](site, None, False)
    counts: dict[str, int] = {}
    refused: dict[str, int] = {}
    receptions = 0

    def take(part: Decoded) -> None:
        nonlocal receptions
        for kind, n in part.counts.items():
            counts[kind] = counts.get(kind, 0) + n
        for reason, n in part.refusals.group_by("reason").len().iter_rows():
            refused[reason] = refused.get(reason, 0) + n
        receptions += part.receptions
        out.writelines(json.dumps(o, ensure_ascii=False) + "\n" for o in objects(part))

    for piece in pieces:
        take(decoder.feed(piece))
    take(decoder.close())
    return {
        "counts": dict(sorted(counts.items())),
        "receptions": receptions,
        "refused": dict(sorted(refused.items())),
    }


def pieces_of(
    file: Path | None, progress: Callable[[int], None] = lambda _: None
) -> Iterator[bytes]:
    """The bytes of a file (unpacked where gzipped), or of standard input."""
    source = chunks(file) if file is not None else _stream(sys.stdin.fileno())
    for piece in source:
        progress(len(piece))
        yield piece


def _stream(descriptor: int) -> Iterator[bytes]:
    """What is there, without waiting for a full buffer: a pipe may be slow."""
    while piece := os.read(descriptor, CHUNK):
        yield piece
