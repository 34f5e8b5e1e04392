"""A refused frame as it may be shown: enough to find the fault, nothing of a person. Pure.

Design, decision 6: plates are masked, pictures and private correspondence are not shown.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from alerts.masking import masked

SHOWN_CHARACTERS: Final = 120
#: 24 bytes: a JT/T 808 header with its sub-package fields; what follows may hold a plate in GBK.
_HEX = re.compile(r"(?<![0-9A-Za-z])((?:[0-9A-Fa-f]{2}){24})[0-9A-Fa-f]{2,}")
#: Plates in small letters: the mask knows capitals.
_LOWER_PLATE = re.compile(r"[\u4e00-\u9fff][A-Za-z][·\s]?[A-Za-z0-9]{4,6}")
#: Pictures, in Base64.
_IMAGE = re.compile(r"[A-Za-z0-9+/]{80,}={0,2}")
#: A short message and the two fields that say from whom and when.
_MESSAGE = re.compile(r"(\$[A-Z]{2}(?:TX|TC|DW|WA)[A-Z](?:,[^,*]{0,20}){0,2}).*")
_TEXT_FIELD = re.compile(r'("(?:text|content|message|Text|Content)"\s*:\s*)"[^"]*"?')


def shown(sample: str) -> str:
    """The sample without plates, pictures, short messages and control characters.

    >>> shown('{"PlateNo":"浙B12345","x":1}')
    '{"PlateNo":"浙B****5","x":1}'
    >>> shown("$BDTXR,1,0242407,2,1722,A4B1*00")
    '$BDTXR,1,0242407…'
    """
    text = unicodedata.normalize("NFKC", sample)
    text = "".join(c if c.isprintable() else "·" for c in text)
    text = _MESSAGE.sub(r"\1…", text)
    text = _TEXT_FIELD.sub(r'\1"…"', text)
    text = _HEX.sub(r"\1…", text)
    text = _IMAGE.sub("…", text)
    text = str(masked(_LOWER_PLATE.sub(lambda found: found[0].upper(), text)))
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
