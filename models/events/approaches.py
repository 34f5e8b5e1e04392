"""Approach: of boats that are silent or that radar alone sees, which piers they may be going to.

How probable each pier is: `models.events.pier_reach`. Of a boat that is heard nothing is computed:
everybody sees where it is. What is said is for the record, and nothing of it is an alert.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.schema import empty
from core.settings import EventSettings
from geo.site import Site
from models.events.fix_rows import Rows
from models.events.instants import Int, Roster, blank, dark, newer, said, sensors, us
from models.events.pier_reach import Going, reach
from models.fusion.schema import FusionOutput
from models.tracks.fold import TrackOutput

KIND: Final = "approach"
LONGEST_S: Final = 3 * 3600  # of a silence: the prism is the county by then
CHANGE: Final = 0.1  # of a probability: it is said anew
HOMEWARD: Final = 0.5  # of all piers together: it is an approach

VESSEL: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "seen_s": pl.Int64(),
        "at_s": pl.Int64(),  # when it was last heard
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "speed_kn": pl.Float64(),
        "course_deg": pl.Float64(),
        "target": pl.String(),
        "dark": pl.Boolean(),
        "heard": pl.Int64(),
        "from_s": pl.Int64(),  # of an approach in the dark; -1: none
        "told": pl.String(),  # what was said of it last: targets and piers
    }
)
#: What is known of a boat from the fix at which it was last heard.
_HEARD: Final = ("at_s", "lon", "lat", "speed_kn", "course_deg", "target", "dark", "heard")


@dataclass(frozen=True)
class State:
    """Boats as they were last heard, and what was said of those in the dark."""

    until_s: int = 0
    vessels: pl.DataFrame = field(default_factory=lambda: empty(VESSEL))

    @staticmethod
    def initial() -> State:
        """Nothing seen yet."""
        return State()

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        return {"clock": pl.DataFrame({"until_s": [self.until_s]}), "vessels": self.vessels}

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> State:
        """As `frames` gave it."""
        return State(int(frames["clock"].item()), frames["vessels"])


def advance(
    state: State,
    _tracks: TrackOutput | None,
    fused: FusionOutput,
    until_s: int,
    site: Site,
    settings: EventSettings,
    *,
    labels: Collection[str] = (),
) -> tuple[State, pl.DataFrame]:
    """Take the instants up to tick `until_s`, of those that are multiples of `approach_step_s`.

    Returns
    -------
    The state, and `HAPPENING` of kind `approach`, of boats that are silent or that radar alone
    sees: began, changed (another pier leads, or a probability moved by 0.1), ended (it lies, turned
    away, is heard, or is lost). `pier` is the most probable one, `detail` has all that are shown.
    No level.
    """
    step_s = settings.approach_step_s
    left_out = frozenset(labels)
    fixes = newer(fused.fixes, state.until_s, until_s, step_s=step_s, left_out=left_out)
    roster = Roster.of(state.vessels["vessel"], fixes["vessel"])
    ahead = _Ahead(state, roster, site, settings)
    ahead.take(Rows.of(fixes, roster), until_s)
    return ahead.state(until_s), said(ahead.happened)


class _Ahead:
    """The state as arrays while a batch is taken."""

    def __init__(self, state: State, roster: Roster, site: Site, settings: EventSettings) -> None:
        self._roster, self._settings, self._site = roster, settings, site
        self._pier_ids = site.piers.table["pier_id"].to_list()
        who = roster.numbers(state.vessels["vessel"])
        self._of: dict[str, NDArray[Any]] = {}
        for name, dtype in VESSEL.items():
            if name != "vessel":
                self._of[name] = blank(len(roster), dtype)
                self._of[name][who] = state.vessels[name].to_numpy()
        new = np.ones(len(roster), bool)
        new[who] = False
        for name in ("seen_s", "at_s"):
            self._of[name][new] = -LONGEST_S
        self._of["from_s"][new] = -1
        self.happened: list[dict[str, object]] = []

    def take(self, rows: Rows, until_s: int) -> None:
        """The fixes of a batch: boats are heard, and those in the dark are followed."""
        of = self._of
        was_s = of["seen_s"].copy()
        new = rows.clock_s - rows.seen_before_s(of["seen_s"], np.ones(len(rows), bool)) >= LONGEST_S
        known = self._known(rows, new)
        going = (known["speed_kn"] >= self._settings.approach_kn) & np.isfinite(known["course_deg"])
        silence_s = rows.clock_s - known["at_s"]
        going &= (silence_s < LONGEST_S) & (known["dark"] | (silence_s > 0))
        ask = np.flatnonzero(going)
        motion = [known[name] for name in ("lon", "lat", "speed_kn", "course_deg")]
        boats = Going(*(column[ask] for column in (*motion, silence_s.astype(np.float64))))
        found = reach(boats, self._site, self._settings)
        ends = np.searchsorted(found.row, np.arange(len(ask) + 1))
        piers: dict[int, dict[int, float]] = {}
        for i in np.flatnonzero((found.any_pier >= HOMEWARD) & (ends[1:] > ends[:-1])).tolist():
            part = slice(ends[i], ends[i + 1])
            shown = zip(found.pier[part].tolist(), found.chance[part].tolist(), strict=True)
            piers[int(ask[i])] = dict(shown)
        self._follow(rows, known, piers, was_s)
        end = rows.final(np.ones(len(rows), bool))
        for name in _HEARD:
            of[name][rows.who[end]] = known[name][end]
        for one in np.flatnonzero(of["from_s"] >= 0).tolist():
            self._lose(one, int(of["seen_s"][one]), until_s)

    def _known(self, rows: Rows, new: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
        """What is known at each row of its boat, from when it was last heard (`_HEARD`)."""
        heard = ~rows.coasting
        at = rows.last(heard | new)
        now = {
            "at_s": rows.clock_s, "lon": rows.lon, "lat": rows.lat, "speed_kn": rows.speed_kn,
            "course_deg": rows.course_deg, "target": rows.target, "dark": dark(rows.members),
            "heard": rows.members,
        }  # fmt: skip
        known = {}
        for name in _HEARD:
            column = np.where(at >= 0, now[name][at], self._of[name][rows.who])
            forgotten = np.flatnonzero((at >= 0) & ~heard[at])
            column[forgotten] = blank(1, VESSEL[name])[0] if name != "at_s" else -LONGEST_S
            known[name] = column
        return known

    def _follow(
        self,
        rows: Rows,
        known: Mapping[str, NDArray[Any]],
        piers: Mapping[int, dict[int, float]],
        seen_s: Int,
    ) -> None:
        """Boat after boat: those that approach something in this batch or did before it."""
        of = self._of
        follow = of["from_s"] >= 0
        follow[rows.who[list(piers)]] = True
        for row in np.flatnonzero(follow[rows.who]).tolist():
            one, tick_s = int(rows.who[row]), int(rows.clock_s[row])
            self._lose(one, int(seen_s[one]), tick_s)
            seen_s[one] = tick_s
            for name in _HEARD:
                of[name][one] = known[name][row]
            if row in piers:
                self._say(one, tick_s, piers[row])
            elif of["from_s"][one] >= 0:
                self._end(one, tick_s)

    def _lose(self, one: int, seen_s: int, tick_s: int) -> None:
        """End the approach of a boat that was unseen for too long by a tick."""
        pause_s = self._settings.motion_gap_s
        if self._of["from_s"][one] >= 0 and seen_s + pause_s < tick_s:
            self._end(one, seen_s + pause_s + 1)

    def _say(self, one: int, tick_s: int, piers: dict[int, float]) -> None:
        of = self._of
        began = of["from_s"][one] < 0
        if began:
            of["from_s"][one] = tick_s
            target = str(of["target"][one])
        else:
            was = json.loads(of["told"][one])
            target, before = was["target"], {int(p): c for p, c in was["piers"]}
            both = before.keys() | piers.keys()
            step = max(abs(before.get(p, 0.0) - piers.get(p, 0.0)) for p in both)
            if next(iter(before)) == next(iter(piers)) and step < CHANGE:
                return
        place = [round(float(of[name][one]), 6) for name in ("lon", "lat")]
        place = place if began else json.loads(of["told"][one])["place"]
        told = {"target": target, "place": place, "piers": list(piers.items())}
        of["told"][one] = json.dumps(told)
        self._happen(one, tick_s, "began" if began else "changed")

    def _end(self, one: int, tick_s: int) -> None:
        self._happen(one, tick_s, "ended")
        self._of["from_s"][one] = -1
        self._of["told"][one] = ""

    def _happen(self, one: int, tick_s: int, phase: str) -> None:
        of = self._of
        told = json.loads(of["told"][one])
        piers = told["piers"]
        at_s, from_s = int(of["at_s"][one]), int(of["from_s"][one])
        detail = {
            "dark": bool(of["dark"][one]),
            "none": round(max(0.0, 1.0 - float(sum(chance for _, chance in piers))), 4),
            "piers": [[self._pier_ids[pier], chance] for pier, chance in piers],
            "silent_min": round((tick_s - at_s) / 60, 1),
        }
        row = {
            "kind": KIND,
            "matter": told["target"],
            "clock_s": tick_s,
            "phase": phase,
            "targets": [told["target"]],
            "track": told["target"],
            "from_us": us(from_s),
            "to_us": us(tick_s) if phase == "ended" else None,
            "lon": told["place"][0],
            "lat": told["place"][1],
            "pier": piers[0][0],
            "level": None,
            "nats": 0.0,
            "detail": json.dumps(detail, sort_keys=True),
            "sources": sensors(int(of["heard"][one])),
        }
        self.happened.append(row)

    def state(self, until_s: int) -> State:
        """What is remembered."""
        live = np.flatnonzero(self._of["seen_s"] > until_s - LONGEST_S)
        columns = {name: column[live] for name, column in self._of.items()}
        vessels = pl.DataFrame({"vessel": self._roster.names[live], **columns}, schema=VESSEL)
        return State(until_s, vessels)
