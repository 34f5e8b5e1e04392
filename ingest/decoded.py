"""What every decoder gives: frames of the house's schema, refusals, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from core.schema import (
    ALIVE,
    IDENTITY,
    OBSERVATION,
    RECEPTION,
    REFUSAL,
    TRANSPORT,
    UTC_TIME,
    arriving,
    empty,
)

#: Short messages of BeiDou terminals: private correspondence, of which only this is kept.
MESSAGE: Final = pl.Schema(
    {
        "source": pl.String(),
        "sender": pl.String(),  # "beidou:0242407"
        "sent_at": UTC_TIME,
        "received_at": UTC_TIME,
        "length_bytes": pl.Int64(),
        "emergency": pl.Boolean(),  # null: not reported
        "text": pl.String(),  # null unless it was addressed to the centre
        **TRANSPORT,
    }
)


def _no_digests() -> pl.Series:
    return pl.Series("payload", [], dtype=pl.UInt64)


@dataclass(frozen=True)
class Decoded:
    """The yield of some bytes, in the order of their lines.

    Attributes
    ----------
    observations, identities
        `core.schema.arriving(OBSERVATION)` and `arriving(IDENTITY)`.
    refusals
        `core.schema.REFUSAL`: one row for each frame that could not be read.
    counts
        By kind: `position`, `sighting`, `identity`, `other`, and `type_<n>` of AIS messages;
        other decoders say theirs.
    receptions
        Messages that were heard again by another station and are not repeated in the frames.
    observation_payloads, identity_payloads
        UInt64, one for each row: a digest of the message's payload, the same whoever heard it.
        With it `ingest.ais.receptions` folds receptions over several files.
    messages
        MESSAGE: short messages, without their text unless it was meant for the centre.
    ahead
        As `observations`: those more than 60 s ahead of their receipt. Only a decoder made with
        `quarantine=True` gives them, uncorrected, for somebody to judge the source's clock; any
        other refuses them as `future`.
    heard_again
        `core.schema.RECEPTION`: what `receptions` counts.
    alive
        `core.schema.ALIVE`: heartbeats and the like.
    """

    observations: pl.DataFrame = field(default_factory=lambda: empty(arriving(OBSERVATION)))
    identities: pl.DataFrame = field(default_factory=lambda: empty(arriving(IDENTITY)))
    refusals: pl.DataFrame = field(default_factory=lambda: empty(REFUSAL))
    counts: dict[str, int] = field(default_factory=dict)
    receptions: int = 0
    observation_payloads: pl.Series = field(default_factory=_no_digests)
    identity_payloads: pl.Series = field(default_factory=_no_digests)
    messages: pl.DataFrame = field(default_factory=lambda: empty(MESSAGE))
    ahead: pl.DataFrame = field(default_factory=lambda: empty(arriving(OBSERVATION)))
    heard_again: pl.DataFrame = field(default_factory=lambda: empty(RECEPTION))
    alive: pl.DataFrame = field(default_factory=lambda: empty(ALIVE))


def concat(parts: Sequence[Decoded]) -> Decoded:
    """Several yields as one, in the order given.

    >>> concat([]).receptions
    0
    """
    if not parts:
        return Decoded()
    if len(parts) == 1:
        return parts[0]
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part.counts)
    return Decoded(
        observations=pl.concat([part.observations for part in parts]),
        identities=pl.concat([part.identities for part in parts]),
        refusals=pl.concat([part.refusals for part in parts]),
        counts=dict(counts),
        receptions=sum(part.receptions for part in parts),
        observation_payloads=pl.concat([part.observation_payloads for part in parts]),
        identity_payloads=pl.concat([part.identity_payloads for part in parts]),
        messages=pl.concat([part.messages for part in parts]),
        ahead=pl.concat([part.ahead for part in parts]),
        heard_again=pl.concat([part.heard_again for part in parts]),
        alive=pl.concat([part.alive for part in parts]),
    )
