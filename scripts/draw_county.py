"""Pictures of one simulated night for the documents: the map, one landing, what sensors cover.

`python scripts/draw_county.py [SEED NIGHT]` writes docs/images/county-*.png in both languages.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, cast

import matplotlib as mpl
import numpy as np
import polars as pl
import shapely
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from numpy.typing import NDArray

from desk.lettering import Lettering, lettering
from geo.site import parse_site
from simulate.county import County
from simulate.night import Night
from simulate.place import Place
from simulate.scale import SCALES, cut
from simulate.scene import Scene, Trip
from simulate.sensors.echoes import radars
from simulate.tracks import tracks

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
SEED, NIGHT, NIGHTS = 206, 12, 30
NIGHT_SKY, LAND, SHORE, INK, FAINT = "#0b1622", "#1b2733", "#3d5266", "#dfe9f2", "#8ba0b3"
KINDS = {
    "fishing": "#58a6d6", "aquaculture": "#4fb99f", "cargo": "#a889e0", "tanker": "#a889e0",
    "sand_carrier": "#a889e0", "passenger": "#e8e8e8", "law_enforcement": "#6f8cff",
    "service": "#9aa7b1", "leisure": "#c8b26a", "gear_beacon": "#6b7785",
}  # fmt: skip
LANDING, SCOUT = "#ff5a4d", "#ffb347"
WORDS = {
    "map": ("一夜的航迹（模拟）", "A night's tracks (simulated)"),
    "cover": ("传感器看得到哪里（模拟）", "What the sensors can see (simulated)"),
    "landing": ("一次夜间上岸的经过（模拟）", "One landing, hour by hour (simulated)"),
    "fishing": ("渔船", "fishing"), "aquaculture": ("养殖船", "aquaculture"),
    "cargo": ("货船", "cargo"), "passenger": ("客渡船", "ferry"),
    "law_enforcement": ("执法船", "patrol"), "service": ("工作船", "service"),
    "leisure": ("快艇", "leisure"), "gear_beacon": ("网位仪", "gear beacon"),
    "smuggler": ("上岸船（不发报段为虚线）", "landing boat (dashed: it sends nothing)"),
    "scout": ("探路船", "scout"), "pier": ("上岸点", "place of landing"),
    "radar": ("雷达可视范围", "in a radar's sight"),
    "ais": ("AIS 岸站听得到小船", "AIS of a small boat heard"),
    "camera": ("码头摄像机", "dock camera"), "ais_row": ("发 AIS", "sends AIS"),
    "beidou_row": ("发北斗", "sends BeiDou"), "radar_row": ("雷达看得见", "a radar sees it"),
    "berth_row": ("靠泊", "alongside"), "scout_row": ("探路船在航", "scout under way"),
    "trucks_row": ("货车在码头（{n} 辆）", "trucks at the pier ({n})"),
    "tide": ("潮高 / m", "tide / m"),
    "time": ("当地时间", "local time"),
}  # fmt: skip


Row = dict[str, Any]
Hours = NDArray[np.float64]


def say(language: str, key: str) -> str:
    """The word of a picture."""
    return WORDS[key][0 if language == "zh" else 1]


def night_of(seed: int, number: int) -> tuple[Night, Scene]:
    """A night of the standard set."""
    folder = ROOT / "sites" / "xiangshan"
    files = cut({p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}, SCALES["small"])
    county = County(Place(parse_site(files)), seed, NIGHTS, SCALES["small"])
    return county.night(number)


def coast(axes: Axes, night: Night, box: tuple[float, float, float, float]) -> None:
    """Land, shore and frame."""
    west, south, east, north = box
    site = night.place.site
    assert site.land is not None
    land = shapely.clip_by_rect(shapely.union_all(site.land.polygons), *box)
    rings = [
        np.asarray(part.exterior.coords)
        for part in shapely.get_parts(land)
        if part.geom_type == "Polygon"
    ]
    patches = [Polygon(ring) for ring in rings]
    axes.add_collection(PatchCollection(patches, facecolor=LAND, edgecolor=SHORE, lw=0.7, zorder=2))
    axes.set(xlim=(west, east), ylim=(south, north), facecolor=NIGHT_SKY)
    axes.set_aspect(1 / np.cos(np.radians((south + north) / 2)))
    axes.tick_params(colors=FAINT, labelsize=8)
    for spine in axes.spines.values():
        spine.set_color(SHORE)


def box_of(night: Night) -> tuple[float, float, float, float]:
    """What the map shows: the piers, and the sea off them."""
    piers = night.place.site.piers.table
    lon, lat = piers["lon"].to_numpy(), piers["lat"].to_numpy()
    west, east, south, north = (float(v) for v in (lon.min(), lon.max(), lat.min(), lat.max()))
    return west - 0.04, south - 0.06, east + 0.145, north + 0.05


def lines(axes: Axes, rows: pl.DataFrame, colour: str, width: float, **style: Any) -> None:
    """Paths of vessels, a line each."""
    paths = [
        part.select("lon", "lat").to_numpy()
        for part in rows.partition_by("object", maintain_order=True)
        if len(part) > 1
    ]
    axes.add_collection(LineCollection(paths, colors=colour, linewidths=width, **style))


def draw_map(night: Night, scene: Scene, sailed: pl.DataFrame, language: str) -> Figure:
    """Tracks by kind, the landings over them."""
    figure, axes = plt.subplots(figsize=(12.8, 9.0), layout="constrained", facecolor=NIGHT_SKY)
    coast(axes, night, box_of(night))
    landings = cast(list[Row], scene.landings)
    boats = {name for row in landings for name in row["vessels"]}
    scouts = {row["scout"] for row in landings} - {None}
    special = pl.col("object").is_in(sorted(boats | scouts))
    for kind, colour in KINDS.items():
        mine = sailed.filter(~special, pl.col("kind") == kind)
        lines(axes, mine, colour, 0.8, alpha=0.75, zorder=3)
        if kind in WORDS and len(mine):
            axes.plot([], [], color=colour, lw=2, label=say(language, kind))
    his = sailed.filter(pl.col("object").is_in(sorted(boats)))
    silent = pl.col("mmsi").is_null() & pl.col("beidou").is_null()
    lines(axes, his, LANDING, 1.4, zorder=5, linestyles=(0, (3, 2)))
    lines(axes, his.filter(~silent), LANDING, 2.2, zorder=6)
    lines(axes, sailed.filter(pl.col("object").is_in(sorted(scouts))), SCOUT, 1.6, zorder=5)
    axes.plot([], [], color=LANDING, lw=2, ls=(0, (3, 2)), label=say(language, "smuggler"))
    if scouts:
        axes.plot([], [], color=SCOUT, lw=2, label=say(language, "scout"))
    for row in landings:
        axes.plot(row["lon"], row["lat"], "o", ms=15, mfc="none", mec=LANDING, mew=2.2, zorder=8)
    axes.plot([], [], "o", ms=9, mfc="none", mec=LANDING, mew=2, ls="", label=say(language, "pier"))
    finish(figure, axes, say(language, "map"), night)
    return figure


def finish(figure: Figure, axes: Axes, title: str, night: Night) -> None:
    """Title with the date, and the legend."""
    figure.suptitle(f"{title}  {night.evening:%Y-%m-%d}", color=INK, fontsize=14)
    legend = axes.legend(loc="lower right", facecolor=LAND, edgecolor=SHORE, fontsize=9)
    for text in legend.get_texts():
        text.set_color(INK)


def draw_cover(night: Night, language: str) -> Figure:
    """Where a radar has sight, where a small boat's AIS is heard, where a camera stands."""
    figure, axes = plt.subplots(figsize=(12.8, 9.0), layout="constrained", facecolor=NIGHT_SKY)
    box = box_of(night)
    coast(axes, night, box)
    lon, lat = np.meshgrid(np.linspace(box[0], box[2], 420), np.linspace(box[1], box[3], 330))
    x, y = night.place.plane.to_m(lon.ravel(), lat.ravel())
    spots = np.stack([np.asarray(x), np.asarray(y)], axis=1)
    seen = np.zeros(len(spots), int)
    for radar in radars(night.place):
        seen += radar.open_to(spots)
    heard = night.audible(spots)
    shape = lon.shape
    axes.contourf(lon, lat, seen.reshape(shape), [0.5, 1.5, 9], colors=["#2f7f63", "#4fc08d"],
                  alpha=0.45, zorder=1)  # fmt: skip
    axes.contour(lon, lat, heard.reshape(shape).astype(float), [0.5], colors="#58a6d6",
                 linewidths=1.4, linestyles="--", zorder=3)  # fmt: skip
    for radar in radars(night.place):
        axes.plot(radar.lon, radar.lat, "^", color="#4fc08d", ms=11, zorder=6)
        axes.annotate(radar.name, (radar.lon, radar.lat), xytext=(7, 5), color=INK,
                      textcoords="offset points", fontsize=9, zorder=7)  # fmt: skip
    docks = night.place.cameras.filter(pl.col("kind") == "dock")
    axes.plot(docks["lon"], docks["lat"], "s", color="#ffd166", ms=4, ls="", zorder=6,
              label=say(language, "camera"))  # fmt: skip
    axes.plot([], [], "s", color="#4fc08d", alpha=0.6, ms=10, ls="", label=say(language, "radar"))
    axes.plot([], [], "--", color="#58a6d6", label=say(language, "ais"))
    finish(figure, axes, say(language, "cover"), night)
    return figure


def spans(hours: Hours, on: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Runs of True as (begin, length), of half minutes."""
    edges = np.flatnonzero(np.diff(np.r_[False, on, False].astype(np.int8)))
    return [
        (float(hours[i]), int(j - i) / 120) for i, j in zip(edges[::2], edges[1::2], strict=True)
    ]


def clock(night: Night, since_start_s: Hours) -> Hours:
    """Hours after the night's midnight, local."""
    return (np.asarray(since_start_s, np.float64) - night.midnight_s) / 3600


def draw_landing(
    night: Night, scene: Scene, sailed: pl.DataFrame, row: Row, language: str
) -> Figure:
    """What each sensor could tell of one landing, over the tide."""
    ends_s = np.array([night.second(str(row[name])) for name in ("berth_from", "berth_to")])
    begin, end = (float(hour) for hour in clock(night, ends_s))
    figure, (axes, water) = plt.subplots(
        2, 1, figsize=(12.8, 6.6), height_ratios=(3, 1), sharex=True, layout="constrained",
        facecolor=NIGHT_SKY,
    )  # fmt: skip
    mine = [trip for trip in scene.trips if trip.plate in row["trucks"]]
    bars = [
        *seen(night, sailed, row),
        ("berth_row", LANDING, [(begin, end - begin)]),
        *(("", "#ffd166", standing(night, trip, row)) for trip in mine),
    ]
    for i, (_, colour, there) in enumerate(bars):
        axes.broken_barh(there, (i - 0.3, 0.6), color=colour)
    middle = len(bars) - (len(mine) + 1) / 2
    names = [(float(i), say(language, name)) for i, (name, _, _) in enumerate(bars) if name]
    names += [(middle, say(language, "trucks_row").format(n=len(mine)))] if mine else []
    axes.set_yticks([at for at, _ in names], [name for _, name in names], color=INK, fontsize=10)
    axes.invert_yaxis()
    hours = np.arange(np.floor(begin) - 3, np.ceil(end) + 2.01, 0.1)
    tide = night.place.site.tide
    if tide is not None:
        start = np.datetime64(night.start_at.replace(tzinfo=None), "s")
        steps = start + (hours * 3600 + night.midnight_s).astype("m8[s]")
        water.plot(hours, tide.height_m(steps.astype("M8[us]")), color="#58a6d6")
    water.set_ylabel(say(language, "tide"), color=INK)
    water.set_xlabel(say(language, "time"), color=INK)
    whole = np.arange(hours[0], hours[-1] + 0.5)
    water.set_xticks(whole, [f"{hour % 24:02.0f}:00" for hour in whole])
    axes.set_xlim(hours[0], hours[-1])
    for part in (axes, water):
        part.set_facecolor(NIGHT_SKY)
        part.grid(axis="x", color=SHORE, lw=0.5)
        part.tick_params(colors=INK)
        for spine in part.spines.values():
            spine.set_color(SHORE)
    figure.suptitle(f"{say(language, 'landing')}  {night.evening:%Y-%m-%d}  {row['pier_id']}",
                    color=INK, fontsize=14)  # fmt: skip
    return figure


def seen(
    night: Night, sailed: pl.DataFrame, row: Row
) -> list[tuple[str, str, list[tuple[float, float]]]]:
    """Rows of the picture: its scout under way, and when each sensor sees the boat."""
    ahead = sailed.filter(pl.col("object") == row["scout"])
    his = sailed.filter(pl.col("object") == row["vessels"][0])
    rows = [
        ("scout_row", SCOUT, ahead, ahead["speed_kn"] > 2),
        ("ais_row", "#58a6d6", his, his["mmsi"].is_not_null() & (his["ais_sees"] > 0)),
        ("beidou_row", "#4fb99f", his, his["beidou"].is_not_null() & his["beidou_works"]),
        ("radar_row", "#4fc08d", his, his["radars_see"] > 0),
    ]
    return [
        (name, colour, spans(clock(night, track["t_s"].to_numpy() - night.start_ms // 1000),
                             on.to_numpy()))
        for name, colour, track, on in rows
        if len(track)
    ]  # fmt: skip


def standing(night: Night, trip: Trip, row: Row) -> list[tuple[float, float]]:
    """When a truck stood within 300 m of the landing."""
    x, y = night.place.plane.to_m(row["lon"], row["lat"])
    t_s = np.arange(0.0, night.end_s, 30.0)
    at = trip.track.at(t_s)
    near = (at[:, 0] - float(x)) ** 2 + (at[:, 1] - float(y)) ** 2 < 300.0**2
    near &= (t_s >= trip.track.t_s[0]) & (t_s <= trip.track.t_s[-1])
    return spans(clock(night, t_s), near)


def main(arguments: list[str]) -> None:
    """Draw and save."""
    seed, number = (int(a) for a in arguments) if arguments else (SEED, NIGHT)
    night, scene = night_of(seed, number)
    sailed = tracks(scene, night)
    landings = cast(list[Row], scene.landings)
    for row in landings:
        print(
            row["pier_id"],
            row["variant"],
            row["scout"],
            len(row["trucks"]),
            row["berth_from"],
            row["covered_by"],
        )
    for language in ("zh", "en"):
        letters: Lettering = lettering(language)
        with letters.style(), mpl.rc_context({"savefig.facecolor": NIGHT_SKY}):
            figures = {
                "map": draw_map(night, scene, sailed, letters.language),
                "cover": draw_cover(night, letters.language),
            }
            if landings:
                figures["landing"] = draw_landing(
                    night, scene, sailed, landings[0], letters.language
                )
            for name, figure in figures.items():
                figure.savefig(IMAGES / f"county-{name}-{language}.png", dpi=100)
                plt.close(figure)


if __name__ == "__main__":
    main(sys.argv[1:])
