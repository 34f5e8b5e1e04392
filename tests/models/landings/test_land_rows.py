"""What decoders give becomes rows of the land side."""

from __future__ import annotations

from typing import Any

import polars as pl
from camera_lines import AT, frigate, gat1400, keepalive, line, onvif, tracked, vehicle

from core.schema import LATENESS_S
from ingest.cameras import CameraDecoder
from ingest.decoded import concat
from models.landings.land_rows import LAND_ROW, land_rows
from models.tracks.positions import ceil_s


def rows(*lines: bytes) -> list[dict[str, Any]]:
    """The rows of a camera's file, as the fast pass sees them."""
    decoder = CameraDecoder()
    decoded = concat([decoder.feed(b"".join(lines)), decoder.close()])
    seen = decoded.observations.with_columns(
        ceil_s(pl.col("arrived_at").dt.epoch("us")).alias("clock_s")
    )
    frame = land_rows(seen, decoded.alive)
    assert frame.schema == LAND_ROW
    return frame.to_dicts()


def test_a_lorry_of_frigate_has_its_event_begin_and_plate() -> None:
    (lorry,) = rows(
        frigate("update", frame_time=AT + 3, recognized_license_plate=["浙B12345", 0.8])
    )
    assert (lorry["what"], lorry["plate"], lorry["over"]) == ("truck", "浙B12345", False)
    assert lorry["event"] == "1772384400.25-abc"
    assert lorry["start_us"] == round(AT * 1e6)
    assert lorry["t_us"] == round((AT + 3) * 1e6)
    (ended,) = rows(frigate("end", end_time=AT + 4))
    assert ended["over"] is True


def test_boats_are_boats_and_a_car_says_only_that_its_camera_lives() -> None:
    labels = ("boat", "car", "person", "truck")
    found = [rows(frigate(label=label, recognized_license_plate="浙B12345"))[0] for label in labels]
    assert [row["what"] for row in found] == ["boat", "alive", "alive", "truck"]
    assert [row["plate"] for row in found] == [None, None, None, "浙B12345"]


def test_a_later_reading_of_an_events_plate_is_a_row() -> None:
    (reading,) = rows(tracked(plate="浙B12345", score=0.9))
    assert (reading["what"], reading["plate"]) == ("plate", "浙B12345")
    assert reading["event"] == "1772384400.25-abc"


def test_readers_of_plates_say_the_class_by_its_code() -> None:
    codes = ("H11", "Q11", "K33", "X99", None)
    made = [vehicle(VehicleClass=code, PlateNo=f"浙B1234{n}") for n, code in enumerate(codes)]
    found = {row["class"] or row["what"]: row for row in rows(gat1400(*made))}
    assert [found[key]["what"] for key in ("H11", "Q11", "X99")] == ["truck", "truck", "vehicle"]
    assert found["alive"]["plate"] is None  # the private car
    assert found["vehicle"]["plate"] == "浙B12344"


def test_onvif_says_boats_lorries_and_vehicles_of_no_class() -> None:
    def one(kind: str, more: str = "") -> dict[str, Any]:
        inside = (
            f'<tt:Object ObjectId="7"><tt:Appearance><tt:Class><tt:Type Likelihood="0.7">{kind}'
            f"</tt:Type></tt:Class>{more}</tt:Appearance></tt:Object>"
        )
        return rows(onvif(inside))[0]

    kinds = ("Boat", "Vehicle", "Truck", "Human")
    assert [one(kind)["what"] for kind in kinds] == ["boat", "vehicle", "truck", "alive"]
    assert (one("Boat")["event"], one("Boat")["score"]) == ("7", 0.7)
    lorry = "<tt:VehicleInfo><tt:Type>Truck</tt:Type></tt:VehicleInfo>"
    car = "<tt:VehicleInfo><tt:Type>Car</tt:Type></tt:VehicleInfo>"
    assert [one("Vehicle", more)["what"] for more in (lorry, car)] == ["truck", "alive"]


def test_keep_alives_and_bars_are_rows() -> None:
    (alive,) = rows(keepalive())
    assert (alive["what"], alive["source"], alive["keeps"]) == ("alive", "cam-1", True)
    bar = line("barrier.state", {"state": "raised", "at": "2026-03-01T17:00:00Z"})
    (raised,) = rows(bar)
    assert (raised["what"], raised["sensor"], raised["state"]) == ("bar", "barrier", "raised")


def test_every_sensor_of_the_land_side_has_a_lateness() -> None:
    assert {"vehicle", "camera", "barrier"} <= LATENESS_S.keys()
