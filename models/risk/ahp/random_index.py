"""Random indices: the mean consistency index of random reciprocal matrices, by size.

CR = CI / RI, so which table was used is part of every result. Alonso and Lamata's (500,000
matrices a size) is the default: our own Monte Carlo of 40,000 matrices a size agrees with it
within three standard errors. Saaty's of 1980 is what most Chinese papers use.

Source: methods 6.1.
"""

from __future__ import annotations

from typing import Final

from core.errors import JudgementError

#: For n = 3 … 15. One and two elements cannot contradict each other.
RANDOM_INDEX: Final[dict[str, tuple[float, ...]]] = {
    "alonso_lamata": (
        *(0.5245, 0.8815, 1.1086, 1.2479, 1.3417, 1.4056, 1.4499),
        *(1.4854, 1.5141, 1.5365, 1.5551, 1.5713, 1.5838),
    ),
    "saaty_1980": (
        *(0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45),
        *(1.49, 1.51, 1.48, 1.56, 1.57, 1.59),
    ),
    "saaty_2005": (
        *(0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45),
        *(1.49, 1.52, 1.54, 1.56, 1.58, 1.59),
    ),
    "donegan_dodd": (
        *(0.4914, 0.8286, 1.0591, 1.1797, 1.2519, 1.3171, 1.3733),
        *(1.4055, 1.4213, 1.4497, 1.4643, 1.4822, 1.4969),
    ),
}
DEFAULT_TABLE: Final = "alonso_lamata"
MAX_SIZE: Final = 15


def random_index(n: int, table: str = DEFAULT_TABLE) -> float:
    """The random index of n elements; 0 for one and two.

    >>> random_index(5), random_index(5, "saaty_1980"), random_index(2)
    (1.1086, 1.12, 0.0)

    Raises
    ------
    JudgementError
        Unknown table, or more elements than the tables know.
    """
    if table not in RANDOM_INDEX:
        raise JudgementError(
            "random_index",
            expected=f"one of {', '.join(RANDOM_INDEX)}",
            came=repr(table),
            act="Correct the name in the judgements.",
        )
    if not 1 <= n <= MAX_SIZE:
        raise JudgementError(
            "pairwise matrix",
            expected=f"1 to {MAX_SIZE} elements",
            came=str(n),
            act="Group the elements into a hierarchy.",
        )
    return RANDOM_INDEX[table][n - 3] if n > 2 else 0.0


def consistency_ratio(ci: float, n: int, table: str = DEFAULT_TABLE) -> float:
    """CI over the random index, to 1e-12; 0 for one and two elements.

    >>> round(consistency_ratio(0.055, 3, "saaty_1980"), 4), round(consistency_ratio(0.055, 3), 4)
    (0.0948, 0.1049)
    """
    ri = random_index(n, table)
    return round(ci / ri, 12) if ri else 0.0
