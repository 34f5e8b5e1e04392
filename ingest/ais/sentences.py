"""The fields of AIVDM and AIVDO sentences: parts, channel, payload, fill bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.nmea.sentences import Sentences
from ingest.nmea.text import Bools, Ints, first_at


@dataclass(frozen=True)
class Fragments:
    """What the sentences carry; arrays with one row a sentence.

    `well_formed` is false where the fields are not as they should be; the others are then void.
    `payload` and `length` span the armoured characters.
    """

    well_formed: Bools
    count: Ints
    number: Ints
    comma: Ints  # of shape (6, n): the sentence's first commas
    payload: Ints
    length: Ints
    fill: Ints

    def sequence_and_channel(self, sentences: Sentences, row: int) -> tuple[str, str]:
        """The texts by which parts of a message are matched."""
        at = self.comma[:, row]
        spans = ((int(at[2]) + 1, int(at[3])), (int(at[3]) + 1, int(at[4])))
        sequence, channel = (
            sentences.text.slice(*span).decode("ascii", "replace") for span in spans
        )
        return sequence, channel


def fragments(sentences: Sentences) -> Fragments:
    """Read the fields of whole AIVDM and AIVDO sentences.

    Fields after the fill bits are passed over: real feeds have one there.
    """
    text = sentences.text
    first = first_at(text.commas, sentences.begin)
    comma = np.stack([text.commas[first + at] for at in range(6)])
    char = text.bytes
    count = char[comma[0] + 1].astype(np.int64) - 48
    number = char[comma[1] + 1].astype(np.int64) - 48
    fill = char[comma[5] + 1].astype(np.int64) - 48
    behind = char[comma[5] + 2]
    empty = comma[5] + 1 == sentences.star  # some senders leave the fill bits out
    good = (comma[5] < sentences.star) & (comma[0] == sentences.begin + 6)
    good &= (comma[1] - comma[0] == 2) & (comma[2] - comma[1] == 2)
    good &= (count >= 1) & (count <= 9) & (number >= 1) & (number <= count)
    good &= empty | ((fill >= 0) & (fill <= 5) & ((behind == ord("*")) | (behind == ord(","))))
    # A NUL is no six-bit character, and behind the payload it would pass for padding.
    zeros = text.positions("\0")
    good &= np.searchsorted(zeros, comma[4]) == np.searchsorted(zeros, comma[5])
    return Fragments(
        well_formed=good,
        count=count,
        number=number,
        comma=comma,
        payload=comma[4] + 1,
        length=comma[5] - comma[4] - 1,
        fill=np.where(empty, 0, fill),
    )
