"""Likelihood ratios in nats: what a fact is worth, before any cap.

All natural logarithms; scalars in, scalars out, unrounded. How surprising a silence is stands in
`models.tracks.silences`.

Source: methods 3.2, 4.4.
"""

from __future__ import annotations

import math


def log_ratio(landing: float, innocent: float) -> float:
    """ln(landing / innocent) of two probabilities; infinite where one cannot be."""
    if landing <= 0:
        return 0.0 if innocent <= 0 else -math.inf
    return math.inf if innocent <= 0 else math.log(landing / innocent)


def visits_tail(a: float, b_days: float, nights: float, visits: int) -> float:
    """P(N ≥ visits) in so many nights, N ~ NegBin(a, b/(b + nights)).

    The posterior-predictive of a Gamma(a, b) visit rate: a new pier with a short history does not
    explode as it would with a Poisson at the mean.

    >>> round(visits_tail(0.5, 180, 1, 1), 6), round(visits_tail(2.5, 180, 14, 3), 6)
    (0.002766, 0.002269)
    """
    if visits <= 0:
        return 1.0
    log_p = -math.log1p(nights / b_days)  # ln b/(b + T)
    if visits == 1:
        return -math.expm1(a * log_p)
    again = nights / (b_days + nights)
    head = [math.exp(a * log_p)]
    for k in range(1, visits):
        head.append(head[-1] * again * (a + k - 1) / k)
    if a * nights / b_days >= visits:
        return max(1 - math.fsum(head), 0.0)
    tail, term, k = 0.0, head[-1], visits  # below the mean's far side the tail is summed itself
    while True:
        term *= again * (a + k - 1) / k
        tail, k = tail + term, k + 1
        if term <= tail * 1e-17 or k > visits + 100_000:
            return tail


def prior_nats(landings_per_100_pier_nights: float) -> float:
    """Prior log-odds of a landing at one pier in one night, to 0.01.

    >>> prior_nats(0.068)
    -7.29
    """
    p = landings_per_100_pier_nights / 100
    return round(math.log(p / (1 - p)), 2)


def posterior(log_odds: float) -> float:
    """Probability of these log-odds.

    >>> round(posterior(-7.2855 + 10), 4)
    0.9379
    """
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1 + odds)
