"""How every feed does, in one report: for the page, for `/api/feeds` and for the map. Pure.

A feed is a row of the configuration, or a file of a recording; its sources are the stations,
radars, terminals and cameras that speak in it. Ages are counted from the data's clock: where a
live run's clock itself stands still, nothing is known and the report says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import polars as pl

from alerts.masking import masked
from core.schema import BIAS
from core.times import unix_us, utc_text
from dashboard.samples import shown

Json = dict[str, Any]
STALE_S: Final = 30.0
SENSOR_ORDER: Final = ("ais", "beidou", "radar", "vehicles", "cameras")
MOST_SOURCES: Final = 300  # of one feed; those in trouble first
#: States of feeds and sources, the worst first.
STATES: Final = ("unknown", "down", "silent", "quarantine", "partly", "waiting", "heard")
_CONNECTED: Final = ("starting", "listening", "connected", "reading", "ended")


@dataclass(frozen=True)
class Told:
    """What the store holds of the feeds of a run: see `store.feed_reads`."""

    health: pl.DataFrame
    states: list[Json] = field(default_factory=list)
    refusals: list[Json] = field(default_factory=list)
    doubts: list[Json] = field(default_factory=list)


def report(told: Told, at: datetime | None, now_s: float | None) -> Json:
    """The report as `/api/feeds` gives it.

    Parameters
    ----------
    told
        Of the run.
    at
        The data's clock.
    now_s
        Unix seconds, of a live run; None of a replay, whose clock may stand still.

    Returns
    -------
    `at`, `tick_age_s`, `stale` and `feeds`: see README, "Interface".
    """
    tick_age_s = None if at is None or now_s is None else max(now_s - at.timestamp(), 0.0)
    stale = now_s is not None and (tick_age_s is None or tick_age_s > STALE_S)
    refusals = _refusals(told.refusals, told.health, {row["feed"] for row in told.states})
    doubts: dict[tuple[str, str], list[Json]] = {}
    for row in told.doubts:
        about = {"reason": row["reason"], "n": row["n"]}
        doubts.setdefault((_folder(row["sensor"]), row["source"]), []).append(about)
    sources: dict[str, list[Json]] = {}
    for row in told.health.iter_rows(named=True):
        refused = refusals.pop((row["feed"], row["source"]), [])
        doubted = doubts.get((_folder(row["sensor"]), row["source"]), [])
        made = _source(row, refused, doubted, at)
        sources.setdefault(row["feed"], []).append(made)
    states = {row["feed"]: row for row in told.states}
    names = {**dict.fromkeys(states), **dict.fromkeys(sources)}
    names.update(dict.fromkeys(feed for feed, _ in refusals))
    feeds = [
        _feed(name, states.get(name), sources.get(name, []), _rest(refusals, name), stale)
        for name in names
    ]
    order = {sensor: i for i, sensor in enumerate(SENSOR_ORDER)}
    feeds.sort(key=lambda feed: (order.get(feed["sensor"], len(order)), feed["feed"]))
    return {
        "at": _text(at),
        "tick_age_s": None if tick_age_s is None else round(tick_age_s, 1),
        "stale": stale,
        "feeds": feeds,
    }


def _refusals(
    rows: Iterable[Json], health: pl.DataFrame, feeds: set[str]
) -> dict[tuple[str, str], list[Json]]:
    """Refusals by feed and source. Where a row does not tell its feed: that of its source."""
    feed_of = dict(health.select("source", "feed").iter_rows())
    found: dict[tuple[str, str], list[Json]] = {}
    for row in rows:
        source = row["source"]
        feed = row["feed"] or feed_of.get(source) or (source if source in feeds else "")
        place = (feed or source or "?", "" if feed == source else source)
        found.setdefault(place, []).append(_refused(row["reason"], row["n"], row["samples"]))
    return found


def _rest(refusals: Mapping[tuple[str, str], list[Json]], name: str) -> list[Json]:
    """What a feed refused of nobody, or of those who are not among its sources."""
    return [entry for (feed, _), entries in refusals.items() if feed == name for entry in entries]


def _refused(reason: str, n: int, samples: Iterable[str]) -> Json:
    sample = next((text for text in map(str, samples) if text.strip()), None)
    return {"reason": reason, "n": int(n), "sample": shown(sample) if sample else None}


def merged(entries: Iterable[Json]) -> list[Json]:
    """Refusals with one line a reason, most first.

    >>> merged([{"reason": "no_time", "n": 1, "sample": None},
    ...         {"reason": "no_time", "n": 2, "sample": "x"}])
    [{'reason': 'no_time', 'n': 3, 'sample': 'x'}]
    """
    found: dict[str, Json] = {}
    for entry in entries:
        one = found.setdefault(entry["reason"], {**entry, "n": 0})
        one["n"] += entry["n"]
        one["sample"] = one["sample"] or entry["sample"]
    return sorted(found.values(), key=lambda entry: (-entry["n"], entry["reason"]))


def _source(row: Json, refused: list[Json], doubted: list[Json], at: datetime | None) -> Json:
    last = row["last_at"]
    return {
        "source": masked(row["source"]),
        "sensor": row["sensor"],
        "state": row["state"],
        "first_at": _text(row["first_at"]),
        "last_at": _text(last),
        "age_s": _age_s(last, at),
        "frames": row["frames"],
        "per_min": _short(row["per_min"]),
        "lag_s": _short(row["lag_s"]),
        "skew_s": _short(row["skew_s"]),
        "skew_sigma_s": _short(row["skew_sigma_s"]),
        "waiting": row["waiting"],
        "suspects": [code.strip() for code in (row["suspects"] or "").split(",") if code.strip()],
        "bias": None if row["range_m"] is None else {name: row[name] for name in BIAS},
        "refused": merged(refused),
        "doubted": doubted,
    }


def _feed(
    name: str, live: Json | None, sources: list[Json], refused: list[Json], stale: bool
) -> Json:
    known = live or {}
    own = [
        _refused(reason, n, (known.get("samples") or {}).get(reason, ()))
        for reason, n in (known.get("refused") or {}).items()
    ]
    everything = merged([*own, *refused, *(r for source in sources for r in source["refused"])])
    state, frames = state_of(live, sources), sum(source["frames"] for source in sources)
    if state in ("heard", "partly") and 0 < frames <= 2 * sum(entry["n"] for entry in everything):
        state = "quarantine"  # heard, but half of it or more cannot be read
    sensor = known.get("sensor") or (sources[0]["sensor"] if sources else "")
    rates = [source["per_min"] for source in sources if source["per_min"] is not None]
    lags = sorted(source["lag_s"] for source in sources if source["lag_s"] is not None)
    last = max(filter(None, (source["last_at"] for source in sources)), default=None)
    ages = [source["age_s"] for source in sources if source["age_s"] is not None]
    suspects = sorted({code for source in sources for code in source["suspects"]})
    trouble = sorted(sources, key=lambda source: (_severity(source), source["source"]))
    shown_sources = sorted(trouble[:MOST_SOURCES], key=lambda source: source["source"])
    return {
        "feed": masked(name),
        "sensor": _folder(sensor),
        "state": "unknown" if stale else state,
        "last_at": last,
        "age_s": min(ages, default=None),
        "frames": frames,
        "per_min": round(sum(rates), 1) if rates else None,
        "lag_s": lags[len(lags) // 2] if lags else None,
        "suspects": suspects,
        "refused": everything,
        "quarantined": sum(source["waiting"] or 0 for source in sources),
        "live": _live(known) if live else None,
        "n_sources": len(sources),
        "n_silent": sum(source["state"] == "silent" for source in sources),
        "left_out": len(sources) - len(shown_sources),
        "sources": shown_sources,
    }


def _live(row: Json) -> Json:
    plain = ("url", "owner", "state", "detail", "waiting", "lost", "peers", "stored_after_s")
    told = {name: row.get(name) for name in plain}
    return {**told, "detail": shown(told["detail"] or ""), "updated_at": _text(row["updated_at"])}


def state_of(live: Json | None, sources: list[Json]) -> str:
    """One of STATES for a feed, by what its source says of itself and by its sources.

    >>> state_of({"state": "waiting: refused"}, []), state_of({"state": "listening"}, [])
    ('down', 'waiting')
    >>> state_of(None, [{"state": "heard"}, {"state": "silent"}])
    'partly'
    """
    if live and not str(live["state"]).lower().startswith(_CONNECTED):
        return "down"
    states = [source["state"] for source in sources]
    if not states:
        return "waiting"
    if all(state == "silent" for state in states):
        return "silent"
    if "quarantine" in states or any(source.get("suspects") for source in sources):
        return "quarantine"
    return "partly" if "silent" in states else "heard"


def _severity(source: Json) -> int:
    if source["suspects"]:
        return STATES.index("quarantine")
    return STATES.index(source["state"]) if source["state"] in STATES else 0


def _folder(sensor: str) -> str:
    """The contract's folder of a sensor."""
    return {"vehicle": "vehicles", "camera": "cameras", "barrier": "cameras"}.get(sensor, sensor)


def _age_s(last: datetime | None, at: datetime | None) -> float | None:
    if last is None or at is None:
        return None
    return round(max((at - last).total_seconds(), 0.0), 1)


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _text(at: datetime | None) -> str | None:
    return utc_text(unix_us(at)) if at else None
