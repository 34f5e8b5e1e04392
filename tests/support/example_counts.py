"""How many examples a property is tried on: few in `make test`, many in a soak run.

`PIERWATCH_TEST_SOAK=1 pytest tests/engine tests/models tests/alerts` tries each property on at
least 500 examples that differ from run to run; `make test` on a few that are always the same.

Where a property fails, `make test` says with which example and the line that tries it again, and is
done: to shrink it costs hundreds of further examples, which of an engine are five minutes. The soak
run shrinks: `PIERWATCH_TEST_SOAK=1 pytest FILE -k NAME`.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

SOAK = os.environ.get("PIERWATCH_TEST_SOAK") == "1"
QUICK_EXAMPLES = 20
SOAK_EXAMPLES = int(os.environ.get("PIERWATCH_TEST_EXAMPLES", "500"))
TIMEOUT_S = 6 * 3600 if SOAK else 300
#: At how many ticks the engine's input is cut at most. Each is a save and a load of a hundred
#: frames, and the cut itself has its own price, so `make test` draws a cut or two.
MOST_CUTS = 6 if SOAK else 2

settings.register_profile(
    "quick",
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile(
    "soak", deadline=None, print_blob=True, suppress_health_check=list(HealthCheck)
)


def examples(most: int, enough: int = QUICK_EXAMPLES) -> settings:
    """The profile: in `make test` `most` examples or `enough`, whatever is fewer, in a soak 500.

    `enough` is given where the test counts what its examples hold.
    """
    if SOAK:
        return settings(settings.get_profile("soak"), max_examples=max(most, SOAK_EXAMPLES))
    return settings(settings.get_profile("quick"), max_examples=min(most, enough))
