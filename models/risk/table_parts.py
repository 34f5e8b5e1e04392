"""What tables of likelihoods are made of: shares, nats, bands, each with its source."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import SiteError

Share = Annotated[float, Field(gt=0, lt=1)]
Nats = Annotated[float, Field(ge=-20, le=20, allow_inf_nan=False)]


class Table(BaseModel):
    """Nothing misspelt, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Cue(Table):
    """A table with its source."""

    source: str = Field(min_length=1, description="where the numbers come from")


class TwoShares(Cue):
    """How often a fact holds at landings and at innocent calls."""

    landing_share: Share
    innocent_share: Share


def check_shares(name: str, shares: Sequence[float]) -> None:
    """Shares of all there is, which sum to 1.

    Raises
    ------
    ValueError
        They do not; names them.
    """
    total = math.fsum(shares)
    if abs(total - 1) > 1e-6:
        raise ValueError(f"{name} should be shares that sum to 1, not to {total:.6g}")


def check_rising(name: str, values: Sequence[float]) -> None:
    """Numbers each of which is greater than the one before.

    Raises
    ------
    ValueError
        They are not; names them.
    """
    if any(b <= a for a, b in pairwise(values)):
        raise ValueError(f"{name} should rise from each to the next")


T = TypeVar("T", bound=Table)


def parsed(
    model: type[T],
    toml: bytes,
    where: str,
    *,
    whole: str = "the table",
    otherwise: str = " to use the default table.",
) -> T:
    """A table from the bytes of its file.

    Parameters
    ----------
    whole
        What an error is in that is of no key.
    otherwise
        What removing the file leads to.

    Raises
    ------
    SiteError
        Not TOML, a key misspelt or missing, a number out of range; names key and expectation.
    """
    try:
        return model.model_validate(tomllib.loads(toml.decode()))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SiteError(where, expected="a TOML file in UTF-8", came=str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or whole
        raise SiteError(
            f"{where}, {key}",
            expected=first["msg"],
            came=repr(first["input"])[:80],
            act=f"Correct the file, or remove it{otherwise}",
        ) from error
