"""What a vessel says beside what the register says of it (套牌, to be checked).

Two ways to disagree: its AIS claims a length that is not the registered one's; or the AIS and the
BeiDou set that go about together belong to two vessels of the register.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

import polars as pl

#: AIS and BeiDou tracks that are in a vessel.
MEMBER: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "track": pl.String(),
        "target": pl.String(),
        "since_s": pl.Int64(),
        "probability": pl.Float64(),
    }
)
#: Pairs of them that the register knows as two vessels.
PAIR: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "ais": pl.String(),
        "beidou": pl.String(),
        "track": pl.String(),  # the AIS track
        "from_us": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "note": pl.String(),
    }
)
Row = dict[str, Any]


class Register:
    """The register of vessels by what they are heard as; numbers that several share say nothing.

    Parameters
    ----------
    table
        `geo.site.Site.vessels`.
    """

    def __init__(self, table: pl.DataFrame) -> None:
        self.by_mmsi = _only(table, "mmsi")
        self.by_beidou = _only(table, "beidou_id")
        self.lengths = self._lengths()
        self.sets = self._sets()

    def _lengths(self) -> pl.DataFrame:
        """`target` and `registered_m` of the vessels whose length is known."""
        rows = [(f"mmsi:{mmsi}", row["length_m"]) for mmsi, row in sorted(self.by_mmsi.items())]
        schema = {"target": pl.String(), "registered_m": pl.Float64()}
        return pl.DataFrame(rows, schema=schema, orient="row").drop_nulls()

    def _sets(self) -> pl.DataFrame:
        """`target` and `other`: the BeiDou and the AIS set of the vessels that have both."""
        rows = [
            (f"beidou:{address}", f"mmsi:{row['mmsi']}")
            for address, row in sorted(self.by_beidou.items())
            if row["mmsi"] in self.by_mmsi
        ]
        schema = {"target": pl.String(), "other": pl.String()}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def disagreement(self, ais: str, beidou: str) -> Row | None:
        """What the register has for a pair of sets that are aboard one vessel; None: no other."""
        mmsi, address = ais.removeprefix("mmsi:"), beidou.removeprefix("beidou:")
        by_beidou, by_mmsi = self.by_beidou.get(address), self.by_mmsi.get(mmsi)
        if by_beidou is not None and by_beidou["mmsi"] not in (None, mmsi):
            return {"beidou_is_of": by_beidou["vessel_id"], "with_mmsi": by_beidou["mmsi"]}
        if by_mmsi is not None and by_mmsi["beidou_id"] not in (None, address):
            return {"mmsi_is_of": by_mmsi["vessel_id"], "with_beidou": by_mmsi["beidou_id"]}
        return None


def _only(table: pl.DataFrame, column: str) -> dict[str, Row]:
    rows = table.filter(pl.col(column).is_not_null() & pl.col(column).is_unique())
    return {row[column]: row for row in rows.iter_rows(named=True)}


def lengths(claims: pl.DataFrame, register: Register, ratio: float) -> pl.DataFrame:
    """Claims of a length that is so many times the registered one, or the other way round.

    Returns
    -------
    `target`, `clock_s`, `t_us`, `length_m`, `registered_m`.
    """
    known = claims.select("target", "clock_s", "t_us", "length_m").drop_nulls()
    beside = known.join(register.lengths, on="target", how="inner", maintain_order="left")
    longer = pl.col("length_m") > pl.col("registered_m") * ratio
    return beside.filter(longer | (pl.col("registered_m") > pl.col("length_m") * ratio))


def follow(
    members: pl.DataFrame, pairs: pl.DataFrame, links: pl.DataFrame, register: Register
) -> tuple[pl.DataFrame, list[Row], list[Row]]:
    """Take links; say which pairs came together and which parted.

    Parameters
    ----------
    members, pairs
        `MEMBER`, and `PAIR` of which the vessel, targets and beginning are read.
    links
        `models.fusion.schema.LINK`.

    Returns
    -------
    The members; pairs that began: `clock_s`, `vessel`, `ais`, `beidou`, `track`, `from_us`, `said`
    (a dict); pairs that ended: the row of `PAIR` or of one begun, with `clock_s`.
    """
    spoken = links.filter(pl.col("sensor").is_in(["ais", "beidou"]))
    if spoken.is_empty():
        return members, [], []
    mine: dict[str, dict[str, Row]] = {}
    for row in members.iter_rows(named=True):
        mine.setdefault(row["vessel"], {})[row["track"]] = row
    open_: dict[tuple[str, str, str], Row] = {
        (row["vessel"], row["ais"], row["beidou"]): row for row in pairs.iter_rows(named=True)
    }
    begun, ended = [], []
    for clock_s, changed in _changes(spoken, mine):
        for vessel in changed:
            now = {pair[1:]: pair[0] for pair in _pairs(mine.get(vessel, {}).values(), register)}
            known = [key for key in open_ if key[0] == vessel]
            for key in known:
                if key[1:] not in now:
                    ended.append({**open_.pop(key), "clock_s": clock_s})
            for (ais, beidou), found in sorted(now.items()):
                if (vessel, ais, beidou) not in open_:
                    row = {"vessel": vessel, "ais": ais, "beidou": beidou, "clock_s": clock_s}
                    row |= found
                    open_[vessel, ais, beidou] = row
                    begun.append(row)
    rows = [row for tracks in mine.values() for row in tracks.values()]
    return pl.DataFrame(rows, schema=MEMBER).sort("vessel", "track"), begun, ended


def _changes(
    spoken: pl.DataFrame, mine: dict[str, dict[str, Row]]
) -> Iterator[tuple[int, list[str]]]:
    """Apply the links tick by tick; after each, which vessels changed."""
    order = pl.col("phase") != "left"  # who changes vessels leaves first
    ordered = spoken.sort("clock_s", order, "vessel", "track").iter_rows(named=True)
    for clock_s, rows in groupby(ordered, key=lambda row: int(row["clock_s"])):
        changed = set()
        for row in rows:
            tracks = mine.setdefault(row["vessel"], {})
            changed.add(row["vessel"])
            if row["phase"] == "left":
                tracks.pop(row["track"], None)
            else:
                tracks[row["track"]] = {c: row[c] for c in MEMBER.names()}
            if not tracks:
                del mine[row["vessel"]]
        yield clock_s, sorted(changed)


def _pairs(members: Any, register: Register) -> Iterator[tuple[Row, str, str]]:
    """Pairs of an AIS and a BeiDou set among the members that the register parts."""
    aboard = list(members)
    for one in aboard:
        for two in aboard:
            if not (one["target"].startswith("mmsi:") and two["target"].startswith("beidou:")):
                continue
            said = register.disagreement(one["target"], two["target"])
            if said is not None:
                since_s = max(one["since_s"], two["since_s"])
                sure = min(one["probability"], two["probability"])
                row = {"track": one["track"], "from_us": since_s * 1_000_000}
                yield {**row, "said": {**said, "probability": sure}}, one["target"], two["target"]
