"""Why an alert: its contributions as tables, and what was said before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from matplotlib.figure import Figure

from desk.frames import alerts as alert_rows
from desk.waterfall import waterfall
from models.risk.evidence import Evidence
from models.risk.explanation import by_block, strongest_innocent, times_more

_REVISION = [
    "revision", "status", "level", "issued_at", "posterior", "severity", "evidence_nats",
    "berth_from", "berth_to",
]  # fmt: skip


@dataclass(frozen=True)
class Explanation:
    """One alert at one revision, taken apart.

    Its probability starts from `prior_nats`, the log-odds of a landing at any pier here on any
    night, and moves by the nats of each contribution; `severity` weighs what it would do, and is
    never evidence again. It is a lead to verify.

    Parameters
    ----------
    envelopes
        All revisions of the alert in the contract's envelope, first to last.
    revision
        Which of them is explained.
    zone
        The site's time zone, for figures.
    pier_name
        What the pier is called, where it has a name.
    """

    envelopes: Sequence[Mapping[str, Any]]
    revision: int
    zone: ZoneInfo
    pier_name: str | None = None

    @cached_property
    def alert(self) -> Mapping[str, Any]:
        """The explained revision in the contract's envelope."""
        return next(e for e in self.envelopes if e["revision"] == self.revision)

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        """The contributions in their order, caps and bounds among them."""
        return tuple(
            Evidence(e["block"], e["nats"], e["code"], e["params"], tuple(e["sources"]))
            for e in self.alert["evidence"]
        )

    @property
    def prior_nats(self) -> float:
        """Log-odds before any evidence."""
        return float(self.alert["prior_nats"])

    @property
    def sum_nats(self) -> float:
        """Log-odds after all of it: those of the posterior, to 0.01."""
        return round(self.prior_nats + sum(e.nats for e in self.evidence), 2)

    @property
    def table(self) -> pd.DataFrame:
        """A row a contribution: block, code, nats, times more likely (e^nats), params, sources."""
        rows = [
            (e.block, e.code, e.nats, times_more(e.nats), dict(e.params), list(e.sources))
            for e in self.evidence
        ]
        columns = ["block", "code", "nats", "times_more_likely", "params", "sources"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def blocks(self) -> pd.DataFrame:
        """A row a block that has something to say: nats after its cap, times, codes."""
        rows = [(b.block, b.nats, b.times, list(b.codes)) for b in by_block(self.evidence)]
        return pd.DataFrame(rows, columns=["block", "nats", "times_more_likely", "codes"])

    @property
    def innocent(self) -> Evidence | None:
        """What speaks most against a landing; None where nothing does."""
        return strongest_innocent(self.evidence)

    @property
    def severity(self) -> pd.DataFrame:
        """A row a criterion of consequence: value and weight in [0, 1], their product, known."""
        columns = ["criterion", "value", "weight", "contribution", "known"]
        return pd.DataFrame(list(self.alert.get("severity_parts") or []), columns=columns)

    @property
    def revisions(self) -> pd.DataFrame:
        """A row a revision, first to last: what was said when. Nothing is ever edited."""
        return pd.DataFrame(alert_rows(self.envelopes)[_REVISION])

    def figure(self, language: str = "zh") -> Figure:
        """The contributions as a waterfall from the prior to the posterior.

        Parameters
        ----------
        language
            `zh` or `en`; English where no font draws Chinese.
        """
        return waterfall(self.alert, self.evidence, self.zone, self.pier_name, language)

    def _repr_html_(self) -> str:
        a = self.alert
        return (
            f"<p><b>{a['kind']}</b> {a['alert_id']}, revision {self.revision}: "
            f"posterior {a['posterior']:.3f}, severity {a['severity'] or 0.0:.2f}; "
            f"{self.prior_nats:+.2f} nats before any evidence, {self.sum_nats:+.2f} after. "
            f"A lead to verify.</p>{self.table.to_html(index=False)}"
        )
