"""The report: every word in both languages, nothing foreign let through."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from scored import alert, landing, nuisance, report, scored

from simulate.scoring.report_html import report_html
from simulate.scoring.report_text import report_text
from simulate.scoring.scores import plain, scores
from simulate.scoring.tables import compared, figure, tables
from simulate.scoring.words import WORDS

NASTY = '<script>alert("x")</script>\x1b[31m'


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    truth = [landing("P1", variant=NASTY), landing("FAR", night=1)]
    rows = [alert("t"), alert("f", "FAR"), alert("g", "EDGE", night=1)]
    told = [report(n, {"P3": 0.01, "EDGE": 0.4}) for n in range(2)]
    nasty = [nuisance(NASTY, "EDGE", -10, 10, night=1)]
    judged = scored(rows, truth, nasty, nights=2, reports=told)
    made: dict[str, Any] = plain(scores([judged]))
    return made


def empty() -> dict[str, Any]:
    made: dict[str, Any] = plain(scores([scored([], [])]))
    return made


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_figures_of_a_real_coast_are_printed_before_recall(
    found: dict[str, Any], language: str
) -> None:
    text = report_text(found, language)
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    index = ("en", "zh").index(language)
    assert heads[0] == WORDS["own_rate"][index]
    assert heads.index(WORDS["main"][index]) > 0
    assert all(table.title in WORDS for table in tables(found))
    assert not re.search(r"[a-z]+_[a-z]+", text)


def test_no_control_character_of_a_name_reaches_the_terminal(found: dict[str, Any]) -> None:
    text = report_text(found)
    assert "script" in text
    assert "\x1b" not in text


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [f"{k}={v}" for k, v in attrs if k in ("src", "href", "xlink:href")]


def test_the_page_needs_nothing_else_and_runs_no_script(found: dict[str, Any]) -> None:
    html = report_html(found, NASTY, more=[compared({NASTY: found})])
    page = Page()
    page.feed(html)
    assert "script" not in page.tags
    assert page.links == []
    assert page.tags.count("svg") == 6
    assert "url(" not in html
    assert "\x1b" not in html


def test_every_word_of_the_page_is_there_in_both_languages(found: dict[str, Any]) -> None:
    html = report_html(found)
    assert html.count('class="en"') == html.count('class="zh"') > 40
    assert all(en and zh for code, (en, zh) in WORDS.items() if code != "name")


def test_without_landings_and_alerts_there_is_a_report_all_the_same() -> None:
    nothing = empty()
    assert WORDS["calibration_none"][0] in report_text(nothing)
    assert "<svg" in report_html(nothing)


def test_the_scores_are_json(found: dict[str, Any]) -> None:
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_runs_stand_side_by_side(found: dict[str, Any]) -> None:
    table = compared({"as recorded": found, "without radar": empty()})
    assert [row[0].text for row in table.rows] == ["as recorded", "without radar"]
    assert len({len(row) for row in table.rows} | {len(table.columns)}) == 1
    assert "without radar" in report_text(found, more=[table])


def test_a_figure_shows_its_intervals_and_what_it_rests_on() -> None:
    assert figure(None).text == "–"
    assert figure({"value": None, "low": None, "high": None}).text == "–"
    assert figure(1234.5).text == "1,234.5"
    both = {"value": 0.5, "low": 0.4, "high": 0.6, "method": "wilson", "count": 5.0, "of": 10.0,
            "nights_low": 0.3, "nights_high": 0.7}  # fmt: skip
    assert figure(both).text == "0.500 (0.400–0.600) [0.300–0.700] 5/10"
