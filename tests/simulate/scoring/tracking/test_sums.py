"""What counts as right in a fusion: one spoilt at a time, on three boats and a radar."""

from __future__ import annotations

import polars as pl
import pytest
from made_fusion import DARK, END_S, START_S, A, B, perfect, site, truth

from core.errors import RecordingError
from simulate.scoring.tracking.figures import figures
from simulate.scoring.tracking.records import ECHOES, FIXES, RADAR, TRUTH, Said, Truth, read
from simulate.scoring.tracking.sums import sums
from simulate.tracks import ECHOES as WRITTEN_ECHOES
from simulate.tracks import TRACKS, parquet


def shares(of: Truth, said: Said) -> dict[str, float]:
    return {k: a / b if b else float("nan") for k, (a, b) in sums(of, said, site()).items()}


def without(said: Said, target: str) -> Said:
    """Its source track in no vessel."""
    return Said(said.fixes, said.links.filter(pl.col("target") != target))


def test_what_the_simulator_writes_is_what_the_scorer_reads() -> None:
    assert {k: TRACKS[k] for k in TRUTH} == dict(TRUTH)
    assert WRITTEN_ECHOES == ECHOES


def test_a_perfect_fusion_has_perfect_figures() -> None:
    found = shares(truth(), perfect(truth()))
    ones = {"associated", "associated_paired", "associated_radar", "associated_radar_apart",
            "completeness", "ambiguity",
            "longest_segment", "dark_precision", "dark_precision_of_vessels",
            "dark_precision_apart"}  # fmt: skip
    for name, value in found.items():
        if name.removesuffix("_reach").removesuffix("_alone") in ones:
            assert value == 1.0, name
        elif not name.startswith("dark_recall"):
            assert value == 0.0, name
    # The boat that is dark from the beginning and the one that goes dark, once it is known.
    assert found["dark_recall"] == 1.0


def test_an_object_in_two_vessels_is_wrong_and_ambiguous() -> None:
    whole = perfect(truth())
    radar = pl.col("target") == "radar:R1:1"
    links = whole.links.with_columns(
        pl.when(radar).then(pl.lit("X")).otherwise(pl.col("vessel")).alias("vessel")
    )
    more = whole.fixes.filter(pl.col("vessel") == A).with_columns(
        pl.lit("X").alias("vessel"), pl.lit(RADAR, pl.UInt8).alias("members")
    )
    found = shares(truth(), Said(pl.concat([whole.fixes, more]), links))
    assert found["associated"] == pytest.approx(2 / 3)
    assert found["associated_paired"] == pytest.approx(120 / (120 + 241))
    assert found["ambiguity"] == pytest.approx(4 / 3)
    assert found["completeness"] == 1.0
    assert found["dark_precision"] < 0.8


def test_two_objects_in_one_vessel_are_both_wrong() -> None:
    whole = perfect(truth())
    merged = pl.when(pl.col("vessel") == DARK).then(pl.lit(A)).otherwise(pl.col("vessel"))
    fixes = whole.fixes.filter(pl.col("vessel") != DARK)
    found = shares(truth(), Said(fixes, whole.links.with_columns(merged.alias("vessel"))))
    assert found["associated"] == pytest.approx(1 / 3)
    assert found["completeness"] == pytest.approx(2 / 3)


def test_clutter_in_a_vessel_is_wrong_and_clutter_alone_is_spurious() -> None:
    of = truth()
    nothing = [("R1", 9, 1, START_S * 1000, END_S * 1000, None)]
    of = Truth(of.tracks, pl.concat([of.echoes, pl.DataFrame(nothing, ECHOES, orient="row")]))
    whole = perfect(of)
    link = whole.links.filter(pl.col("target") == "radar:R1:3").with_columns(
        pl.lit("radar:R1:9").alias("target"), pl.lit("clutter").alias("track")
    )
    into_a = pl.concat([whole.links, link.with_columns(pl.lit(A).alias("vessel"))])
    assert shares(of, Said(whole.fixes, into_a))["associated"] == pytest.approx(2 / 3)
    alone = whole.fixes.filter(pl.col("vessel") == DARK).with_columns(pl.lit("X").alias("vessel"))
    links = pl.concat([whole.links, link.with_columns(pl.lit("X").alias("vessel"))])
    found = shares(of, Said(pl.concat([whole.fixes, alone]), links))
    assert found["associated"] == 1.0
    assert found["spuriousness"] == pytest.approx(1 / 4)
    assert found["dark_precision"] < 0.75
    assert found["dark_precision_of_vessels"] == 1.0


def test_a_vessel_that_goes_on_under_another_name_is_a_switch() -> None:
    whole = perfect(truth())
    later = pl.col("clock_s") >= START_S + 3_600
    renamed = pl.when((pl.col("vessel") == A) & later).then(pl.lit("A2")).otherwise("vessel")
    links = whole.links.filter(pl.col("vessel") == A)
    again = links.with_columns(
        pl.lit("A2").alias("vessel"),
        pl.when(pl.col("phase") == "joined").then(START_S + 3_600).otherwise("clock_s")
        .alias("clock_s"),
    )  # fmt: skip
    gone = links.with_columns(
        pl.when(pl.col("phase") == "left").then(START_S + 3_600).otherwise("clock_s")
        .alias("clock_s")
    )  # fmt: skip
    others = whole.links.filter(pl.col("vessel") != A)
    said = Said(whole.fixes.with_columns(renamed.alias("vessel")), pl.concat([others, gone, again]))
    above, hours = sums(truth(), said, site())["switches_an_hour"]
    assert (above, round(hours)) == (1, 6)
    assert shares(truth(), said)["associated"] == 1.0


def test_an_error_is_from_the_object_that_a_vessel_follows_and_a_lost_track_is_spurious() -> None:
    whole = perfect(truth())
    off = Said(whole.fixes.with_columns(pl.col("lat") + 40.0 / 110_900.0), whole.links)
    found = figures([sums(truth(), off, site())] * 2)
    for name in ("rmse_m", "rmse_10_km_m", "rmse_10_km_radar_alone_m", "gospa_localisation_m"):
        assert found[name].value == pytest.approx(40.0, abs=0.2), name
        assert found[name].nights_low == pytest.approx(found[name].value)
    far = Said(whole.fixes.with_columns(pl.col("lat") + 600.0 / 110_900.0), whole.links)
    assert shares(truth(), far)["spuriousness"] == 1.0


def test_what_is_only_in_reach_counts_there_alone() -> None:
    of = truth()
    blind = (pl.col("object") == DARK).cast(pl.UInt16)
    of = Truth(of.tracks.with_columns((pl.col("radars_see") * (1 - blind)).cast(pl.UInt16)
                                      .alias("radars_see")), of.echoes)  # fmt: skip
    said = Said(perfect(of).fixes.filter(pl.col("vessel") != DARK), perfect(of).links)
    found = shares(of, said)
    assert found["completeness"] == 1.0
    assert found["completeness_reach"] == pytest.approx(2 / 3)


def test_of_two_who_send_one_mmsi_the_nearer_one_is_meant() -> None:
    of = truth()
    same = pl.when(pl.col("mmsi").is_not_null()).then(pl.lit(412_000_001, pl.Int32)).alias("mmsi")
    of = Truth(of.tracks.with_columns(same), of.echoes)
    assert shares(of, perfect(of))["associated"] == 1.0


def test_a_number_that_was_given_anew_is_another_vessels() -> None:
    of = truth()
    middle = (START_S + 3_600) * 1000
    split = pl.DataFrame(
        [("R1", 3, 1, START_S * 1000, middle - 45_000, DARK),
         ("R1", 3, 2, middle, END_S * 1000, B)],
        ECHOES, orient="row",
    )  # fmt: skip
    of = Truth(of.tracks, pl.concat([of.echoes.filter(pl.col("number") != 3), split]))
    assert shares(of, perfect(of))["associated"] == 1.0


def test_a_file_that_is_none_or_lacks_a_column_is_named() -> None:
    with pytest.raises(RecordingError, match=r"vessels\.parquet"):
        read(b"PAR1nonsense", FIXES, "vessels.parquet")
    with pytest.raises(RecordingError, match="members"):
        read(parquet(pl.DataFrame(schema={**FIXES, "members": pl.String})), FIXES, "v")
    with pytest.raises(RecordingError, match="no such column"):
        read(parquet(pl.DataFrame({"vessel": ["a"]})), FIXES, "v")


def test_no_fix_at_all_is_no_track_and_no_error() -> None:
    of, nobody = truth(), perfect(truth())
    found = sums(of, Said(nobody.fixes.clear(), nobody.links.clear()), site())
    assert found["completeness"][0] == 0
    assert found["dark_recall"][0] == 0
    assert figures([found])["associated"].value is None


def test_the_kept_link_of_a_silent_transponder_is_no_track_of_it() -> None:
    """The boat that went dark goes on as another vessel; its old one waits for it."""
    whole, silent_s = perfect(truth()), START_S + 3_600
    mine, later = pl.col("vessel") == B, pl.col("clock_s") >= silent_s
    ais = pl.col("sensor") == "ais"
    kept = whole.links.filter(~(mine & ais & (pl.col("phase") == "left")))
    links = kept.filter(~(mine & ~ais))
    radar = kept.filter(mine & ~ais)
    first = radar.with_columns(pl.min_horizontal("clock_s", pl.lit(silent_s)).alias("clock_s"))
    then = radar.with_columns(
        pl.max_horizontal("clock_s", pl.lit(silent_s)).alias("clock_s"),
        pl.lit("X").alias("vessel"),
    )
    waiting = whole.fixes.filter(mine & later).with_columns(
        pl.lit(0, pl.UInt8).alias("members"), (pl.col("clock_s") - silent_s).alias("age_s")
    )
    renamed = pl.when(mine & later).then(pl.lit("X")).otherwise("vessel").alias("vessel")
    fixes = pl.concat([whole.fixes.with_columns(renamed), waiting])
    found = shares(truth(), Said(fixes, pl.concat([links, first, then])))
    assert found["associated"] == 1.0
    assert found["dark_recall"] > 0.85


def test_boats_nearer_than_a_radar_can_tell_are_told_apart_in_the_figures() -> None:
    of = truth()
    near = pl.when(pl.col("object") == DARK).then(pl.col("lat") - 980.0 / 110_900.0)
    of = Truth(of.tracks.with_columns(near.otherwise("lat").alias("lat")), of.echoes)
    found = sums(of, perfect(of), site())
    assert found["associated_radar"][1] > found["associated_radar_apart"][1] == 241
    assert found["dark_recall_apart"] == (0, 0)


def test_an_ambiguous_vessel_is_not_called_dark_and_so_missed_where_it_is_dark() -> None:
    whole, of = perfect(truth()), truth()
    half = pl.col("clock_s") >= START_S + 3_600
    rival = pl.when((pl.col("vessel") == DARK) & half).then(pl.lit("mmsi:412000001"))
    said = Said(whole.fixes.with_columns(rival.alias("rival")), whole.links)
    found, clear = sums(of, said, site()), sums(of, whole, site())
    assert found["dark_precision"][1] == clear["dark_precision"][1] - 121
    assert found["dark_recall"][0] == clear["dark_recall"][0] - 121
    assert found["dark_recall"][1] == clear["dark_recall"][1]
    for name in ("dark_precision", "dark_recall"):
        assert found[f"{name}_alone"] == clear[f"{name}_alone"] == clear[name]


def test_what_comes_after_the_last_word_is_not_asked_for_but_no_more_than_what_waits() -> None:
    whole = perfect(truth())

    def ended(early_s: int) -> float:
        fixes = whole.fixes.filter(pl.col("clock_s") <= END_S - early_s)
        return shares(truth(), Said(fixes, whole.links))["completeness"]

    assert ended(900) == 1.0
    assert ended(1_860) == pytest.approx(1 - 900 / (7_200 - 960 + 30))
