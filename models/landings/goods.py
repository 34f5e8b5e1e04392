"""Goods vehicles: who is one by the register, and whose plate a reading may be.

Readers take one character for another now and then (0-D, 8-B, 5-S, 2-Z, 1-I/L, 7-T; methods 7.2)
or lose the province's; so a reading that is in no register may be of a vehicle that is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from geo.site import Site

#: Which characters readers confuse (methods 7.2); either way.
_PAIRS: Final = ("0D", "0O", "0Q", "8B", "5S", "2Z", "1I", "1L", "7T", "6G", "CG", "UV", "VY")
_ALIKE: Final[Mapping[str, str]] = {
    char: "".join(pair.replace(char, "") for pair in _PAIRS if char in pair)
    for char in sorted(set("".join(_PAIRS)))
}
_GOODS: Final = re.compile(
    r"truck|lorry|refrigerat|tanker|trailer|tractor|\bvan\b|goods|cargo|货|冷藏|罐|牵引|挂|^[HQBGN]\d"
)
_HEAVY: Final = re.compile(r"heavy|tractor|trailer|重|牵引|挂|^(H1|Q|B|G)")
_LIGHT: Final = re.compile(r"light|\bvan\b|轻|微|^(H[34]|N)")
_FIRST_LETTER: Final = 2  # province and city stand before; readers lose the province as a whole


def is_goods(text: str | None) -> bool | None:
    """Whether a register's class is of a goods vehicle; None where it says nothing.

    >>> [is_goods(c) for c in ("truck_heavy", "refrigerated", "轻型货车", "car", "", None)]
    [True, True, True, False, None, None]
    """
    if text is None or not text.strip():
        return None
    return bool(_GOODS.search(text.lower()) or _GOODS.search(text))


def weight(text: str | None) -> str | None:
    """`heavy`, `light`, or None where the class leaves it open.

    >>> [weight(c) for c in ("truck_heavy", "H11", "H31", "refrigerated")]
    ['heavy', 'heavy', 'light', None]
    """
    if text is None:
        return None
    heavy = _HEAVY.search(text) is not None
    return "heavy" if heavy else "light" if _LIGHT.search(text) else None


@dataclass(frozen=True)
class Goods:
    """The register of goods vehicles: class by plate; plates of vehicles that are none."""

    classes: Mapping[str, str | None]  # of goods vehicles, and of those without a class
    others: frozenset[str]
    tails: Mapping[str, tuple[str, ...]]  # plates by what is left without the province

    @staticmethod
    @lru_cache(maxsize=8)
    def of(site: Site) -> Goods:
        """The register of a site."""
        classes: dict[str, str | None] = {}
        others: set[str] = set()
        tails: dict[str, list[str]] = {}
        for plate, text in site.vehicles.select("plate", "class").iter_rows():
            if is_goods(text) is False:
                others.add(plate)
                continue
            classes[plate] = text
            tails.setdefault(plate[1:], []).append(plate)
        kept = {tail: tuple(sorted(plates)) for tail, plates in tails.items()}
        return Goods(classes, frozenset(others), kept)

    def meant(self, read: str, text: str | None) -> tuple[list[str], bool]:
        """Registered plates that may have been misread so, and whether the province is lost.

        Parameters
        ----------
        read
            What was read: no plate of the register.
        text
            The reader's class; a plate of the other weight is not meant.
        """
        bare = read[:1].isascii()
        found = set(self.tails.get(read, ())) if bare else set()
        if not bare:
            found.update(p for p in self.tails.get(read[1:], ()) if p != read)
            for at in range(_FIRST_LETTER, len(read)):
                for other in _ALIKE.get(read[at], ""):
                    plate = read[:at] + other + read[at + 1 :]
                    if plate in self.classes:
                        found.add(plate)
        said = weight(text)
        fit = [p for p in found if said is None or weight(self.classes[p]) in (None, said)]
        return sorted(fit), bare
