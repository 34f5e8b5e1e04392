"""Number plates as cameras, terminals and registers write them, in one form."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Blanks, dots and dashes that writers put between the letters; not part of the plate.
_BETWEEN: Final = re.compile(r"[\s·•・‧∙⋅.\-_]+")
_PLATE: Final = re.compile(r"(?=.*[0-9])[一-鿿A-Z0-9]{4,12}")
#: What devices write where they read none.
_NONE: Final = frozenset({"00000000", "0000000", "000000"})


def plate_of(text: object) -> str | None:
    """The plate in capitals without blanks and dots; None where the text names none.

    A misread letter is not corrected: what was read stays a claim.

    >>> plate_of(" 浙b·00002 "), plate_of("无车牌"), plate_of("浙B0001挂")
    ('浙B00002', None, '浙B0001挂')
    """
    if not isinstance(text, str) or len(text) > 40:
        return None
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper()
    return plain if _PLATE.fullmatch(plain) and plain not in _NONE else None
