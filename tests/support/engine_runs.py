"""The engine taken over a scene in batches, and what it said."""

from __future__ import annotations

import json
from functools import cache
from io import BytesIO
from typing import Any

import polars as pl
from engine_scenes import place

from alerts.envelope import line
from core.schema import DECISION, IDENTITY, arriving, empty
from engine.fold import Batch, EngineState, Output, advance
from engine.place import Place


@cache
def scene_place() -> Place:
    """The place of the scenes, made once."""
    return place()


def run(
    rows: pl.DataFrame,
    ticks: list[int],
    *,
    save: bool = False,
    where: Place | None = None,
    decisions: pl.DataFrame | None = None,
    outputs: list[Output] | None = None,
) -> tuple[str, str, EngineState]:
    """The lines of alerts and events after taking the rows in batches that end at the ticks.

    What each batch led to is put into `outputs`, where that is given.
    """
    state, alerts, happened = EngineState.initial(), [], []
    arrived_s = -(-rows["arrived_at"].dt.epoch("us") // 1_000_000)
    was = -1
    decided = empty(DECISION) if decisions is None else decisions
    for tick in ticks:
        batch = rows.filter((arrived_s > was) & (arrived_s <= tick))
        if save:
            state = EngineState.load(state.save())
        new = decided.filter(pl.col("tick_s") > was, pl.col("tick_s") <= tick)
        taken = Batch(batch, tick, stated(batch), decisions=new)
        state, out = advance(state, taken, where or scene_place())
        if outputs is not None:
            outputs.append(out)
        alerts += [line(a) for a in out.alerts]
        happened += [json.dumps(e) for e in out.events]
        was = tick
    return "\n".join(alerts), "\n".join(happened), state


def stated(rows: pl.DataFrame) -> pl.DataFrame:
    """Identity claims that came with some of the rows, of ever another length."""
    told = [(row, key[1] / 4) for row, key in enumerate(rows["key"]) if key[0] < 40]
    claims = rows[[row for row, _ in told]].select(
        "key", "source", "target", "received_at", "arrived_at"
    )
    length = pl.Series("length_m", [metres for _, metres in told], pl.Float64)
    full = pl.concat([empty(arriving(IDENTITY)), claims.with_columns(length)], how="diagonal")
    return full.select(arriving(IDENTITY).names())


def standing(alerts: str) -> list[str]:
    """What the alerts say that stand at the end, but for id, revision and time of issue."""
    last: dict[str, dict[str, Any]] = {}
    for text in alerts.splitlines():
        alert = json.loads(text)
        before = last.get(alert["alert_id"], {"revision": 0})
        assert alert["revision"] == before["revision"] + 1, (
            "a revision is missing or an id is used twice"
        )
        last[alert["alert_id"]] = alert
    drop = ("alert_id", "revision", "issued_at", "status")
    kept = [a for a in last.values() if a["status"] != "cancel"]
    return sorted(json.dumps({k: v for k, v in a.items() if k not in drop}) for a in kept)


def same_state(one: EngineState, two: EngineState) -> bool:
    """Whether two states hold the same rows, the same book and the same clock."""
    a, b = one.save(), two.save()
    frames = [n for n in a if n.endswith(".arrow")]
    equal = all(pl.read_ipc(BytesIO(a[n])).equals(pl.read_ipc(BytesIO(b[n]))) for n in frames)
    return equal and a["clock"] == b["clock"] and a["book.json"] == b["book.json"]
