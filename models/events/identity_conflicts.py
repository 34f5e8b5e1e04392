"""Identity conflicts: one identity of two vessels, or two of one; always to be checked.

The `code` of the detail says which: `two_places` (one number in two places at once), `shared_imo`,
`shared_call_sign`, `shared_name` (two numbers that say they are one vessel), `length` (not the
registered one's), `register` (AIS and BeiDou sets of two vessels aboard one), `sets_apart` (those
of one vessel far from each other), `no_echo` (a radar that would see it sees nothing). Where two
numbers that say so go side by side it is one vessel with two sets: an event (`two_sets`), nobody is
told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any, Final

import polars as pl

from core.schema import empty
from core.settings import EventSettings
from geo.plane import distance_m
from geo.visibility import Lookout
from models.events import (
    clones,
    last_rows,
    missing_echoes,
    parted_sets,
    register_conflicts,
    shared_claims,
    stretches,
)
from models.events.last_rows import LAST
from models.events.register_conflicts import Register
from models.events.stretches import HIT, Described, Row, seen_by
from models.fusion.schema import FusionOutput
from models.tracks.fold import TrackOutput
from models.tracks.positions import SECOND_US

FLOATS: Final = ("apart_m",)
OPEN: Final = stretches.open_schema((), FLOATS, ("note",))
QUIET_S: Final = 3600  # static data are sent every 6 min; ten may be lost
BESIDE_M: Final = 500.0  # nearer, and two sets are aboard one vessel
#: How much more a smuggler's is so than another's, as logarithm: this project's, to be fitted.
NATS: Final = {
    "two_places": 3.0, "shared_imo": 3.0, "shared_call_sign": 2.0, "shared_name": 1.0,
    "length": 2.0, "register": 3.0, "sets_apart": 3.0, "no_echo": 3.0,
}  # fmt: skip


@dataclass(frozen=True)
class ConflictState:
    """Where targets were, what they claimed, who goes with whom, and the conflicts that go on."""

    last: pl.DataFrame
    watch: pl.DataFrame
    held: pl.DataFrame
    members: pl.DataFrame
    pairs: pl.DataFrame
    lengths: pl.DataFrame
    echoes: pl.DataFrame
    registered: pl.DataFrame
    missed: pl.DataFrame
    apart: pl.DataFrame
    open: pl.DataFrame

    @staticmethod
    def initial() -> ConflictState:
        """Nothing seen yet."""
        frames = (LAST, clones.WATCH, shared_claims.HELD)
        pairs = (register_conflicts.MEMBER, register_conflicts.PAIR)
        echoes = missing_echoes
        radar = (echoes.LENGTH, echoes.ECHO, echoes.REGISTERED, echoes.MISSED)
        schemas = (*frames, *pairs, *radar, parted_sets.APART, OPEN)
        return ConflictState(*(empty(schema) for schema in schemas))

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        held = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**held, "last": self.last.sort("target")}

    @staticmethod
    def load(frames: dict[str, pl.DataFrame]) -> ConflictState:
        """As it was saved."""
        return ConflictState(**{f.name: frames[f.name] for f in fields(ConflictState)})


def advance(
    state: ConflictState,
    tracks: TrackOutput,
    fused: FusionOutput,
    until_s: int,
    claims: pl.DataFrame,
    register: Register,
    settings: EventSettings,
    lookout: Lookout,
) -> tuple[ConflictState, pl.DataFrame]:
    """Take what tracks did, what was claimed and who was joined; say what does not fit.

    Parameters
    ----------
    claims
        `models.events.identity_claims.CLAIM`: those that became visible in this batch.
    register
        `Register(site.vessels)`; make it once.
    lookout
        `Lookout.of(site.radars, site.land)`; make it once.

    Returns
    -------
    The state, and `HAPPENING` of kind `identity_conflict`.
    """
    rows = tracks.linked.filter(pl.col("sensor") != "radar")
    places = _Places(state.last, rows)
    watch, doubles = clones.advance(state.watch, rows.with_columns(seen_by()), until_s, settings)
    apart, parted = parted_sets.advance(state.apart, state.last, rows, until_s, register, settings)
    held, shared = shared_claims.advance(state.held, claims, until_s)
    lengths = missing_echoes.learn(state.lengths, claims)
    radars = missing_echoes.Radars(
        state.echoes, state.registered, state.missed, lengths, lookout, settings
    )
    unseen = radars.take(fused)
    wrong = register_conflicts.lengths(claims, register, settings.length_apart)
    hits = [
        *(_double(row) for row in doubles),
        *(_beside(hit) for hit in places.put(_shared(row) for row in shared)),
        *places.put(_length(row) for row in wrong.iter_rows(named=True)),
        *places.put(_no_echo(row) for row in unseen),
        *places.put(_parted(row) for row in parted),
    ]
    schema = {**HIT, "apart_m": pl.Float64(), "note": pl.String()}
    open_, told = stretches.advance(
        state.open,
        pl.DataFrame(hits, schema=schema),
        until_s,
        QUIET_S,
        pl.col("hits") > 0,
        last=FLOATS,
        notes=("note",),
    )
    members, pairs, paired = _registered(state, fused, places, register)
    last = last_rows.after(state.last, rows.select(LAST.names()), until_s)
    told = pl.concat([told, paired.select(told.columns).cast(told.schema)])
    said = stretches.happenings(told.sort("clock_s", "subject", "from_us"), KIND, _describe)
    seen = (lengths, *radars.frames(until_s))
    return ConflictState(last, watch, held, members, pairs, *seen, apart, open_), said


KIND: Final = "identity_conflict"


class _Places:
    """Where targets were at ticks of this batch."""

    def __init__(self, last: pl.DataFrame, rows: pl.DataFrame) -> None:
        self._last, self._rows = last, rows

    def put(self, hits: Any) -> list[Row]:
        """Hits with the track and place of their lowest target, and how far the other is off.

        Those of targets that were nowhere yet are left out.
        """
        found = list(hits)
        if not found:
            return []
        asked = [
            {"i": i, "k": k, "target": target, "clock_s": hit["clock_s"]}
            for i, hit in enumerate(found)
            for k, target in enumerate(hit["targets"])
        ]
        schema = {"i": pl.Int64, "k": pl.Int64, "target": pl.String, "clock_s": pl.Int64}
        placed = last_rows.as_of(self._last, self._rows, pl.DataFrame(asked, schema=schema))
        at = {(row["i"], row["k"]): row for row in placed.iter_rows(named=True)}
        out = []
        for i, hit in enumerate(found):
            place, other = at.get((i, 0)), at.get((i, 1))
            if place is None:
                continue
            lon, lat = place["lon"], place["lat"]
            apart_m = None
            if other is not None:
                apart_m = round(float(distance_m(lon, lat, other["lon"], other["lat"])), 1)
            out.append({**hit, "track": place["track"], "lon": lon, "lat": lat, "apart_m": apart_m})
        return out


def _hit(code: str, targets: list[str], row: Row, **note: object) -> Row:
    text = json.dumps({"code": code, **note}, ensure_ascii=False, sort_keys=True)
    return {
        "subject": " ".join([code, *targets]),
        "targets": targets,
        "who": "ais",
        "from_us": row["t_us"],
        "t_us": row["t_us"],
        "clock_s": row["clock_s"],
        "note": text,
    }


def _double(row: Row) -> Row:
    own = {c: row[c] for c in ("track", "lon", "lat", "who", "apart_m")}
    return {**_hit("two_places", [row["target"]], row), **own, "from_us": row["since_us"]}


def _shared(row: Row) -> Row:
    return _hit(f"shared_{row['what']}", row["targets"], row, value=row["value"])


def _beside(hit: Row) -> Row:
    """Two sets aboard one vessel are no conflict, and a stretch of their own."""
    if hit["apart_m"] is None or hit["apart_m"] > BESIDE_M:
        return hit
    note = {**json.loads(hit["note"]), "code": "two_sets"}
    text = json.dumps(note, ensure_ascii=False, sort_keys=True)
    return {**hit, "subject": " ".join(["two_sets", *hit["targets"]]), "note": text}


def _length(row: Row) -> Row:
    lengths = {c: row[c] for c in ("length_m", "registered_m")}
    return _hit("length", [row["target"]], row, **lengths)


def _no_echo(row: Row) -> Row:
    hit = _hit("no_echo", [row["target"]], row, radar=row["radar"])
    return {**hit, "from_us": row["from_us"], "who": f"ais radar:{row['radar']}"}


def _parted(row: Row) -> Row:
    hit = _hit("sets_apart", sorted([row["target"], row["other"]]), row)
    return {**hit, "from_us": row["since_us"], "who": "ais beidou"}


def _registered(
    state: ConflictState, fused: FusionOutput, places: _Places, register: Register
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Members, open pairs, and what is to be said of pairs that the register parts."""
    members, begun, ended = register_conflicts.follow(
        state.members, state.pairs, fused.links, register
    )
    said = []
    for row in begun:
        targets = sorted([row["ais"], row["beidou"]])
        hit = _hit("register", targets, {**row, "t_us": row["from_us"]}, **row["said"])
        said.append({**row, **hit})
    opened = places.put(said)
    over = {(row["vessel"], row["ais"], row["beidou"], row["from_us"]): row for row in ended}
    open_ = [*state.pairs.iter_rows(named=True), *opened]
    left = [r for r in open_ if (r["vessel"], r["ais"], r["beidou"], r["from_us"]) not in over]
    words = [_word(row, "began", row["clock_s"], row["from_us"]) for row in opened]
    for row in open_:
        end = over.get((row["vessel"], row["ais"], row["beidou"], row["from_us"]))
        if end is not None:
            words.append(_word(row, "ended", end["clock_s"], end["clock_s"] * SECOND_US))
    schema = {**OPEN, "phase": pl.String(), "to_us": pl.Int64()}
    told = pl.DataFrame(words, schema=schema)
    pairs = pl.DataFrame(left, schema=register_conflicts.PAIR).sort("vessel", "ais", "beidou")
    return members, pairs, told


def _word(pair: Row, phase: str, clock_s: int, at_us: int) -> Row:
    targets = sorted([pair["ais"], pair["beidou"]])
    return {
        **{c: pair[c] for c in ("track", "from_us", "lon", "lat", "note")},
        "subject": " ".join(["register", *targets]),
        "targets": targets,
        "who": "ais beidou",
        "t_us": at_us,
        "clock_s": clock_s,
        "phase": phase,
        "to_us": at_us if phase == "ended" else None,
        "hits": 1,
    }


def _describe(row: Row) -> Described:
    note = json.loads(row["note"])
    detail = {**note, "apart_m": row["apart_m"], "times": row["hits"]}
    nats = NATS.get(note["code"])
    return (None if nats is None else "watch"), nats, detail
