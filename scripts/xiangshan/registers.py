"""The vessel and vehicle registers, permits and regimes. All invented, and told by their numbers.

Every MMSI begins with 41299 or 41399, every vessel's name holds 演 (demonstration), every owner of
a vehicle is called 示例 (example).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

from xiangshan.piers import Pier, pick

#: type, how many, name, length range (m), share with MMSI and with BeiDou in per cent.
VESSELS = (
    ("fishing", 430, "浙象渔演", (12, 45), 92, 80),
    ("aquaculture", 190, "浙象养演", (6, 14), 55, 10),
    ("cargo", 40, "象货演", (40, 95), 98, 10),
    ("tanker", 8, "象油演", (45, 90), 100, 10),
    ("sand_carrier", 14, "象砂演", (50, 88), 95, 5),
    ("passenger", 16, "象渡演", (18, 42), 100, 20),
    ("law_enforcement", 8, "象巡演", (18, 55), 100, 60),
    ("service", 34, "象工演", (12, 35), 90, 20),
    ("leisure", 60, "象游演", (6, 16), 45, 0),
)
#: class, how many, owner.
VEHICLES = (
    ("truck_light", 120, "示例冷链"),
    ("truck_heavy", 110, "示例物流"),
    ("refrigerated", 60, "示例水产"),
    ("tanker", 30, "示例油品"),
    ("van", 50, "示例配送"),
    ("car", 30, "示例公务"),
)
_PLATE = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def _csv(header: str, rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return out.getvalue().encode()


def vessels(piers: list[Pier], dice: np.random.Generator) -> bytes:
    """vessels.csv: 800 vessels; home piers are those in use."""
    homes = [pier for pier in piers if pier.status == "active" for _ in range(3)]
    homes += [pier for pier in piers if pier.status == "low"]
    rows: list[tuple[object, ...]] = []
    for kind, count, stem, (short, long), with_mmsi, with_beidou in VESSELS:
        for number in range(1, count + 1):
            # The smaller of two throws: there are more small boats than large ones.
            length = int(min(dice.integers(short, long + 1), dice.integers(short, long + 1)))
            serial = len(rows) + 1
            block = "41299" if dice.integers(2) else "41399"
            mmsi = f"{block}{serial:04d}" if dice.integers(100) < with_mmsi else None
            beidou = f"{9_100_000 + serial}" if dice.integers(100) < with_beidou else None
            home = homes[int(dice.integers(len(homes)))].pier_id
            draught = round(0.4 + length * float(dice.integers(45, 70)) / 1000, 1)
            rows.append(
                (
                    f"V{serial:04d}",
                    f"{stem}{number:04d}",
                    mmsi,
                    beidou,
                    kind,
                    length,
                    draught,
                    home,
                )
            )
    return _csv("vessel_id,name,mmsi,beidou_id,type,length_m,draught_m,home_pier", rows)


def vehicles(dice: np.random.Generator) -> bytes:
    """vehicles.csv: 400 vehicles; three in four have a terminal."""
    rows: list[tuple[object, ...]] = []
    plates: set[str] = set()
    for kind, count, owner in VEHICLES:
        for _ in range(count):
            plate = ""
            while not plate or plate in plates:
                letters = "".join(_PLATE[int(i)] for i in dice.integers(len(_PLATE), size=3))
                plate = f"浙B9{letters}{int(dice.integers(10))}"
            plates.add(plate)
            serial = len(rows) + 1
            terminal = f"{10_990_000_000 + serial:012d}" if dice.integers(4) else None
            rows.append((terminal, plate, kind, f"{owner}{pick((1, 1, 1, 1, 1, 1), dice) + 1}队"))
    return _csv("terminal,plate,class,owner", rows)


def permits(piers: list[Pier]) -> bytes:
    """permits.csv: two nights of announced work, so that the form is seen."""
    active = [pier for pier in piers if pier.status == "active" and pier.township == "石浦"]
    idle = [pier for pier in piers if pier.status == "idle" and pier.township == "墙头"]
    rows = [
        (active[0].pier_id, "2026-02-27T14:00:00Z", "2026-02-27T20:00:00Z", None, None),
        (idle[0].pier_id, "2026-03-05T12:00:00Z", "2026-03-05T18:00:00Z", None, None),
    ]
    reasons = ("示例：夜间卸冰鲜", "示例：码头加固浇筑")
    return _csv(
        "pier_id,from,to,vessel_id,plate,reason,issued_by",
        [(*row, reason, "示例签发人") for row, reason in zip(rows, reasons, strict=True)],
    )


def regimes() -> bytes:
    """regimes.csv: the yearly summer moratorium as announced for recent years, and a festival."""
    note = "示例：按往年伏季休渔公告的日期写成，以当年公告为准"
    return _csv(
        "kind,from,to,source",
        [
            ("moratorium_trawl", "2026-05-01T04:00:00Z", "2026-09-16T04:00:00Z", note),
            ("moratorium_gillnet", "2026-05-01T04:00:00Z", "2026-08-16T04:00:00Z", note),
            ("moratorium_purse_seine", "2026-05-01T04:00:00Z", "2026-08-01T04:00:00Z", note),
            ("festival", "2026-03-02T16:00:00Z", "2026-03-03T16:00:00Z", "元宵"),
        ],
    )
