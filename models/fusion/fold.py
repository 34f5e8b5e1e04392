"""Vessels as one step of the fold: rows of source tracks in, vessels and their links out."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import polars as pl

from core.schema import empty
from core.settings import FusionSettings
from geo.site import Site
from models.fusion.schema import FIX, LINK, REGISTRATION, FusionOutput

#: Columns of `TrackOutput.linked` that fusion reads.
ROW: Final = pl.Schema(
    {
        "track": pl.String(),
        "target": pl.String(),
        "sensor": pl.String(),
        "source": pl.String(),
        "t_us": pl.Int64(),
        "clock_s": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "speed_kn": pl.Float64(),
        "course_deg": pl.Float64(),
        "fresh": pl.Boolean(),
        "stopped": pl.Boolean(),
    }
)


@dataclass(frozen=True)
class FusionState:
    """Everything that the next instant needs to know of the past, as frames."""

    pending: pl.DataFrame

    @staticmethod
    def initial() -> FusionState:
        """Nothing seen yet."""
        return FusionState(empty(ROW))

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved: the same bytes however the input was cut."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @staticmethod
    def load(frames: dict[str, pl.DataFrame]) -> FusionState:
        """The state from the frames that `frames` gave."""
        return FusionState(**frames)


def advance(
    state: FusionState, rows: pl.DataFrame, until_s: int, site: Site, settings: FusionSettings
) -> tuple[FusionState, FusionOutput]:
    """Take the rows visible by tick `until_s`, and say where vessels are at the instants passed.

    Parameters
    ----------
    rows
        The new rows of `models.tracks` (`TrackOutput.linked`, not kept): at least the columns of
        `ROW`, in any order, with `clock_s` after the last batch's `until_s`.
    until_s
        The last tick of this batch. Instants are its multiples of `settings.step_s`.
    site
        Gives the plane, the radars' places and turns, and the register of vessels.
    """
    return state, FusionOutput(empty(FIX), empty(LINK), empty(REGISTRATION))
