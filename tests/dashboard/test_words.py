"""Both languages say everything, and nothing that the data says can blank the screen."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.masking import masked
from core.schema import SENSORS
from dashboard.catalogue import LANGUAGES, flattened, words
from dashboard.nights import SYSTEM
from geo.piers import PIER_KINDS, PIER_STATUSES
from ingest.reasons import REASONS
from models.anomaly.features import REGIMES
from models.events.dark_cases import NEVER, WENT
from models.events.identity_conflicts import NATS
from models.risk.evidence_table import BLOCKS

ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("Asia/Shanghai")


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_both_catalogues_have_the_same_keys_and_parameters():
    tables = [
        dict(
            flattened(tomllib.loads((ROOT / "dashboard/words" / f"{name}.toml").read_text("utf-8")))
        )
        for name in LANGUAGES
    ]
    assert tables[0].keys() == tables[1].keys()
    assert {k: fields(v) for k, v in tables[0].items()} == {
        k: fields(v) for k, v in tables[1].items()
    }
    assert [key for table in tables for key, text in table.items() if not text.strip()] == []


def test_no_word_lies_unused_but_those_that_codes_of_the_data_ask_for():
    by_code = {
        "level", "status", "kind", "block", "criterion", "sensor", "evidence", "value", "pier",
        "pier_kind", "class", "feed", "refusal", "door", "feed_state", "live_state", "suspect",
        "doubt", "sighting", "ashore", "reading", "feature", "check", "link",
        "outlook_factor", "outlook_gap", "withdrawn", "regime", "regime_kind",
    }  # fmt: skip
    files = [*(ROOT / "dashboard").glob("*.py"), *(ROOT / "dashboard/assets/app").glob("*.js")]
    source = "".join(path.read_text("utf-8") for path in files)
    asked = set(re.findall(r'"([a-z_]+)"|\.([a-z_]+)\b|[{,] ([a-z_]+)(?=[:, ])', source))
    named = {name for names in asked for name in names}
    unused = {
        key
        for key in sorted(words("zh").keys())
        if key.partition(".")[0] not in by_code
        and f'"{key}"' not in source
        and key.rpartition(".")[2] not in named
    }
    assert unused == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_the_house_has_its_word(language: str):
    known = words(language).keys()
    codes = {f"block.{block}" for block in BLOCKS}
    codes |= {f"pier.{status}" for status in PIER_STATUSES}
    codes |= {f"pier_kind.{kind}" for kind in PIER_KINDS}
    codes |= {f"sensor.{sensor}" for sensor in SENSORS}
    codes |= {f"regime.{regime}" for regime in REGIMES}
    judgements = tomllib.loads((ROOT / "models/risk/judgements.toml").read_text("utf-8"))
    codes |= {f"criterion.{criterion['code']}" for criterion in judgements["criterion"]}
    assert codes - known == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_of_a_refusal_has_its_word(language: str):
    assert set(REASONS) - set(words(language).group("refusal")) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_doubt_notice_and_fact_that_the_engine_tells_has_its_word(language: str):
    said = words(language)
    source = (ROOT / "models/feeds/plausibility.py").read_text("utf-8")
    source += (ROOT / "engine/feeds.py").read_text("utf-8")
    doubts = set(re.findall(r'"(speed|jump|duplicate|on_land|too_old)"', source))
    doubts |= set(re.findall(r'lit\("([a-z_]+)"\)\.alias\("reason"\)', source)) - {"future"}
    assert len(doubts) == 6
    assert doubts - set(said.group("doubt")) == set()
    notices = set(re.findall(r'Notice\(tick_s, "([a-z_]+)"', source))
    assert notices == {"sos", *SYSTEM}
    assert notices - set(said.group("kind")) == set()
    assert notices - {code.partition(".")[0] for code in said.group("evidence")} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_that_the_models_give_has_its_sentence(language: str):
    source = (ROOT / "models/risk/cues.py").read_text("utf-8")
    source += (ROOT / "models/risk/evidence.py").read_text("utf-8")
    codes = set(re.findall(r'_entry\(\s*[^()]*?"([a-z_]+)",\s*(?:sources|\(|"|[a-z_]+=)', source))
    codes |= set(re.findall(r'"(block_cap|block_floor|posterior_bound)"', source))
    said = {name.partition(".")[0] for name in words(language).group("evidence")}
    assert len(codes) >= 8
    assert codes - said - set(BLOCKS) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_event_that_people_are_told_of_has_its_word_and_its_sentence(language: str):
    said = words(language)
    source = "".join(path.read_text("utf-8") for path in (ROOT / "models/events").glob("*.py"))
    kinds = set(re.findall(r'^KIND: Final = "([a-z_]+)"', source, re.MULTILINE))
    kinds = (kinds | {"circle_spoofing"}) - {"approach"}  # that is drawn, and told to nobody
    assert {"rendezvous", "loitering", "scout", "dark_vessel", "identity_conflict"} <= kinds
    assert kinds - set(said.group("kind")) == set()
    sentences = {code.partition(".")[0] for code in said.group("evidence")}
    assert kinds - sentences == set()
    assert set(NATS) - set(said.group("value.code")) == set()
    assert {NEVER, WENT} - set(said.group("value.form")) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_that_nobody_knows_is_shown_with_its_facts(language: str):
    said = words(language).sentence(
        "moon_phase", {"phase": 0.256, "at": "2026-03-01T17:15:00Z"}, ZONE
    )
    assert said == "moon_phase (phase 0.26 · at 01:15)"


def test_the_sentence_that_fits_the_parameters_is_taken():
    english = words("en")
    by_margin = english.sentence("tide_window", {"margin_m": 1.2}, ZONE)
    assert by_margin == "1.2 m of water to spare at the berth"
    by_hours = english.sentence("tide_window", {"hours_from_high_water": 0.8}, ZONE)
    assert by_hours == "0.8 h from high water"
    assert "radar" in english.sentence(
        "dark_approach", {"silent_min": 74, "corroborated": True}, ZONE
    )


@given(
    st.text(max_size=12),
    st.dictionaries(
        st.text(max_size=8),
        st.none() | st.booleans() | st.floats() | st.text(max_size=20) | st.lists(st.integers()),
        max_size=4,
    ),
)
def test_no_code_and_no_parameter_makes_a_sentence_fail(code: str, params: dict[str, object]):
    for language in LANGUAGES:
        assert isinstance(words(language).sentence(code, params, ZONE), str)


@given(
    st.sampled_from("浙沪苏闽"),
    st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=5, max_size=6),
)
def test_a_plate_is_masked_wherever_it_stands(province: str, rest: str):
    plate = f"{province}B{rest}"
    told = masked({"a": [f"plate:{plate}", {"text": f"truck {plate} left"}]})
    assert rest[:-1] not in str(told)
    assert province in str(told)
