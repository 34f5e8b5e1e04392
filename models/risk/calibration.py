"""Calibration: what a sum of nats was worth in the end, as nats.

Evidence that is weighed by hand is too sure of itself, or not sure enough. A strictly increasing
curve, linear between knots, maps the sum of the evidence to nats; the prior is added afterwards, so
that one curve serves sites with different rates. Its correction is an entry of evidence of its own.

Source: design decision 5; methods 3.2.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from models.risk.table_parts import Cue, check_rising, parsed

Knots = Annotated[
    tuple[Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)], ...],
    Field(min_length=2, max_length=200),
]


class Calibration(Cue):
    """Knots of the curve, both rising strictly; `source` says what it was fitted on."""

    version: str = Field(min_length=1)
    sum_nats: Knots
    nats: Knots

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if len(self.sum_nats) != len(self.nats):
            raise ValueError("sum_nats and nats should be of one length")
        check_rising("sum_nats", self.sum_nats)
        check_rising("nats", self.nats)
        return self

    def __call__(self, sum_nats: float) -> float:
        """The nats that a sum is worth; beyond the ends the last correction goes on.

        >>> curve = Calibration(version="v", source="s", sum_nats=(0, 10), nats=(-1, 7))
        >>> curve(5.0), curve(-2.0), curve(12.0)
        (3.0, -3.0, 9.0)
        """
        x, y = self.sum_nats, self.nats
        if sum_nats <= x[0]:
            return y[0] + (sum_nats - x[0])
        if sum_nats >= x[-1]:
            return y[-1] + (sum_nats - x[-1])
        i = bisect_right(x, sum_nats)
        return y[i - 1] + (y[i] - y[i - 1]) * (sum_nats - x[i - 1]) / (x[i] - x[i - 1])


#: Corrects nothing.
IDENTITY: Final = Calibration(
    version="identity", source="no correction", sum_nats=(-20.0, 20.0), nats=(-20.0, 20.0)
)


def parse_calibration(toml: bytes, where: str = "calibration.toml") -> Calibration:
    """The curve from the bytes of its file.

    Raises
    ------
    SiteError
        Not TOML, a key misspelt or missing, knots that do not rise; names key and expectation.
    """
    return parsed(
        Calibration, toml, where, whole="the curve", otherwise=": then nothing is corrected."
    )


def as_toml(curve: Calibration) -> str:
    """The curve as a `calibration.toml`."""
    knots = (", ".join(f"{v:.4f}" for v in values) for values in (curve.sum_nats, curve.nats))
    quoted = (_quoted(text) for text in (curve.version, curve.source))
    names = ("version", "source", "sum_nats", "nats")
    values = (*quoted, *(f"[{listed}]" for listed in knots))
    return "".join(f"{name} = {value}\n" for name, value in zip(names, values, strict=True))


def _quoted(text: str) -> str:
    plain = "".join(c if c.isprintable() else " " for c in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
