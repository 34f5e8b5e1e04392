"""The worked numbers of docs/method.md and its Chinese twin: writes them between their markers.

Usage: python scripts/method_numbers.py
"""

from __future__ import annotations

import math
from importlib.resources import files
from pathlib import Path

from core.settings import Settings
from models.risk.calibration import parse_calibration
from models.risk.evidence import Evidence, Weighed, weigh
from models.risk.evidence_table import parse_evidence
from models.risk.judgements import parse_judgements
from models.risk.landing_facts import LandingFacts, consequence, landing_evidence
from models.risk.likelihood import posterior, prior_nats
from models.risk.severity import severity

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {"en": DOCS / "method.md", "zh": DOCS / "method.zh.md"}
_BEGIN, _END = "<!-- worked -->\n", "\n<!-- /worked -->"
WORDS = {
    "en": {
        "night": "A landing, 25 minutes after berthing",
        "lawful": "The same berth, lawfully",
        "grave": "How grave the first one would be",
        "evidence": "block | reason | nats | times likelier",
        "prior": "a landing here tonight", "sum": "sum", "odds": "log-odds",
        "posterior": "Posterior", "level": "level", "none": "none", "missing": "Not covered",
        "nothing": "nothing", "criteria": "criterion | weight | value | adds",
        "severity": "severity",
    },
    "zh": {
        "night": "一起上岸，靠泊后 25 分钟", "lawful": "同一泊位，合法停靠",
        "grave": "前者有多严重", "evidence": "组 | 理由 | 奈特 | 可能倍数",
        "prior": "今夜此处有上岸", "sum": "合计", "odds": "对数几率",
        "posterior": "后验概率", "level": "级别", "none": "无", "missing": "未覆盖",
        "nothing": "无", "criteria": "准则 | 权重 | 价值 | 贡献", "severity": "严重度",
    },
}  # fmt: skip
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


def worked(language: str = "en") -> str:
    """The two nights as Markdown."""
    shipped, words = files("models.risk"), WORDS[language]
    table = parse_evidence(shipped.joinpath("evidence.toml").read_bytes())
    parts = [
        _night(words["night"], NIGHT, words),
        _night(words["lawful"], LAWFUL, words),
    ]
    judgements = parse_judgements(shipped.joinpath("judgements.toml").read_bytes())
    grave = severity(judgements, consequence(table, NIGHT))
    rows = [
        f"| {part.criterion} | {part.weight:.4f} | {part.value:.3f} | {part.contribution:.4f} |"
        for part in grave.contributions
    ]
    head = [f"| {words['criteria']} |", "| --- | --- | --- | --- |"]
    score = f"| **{words['severity']}** | | | **{grave.score:.4f}** |"
    parts.append("\n".join([f"#### {words['grave']}", "", *head, *rows, score]))
    return "\n\n".join(parts)


def weighed_night(facts: LandingFacts) -> tuple[Weighed, list[str]]:
    """What a night's facts are worth by all that ships, and what was not covered."""
    shipped, limits = files("models.risk"), Settings().alerts
    table = parse_evidence(shipped.joinpath("evidence.toml").read_bytes())
    entries, missing = landing_evidence(table, facts)
    curve = parse_calibration(shipped.joinpath("calibration.toml").read_bytes())
    prior = prior_nats(0.068)
    return weigh(table, entries, prior, limits.watch, limits.verify, calibration=curve), missing


def _night(title: str, facts: LandingFacts, words: dict[str, str]) -> str:
    weighed, missing = weighed_night(facts)
    rows = [_row(entry) for entry in weighed.evidence]
    total = weighed.prior_nats + math.fsum(entry.nats for entry in weighed.evidence)
    return "\n".join(
        [
            f"#### {title}", "", f"| {words['evidence']} |",
            "| --- | --- | --- | --- |",
            f"| prior | {words['prior']} | {weighed.prior_nats:+.2f} | |", *rows,
            f"| **{words['sum']}** | {words['odds']} | **{total:+.2f}** | |",
            "", f"{words['posterior']} 1 / (1 + e^{-total:.2f}) = **{posterior(total):.3f}**; "
            f"{words['level']}: **{weighed.level or words['none']}**. "
            f"{words['missing']}: {', '.join(missing) or words['nothing']}.",
        ]
    )  # fmt: skip


def _row(entry: Evidence) -> str:
    return f"| {entry.block} | `{entry.code}` | {entry.nats:+.2f} | {math.exp(entry.nats):.2f} |"


def main() -> None:
    """Write both pages."""
    for language, page in PAGES.items():
        before, rest = page.read_text("utf-8").split(_BEGIN)
        after = rest.split(_END)[1]
        page.write_text(f"{before}{_BEGIN}{worked(language)}{_END}{after}", "utf-8")


if __name__ == "__main__":
    main()
