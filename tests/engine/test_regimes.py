"""Fog and gale that officers declare hold from their tick on (their laws: test_decisions)."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from a_landing import END_S, NIGHT_S, SHIP, coast, landing
from engine_decisions import decisions, regime
from engine_runs import run
from engine_scenes import place
from example_counts import TIMEOUT_S
from made_tracks import T0_S

from core.schema import empty
from core.times import SECOND_US, utc_text
from engine import anomalies, regimes
from engine.place import Place

pytestmark = pytest.mark.timeout(TIMEOUT_S)
FROM_S, TO_S = T0_S + NIGHT_S - 7200, T0_S + NIGHT_S + 5 * 3600
HEAD = "kind,from,to,source\n"


def said(told: pl.DataFrame | None = None, csv: str | None = None) -> list[dict[str, Any]]:
    where = place(regimes=HEAD + csv if csv else None)
    alerts, _, _ = run(coast({SHIP: landing(NIGHT_S)}), [T0_S + END_S], where=where, decisions=told)
    return [json.loads(text) for text in alerts.splitlines()]


def spells(*told: tuple[int, str, int, int | None]) -> list[tuple[str, int, int | None]]:
    """What holds after declarations of (tick, kind, from, to), in seconds."""
    said = [(at_s, "regime", regime(kind, from_s, to_s)) for at_s, kind, from_s, to_s in told]
    held = regimes.take(empty(regimes.REGIME), decisions(said))
    return [
        (kind, from_us // SECOND_US, None if to_us is None else to_us // SECOND_US)
        for kind, from_us, to_us in regimes.spells(held)
    ]


def test_a_gale_declared_before_has_the_effect_of_one_in_the_file_and_the_alert_names_it() -> None:
    when = regime("gale", FROM_S, TO_S)
    filed = said(csv=f"gale,{when['from']},{when['to']},\n")
    assert said(decisions([(FROM_S, "regime", when)])) == filed
    assert filed != said()
    assert filed[-1]["explanation"]["regimes"] == ["gale"]
    assert "regimes" not in said()[-1]["explanation"]


def test_what_was_declared_last_of_a_kind_holds_and_nothing_counts_from_before_it_was_said() -> (
    None
):
    T = T0_S
    assert spells((T, "fog", T - 600, T + 600)) == [("fog", T, T + 600)]
    assert spells((T, "fog", T, None), (T + 60, "fog", T + 60, T + 60)) == [("fog", T, T + 60)]
    assert spells((T, "fog", T, T + 600), (T + 60, "fog", T, T + 6000)) == [
        ("fog", T, T + 60), ("fog", T + 60, T + 6000)]  # fmt: skip
    assert spells((T, "fog", T, T + 600), (T + 60, "gale", T, T + 70)) == [
        ("fog", T, T + 600), ("gale", T + 60, T + 70)]  # fmt: skip
    assert spells((T, "fog", T, T)) == []


def test_a_spell_is_carried_for_a_week_after_its_end() -> None:
    held = regimes.take(
        empty(regimes.REGIME), decisions([(FROM_S, "regime", regime("fog", FROM_S, TO_S))])
    )
    kept_s = regimes.KEPT_US // SECOND_US
    assert len(regimes.drop(held, TO_S + kept_s - 1)) == 1
    assert regimes.drop(held, TO_S + kept_s).is_empty()


def test_the_same_declarations_give_the_same_place_and_others_another() -> None:
    where, fog = place(), (("fog", 1, None),)
    assert where.declaring(()) is where
    first = where.declaring(fog)
    assert isinstance(first, Place)
    assert where.declaring(fog) is first
    assert where.declaring((("fog", 2, None),)) is not first
    assert first.regimes_at(5) == ["fog"]
    assert where.regimes_at(5) == []


@pytest.mark.parametrize(
    ("kinds", "compared_with"),
    [
        ((), "calm"),
        (("fog",), "calm"),
        (("moratorium_trawl",), "moratorium"),
        (("moratorium_gillnet", "moratorium_trawl"), "moratorium"),
        (("moratorium", "festival"), "festival"),
        (("moratorium_trawl", "gale"), "storm_shelter"),
    ],
)
def test_a_moratorium_of_any_gear_is_a_season_of_its_own(
    kinds: tuple[str, ...], compared_with: str
) -> None:
    spell = f"{utc_text(FROM_S * SECOND_US)},{utc_text(TO_S * SECOND_US)},test\n"
    rows = [f"{kind},{spell}" for kind in kinds]
    where = place(regimes=HEAD + "".join(rows) if rows else None)
    assert anomalies.regime(where, FROM_S * SECOND_US) == compared_with
    assert anomalies.regime(where, (TO_S + 1) * SECOND_US) == "calm"
