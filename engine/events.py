"""Settled facts as the contract's events: stops, silences, pier calls."""

from __future__ import annotations

from typing import Any

import polars as pl

from core.keys import short_id
from core.times import utc_text
from engine import happenings
from engine.passes import PassOutput, PassState, settles_s
from engine.place import Place
from models.events.dark_cases import DarkState
from models.events.pier_calls import confidence
from models.tracks.positions import EXPIRY_S, SECOND_US, is_radar

Row = dict[str, Any]


def settled(output: PassOutput, after_s: int, place: Place) -> list[Row]:
    """What the settled pass saw after a tick of its own, in the order of settling."""
    happened = [
        *stop_events(output.tracks.stops),
        *silence_events(output.tracks.silences, after_s, output.until_s, place),
        *call_events(output.calls, place),
        *happenings.events(output.happened, place, tick=settles_s),
    ]
    order = ("settled_at", "kind", "targets", "from", "event_id")
    # Two vessels may claim one number at one moment: the rest tells apart what is equal so far.
    return sorted(happened, key=lambda event: [*(event[name] for name in order), str(event)])


def going_on(settled: PassState, place: Place) -> list[Row]:
    """Dark vessels that were told and are not over, as `settled` has them.

    They are lines of `events.jsonl` to be: `to` is None, the place is the last one, and the
    `event_id` will be another.
    """
    dark = settled.detectors["dark_vessels"]
    assert isinstance(dark, DarkState)
    found = happenings.events(dark.going_on(), place, tick=settles_s, phase="changed")
    return sorted(found, key=lambda each: (each["from"], each["event_id"]))


def event(kind: str, row: Row, *, pier_id: str | None, detail: Row, clock_s: int) -> Row:
    """One line of `events.jsonl`; `settled_at` says at which tick it settled.

    `clock_s` is the settled pass's own tick.
    """
    lon, lat = round(row["lon"], 5), round(row["lat"], 5)
    begun = utc_text(row["from_us"]) or ""
    place = pier_id or f"{lon:.5f},{lat:.5f}"
    return {
        "event_id": short_id([kind, row["target"], row["track"], begun, place]),
        "kind": kind,
        "from": begun,
        "to": utc_text(row["to_us"]),
        "lon": lon,
        "lat": lat,
        "targets": [row["target"]],
        "pier_id": pier_id,
        "detail": detail,
        "settled_at": utc_text(settles_s(clock_s) * SECOND_US),
    }


def stop_events(stops: pl.DataFrame) -> list[Row]:
    """Stops that ended."""
    return [
        event(
            "stop",
            row,
            pier_id=None,
            detail={"dwell_min": _minutes(row["from_us"], row["to_us"])},
            clock_s=row["clock_s"],
        )
        for row in stops.iter_rows(named=True)
    ]


def silence_events(silences: pl.DataFrame, after_s: int, until_s: int, place: Place) -> list[Row]:
    """Silences that ended after tick `after_s`, or whose track was given up by then.

    One that began in a gale or a typhoon asks for distress first.
    """
    over_s = pl.coalesce("ended_s", pl.col("from_us") // SECOND_US + EXPIRY_S + 1)
    over = silences.with_columns(over_s.alias("over_s")).filter(
        pl.col("over_s") > after_s, pl.col("over_s") <= until_s
    )
    return [
        event(
            "silence",
            row,
            pier_id=None,
            detail={
                **({"ask": "distress_possible"} if place.rough_at(row["from_us"]) else {}),
                "silent_min": None
                if row["to_us"] is None
                else _minutes(row["from_us"], row["to_us"]),
                "moving": row["moving"],
                "interval_s": row["interval_s"],
                "reception": {k: row[k] for k in ("heard", "expected", "others")},
            },
            clock_s=row["over_s"],
        )
        for row in over.iter_rows(named=True)
    ]


def call_events(calls: pl.DataFrame, place: Place) -> list[Row]:
    """Pier calls that ended. One that never was the nearest pier's, nor a stop's, is no call.

    What a radar sees pass by is none either: its targets come and go too often.
    """
    ended = calls.filter(
        pl.col("why") == "left",
        pl.col("from_us").is_not_null(),
        pl.col("passed") | pl.col("berth_from_us").is_not_null(),
    )
    out = []
    for row in ended.with_columns(pl.col("t_us").alias("to_us")).iter_rows(named=True):
        berthed, dark = row["berth_from_us"] is not None, row["dark_from_us"] is not None
        if is_radar(row["target"]) and not berthed:
            continue
        detail = {
            "confidence": confidence(row["entry_seen"], row["exit_seen"], berthed, dark),
            "berth_from": utc_text(row["berth_from_us"]),
            "berth_to": utc_text(row["berth_to_us"]),
            "dark_from": utc_text(row["dark_from_us"]),
        }
        pier_id = place.pier_rows[row["pier"]]["pier_id"]
        out.append(event("pier_call", row, pier_id=pier_id, detail=detail, clock_s=row["clock_s"]))
    return out


def _minutes(from_us: int, to_us: int) -> float:
    return round((to_us - from_us) / (60 * SECOND_US), 1)
