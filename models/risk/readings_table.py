"""The table of innocent readings: how common each is, and what fits it or speaks against it."""

from __future__ import annotations

from typing import Final, Self

from pydantic import model_validator

from models.risk.table_parts import Cue, Nats, Share

#: What may fit or contradict a reading; `models.risk.innocent_readings` says when each holds.
FEATURES: Final = (
    "announced",
    "at_home",
    "fishing",
    "has_service",
    "registered",
    "unregistered",
    "dark",
    "radar_only",
    "idle_pier",
    "busy_pier",
    "one_truck",
    "several_trucks",
    "left_with_trucks",
    "rough_weather",
    "short_stay",
    "long_stay",
    "came_before",
    "recurs",
    "boat_on_camera",
    "nobody_on_camera",
    "unseen",
)
#: What an officer can look up or ask for, that decides between the readings.
CHECKS: Final = (
    "ask_home_port",
    "ask_fish_market",
    "ask_schedule",
    "ask_permit_holder",
    "ask_distress",
    "ask_pier_keeper",
    "look_at_camera",
    "look_at_radar",
    "look_at_plates",
    "look_at_catch",
    "hear_again",
    "trucks_load",
    "goes_dark_again",
    "weather_passes",
)


class Reading(Cue):
    """One innocent explanation of what was seen.

    `share` of all innocent calls at night; `nats` by feature where it holds; `confirm` and
    `refute` are codes of what would decide.
    """

    share: Share
    nats: dict[str, Nats]
    confirm: tuple[str, ...]
    refute: tuple[str, ...]

    @model_validator(mode="after")
    def _known(self) -> Self:
        strange = sorted(set(self.nats) - set(FEATURES))
        if strange:
            raise ValueError(f"features should be of {', '.join(FEATURES)}, not {strange[0]}")
        unknown = sorted({*self.confirm, *self.refute} - set(CHECKS))
        if unknown or not self.confirm or not self.refute:
            raise ValueError(f"confirm and refute should each name some of {', '.join(CHECKS)}")
        return self
