"""An alert taken apart: what is shown adds up, and the figures are lettered in any language."""

from __future__ import annotations

import io
import math
import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from desk import Explanation, lettering
from desk.words import LANGUAGES, WORDS

PRIOR = -7.29
REVISION: dict[str, Any] = {
    "alert_id": "a1", "revision": 1, "status": "new", "kind": "night_landing", "level": "watch",
    "issued_at": "2026-03-09T17:22:10Z", "posterior": 0.2515, "prior_nats": PRIOR,
    "severity": 0.54, "exercise": True, "pier_id": "P333", "lon": 121.98, "lat": 29.55,
    "berth_from": "2026-03-09T17:15:00Z", "berth_to": None, "targets": ["mmsi:413998002"],
    "vehicles": [], "not_covered": ["radar"],
    "evidence": [
        {"block": "identity", "nats": -1.17, "code": "heard_all_the_way", "params": {},
         "sources": ["ais"]},
        {"block": "identity", "nats": 1.25, "code": "unregistered", "params": {},
         "sources": ["register"]},
        {"block": "rarity", "nats": 4.35, "code": "idle_pier", "params": {"status": "idle"},
         "sources": ["register"]},
        {"block": "timing", "nats": 2.9, "code": "a_new_detector", "params": {}, "sources": []},
        {"block": "timing", "nats": -1.13, "code": "block_cap", "params": {"cap_nats": 1.77},
         "sources": []},
    ],
    "severity_parts": [{"criterion": "goods", "value": 0.5, "weight": 0.35, "contribution": 0.177,
                        "known": False}],
}  # fmt: skip


@pytest.fixture
def why() -> Explanation:
    later = {**REVISION, "revision": 2, "status": "update", "posterior": 0.3}
    return Explanation([REVISION, later], 1, ZoneInfo("Asia/Shanghai"), "小目湾渔业码头")


def test_prior_and_contributions_add_up_to_the_posterior_s_log_odds(why: Explanation) -> None:
    p = why.alert["posterior"]
    assert why.sum_nats == pytest.approx(math.log(p / (1 - p)), abs=0.01)
    assert why.blocks["nats"].sum() + why.prior_nats == pytest.approx(why.sum_nats)
    assert why.table["times_more_likely"].prod() == pytest.approx(
        math.exp(why.sum_nats - PRIOR), rel=0.02
    )


def test_what_speaks_most_against_is_a_reason_and_never_a_cap(why: Explanation) -> None:
    assert why.innocent is not None
    assert why.innocent.code == "heard_all_the_way"


def test_every_revision_is_shown_and_an_earlier_one_can_be_explained(why: Explanation) -> None:
    assert why.revisions["revision"].tolist() == [1, 2]
    assert why.revisions["posterior"].tolist() == [0.2515, 0.3]
    assert why.alert["posterior"] == 0.2515
    assert "A lead to verify" in why._repr_html_()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_waterfall_has_a_bar_for_prior_each_contribution_and_posterior(
    why: Explanation, language: str
) -> None:
    figure = why.figure(language)
    axes = figure.axes[0]
    assert len(axes.patches) == len(why.table) + 2
    ends = [bar.get_x() + bar.get_width() for bar in axes.patches]
    assert ends[-2] == pytest.approx(why.sum_nats)
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert any("a_new_detector" in label for label in labels)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    assert Image.open(file).width == 900


def test_where_no_font_draws_chinese_a_figure_is_lettered_in_english_without_boxes(
    why: Explanation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lettering, "_CHINESE", ())  # as on a machine without such a font
    lettering._chinese_font.cache_clear()
    try:
        figure = why.figure("zh")  # a glyph that is missing would warn, and a warning fails
        figure.savefig(io.BytesIO(), format="png")
        assert figure.get_suptitle().startswith("Night landing · P333")
    finally:
        lettering._chinese_font.cache_clear()


def test_the_desk_and_the_screen_use_the_same_words() -> None:
    folder = Path(__file__).parents[2] / "dashboard" / "words"
    for i, language in enumerate(LANGUAGES):
        screen = tomllib.loads((folder / f"{language}.toml").read_text("utf-8"))
        shared = {
            key: said[i]
            for key, said in WORDS.items()
            if key.split(".")[1] in screen.get(key.split(".")[0], {})
        }
        assert len(shared) > 15
        for key, said in shared.items():
            group, code = key.split(".")
            assert said == screen[group][code], key
