"""The worked numbers of docs/method.md: writes them between its markers, `--check` only compares.

Usage: python scripts/method_numbers.py [--check]
"""

from __future__ import annotations

import math
import re
import sys
from importlib.resources import files
from pathlib import Path

from models.risk.calibration import parse_calibration
from models.risk.evidence import Evidence, Weighed, weigh
from models.risk.evidence_table import EvidenceTable, parse_evidence
from models.risk.judgements import parse_judgements
from models.risk.landing_facts import LandingFacts, consequence, landing_evidence
from models.risk.likelihood import posterior, prior_nats
from models.risk.severity import severity

PAGE = Path(__file__).resolve().parents[1] / "docs" / "method.md"
#: A night at an idle pier: AIS went silent under way while radar went on seeing the boat; it has
#: lain there for 25 minutes; two lorries stand by; a dock camera saw a boat come.
NIGHT = LandingFacts(
    pier_status="idle", pier_kind="pier", hour_local=1, day_kind="workday",
    hours_from_high_water=0.8, dwell_min=25.0, silent_min=74.0, silence_nats=4.0,
    dark_on_the_way=True, had_transponder=True, in_register=False, sea_covered=True,
    length_m=32.0, heard_by=("ais", "radar"), trucks=1.8, trucks_covered=True,
    truck_lag_min=-20.0, truck_classes=("refrigerated",), trucks_seen_by=("vehicle",),
    camera_boat=True,
)  # fmt: skip
#: The same boat, heard all the way, of the register, and nobody on the land side though it looked.
LAWFUL = LandingFacts(
    pier_status="idle", pier_kind="pier", hour_local=1, day_kind="workday",
    hours_from_high_water=0.8, dwell_min=25.0, silent_min=0.0, silence_nats=0.0,
    in_register=True, sea_covered=True, length_m=32.0, heard_by=("ais", "radar"),
    trucks=0.0, trucks_covered=True, camera_boat=True,
)  # fmt: skip


def worked() -> str:
    """The two nights as Markdown."""
    shipped = files("models.risk")
    table = parse_evidence(shipped.joinpath("evidence.toml").read_bytes())
    parts = [
        _night("A landing, 25 minutes after berthing", NIGHT, table),
        _night("The same berth, lawfully", LAWFUL, table),
    ]
    judgements = parse_judgements(shipped.joinpath("judgements.toml").read_bytes())
    grave = severity(judgements, consequence(table, NIGHT))
    rows = [
        f"| {part.criterion} | {part.weight:.4f} | {part.value:.3f} | {part.contribution:.4f} |"
        for part in grave.contributions
    ]
    head = ["| criterion | weight | value | adds |", "| --- | --- | --- | --- |"]
    score = f"| **severity** | | | **{grave.score:.4f}** |"
    parts.append("\n".join(["#### How grave the first one would be", "", *head, *rows, score]))
    return "\n\n".join(parts)


def _night(title: str, facts: LandingFacts, table: EvidenceTable) -> str:
    entries, missing = landing_evidence(table, facts)
    curve = parse_calibration(files("models.risk").joinpath("calibration.toml").read_bytes())
    weighed = weigh(table, entries, prior_nats(0.068), calibration=curve)
    rows = [_row(entry) for entry in weighed.evidence]
    total = weighed.prior_nats + math.fsum(entry.nats for entry in weighed.evidence)
    return "\n".join(
        [
            f"#### {title}", "", "| block | reason | nats | times likelier |",
            "| --- | --- | --- | --- |",
            f"| prior | a landing here tonight | {weighed.prior_nats:+.2f} | |", *rows,
            f"| **sum** | log-odds | **{total:+.2f}** | |",
            "", f"Posterior 1 / (1 + e^{-total:.2f}) = **{posterior(total):.3f}**; "
            f"level: **{_level(weighed)}**. Not covered: {', '.join(missing) or 'nothing'}.",
        ]
    )  # fmt: skip


def _row(entry: Evidence) -> str:
    return f"| {entry.block} | `{entry.code}` | {entry.nats:+.2f} | {math.exp(entry.nats):.2f} |"


def _level(weighed: Weighed) -> str:
    return weighed.level or "none"


def main() -> int:
    """Write, or compare."""
    page = PAGE.read_text("utf-8")
    marks = re.compile(r"(<!-- worked -->\n).*?(\n<!-- /worked -->)", re.DOTALL)
    made = marks.sub(lambda found: found[1] + worked() + found[2], page)
    if "--check" in sys.argv[1:]:
        if made != page:
            print(f"{PAGE.name}: the worked numbers are not those of the tables; "
                  "run scripts/method_numbers.py", file=sys.stderr)  # fmt: skip
            return 1
        return 0
    PAGE.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
