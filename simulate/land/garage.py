"""The road vehicles: from the site's register, and strangers that are in none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from weakref import WeakKeyDictionary

import numpy as np

from simulate.dice import Dice
from simulate.land.driving import Drive
from simulate.land.roads import Roads, Spot, roads_of
from simulate.night import Night
from simulate.scene import Span, Trip

Generation = Literal[2011, 2013, 2019]

_GENERATIONS: tuple[Generation, ...] = (2011, 2011, 2013, 2013, 2013, 2013, 2013, 2019, 2019, 2019)
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"  # a plate has neither I nor O
_ELSEWHERE = ("浙B", "浙B", "浙B", "浙J", "浙C", "浙A", "沪D", "苏E", "皖S", "闽J", "赣C")
_NO_TERMINAL = ("car", "van")


@dataclass(frozen=True)
class Vehicle:
    """A road vehicle and where it lives; `known` where the site's register has it."""

    plate: str
    vehicle_class: str
    terminal: str | None
    generation: Generation
    home: Spot
    known: bool

    @property
    def private(self) -> bool:
        """A private car: not in the register of those that work."""
        return self.vehicle_class == "car" and not self.known

    def trip(self, drive: Drive, silences: tuple[Span, ...] = ()) -> Trip:
        """What it did."""
        return Trip(
            plate=self.plate,
            vehicle_class=self.vehicle_class,
            terminal=self.terminal,
            generation=self.generation,
            track=drive.track(),
            parked=drive.parked,
            private=self.private,
            silences=silences,
        )


class Garage:
    """Hands out vehicles, each once a night; use `garage_of`.

    Vehicles of the register live at the same depot every night, near the quays.
    """

    def __init__(self, night: Night, roads: Roads) -> None:
        site = night.place.site
        self.roads = roads
        self._dice = night.dice.child("garage")
        self._strangers = 0
        self._out: set[str] = set()
        self._plates = {str(plate) for plate in site.vehicles["plate"].drop_nulls()}
        left = []
        lasting = Dice(len(site.vehicles), site.name, "depots")
        for row in site.vehicles.to_dicts():
            if row["plate"]:
                dice = lasting.child(row["plate"])
                home = Spot(dice.pick(roads.depots)) if roads.depots else Spot(0)
                left.append(
                    Vehicle(
                        plate=str(row["plate"]),
                        vehicle_class=str(row["class"] or "truck_light"),
                        terminal=str(row["terminal"]) if row["terminal"] else None,
                        generation=dice.pick(_GENERATIONS),
                        home=home,
                        known=True,
                    )
                )
        self._left: list[Vehicle] = self._dice.shuffled(left)

    def take(self, island: int, *classes: str) -> Vehicle:
        """The next of the register that lives on an island; a stranger where none is left."""
        for i, vehicle in enumerate(self._left):
            if vehicle.vehicle_class in classes and self._on(vehicle, island):
                return self._left.pop(i)
        return self.stranger(island, classes[0])

    def rest(self) -> list[Vehicle]:
        """All of the register that nobody took."""
        left, self._left = self._left, []
        return left

    def claim(self, vehicle: Vehicle) -> bool:
        """Take a vehicle of one's own; False where it is out already tonight."""
        free = vehicle.plate not in self._out
        self._out.add(vehicle.plate)
        return free

    def _on(self, vehicle: Vehicle, island: int) -> bool:
        return bool(self.roads.island[vehicle.home.hub] == island)

    def stranger(
        self,
        island: int,
        vehicle_class: str,
        terminal_percent: int = 50,
        lasting: Dice | None = None,
    ) -> Vehicle:
        """A vehicle that is in no register; private where it is a car.

        With `lasting`, a stream that does not change from night to night, the same comes again.
        """
        self._strangers += 1
        dice = lasting or self._dice.child(f"stranger {self._strangers}")
        number = f"10998{dice.between(0, 999_999):06d}"
        bare = vehicle_class in _NO_TERMINAL or not dice.chance(terminal_percent)
        return Vehicle(
            plate=self._plate(dice, lasting is not None),
            vehicle_class=vehicle_class,
            terminal=None if bare else number,
            generation=dice.pick(_GENERATIONS),
            home=Spot(dice.pick(np.flatnonzero(self.roads.island == island).tolist())),
            known=False,
        )

    def _plate(self, dice: Dice, always: bool) -> str:
        """A number that nobody has yet (or `always` this one); none of the site's invented ones."""
        while True:
            tail = "".join(dice.pick(_LETTERS) for _ in range(4))
            plate = f"{dice.pick(_ELSEWHERE)}8{tail}"
            if always or plate not in self._plates:
                self._plates.add(plate)
                return plate


_MADE: WeakKeyDictionary[Night, Garage] = WeakKeyDictionary()


def garage_of(night: Night) -> Garage:
    """The vehicles of a night, and who of them is taken."""
    if night not in _MADE:
        _MADE[night] = Garage(night, roads_of(night.place))
    return _MADE[night]
