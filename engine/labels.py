"""What officers found out about landings: verdicts and interceptions, as labels of pier and time.

A label counts from the tick at which it came. It is told beside what is like it, opens the watch
for a second wave, and changes no weight (design, decision 6: a person decides).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import polars as pl

from core.times import SECOND_US, unix_us
from engine.place import Place
from geo.plane import distance_m
from models.baseline.bursts import DAY_US, MEMORY_NIGHTS
from models.risk.outlook import OUTCOMES

LABEL: Final = pl.Schema(
    {
        "tick_s": pl.Int64(),  # at which it came
        "pier_id": pl.String(),
        "berth_us": pl.Int64(),  # of the landing that it is about
        "at_us": pl.Int64(),  # of an interception; of a verdict: the berthing
        "outcome": pl.String(),  # one of models.risk.outlook.OUTCOMES
        "caught": pl.Boolean(),  # an interception
    }
)
KINDS: Final = ("verdict", "interception")
#: Results of an interception that prove a landing; `lawful_…` is lawful, all else is unknown.
FOUND: Final = ("seized", "caught", "goods_found", "arrested")
MOST: Final = 4096  # the newest are kept
KEPT_S: Final = MEMORY_NIGHTS * 86_400
#: Berthings so near to each other at a pier are one.
SAME_US: Final = 30 * 60 * SECOND_US
#: A second wave: so soon after, so far off (methods 1.6), and from so long before on: what is
#: boarded may be there to be boarded.
WAVE_US: Final = DAY_US
WAVE_M: Final = 10_000.0
AHEAD_US: Final = 2 * 3600 * SECOND_US


def take(held: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Take decisions (`core.schema.DECISION`) to the labels that are held.

    What names no pier and no berthing, as the desk fills them in, labels nothing.

    Returns
    -------
    LABEL in an order of its own.
    """
    new = decisions.filter(pl.col("kind").is_in(KINDS))
    if new.is_empty():
        return held
    told = new.select("tick_s", "kind", "content").iter_rows()
    rows = [row for tick_s, kind, text in told if (row := _row(tick_s, kind, json.loads(text)))]
    both = pl.concat([held, pl.DataFrame(rows, LABEL, orient="row")]).unique()
    return both.sort(LABEL.names()).tail(MOST)


def drop(held: pl.DataFrame, until_s: int) -> pl.DataFrame:
    """Those that still matter after a tick."""
    return held.filter(pl.col("tick_s") > until_s - KEPT_S)


def _row(tick_s: int, kind: str, content: Mapping[str, Any]) -> tuple[Any, ...] | None:
    pier_id, berth = content.get("pier_id"), content.get("berth_from")
    if not isinstance(pier_id, str) or not isinstance(berth, str):
        return None
    berth_us = _us(berth)
    caught = kind == "interception"
    said = str(content["result" if caught else "verdict"])
    first = "confirmed" if said in FOUND else said.partition("_")[0]
    outcome = first if first in OUTCOMES else "unknown"
    return tick_s, pier_id, berth_us, _us(content["at"]) if caught else berth_us, outcome, caught


def _us(text: str) -> int:
    return unix_us(datetime.fromisoformat(text))


class Labels:
    """The labels that are held, by pier; the later word on a landing stands."""

    def __init__(self, held: pl.DataFrame) -> None:
        self._by_pier: dict[str, list[tuple[int, int, int, str, bool]]] = {}
        for tick_s, pier_id, *rest in held.iter_rows():
            self._by_pier.setdefault(pier_id, []).append((tick_s, *rest))

    def outcomes(
        self, place: Place, tick_s: int, visits: pl.DataFrame, piers: Collection[int]
    ) -> dict[tuple[int, int], str]:
        """What was found out by a tick about visits at some piers, by pier and time of berthing.

        Parameters
        ----------
        visits
            With `pier` and `t_us`.
        """
        if not self._by_pier:
            return {}
        mine = visits.filter(pl.col("pier").is_in(list(piers))).select("pier", "t_us")
        said = {
            (pier, t_us): self._said(place.pier_rows[pier]["pier_id"], t_us, tick_s)
            for pier, t_us in mine.iter_rows()
        }
        return {visit: outcome for visit, outcome in said.items() if outcome is not None}

    def _said(self, pier_id: str, t_us: int, tick_s: int) -> str | None:
        mine = [
            (came_s, -abs(berth_us - t_us), outcome)
            for came_s, berth_us, _, outcome, _ in self._known(pier_id, tick_s)
            if abs(berth_us - t_us) <= SAME_US
        ]
        return max(mine)[2] if mine else None

    def second_wave(self, pier: int, begun_us: int, place: Place, tick_s: int) -> bool:
        """Whether a landing begins within a day and 10 km of an interception, or of another that
        was confirmed: the first may have been a decoy, whatever was found on it."""
        here = place.pier_rows[pier]
        for pier_id in self._by_pier:
            there = place.pier_by_id.get(pier_id)
            if there is None:
                continue
            apart_m = float(distance_m(here["lon"], here["lat"], there["lon"], there["lat"]))
            if apart_m <= WAVE_M and any(
                (caught or outcome == "confirmed")
                and -AHEAD_US <= begun_us - at_us <= WAVE_US
                and (pier_id != here["pier_id"] or abs(berth_us - begun_us) > SAME_US)
                for _, berth_us, at_us, outcome, caught in self._known(pier_id, tick_s)
            ):
                return True
        return False

    def proved(self, place: Place, tick_s: int) -> list[tuple[int, int]]:
        """Pier and berthing of the landings that were proved by a tick."""
        rows = {row["pier_id"]: at for at, row in enumerate(place.pier_rows)}
        return sorted(
            {
                (rows[pier_id], berth_us)
                for pier_id in self._by_pier.keys() & rows.keys()
                for _, berth_us, _, outcome, _ in self._known(pier_id, tick_s)
                if outcome == "confirmed"
            }
        )

    def _known(self, pier_id: str, tick_s: int) -> list[tuple[int, int, int, str, bool]]:
        held: Collection[tuple[int, int, int, str, bool]] = self._by_pier.get(pier_id, ())
        return [row for row in held if row[0] <= tick_s < row[0] + KEPT_S]


NONE: Final = Labels(pl.DataFrame(schema=LABEL))
