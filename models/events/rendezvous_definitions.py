"""What counts as a rendezvous: our own definition and those of others; a setting chooses."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final

from core.settings import EventSettings
from models.fusion.schema import AIS

FROM_AFAR: Final = 3  # times the distance of the meeting: from there they are watched


@dataclass(frozen=True)
class Definition:
    """What counts as a rendezvous."""

    apart_m: float
    min_s: int
    longer: bool  # longer than that, not as long
    max_kn: float
    each: bool  # both below it at every instant; else more than half of all speeds
    clear_m: float  # of piers
    step_s: int  # between instants that count
    gap_s: int  # so long may pass between two of them
    on: int  # BITS that both must have; 0: any

    @staticmethod
    def of(settings: EventSettings) -> Definition:
        """The one that is chosen."""
        if settings.rendezvous == "gfw":
            return Definition(500.0, 7200, False, 2.0, False, 10_000.0, 600, 600, AIS)
        if settings.rendezvous == "skylight":
            return Definition(250.0, 1800, True, inf, True, 0.0, 1, settings.motion_gap_s, AIS)
        return Definition(
            settings.rendezvous_m,
            settings.rendezvous_min_s,
            False,
            settings.rendezvous_kn,
            True,
            settings.rendezvous_clear_m,
            1,
            settings.motion_gap_s,
            0,
        )

    @property
    def near_m(self) -> float:
        """How far apart two are watched already."""
        return self.apart_m if self.on else FROM_AFAR * self.apart_m
