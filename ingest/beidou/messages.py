"""Short messages are private correspondence: who, when, how long; the words only if they are ours.

`$--TXR,<class>,<sender>,<form>,<hhmm>,<text>` names no addressee: it is what the receiving
terminal, the tag block's `s:`, was sent. `$--TCI,<sender>,<addressee>,<frequency>,<hhmmss>,
<coding>,<reserved>,<text>` names one. Neither has an emergency flag (BeiDou's distress call is
another sentence), so `emergency` is null: not reported.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest import frames
from ingest.decoded import MESSAGE
from ingest.nmea.fields import DAY
from ingest.nmea.stream import Heard
from ingest.nmea.text import NONE
from ingest.nmea.times import FUTURE, SECOND

#: How many fields each has, its name among them; the last is the text.
FIELDS: Final = {b"TXR": 6, b"TCI": 8}
_HEX: Final = b"1"  # TXR's form and TCI's coding of "code", which stays as written


def plain(address: str) -> str:
    """An address without leading zeros: terminals write 7 or 8 digits.

    >>> plain("04207733") == plain("4207733")
    True
    """
    return address.lstrip("0")


def messages(heard: Heard, centre_addresses: frozenset[str]) -> tuple[pl.DataFrame, list[int]]:
    """The messages of some TXR and TCI sentences, and the rows that are none.

    Parameters
    ----------
    centre_addresses
        Addresses of the centre's own terminals, without leading zeros. A command receiver that
        also hears its subordinates' messages to each other is not one of them.
    """
    rows, wrong = [], []
    for row in range(heard.count):
        said = _message(heard, row, centre_addresses)
        if said is None:
            wrong.append(row)
        else:
            rows.append(said)
    if not rows:
        return pl.DataFrame(schema=MESSAGE), wrong
    table = pl.DataFrame(rows, schema=list(MESSAGE), orient="row", infer_schema_length=None)
    whens = [name for name in MESSAGE if name.endswith("_at")]
    table = table.with_columns(frames.times(table[name].to_numpy()).alias(name) for name in whens)
    return table.cast(MESSAGE), wrong


def _message(heard: Heard, row: int, centre: frozenset[str]) -> tuple[object, ...] | None:
    sentences = heard.sentences
    body = sentences.text.slice(int(sentences.begin[row]) + 1, int(sentences.star[row]))
    kind = body[2:5]
    fields = body.split(b",", FIELDS[kind] - 1)
    source = heard.sources[int(heard.source[row])]
    if len(fields) < FIELDS[kind]:
        return None
    sender = fields[2] if kind == b"TXR" else fields[1]
    addressee = fields[2].decode("ascii", "replace") if kind == b"TCI" else source or ""
    if not sender.isdigit() or len(sender) > 10:
        return None
    clock, content = fields[4], fields[-1]
    text = None
    if plain(addressee) and plain(addressee) in centre:
        coded = fields[3 if kind == b"TXR" else 5] == _HEX
        text = content.decode("ascii" if coded else "gb18030", "replace")
    received = int(heard.received[row])
    return (
        source, f"beidou:{plain(sender.decode()):0>7}", _sent(clock, received), received,
        len(content), None, text, int(heard.arrival[row]), int(heard.line[row]),
    )  # fmt: skip


def _sent(clock: bytes, received: int) -> int:
    """`hhmm` or `hhmmss` on the date nearest to the receipt; NONE where it cannot be."""
    if not clock.isdigit() or len(clock) not in (4, 6) or received < 0:
        return NONE
    hour, minute, second = (int(clock[at : at + 2] or b"0") for at in (0, 2, 4))
    if hour > 23 or minute > 59 or second > 59:
        return NONE
    time = received - received % DAY + ((hour * 60 + minute) * 60 + second) * SECOND
    time += DAY * ((received - time > DAY // 2) - (time - received > DAY // 2))
    return time if time <= received + FUTURE else NONE  # another time zone's clock
