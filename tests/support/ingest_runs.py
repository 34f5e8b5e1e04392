"""How tests run a decoder over bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ingest.ais import AisDecoder
from ingest.decoded import Decoded, concat

Decode = Callable[..., Decoded]


def decode_ais(
    data: bytes,
    size: int | None = None,
    *,
    source: str | None = None,
    skew_s: Mapping[str, int] | None = None,
) -> Decoded:
    """Decode bytes fed in pieces of a size; in one piece where none is given."""
    decoder = AisDecoder(source, skew_s)
    step = size or max(len(data), 1)
    parts = [decoder.feed(data[at : at + step]) for at in range(0, len(data), step)]
    return concat([*parts, decoder.close()])
