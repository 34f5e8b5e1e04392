"""Where an alert stands among tonight's, and how far that hangs on the judges' weights.

The order is posterior × severity, and severity is linear in the weights, so both together are too:
weights drawn around those judged (SMAA), each weight changed by itself, and the nearest weight at
which another alert would come first. It changes no order; it says how firm the order is.

Source: methods 6.1, 6.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np

from dashboard.catalogue import Words
from dashboard.nights import LANDING
from dashboard.reading import rank
from models.risk.ahp.sensitivity import first_turns, one_at_a_time
from models.risk.ahp.smaa import DRAWS, acceptability, weights_around

Json = dict[str, Any]
#: More are not compared: the list is read from above.
MOST: Final = 10
#: So close to the judged weights are those drawn: one of 0.2 lies between 0.14 and 0.26 two times
#: in three, about the 30 % by which weights are changed one at a time.
CONCENTRATION: Final = 50.0
_SEED: Final = 20260301  # the same alerts give the same words
Rows = tuple[tuple[float, ...], ...]


def steadiness(words: Words, tonight: Sequence[Json], chosen: Json) -> list[str]:
    """Lines on the place of an alert among tonight's landings; none where it stands alone.

    Parameters
    ----------
    tonight
        The alerts that stand tonight, `chosen` among them.
    """
    judged = [each for each in tonight if each["kind"] == LANDING and _judged_alike(each, chosen)]
    judged.sort(key=rank, reverse=True)
    ids = [each["alert_id"] for each in judged]
    if len(judged) < 2 or chosen["alert_id"] not in ids:
        return []
    at = ids.index(chosen["alert_id"])
    lines = [words("why.place", place=at + 1, of=len(judged))]
    if at >= MOST:
        return lines
    parts = chosen["severity_parts"]
    values = tuple(
        tuple(float(each["posterior"]) * float(part["value"]) for part in each["severity_parts"])
        for each in judged[:MOST]
    )
    shares, tau, turn = _compared(values, tuple(float(part["weight"]) for part in parts))
    lines.append(
        words("why.drawn", first=f"{shares[at][0]:.0%}", three=f"{sum(shares[at][:3]):.0%}")
    )
    if turn is None:
        lines.append(words("why.no_turn", tau=f"{tau:.2f}"))
    else:
        criterion, weight = words.of("criterion", parts[turn[0]]["criterion"]), f"{turn[1]:.2f}"
        now = f"{parts[turn[0]]['weight']:.2f}"
        lines.append(words("why.turn", criterion=criterion, weight=weight, now=now))
    return lines


def _judged_alike(alert: Json, chosen: Json) -> bool:
    """Whether two alerts were judged by the same criteria and weights."""
    ours, theirs = (
        [(part["criterion"], part["weight"]) for part in each.get("severity_parts") or []]
        for each in (alert, chosen)
    )
    return bool(ours) and ours == theirs


@lru_cache(maxsize=64)
def _compared(
    values: Rows, judged: tuple[float, ...]
) -> tuple[list[list[float]], float, tuple[int, float] | None]:
    """Shares of the draws by alert and rank, the lowest Kendall's τ where one weight is changed by
    up to 30 %, and the criterion and weight nearest to now at which another comes first."""
    rows, weights = np.array(values), np.array(judged) / sum(judged)
    drawn = weights_around(np.random.default_rng(_SEED), weights, CONCENTRATION, DRAWS)
    shares: list[list[float]] = acceptability(rows, drawn).ranks.tolist()
    tau = min(shift.tau for shift in one_at_a_time(rows, weights))
    turns = [
        (abs(turn.change), turn.criterion, turn.weight)
        for turn in first_turns(rows, weights)
        if turn.weight is not None and turn.change is not None
    ]
    nearest = min(turns, default=None)
    return shares, tau, nearest and (nearest[1], nearest[2])
