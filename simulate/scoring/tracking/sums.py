"""A night's fusion in sums: what is counted, and of how much, for every figure of the report.

Object-time counts where a sensor that works *sees* the object (finds it in every other output, or
gets every other message that it sends), and again, as `…_reach`, where it only lies within the
sensor's nominal range and line of sight. Sums of several nights add up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.plane import distance_m
from geo.site import Site
from simulate.scoring.tracking.dark_events import event_sums
from simulate.scoring.tracking.owners import STEP_S, followed, live
from simulate.scoring.tracking.picture import Siap, siap
from simulate.scoring.tracking.records import AIS, BEIDOU, RADAR, Said, Truth
from simulate.scoring.tracking.sets import gospa

Sums = Mapping[str, tuple[float, float]]
Bool = NDArray[np.bool_]

#: A track farther from its object leads nobody to it.
LOST_M: Final = 500.0
#: A track that nothing was heard of for longer is a guess, not a track (methods 2.1, step 4).
GUESS_S: Final = 600
#: Silent for so long is dark (methods 1.2: ten minutes under way); less is not known to anybody.
DARK_S: Final = 600
#: After so long of sending, every transponder has been heard thrice.
LIT_S: Final = 540
#: A vessel has lived so long before it is called dark.
JUDGED_S: Final = 300
#: Boats that lie nearer have one echo in most coastal radars (methods 7.2: 10 to 20 m, 0.3°).
APART_M: Final = 50.0
NEAR_M: Final = (8_000.0, 12_000.0)
_GOSPA_S: Final = 600


def sums(truth: Truth, said: Said, site: Site) -> Sums:
    """The sums of one night up to the last that was said of it; `said` may hold others too."""
    truth = truth.until(said.within(truth.span_s).last_s)
    night = said.within(truth.span_s)
    members = live(night, truth)
    tracks = truth.tracks.with_columns(*_seen()).rename({"t_s": "clock_s"})
    known = _silence(tracks).with_columns(_apart(tracks, site))
    fixes = followed(night, truth, members, site.plane).join(
        known.select(
            "clock_s", "object", "seen", "reached", "radars_see", "radars_reach", "silent_s",
            "sending_s", "ais_sees_b", "apart", pl.col("lon").alias("lon_true"),
            pl.col("lat").alias("lat_true"),
        ),
        on=["clock_s", "object"], how="left",
    )  # fmt: skip
    out: dict[str, tuple[float, float]] = {}
    for suffix, column in (("", "seen"), ("_reach", "reached")):
        there = known.filter(pl.col(column))
        out |= {k + suffix: v for k, v in _association(there, members).items()}
        out |= {k + suffix: v for k, v in _picture(there, fixes, column).items()}
    out |= _dark(known, fixes)
    if said.events is not None:
        two = (pl.col("radars_see") > 0) & pl.col("ais_sees_b")
        dark = pl.col("silent_s") >= DARK_S
        judged = known.with_columns(two.alias("two"), dark.alias("dark"))
        out |= event_sums(said.events, truth.span_s, judged, members, fixes)
    out |= _near(fixes, site)
    out |= _gospa(known, fixes, site)
    return out


def _seen() -> tuple[pl.Expr, pl.Expr]:
    """Which rows of the truth a working sensor sees, and reaches."""
    beidou = pl.col("beidou").is_not_null() & pl.col("beidou_works")
    sends = pl.col("mmsi").is_not_null()
    sees = (pl.col("radars_see") > 0) | (sends & (pl.col("ais_sees") > 0)) | beidou
    reaches = (pl.col("radars_reach") > 0) | (sends & (pl.col("ais_reach") > 0)) | beidou
    return sees.alias("seen"), reaches.alias("reached")


def _apart(tracks: pl.DataFrame, site: Site) -> pl.Series:
    """Whether an object lies so far from all others that a radar could tell them."""
    x, y = site.plane.to_m(tracks["lon"].to_numpy(), tracks["lat"].to_numpy())
    at_s = tracks["clock_s"].to_numpy() - int(tracks["clock_s"].min() or 0)  # type: ignore[arg-type]
    points = np.stack([x, y, at_s * 1e4], axis=1)  # other instants are far away
    away, _ = cKDTree(points).query(points, k=2)
    return pl.Series("apart", np.asarray(away)[:, 1] >= APART_M)


def _silence(tracks: pl.DataFrame) -> pl.DataFrame:
    """For how long each object has sent nothing that can be heard, and for how long it has.

    Before the night's start nothing is known: both count from there at most.
    """
    heard = (pl.col("mmsi").is_not_null() & (pl.col("ais_sees") > 0)) | (
        pl.col("beidou").is_not_null() & pl.col("beidou_works")
    )
    at, start = pl.col("clock_s"), int(tracks["clock_s"].min() or 0)  # type: ignore[arg-type]

    def since(what: pl.Expr) -> pl.Expr:
        last = pl.when(what).then(at).forward_fill().over("object", order_by="clock_s")
        return at - last.fill_null(start)

    return tracks.with_columns(
        since(heard).alias("silent_s"), since(~heard).alias("sending_s")
    )  # fmt: skip


def _association(there: pl.DataFrame, members: pl.DataFrame) -> dict[str, tuple[float, float]]:
    """An object-instant is right where all its source tracks are in one vessel, with no others.

    `paired` are those in which it has tracks of several sensors: there is something to associate;
    `radar` those of them in which one is a radar's, which says no name; `apart` those of them in
    which no other object is so near that no radar could tell the two.
    """
    whole = members.with_columns(
        pl.col("object").n_unique().over("clock_s", "vessel").alias("several")
    )
    own = (
        whole.filter(pl.col("object").is_not_null())
        .group_by("clock_s", "object")
        .agg(
            ((pl.col("vessel").n_unique() == 1) & (pl.col("several").max() == 1)).alias("right"),
            (pl.struct("sensor", "source").n_unique() > 1).alias("paired"),
            (pl.col("sensor") == "radar").any().alias("radar"),
        )
        .join(there.select("clock_s", "object", "apart"), on=["clock_s", "object"])
    )
    paired = own.filter("paired")
    radar = paired.filter("radar")
    return {
        "associated": (_count(own, "right"), len(own)),
        "associated_paired": (_count(paired, "right"), len(paired)),
        "associated_radar": (_count(radar, "right"), len(radar)),
        "associated_radar_apart": (_count(radar.filter("apart"), "right"), _count(radar, "apart")),
    }


def _picture(
    there: pl.DataFrame, fixes: pl.DataFrame, column: str
) -> dict[str, tuple[float, float]]:
    """SIAP, identifier switches and errors, of what is there and of the tracks of it."""
    shown = fixes.filter(
        (pl.col("age_s") <= GUESS_S) & (pl.col("object").is_null() | pl.col(column))
    )
    names = pl.concat([there["object"], shown["object"].drop_nulls()]).unique().sort()
    vessels = shown["vessel"].unique().sort()
    lost = pl.col("object").is_null() | (pl.col("error_m") > LOST_M)
    owner = shown.select(pl.when(~lost).then(pl.col("object")))["object"]
    one: Siap = siap(
        there["clock_s"].to_numpy().astype(np.float64),
        names.search_sorted(there["object"]).to_numpy().astype(np.int64),
        shown["clock_s"].to_numpy().astype(np.float64),
        vessels.search_sorted(shown["vessel"]).to_numpy().astype(np.int64),
        np.where(owner.is_null(), -1, names.search_sorted(owner).cast(pl.Int64)),
        shown["error_m"].fill_null(0.0).to_numpy(),
    )
    hours = len(there) * STEP_S / 3600.0
    return {
        "completeness": (one.tracked, one.objects),
        "ambiguity": (one.assigned, one.tracked),
        "spuriousness": (one.tracks - one.assigned, one.tracks),
        "accuracy_m": (one.error_m, one.assigned),
        "rmse_m": (one.error2_m2, one.assigned),
        "switches_an_hour": (one.switches, hours),
        "changes_an_hour": (one.changes, one.tracked_s / 3600.0),
        "longest_segment": (one.longest_s, one.lived_s),
    }


def _dark(known: pl.DataFrame, fixes: pl.DataFrame) -> dict[str, tuple[float, float]]:
    """Whether vessels that are called dark are, where a radar and AIS both cover.

    Called dark is what radar alone sees and what is not said to be ambiguous; beside it stands what
    radar alone sees, ambiguous or not.
    """
    two = (pl.col("radars_see") > 0) & pl.col("ais_sees_b")
    dark, lit = pl.col("silent_s") >= DARK_S, pl.col("sending_s") >= LIT_S
    lived = pl.col("clock_s") - pl.col("clock_s").min().over("vessel") >= JUDGED_S
    seen = fixes.with_columns(lived.alias("judged")).filter(
        pl.col("judged") & (pl.col("members") == RADAR) & (pl.col("age_s") <= GUESS_S)
    )
    true = known.filter(two & dark)
    out: dict[str, tuple[float, float]] = {}
    for suffix, called in (("", seen.filter(pl.col("rival").is_null())), ("_alone", seen)):
        placed = called.filter(pl.col("object").is_null() | (two & (dark | lit)))
        right = placed.filter(pl.col("object").is_not_null() & dark)
        found = true.join(called.select("clock_s", "object"), on=["clock_s", "object"], how="semi")
        lonely = placed.filter(pl.col("object").is_null() | pl.col("apart"))
        sums_of = {
            "dark_precision": (len(right), len(placed)),
            "dark_precision_apart": (_count(right, "apart"), len(lonely)),
            "dark_precision_of_vessels": (len(right), len(placed.drop_nulls("object"))),
            "dark_recall": (len(found), len(true)),
            "dark_recall_apart": (_count(found, "apart"), _count(true, "apart")),
        }
        out |= {name + suffix: pair for name, pair in sums_of.items()}
    return out


def _near(fixes: pl.DataFrame, site: Site) -> dict[str, tuple[float, float]]:
    """Errors at 10 km from the nearest radar that sees it, with and without an identity; of tracks
    that lead to their object, as in the picture."""
    rows = fixes.filter(
        pl.col("object").is_not_null() & (pl.col("error_m") <= LOST_M) & (pl.col("radars_see") > 0)
        & (pl.col("members") & RADAR > 0) & (pl.col("age_s") <= GUESS_S)
    )  # fmt: skip
    away = np.full(len(rows), np.inf)
    seen_by = rows["radars_see"].to_numpy()
    lon, lat = rows["lon_true"].to_numpy(), rows["lat_true"].to_numpy()
    for bit, (r_lon, r_lat) in enumerate(site.radars.select("lon", "lat").iter_rows()):
        metres = distance_m(np.full(len(rows), r_lon), np.full(len(rows), r_lat), lon, lat)
        away = np.where(seen_by >> bit & 1, np.minimum(away, metres), away)
    rows = rows.filter(pl.Series((away >= NEAR_M[0]) & (away < NEAR_M[1])))
    alone = rows.filter(pl.col("members") & (AIS | BEIDOU) == 0)
    return {
        "rmse_10_km_m": (float((rows["error_m"] ** 2).sum()), len(rows)),
        "rmse_10_km_radar_alone_m": (float((alone["error_m"] ** 2).sum()), len(alone)),
    }


def _gospa(known: pl.DataFrame, fixes: pl.DataFrame, site: Site) -> dict[str, tuple[float, float]]:
    """GOSPA every ten minutes of all that is seen, as mean squares an object."""
    parts = np.zeros(3)
    objects = 0
    guess = (pl.col("age_s") <= GUESS_S) & (pl.col("object").is_null() | pl.col("seen"))
    at_times = pl.col("clock_s") % _GOSPA_S == 0
    there = known.filter(at_times & pl.col("seen")).partition_by("clock_s", as_dict=True)
    shown = fixes.filter(at_times & guess).partition_by("clock_s", as_dict=True)
    nobody = fixes.clear()
    for at, true in sorted(there.items()):
        points = []
        for frame in (shown.get(at, nobody), true):
            x, y = site.plane.to_m(frame["lon"].to_numpy(), frame["lat"].to_numpy())
            points.append(np.stack([x, y], axis=1))
        one = gospa(points[0], points[1])
        parts += (one.localisation, one.missed, one.false)
        objects += len(true)
    names = ("gospa_localisation_m", "gospa_missed_m", "gospa_false_m")
    out = {name: (float(part), objects) for name, part in zip(names, parts, strict=True)}
    return {"gospa_m": (float(parts.sum()), objects), **out}


def _count(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].sum())
