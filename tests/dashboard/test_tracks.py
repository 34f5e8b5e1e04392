"""One line a vessel by who heard it, its uncertainty, and the piers that it may reach."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from screen_scene import xiangshan

from core.schema import OBSERVATION
from core.settings import EventSettings
from dashboard.approaching import LEAST, MOST, approaching
from dashboard.reading import Reading, Run
from dashboard.tracks import circles, track_features
from store.engine import Store
from store.reads import TRACK
from store.vessel_tables import BOND
from store.vessels import VESSEL_NOW

T0 = datetime(2026, 3, 1, 16, tzinfo=UTC)
BOAT, TERMINAL, ECHO, OLD_ECHO = "mmsi:412000001", "beidou:60001", "radar:R1:17", "radar:R1:4"


def track(minutes: range, lat: float = 29.0) -> pl.DataFrame:
    """A boat that goes east by a thousandth of a degree a minute."""
    rows = [(T0 + timedelta(minutes=m), 121.9 + m / 1000, lat, 6.0, 90.0) for m in minutes]
    return pl.DataFrame(rows, schema=TRACK, orient="row")


def spans(lines: list[dict]) -> list[tuple[str, bool, float, float]]:  # type: ignore[type-arg]
    """Sensor, silence and the minutes at which each line begins and ends, in time."""
    found = []
    for line in lines:
        (first, *_, last), said = line["geometry"]["coordinates"], line["properties"]
        json.dumps(said)  # a truth value of NumPy would go out as a text
        minutes = [round((lon - 121.9) * 1000) for lon, _ in (first, last)]
        found.append((said["sensor"], said["silent"], *minutes))
    return sorted(found, key=lambda one: (one[2], one[3]))


def test_a_vessel_is_one_line_by_who_heard_it_and_dashed_where_nobody_did() -> None:
    lines = track_features(
        [
            (ECHO, track(range(0, 60))),  # all the way until it is lost
            (BOAT, pl.concat([track(range(0, 20)), track(range(80, 100))])),
            (TERMINAL, track(range(15, 36, 5))),
        ]
    )
    assert spans(lines) == [
        ("ais", False, 0, 19),
        ("beidou", False, 19, 35),
        ("radar", False, 35, 58),  # three minutes at a time
        ("ais", True, 58, 80),
        ("ais", False, 80, 99),
    ]
    assert track_features([]) == track_features([(BOAT, track(range(0)))]) == []


def test_the_scatter_of_a_radar_is_not_drawn() -> None:
    seconds = range(0, 1800, 9)
    rows = [
        (T0 + timedelta(seconds=s), 121.9 + s / 60e3, 29 + 0.003 * (-1) ** (s // 9), 6.0, 90.0)
        for s in seconds
    ]
    (line,) = track_features([(ECHO, pl.DataFrame(rows, schema=TRACK, orient="row"))])
    assert all(abs(lat - 29) < 0.0005 for _, lat in line["geometry"]["coordinates"])
    assert len(line["geometry"]["coordinates"]) == 10


def test_the_circles_are_one_and_two_sigma_wide() -> None:
    for sigmas, circle in zip((1, 2), circles(121.9, 29.0, 150.0), strict=True):
        assert circle["properties"] == {"sigmas": sigmas, "radius_m": 150 * sigmas}
        ring = circle["geometry"]["coordinates"][0]
        assert ring[0] == ring[-1]
        for lon, lat in ring:
            east = (lon - 121.9) * math.cos(math.radians(29.0))
            assert math.hypot(east, lat - 29.0) * 111_195 == pytest.approx(150 * sigmas, rel=0.01)


def vessel(sensor: str, silent_min: float, speed_kn: float = 7.0) -> pl.DataFrame:
    """A boat a mile off an idle pier, heading for it."""
    idle = xiangshan().piers.table.filter(pl.col("status") == "idle").row(0, named=True)
    row = dict.fromkeys(VESSEL_NOW) | {
        "target": ECHO if sensor == "radar" else BOAT, "sensor": sensor, "lon": idle["lon"] + 0.004,
        "lat": idle["lat"], "speed_kn": speed_kn, "course_deg": 270.0,
        "observed_at": T0 - timedelta(minutes=silent_min),
    }  # fmt: skip
    return pl.DataFrame([row], schema=VESSEL_NOW)


@pytest.mark.parametrize(
    ("sensor", "silent_min", "speed_kn", "drawn"),
    [
        ("radar", 0.1, 7.0, True),
        ("dark", 0.1, 7.0, True),
        ("ais", 20, 7.0, True),
        ("ais", 1, 7.0, False),  # heard: everybody sees where it is
        ("ais", 600, 7.0, False),  # it can be anywhere by now
        ("radar", 0.1, 1.0, False),
    ],
)
def test_piers_in_reach_are_drawn_of_boats_in_the_dark(
    sensor: str, silent_min: float, speed_kn: float, drawn: bool
) -> None:
    now = vessel(sensor, silent_min, speed_kn)
    found = approaching(xiangshan(), now, T0, EventSettings())
    assert bool(found) == drawn
    assert approaching(None, now, T0, EventSettings()) == []
    if found:
        assert {line["properties"]["target"] for line in found} == {now["target"].item()}
        chances = [line["properties"]["probability"] for line in found]
        assert chances == sorted(chances, reverse=True)
        assert len(chances) <= MOST
        assert min(chances) >= LEAST
        assert sum(chances) <= 1.0


@pytest.mark.postgis
def test_a_vessel_is_read_with_all_that_it_is_called_while_it_was(store: Store) -> None:
    """A radar's number belongs to whom it is bound to: before and after it is somebody else's."""
    run_id = store.open_run("replay", "t", "xiangshan", True, "tracks", "象", "X", "Asia/Shanghai")
    tick = T0 + timedelta(minutes=60)
    parts = [
        (BOAT, "ais", track(range(0, 20))),
        (ECHO, "radar", track(range(10, 60))),
        (OLD_ECHO, "radar", track(range(0, 60), lat=29.3)),
    ]
    rows = [
        part.with_columns(
            pl.lit(target).alias("target"), pl.lit(sensor).alias("sensor"),
            pl.lit("S").alias("source"), pl.lit("{}").alias("detail"),
            pl.col("observed_at").alias("received_at"),
            pl.Series("key", [f"{target}{i}".encode()[-16:].rjust(16) for i in range(len(part))]),
        )
        for target, sensor, part in parts
    ]  # fmt: skip
    seen = pl.concat(rows).with_columns(
        [pl.lit(None, t).alias(n) for n, t in OBSERVATION.items() if n not in rows[0].columns]
    )
    store.write_observations(run_id, seen.select(OBSERVATION.names()).cast(OBSERVATION))
    bound = [(BOAT, "v", BOAT, T0), (ECHO, "v", BOAT, T0 + timedelta(minutes=15))]
    store.write_bonds(run_id, pl.DataFrame(bound, schema=BOND, orient="row"))
    store.write_links(run_id, left(OLD_ECHO, T0, T0 + timedelta(minutes=30)))
    called = store.members_of(run_id, ECHO)
    assert called["target"].to_list() == [BOAT, ECHO, OLD_ECHO]
    assert called["left_at"].to_list() == [None, None, T0 + timedelta(minutes=30)]
    assert store.fix_of(run_id, BOAT) is None
    store.write_latest_fixes(run_id, fix(tick))
    run = Run(run_id, "replay", "xiangshan", True, {}, None, tick)  # type: ignore[arg-type]
    reading = Reading(store, lambda _name: None)
    found = reading.vessel(run, BOAT)
    lines = [one for one in found if one["geometry"]["type"] == "LineString"]
    assert {line["properties"]["sensor"] for line in lines} == {"ais", "radar"}
    assert max(one[3] for one in spans(lines)) == 58
    about = [one["properties"] for one in found if "sigmas" in one["properties"]]
    assert {(one["rival"], one["share"]) for one in about} == {("mmsi:412000009", 0.25)}
    radii = [one["radius_m"] for one in about]
    assert radii == [80, 160]
    with pytest.raises(ValueError, match="vessels only"):
        reading.vessel(run, "plate:浙B12345")


def left(target: str, since: datetime, at: datetime) -> pl.DataFrame:
    """A radar's number that was the vessel's for a while (`models.fusion.schema.LINK`)."""
    told = {"vessel": "v", "track": target, "target": target, "sensor": "radar", "source": "R1"}
    rows = [
        {
            **told, "clock_s": int(when.timestamp()), "phase": phase, "probability": 0.99,
            "since_s": int(since.timestamp()), "margin": None, "instants": 5, "reason": "motion",
        }
        for phase, when in (("joined", since), ("left", at))
    ]  # fmt: skip
    return pl.DataFrame(rows)


def fix(at: datetime) -> pl.DataFrame:
    """Where the vessel is by now (`models.fusion.schema.FIX`)."""
    row = {
        "vessel": "v", "clock_s": int(at.timestamp()), "lon": 121.96, "lat": 29.0, "sigma_m": 80.0,
        "speed_kn": 6.0, "course_deg": 90.0, "age_s": 3, "heard": 4, "members": 5, "target": BOAT,
        "coasting": False, "rival": "mmsi:412000009", "rival_probability": 0.25,
    }  # fmt: skip
    return pl.DataFrame([row])
