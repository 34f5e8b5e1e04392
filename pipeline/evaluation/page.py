"""`docs/evaluation.md` and its Chinese twin, out of what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pipeline.evaluation.sets import NIGHTS, SEEDS
from simulate.scoring.report_markdown import table_markdown
from simulate.scoring.tables import Cell, Table, figure, tables
from simulate.scoring.words import word

Found = Mapping[str, Any]

#: heading, what the figures are, how they were made
_HEAD: Final = {
    "en": (
        "# Evaluation",
        "**{simulated}** They come from the test seeds only. This page is written by a command; "
        "no figure in it is typed by hand.",
        "- Command: `{command}`\n"
        "- Commit: `{commit}`; source of what replays, as a hash: `{version}`\n"
        "- Test seeds {test_seeds}: {nights} of the standard set's {standard} "
        "nights, {landings} landings at {piers:g} piers\n"
        "- Tuning seeds {tuning_seeds}: {tuning_nights} nights each\n"
        "- {how}",
        "## The product at the level it ships with (posterior ≥ {level:g})",
        "The recordings of one night after the other, 15:00 to 09:00 local time; the first nights "
        "of each seed where a part was asked for. Rivals: `pipeline/baselines`; what is done to a "
        "recording: `simulate/scoring/ablations.py`.",
    ),
    "zh": (
        "# 评估",
        "**{simulated}** 全部来自测试种子。本页由命令生成，数字均非手工填写。",
        "- 命令：`{command}`\n"
        "- 提交：`{commit}`；回放所用源码散列：`{version}`\n"
        "- 测试种子 {test_seeds}：{nights} 夜（标准集共 {standard} 夜），"
        "{landings} 起靠泊，{piers:g} 座码头\n"
        "- 调参种子 {tuning_seeds}：每个 {tuning_nights} 夜\n"
        "- {how}",
        "## 本产品（出厂等级，后验 ≥ {level:g}）",
        "录制逐夜相接，当地时间 15:00 至次日 09:00；只取部分时为各种子最初数夜。"
        "对照方法见 `pipeline/baselines`，对录制的改动见 `simulate/scoring/ablations.py`。",
    ),
}  # fmt: skip
_MORE: Final = {"en": ": in detail", "zh": "：细目"}
_RIVAL_COLUMNS: Final = ("tuned", "recall", "precision", "false_alarms", "median_min",
                         "minutes_stood", "average_precision", "recall_admitting_one")  # fmt: skip
_OWN_COLUMNS: Final = ("false_a_night", "false_a_night_shift", "alerts_a_true_landing",
                       "nights_without_false_alarm")  # fmt: skip
_ABLATION_COLUMNS: Final = ("recall", "false_alarms", "median_min", "average_precision",
                            "recall_admitting_one")  # fmt: skip

_PATROL_COLUMNS: Final = ("team_hours", "met_by_plan", "met_by_rule", "times_as_many")
_UNSEEN_COLUMNS: Final = ("threshold_without", "false_known", "false_unseen", "times_as_many",
                          "times_kept")  # fmt: skip


def page(found: Found, language: str) -> str:
    """The page.

    Parameters
    ----------
    found
        What `pipeline.evaluation.command` gathered: `comparing.compared` with `made`, how it was,
        and `ablations`, where they were run.
    language
        `en` or `zh`.
    """
    made, shipped = found["made"], found["shipped"]
    title, warning, facts, product, where = _HEAD[language]
    counts = shipped["counts"]
    values = {
        **made,
        "nights": counts["nights"], "standard": len(SEEDS["test"]) * NIGHTS,
        "landings": counts["landings"],
        "piers": shipped["own_rate"]["piers"], "how": word("how", language),
        "simulated": word("simulated", language), "level": found["level"],
    }  # fmt: skip
    own, *rest = tables(shipped)
    parts = [
        title, warning.format(**values), facts.format(**values),
        product.format(**values), table_markdown(own, language),
        table_markdown(_whole(found), language),
        table_markdown(_rivals_own_rate(found), language, level=2),
        table_markdown(_rivals(found), language, level=2),
    ]  # fmt: skip
    if found.get("unseen"):
        parts.append(table_markdown(_unseen(found), language, level=2))
    if found.get("patrols"):
        parts.append(table_markdown(_patrols(found), language, level=2))
    if found.get("ablations"):
        parts.append(
            table_markdown(ablation_table(found["ablations"], language), language, level=2)
        )
    parts.append(product.format(**values) + _MORE[language])
    parts += [table_markdown(table, language) for table in rest if table.rows or table.says]
    return "\n\n".join([*parts, where]) + "\n"


def _named(found: Found) -> list[tuple[str, Found]]:
    """The product as it ships, then all at the thresholds that were found."""
    return [("shipped", {"scores": found["beside"]}), *found["contenders"].items()]


_DELAYS: Final = (
    "median_min", "within_30_min", "within_30_min_of_alerted",
    "before_berthing", "before_berthing_of_alerted",
)  # fmt: skip


def _whole(found: Found) -> Table:
    """What the product reaches on all nights that were scored, whatever the level."""
    shipped, everything = found["shipped"], found["everything"]
    delay = everything["delay"]
    return Table("whole", [Cell("name"), Cell("name")], [
        [Cell("recall"), figure(shipped["recall"])],
        [Cell("false_alarms"), figure(shipped["false_alarms"])],
        *([Cell("recall_admitting_so_many", {"n": one["false_alarms"]}), figure(one["recall"])]
          for one in everything["recall_admitting"]),
        [Cell("recall_weighed"), figure(everything["recall"])],
        [Cell("average_precision"), figure(everything["average_precision"])],
        [Cell("r_precision"), figure(everything["r_precision"])],
        *([Cell(f"admitting_one_{code}"), figure(delay[code])]
          for code in _DELAYS),
    ])  # fmt: skip


def _rivals_own_rate(found: Found) -> Table:
    rows = [
        [Cell(code), *(figure(one["scores"]["own_rate"]["views"][0][c]) for c in _OWN_COLUMNS)]
        for code, one in _named(found)
    ]
    return Table("rivals_own_rate", [Cell("name"), *map(Cell, _OWN_COLUMNS)], rows)


def _rivals(found: Found) -> Table:
    rows = []
    for code, one in _named(found):
        threshold = one["tuned"]["threshold"] if "tuned" in one else found["level"]
        ranked = one.get("everything", found["contenders"]["product"]["everything"])
        never = "tuned" in one and not one["tuned"]["recall"]
        rows.append([
            Cell(code), figure(None if never else float(threshold)), *_raised(one["scores"]),
            figure(one["scores"]["minutes_stood"]["all"]), *_ranked(ranked),
        ])  # fmt: skip
    counts = found["beside"]["counts"]
    says = Cell("side_by_side_says", {
        "budget": found["budget"], "admitted": found["admitted"],
        "nights": counts["nights"], "landings": counts["landings"],
    })  # fmt: skip
    return Table("side_by_side", [Cell("name"), *map(Cell, _RIVAL_COLUMNS)], rows, says)


def _unseen(found: Found) -> Table:
    """What `unseen.unseen` found."""
    of = found["unseen"]
    named = [(Cell("together_alone"), of["together"])]
    named += [(Cell(text=row["name"]), row) for row in of["kinds"]]
    rows = [
        [name, figure(row.get("threshold")), figure(row["known"]), figure(row["unseen"]),
         figure(row["times"]), Cell("yes" if row["kept"] else "no")]
        for name, row in named
    ]  # fmt: skip
    says = Cell("unseen_says", {
        "threshold": of["threshold"], "bar": of["bar"], "admitted": found["admitted"],
    })  # fmt: skip
    return Table("unseen", [Cell("name"), *map(Cell, _UNSEEN_COLUMNS)], rows, says)


def _patrols(found: Found) -> Table:
    """What `patrols.patrols` found."""
    rows = [
        [figure(one["teams"]), figure(one["team_hours"]),
         *(figure(one[c]) for c in ("plan", "rule", "times"))]
        for one in found["patrols"]["rows"]
    ]  # fmt: skip
    says = Cell("patrols_says", {"draws": found["patrols"]["draws"]})
    return Table("patrols", [Cell("teams"), *map(Cell, _PATROL_COLUMNS)], rows, says)


def ablation_table(found: Found, language: str) -> Table:
    """What `comparing.ablated` found."""
    rows = []
    for name, one in found["rows"].items():
        recall, _, false_alarms, median = _raised(one["scores"])
        title = Cell(text=one["title_zh"] if language == "zh" else name)
        rows.append([title, recall, false_alarms, median, *_ranked(one["everything"])])
    says = Cell("ablations_says", {"nights": found["nights"], "landings": found["landings"]})
    return Table("ablations", [Cell("name"), *map(Cell, _ABLATION_COLUMNS)], rows, says)


def _raised(scores: Found) -> list[Cell]:
    codes = ("recall", "precision", "false_alarms")
    return [*(figure(scores[c]) for c in codes), figure(scores["delay"]["median_min"])]


def _ranked(everything: Found) -> list[Cell]:
    admitting = everything["recall_admitting"][1]["recall"]
    return [figure(everything["average_precision"]), figure(admitting)]
