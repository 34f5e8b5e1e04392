"""The report as one HTML page that needs nothing else: no script, no font, no network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Final

from simulate.scoring.drawing import Plot, bars, both
from simulate.scoring.report_text import said
from simulate.scoring.tables import Cell, Scores, Table, tables
from simulate.scoring.words import printable

UNIT: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)

STYLE: Final = """
:root{--ink:#1d2733;--soft:#5c6b7a;--line:#d9e0e6;--paper:#fff;--mark:#0b6e8f;--pale:#8fc1d1}
@media (prefers-color-scheme:dark){:root{--ink:#e3e9ee;--soft:#9aa8b5;--line:#34404b;
--paper:#151b21;--mark:#5cc2e0;--pale:#2f6577}}
body{font:15px/1.5 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;
color:var(--ink);background:var(--paper);max-width:980px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:2.2rem 0 .4rem}p{color:var(--soft);margin:.3rem 0}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.86rem;width:100%}
td,th{padding:.3rem .7rem .3rem 0;border-bottom:1px solid var(--line);text-align:left;
font-weight:400;font-variant-numeric:tabular-nums}th{color:var(--soft)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(330px,1fr));gap:1.2rem}
figure{margin:0}figcaption{font-size:.9rem;color:var(--soft)}svg{width:100%;height:auto}
.axis,.name{font-size:12px;fill:var(--ink)}.tick{font-size:11px;fill:var(--soft)}
.grid{stroke:var(--line);fill:none}.mark{stroke:var(--mark);stroke-width:2;fill:none}
.guide{stroke:var(--soft);stroke-dasharray:4 4;fill:none}.span{stroke:var(--ink);fill:none}
.dot{fill:var(--mark)}.bar{fill:var(--pale)}
input{position:absolute;opacity:0}label{padding:.15rem .6rem;border:1px solid var(--line);
border-radius:1rem;cursor:pointer;font-size:.85rem}
#en:checked~label[for=en],#zh:checked~label[for=zh]{background:var(--mark);color:var(--paper)}
input:focus-visible~label{outline:1px dotted var(--soft)}
#en:checked~main .zh,#zh:checked~main .en{display:none}
"""


def report_html(
    found: Scores, heading: str = "", language: str = "zh", more: Sequence[Table] = ()
) -> str:
    """Scores (as `scores.plain` gives them) as one page in both languages.

    Parameters
    ----------
    heading
        What was scored: a recording's name, or that of a set.
    language
        Which one is shown first, `en` or `zh`; a switch on the page shows the other.
    more
        Further tables, such as `tables.compared` of the ablations.
    """
    radios = "".join(
        f'<input type="radio" name="language" id="{code}"{" checked" * (code == language)}>'
        for code in ("zh", "en")
    )
    labels = '<label for="zh">中文</label> <label for="en">English</label>'
    body = "\n".join(
        [
            f"<h1>{both('title')}{': ' + escape(printable(heading)) if heading else ''}</h1>",
            f"<p><strong>{both('simulated')}</strong></p><p>{both('how')}</p>",
            *(_table(table) for table in tables(found)[:1]),
            f'<div class="figures">{"".join(_figures(found))}</div>',
            *(_table(table) for table in (*tables(found)[1:], *more)),
            _recordings(found["counts"]["recordings"]),
        ]
    )
    return (
        '<!doctype html>\n<html lang="zh">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>pierwatch evaluate{': ' + escape(printable(heading)) if heading else ''}</title>\n"
        f"<style>{STYLE}</style>\n<body>\n{radios}{labels}\n<main>\n{body}\n</main>\n</body>\n"
        "</html>\n"
    )


def _cell(cell: Cell) -> str:
    return (
        escape(said(cell, "en")) if cell.text is not None else both(cell.code, values=cell.values)
    )


def _table(table: Table) -> str:
    head = "".join(f"<th>{_cell(cell)}</th>" for cell in table.columns) if table.rows else ""
    rows = "".join(
        "<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>\n"
        for row in table.rows
    )
    says = f"<p>{_cell(table.says)}</p>" if table.says is not None else ""
    body = f'<div class="scroll"><table><tr>{head}</tr>\n{rows}</table></div>' if rows else ""
    return f"<h2>{both(table.title)}</h2>{says}{body}"


def _recordings(rows: list[dict[str, Any]]) -> str:
    columns = [Cell(code) for code in ("recording", "seed", "nights", "piers", "landings")]
    cells = [
        [Cell(text=str(row[key])) for key in ("name", "seed", "nights", "piers", "landings")]
        for row in rows
    ]
    return _table(Table("recordings", columns, cells))


def _figure(code: str, svg: str) -> str:
    return f"<figure><figcaption>{both(code)}</figcaption>{svg}</figure>"


def _figures(found: Scores) -> list[str]:
    return [
        _figure("main", _found_and_false(found)),
        _figure("average_precision", _precision(found)),
        _figure("calibration", _reliability(found["calibration"])),
        _figure("delay", _delay(found["delay"])),
        _figure("by_variant", _bars(found["by_variant"], "recall", 1.0)),
        _figure("by_cause", _bars(found["by_cause"], "false_alarms", None)),
    ]


def _found_and_false(found: Scores) -> str:
    plot = Plot((0, 3), (0, 1), (0, 0.5, 1, 2, 3), UNIT, "false_alarms", "recall")
    points = [(0.0, 0.0), *((row["false_alarms"], row["recall"]) for row in found["curve"])]
    plot.line([p for p in points if p[0] <= 3], steps=True)
    for row in found["recall_admitting"]:
        recall = row["recall"]
        if recall["value"] is not None:
            plot.dot((row["false_alarms"], recall["value"]), recall["low"], recall["high"])
    return plot.svg()


def _precision(found: Scores) -> str:
    plot = Plot((0, 1), (0, 1), UNIT, UNIT, "recall", "precision")
    plot.line([(row["recall"], row["precision"]) for row in found["curve"]])
    return plot.svg()


def _reliability(calibration: Scores) -> str:
    plot = Plot((0, 1), (0, 1), UNIT, UNIT, "posterior", "was")
    plot.line([(0, 0), (1, 1)], "guide")
    for row in calibration.get("reliability", ()):
        if row["alerts"]:
            radius = min(8.0, 2.5 + row["alerts"] ** 0.5 / 4)
            plot.dot((row["said"], row["was"]), row["low"], row["high"], radius)
    return plot.svg()


def _delay(delay: Scores) -> str:
    plot = Plot(
        (-120, 240), (0, 1), (-120, -60, 0, 30, 60, 120, 180, 240), UNIT, "minutes", "share"
    )
    plot.line([(0, 0), (0, 1)], "guide")
    plot.line([(row["within_min"], row["share"]) for row in delay["curve"]])
    return plot.svg()


def _bars(rows: list[dict[str, Any]], key: str, most: float | None) -> str:
    drawn = [
        (row["name"], row[key]["value"], row[key]["low"], row[key]["high"])
        for row in rows[:16]
        if row[key]["value"] is not None
    ]
    return bars(drawn, most or max((high or value for _, value, _, high in drawn), default=1.0))
