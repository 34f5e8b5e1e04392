"""The report as tables: which figures stand where, before they are text or HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Scores = Mapping[str, Any]  # as `scores.plain` gives them

OWN_COLUMNS: Final = (
    "recall", "false_a_night", "false_a_night_shift", "alerts_a_true_landing",
    "nights_without_false_alarm",
)  # fmt: skip
COUNTS: Final = (
    "nights", "pier_nights", "landings", "alerts", "true", "false", "duplicate", "brief",
    "duplicates_surer_than_their_match", "evidence_does_not_add_up", "landings_per_100_pier_nights",
)  # fmt: skip
CONFORMAL: Final = ("promised", "realised", "reachable", "promise_inside")
DELAYS: Final = (
    "alerted", "median_min", "p90_min", "within_30_min", "within_30_min_of_alerted",
    "before_berthing", "before_berthing_of_alerted",
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A code with the numbers of its sentence, or a figure."""

    code: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    text: str | None = None  # said as it is, in every language


@dataclass(frozen=True)
class Table:
    """A heading, a sentence beneath it, column heads and rows; the first column are names."""

    title: str
    columns: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    says: Cell | None = None


def figure(value: object) -> Cell:
    """A number, or an estimate with its intervals, in the shortest form that is honest.

    >>> figure({"value": 0.9, "low": 0.87, "high": 0.93, "count": 9.0, "of": 10.0}).text
    '0.900 (0.870–0.930) 9/10'
    """
    if not isinstance(value, Mapping):
        return Cell(text=number(value))
    text = number(value.get("value"))
    if value.get("low") is not None and value.get("method") != "nights":
        text += f" ({number(value['low'])}–{number(value['high'])})"
    if value.get("nights_low") is not None:
        text += f" [{number(value['nights_low'])}–{number(value['nights_high'])}]"
    if value.get("count") is not None and value.get("method") != "poisson":
        text += f" {value['count']:g}/{value['of']:g}"
    elif value.get("count") is not None:
        text += f" n={value['count']:g}"
    return Cell(text=text)


def number(value: object) -> str:
    """Three decimals below ten, fewer above; a dash where it is not known."""
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def tables(found: Scores) -> list[Table]:
    """The report's tables in their order: what a coast would see first."""
    return [
        _own_rate(found["own_rate"]),
        _counts(found["counts"]),
        _main(found),
        _admitting(found["recall_admitting"]),
        _rows("delay", [(Cell(c), found["delay"][c]) for c in DELAYS], Cell("delay_says")),
        _stood(found["minutes_stood"]),
        _calibration(found["calibration"]),
        *_conformal(found["conformal"]),
        _by("by_variant", found, ("recall", "recall_admitting_one", "within_30_min")),
        _by("by_cause", found, ("false_alarms", "false_alarms_admitting_one", "stood_min")),
        _by("by_coverage", found, ("recall", "recall_admitting_one")),
        _by("by_township", found, ("recall", "recall_admitting_one", "false_alarms")),
    ]


def _own_rate(own: Scores) -> Table:
    rows = [
        [Cell(view["view"]), *(figure(view[column]) for column in OWN_COLUMNS)]
        for view in own["views"]
    ]
    values = {
        "a_year": own["landings_a_year"],
        "a_night": own["landings_a_night"],
        "recorded": own["landings_a_night_recorded"],
        "county": own["county_piers"],
        "piers": own["piers"],
    }
    columns = [Cell("view"), *map(Cell, OWN_COLUMNS)]
    return Table("own_rate", columns, rows, Cell("own_rate_says", values))


def _counts(counts: Scores) -> Table:
    rows = [[Cell(code), figure(counts[code])] for code in COUNTS]
    return Table("counts", [], rows)


def _main(found: Scores) -> Table:
    named: list[tuple[Cell, object]] = [
        (Cell(code), found[code])
        for code in ("recall", "precision", "false_alarms", "average_precision", "r_precision")
    ]
    return _rows("main", named)


def _admitting(rows: Sequence[Scores]) -> Table:
    columns = [Cell("false_alarms"), *map(Cell, ("threshold", "recall", "precision"))]
    cells = [
        [Cell(text=f"{row['false_alarms']:g}"),
         *(figure(row[code]) for code in ("threshold", "recall", "precision"))]
        for row in rows
    ]  # fmt: skip
    return Table("recall_admitting", columns, cells)


def compared(named: Mapping[str, Scores]) -> Table:
    """Several runs side by side, such as ablations or baselines: scores by name."""
    rows = [
        [Cell(text=name), figure(found["average_precision"]),
         figure(found["recall_admitting"][1]["recall"]), figure(found["recall"]),
         figure(found["false_alarms"]), figure(found["delay"]["median_min"]),
         figure(found["minutes_stood"]["all"])]
        for name, found in named.items()
    ]  # fmt: skip
    codes = ("average_precision", "recall_admitting_one", "recall", "false_alarms", "median_min",
             "minutes_stood")  # fmt: skip
    return Table("compared", [Cell("name"), *map(Cell, codes)], rows)


def _rows(title: str, named: Sequence[tuple[Cell, object]], says: Cell | None = None) -> Table:
    return Table(title, [], [[name, figure(value)] for name, value in named], says)


def _stood(stood: Scores) -> Table:
    named: list[tuple[Cell, object]] = [(Cell("all", {"bar": stood["bar"]}), stood["all"])]
    named += [(Cell(code), stood[code]) for code in ("false", "duplicate", "brief")]
    return _rows("minutes_stood", named)


def _calibration(calibration: Scores) -> Table:
    if not calibration["known"]:
        return Table("calibration", [], [], Cell("calibration_none"))
    says = Cell("calibration_says", {"rate": calibration["rate_per_pier_night"]})
    codes = ("brier", "ece", "ece_if_right")
    return _rows("calibration", [(Cell(c), calibration[c]) for c in codes], says)


def _conformal(conformal: Scores) -> list[Table]:
    if not conformal["covered"]:
        return [Table("conformal", [], [], Cell("conformal_none"))]
    columns = [Cell(c) for c in ("stratum", "of_pier_nights", *CONFORMAL)]
    parts = [(Cell("together"), conformal["together"])]
    parts += [(Cell(text=one["name"]), one) for one in conformal["strata"]]
    rows = [
        [*((Cell(text=""),) * 2 if n else (name, figure(part["pier_nights"]))), *_promise(row)]
        for name, part in parts
        for n, row in enumerate(part["by_alpha"])
    ]
    says = Cell("conformal_says", {**conformal["counts"], **_smaller(conformal["smaller"])})
    return [Table("conformal", columns, rows, says)]


def _smaller(smaller: Scores) -> dict[str, float]:
    return {f"smaller_{name}": n for name, n in smaller.items()}


def _promise(row: Scores) -> list[Cell]:
    """Five decimals: a promise may be one in a thousand."""
    found, text = row["realised"], "–"
    if found["value"] is not None:
        text = f"{found['value']:.5f} ({found['low']:.5f}–{found['high']:.5f})"
    if found.get("nights_low") is not None:
        text += f" [{found['nights_low']:.5f}–{found['nights_high']:.5f}]"
    reachable = "–" if row["reachable"] is None else f"{row['reachable']:.5f}"
    answer = Cell(text="–") if row["answer"] is None else Cell(row["answer"])
    return [Cell(text=f"{row['promised']:g}"), Cell(text=text), Cell(text=reachable), answer]


def _by(title: str, found: Scores, columns: Sequence[str]) -> Table:
    rows = [
        [
            Cell("unexplained") if row["name"] == "unexplained" else Cell(text=row["name"]),
            *(figure(row.get(column)) for column in columns),
        ]
        for row in found[title]
    ]
    return Table(title, [Cell("name"), *map(Cell, columns)], rows)
