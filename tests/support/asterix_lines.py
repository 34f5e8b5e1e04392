"""ASTERIX lines for tests, written by libasterix."""

from __future__ import annotations

from typing import Any

CATEGORIES = {10: "Cat_010_1_1", 48: "Cat_048_1_32", 62: "Cat_062_1_20"}
AT_S = 1_772_384_402  # 17:00:02 UTC
SECOND_OF_DAY = 61_201.0


def block(category: int, *records: dict[str, Any]) -> bytes:
    """A data block of records of the radar 1/2."""
    import asterix.generated as generated  # seconds, which each worker would pay that collects it

    of = getattr(generated, CATEGORIES[category])
    sender = {"010": (("SAC", 1), ("SIC", 2))}
    made = [of.cv_record.create({**sender, **record}) for record in records]
    data: bytes = of.create(made).unparse().to_bytes()
    return data


def track(number: int, range_nm: float, bearing_deg: float, **more: Any) -> dict[str, Any]:
    """A CAT 048 track."""
    return {
        "140": SECOND_OF_DAY, "161": (0, ("TRN", number)),
        "040": (("RHO", (range_nm, "NM")), ("THETA", (bearing_deg, "°"))), **more,
    }  # fmt: skip


def asterix_line(data: bytes, at_s: float = AT_S) -> bytes:
    """A line as the archive has it."""
    return f"{at_s:.3f} {data.hex()}\n".encode()
