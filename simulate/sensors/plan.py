"""What is wrong with each sensor for as long as a recording lasts: its clock, its biases.

Drawn once per seed and written to truth.json (`biases`). Clocks after methods 7.2: most devices
within half a minute, one in twenty off by minutes, one in a hundred by exactly eight hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from geo.site import Site
from simulate.dice import Dice
from simulate.scene import Label

EIGHT_HOURS_MS = 8 * 3_600_000


@dataclass(frozen=True)
class SensorPlan:
    """Lasting errors by `sensor:source`, such as `cameras:C0012` or `vehicles:10990000001`.

    Attributes
    ----------
    clock_ms
        How far its clock is ahead of the truth.
    range_m, bearing_deg
        Of a radar: what it adds to every range and bearing.
    range_sigma_m, bearing_sigma_deg
        Of a radar: its noise, after its own smoothing.
    """

    clock_ms: Mapping[str, int]
    range_m: Mapping[str, float]
    bearing_deg: Mapping[str, float]
    range_sigma_m: Mapping[str, float] = field(default_factory=dict)
    bearing_sigma_deg: Mapping[str, float] = field(default_factory=dict)

    def clock(self, sensor: str, source: str) -> int:
        """Milliseconds that a source's clock is ahead; 0 where none was drawn."""
        return self.clock_ms.get(f"{sensor}:{source}", 0)

    def biases(self) -> dict[str, Label]:
        """As truth.json has them."""
        out: dict[str, Label] = {}
        for table, key in (
            (self.clock_ms, "clock_ms"), (self.range_m, "range_m"),
            (self.bearing_deg, "bearing_deg"), (self.range_sigma_m, "range_sigma_m"),
            (self.bearing_sigma_deg, "bearing_sigma_deg"),
        ):  # fmt: skip
            for name, value in sorted(table.items()):
                out.setdefault(name, {})[key] = value
        return out


def sensor_plan(
    site: Site, dice: Dice, *, wrong_clocks: bool = True, bias: float | None = None
) -> SensorPlan:
    """The lasting errors of a site's sensors; without `wrong_clocks` all devices keep time.

    With `bias`, 0 to 1, every radar has this share of the largest biases, to the side that it was
    drawn to.
    """
    clock_ms: dict[str, int] = {}
    range_m: dict[str, float] = {}
    bearing_deg: dict[str, float] = {}
    range_sigma_m: dict[str, float] = {}
    bearing_sigma_deg: dict[str, float] = {}
    for station in site.stations["station_id"]:
        clock_ms[f"ais:{station}"] = _station_ms(dice.child(f"ais {station}"), wrong_clocks)
    clock_ms["beidou:platform"] = dice.child("beidou").between(-600, 600)
    for radar in site.radars["radar_id"]:
        name, throw = f"radar:{radar}", dice.child(f"radar {radar}")
        clock_ms[name] = _radar_ms(throw) if wrong_clocks else 0
        range_m[name] = _scaled(float(throw.between(-60, 60)), 60.0, bias)
        bearing_deg[name] = _scaled(throw.between(-60, 60) / 100, 0.6, bias)
        range_sigma_m[name] = float(throw.between(10, 20))
        bearing_sigma_deg[name] = throw.between(25, 45) / 100
    for terminal in site.vessels["beidou_id"].drop_nulls():
        throw = dice.child(f"beidou {terminal}")
        clock_ms[f"beidou:{terminal}"] = _terminal_ms(throw) if wrong_clocks else 0
    devices = [
        *(f"vehicles:{terminal}" for terminal in site.vehicles["terminal"].drop_nulls()),
        *(f"cameras:{camera}" for camera in site.cameras["camera_id"]),
        *(f"cameras:{bar}" for bar in site.bars["bar_id"]),
    ]
    for device in devices:
        clock_ms[device] = _device_ms(dice.child(device)) if wrong_clocks else 0
    return SensorPlan(clock_ms, range_m, bearing_deg, range_sigma_m, bearing_sigma_deg)


def _scaled(drawn: float, most: float, share: float | None) -> float:
    return drawn if share is None else (-most if drawn < 0 else most) * share


def _device_ms(dice: Dice) -> int:
    lot = dice.between(1, 100)
    sign = dice.pick((-1, 1))
    if lot == 1:
        return sign * EIGHT_HOURS_MS
    if lot <= 6:
        return sign * dice.between(90, 600) * 1000
    return round(float(dice.bell(12.0, 1)[0]) * 1000)


def _station_ms(dice: Dice, wrong_clocks: bool) -> int:
    """A receiver's stamp is all that its lines are ordered by: seconds off at worst."""
    lot, sign = dice.between(1, 100), dice.pick((-1, 1))
    return sign * (dice.between(5_000, 20_000) if wrong_clocks and lot <= 12 else lot * 6)


def _radar_ms(dice: Dice) -> int:
    """Most radars have a time server; one in eight is half a minute off, one in thirty worse."""
    lot, sign = dice.between(1, 100), dice.pick((-1, 1))
    if lot == 1:
        return sign * EIGHT_HOURS_MS
    if lot <= 3:
        return sign * dice.between(60, 300) * 1000
    return sign * (dice.between(20, 40) * 1000 if lot <= 15 else dice.between(0, 900))


def _terminal_ms(dice: Dice) -> int:
    """The satellites give a BeiDou terminal the time; one in a hundred writes the zone's time."""
    return EIGHT_HOURS_MS if dice.chance(1) else 0
