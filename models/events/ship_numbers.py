"""What an MMSI and a name tell of who carries them.

Maritime identification digits as ITU has allotted them (ITU-R M.585, table of MIDs), and the
names that the makers of net beacons (网位仪) set: a serial with the battery's charge or voltage.
"""

from __future__ import annotations

from typing import Final

import polars as pl

#: First and last of each run of digits that are allotted to an administration.
_ALLOTTED: Final = (
    (201, 216), (218, 220), (224, 259), (261, 279), (301, 301), (303, 312), (314, 314), (316, 316),
    (319, 319), (321, 321), (323, 323), (325, 325), (327, 327), (329, 332), (334, 334), (336, 336),
    (338, 339), (341, 341), (343, 343), (345, 345), (347, 348), (350, 359), (361, 362), (364, 364),
    (366, 379), (401, 401), (403, 403), (405, 405), (408, 408), (410, 410), (412, 414), (416, 417),
    (419, 419), (422, 423), (425, 425), (428, 428), (431, 432), (434, 434), (436, 438), (440, 441),
    (443, 443), (445, 445), (447, 447), (450, 451), (453, 453), (455, 455), (457, 457), (459, 459),
    (461, 461), (463, 463), (466, 466), (468, 468), (470, 473), (475, 475), (477, 478), (501, 501),
    (503, 503), (506, 506), (508, 508), (510, 512), (514, 516), (518, 518), (520, 520), (523, 523),
    (525, 525), (529, 529), (531, 531), (533, 533), (536, 536), (538, 538), (540, 540), (542, 542),
    (544, 544), (546, 546), (548, 548), (550, 550), (553, 553), (555, 555), (557, 557), (559, 559),
    (561, 561), (563, 567), (570, 570), (572, 572), (574, 574), (576, 578), (601, 601), (603, 603),
    (605, 605), (607, 613), (615, 622), (624, 627), (629, 638), (642, 642), (644, 645), (647, 647),
    (649, 650), (654, 657), (659, 672), (674, 679), (701, 701), (710, 710), (720, 720), (725, 725),
    (730, 730), (735, 735), (740, 740), (745, 745), (750, 750), (755, 755), (760, 760), (765, 765),
    (770, 770), (775, 775),
)  # fmt: skip
MIDS: Final = frozenset(mid for first, last in _ALLOTTED for mid in range(first, last + 1))
_ODD: Final = tuple(f"mmsi:{mid}" for mid in range(200, 800) if mid not in MIDS)

#: "0123-85%", "ZHEYU 7 12.4V", "NET 3", "BUOY12", "网位仪5".
_BEACON_NAME: Final = (
    r"(?i)\d{1,3} ?%|\b\d{1,2}(\.\d{1,2})? ?V\b|\b(NET|FISHNET|BUOY|WANGWEI)([ _-]?\w)?\d*\b"
    r"|网位|网标|浮标"
)


def no_ships_number(target: pl.Expr) -> pl.Expr:
    """Nine digits whose first three are no country's: no administration gave it to a ship."""
    return target.str.starts_with("mmsi:") & target.str.slice(0, 8).is_in(_ODD)


def beacons_name(name: pl.Expr) -> pl.Expr:
    """Names as net beacons carry them; null where no name was given."""
    return name.str.contains(_BEACON_NAME)
