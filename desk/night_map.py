"""The night on one sheet: coast, piers by status, tracks of vessels, alerts by number.

A sketch in longitude and latitude, stretched so that a mile is a mile both ways in its middle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from desk.lettering import Lettering, lettering

SEA, LAND, SHORE, INK, FAINT = "#e9f1f5", "#f3efe4", "#a9a48f", "#1b2830", "#5d6c76"
PIERS = {"idle": "#d99000", "low": "#b9a06a", "active": "#2f74b5", "unknown": "#8a98a1"}
TRACK, ITS_TRACK, ALERT = "#5f8fa8", "#7b3fa0", "#c8452f"
_LISTED = 12  # alerts beside the map
_SILENT_S = 600.0  # a track is marked with the time where it pauses for longer
_KEY_IN = 0.205  # height of a row of the legend
_KM_PER_DEG = 111.2
_ROUND_KM = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Night:
    """What the sheet shows; every frame in EPSG:4326.

    An alert's number is its place in the index of `alerts`, from one; `its_tracks` are drawn over
    the others, with the times at which they break off; `box` is what the sheet covers; `credit`
    goes below it.
    """

    title_zh: str
    title_en: str
    simulated: bool
    zone: ZoneInfo
    box: tuple[float, float, float, float]
    piers: gpd.GeoDataFrame
    tracks: gpd.GeoDataFrame
    its_tracks: gpd.GeoDataFrame
    alerts: gpd.GeoDataFrame
    land: gpd.GeoDataFrame | None
    credit: str


def sheet(night: Night, language: str = "zh") -> Figure:
    """Draw the night.

    Returns
    -------
    A figure that no window holds: a notebook shows it once, `savefig` writes it.
    """
    say = lettering(language)
    west, south, east, north = night.box
    stretch = 1.0 / math.cos(math.radians((south + north) / 2))
    height = min(max(6.6 * (north - south) * stretch / (east - west), 4.2), 9.5)
    with say.style():
        figure, (axes, side) = plt.subplots(
            1, 2, figsize=(10.2, height + 1.1), width_ratios=(2.7, 1.0), layout="constrained"
        )
        axes.set(xlim=(west, east), ylim=(south, north), facecolor=SEA)
        axes.set_aspect(stretch)
        _coast(axes, night.land, night.box)
        _lines(axes, night.tracks, TRACK, 0.7)
        _lines(axes, night.its_tracks, ITS_TRACK, 1.8)
        _ends(axes, night)
        _piers(axes, night.piers)
        _alerts(axes, night.alerts)
        _frame(axes, night)
        _beside(side, say, night, figure.get_figheight())
        figure.suptitle(_title(say, night), fontsize=12)
        figure.supxlabel(f"{say('map.notice')}  {night.credit}".strip(), fontsize=8, color=FAINT)
        figure.canvas.draw()  # the fonts are looked up now, while they are set
        plt.close(figure)
    return figure


def _coast(axes: Axes, land: gpd.GeoDataFrame | None, box: tuple[float, ...]) -> None:
    if land is None or land.empty:
        return
    west, south, east, north = box
    margin = 0.02 * (east - west)
    shown = land.clip_by_rect(west - margin, south - margin, east + margin, north + margin)
    shown = shown[~shown.is_empty]
    if len(shown):
        shown.plot(ax=axes, facecolor=LAND, edgecolor=SHORE, linewidth=0.6, aspect=None)


def _lines(axes: Axes, tracks: gpd.GeoDataFrame, colour: str, width: float) -> None:
    parts = [shapely.get_coordinates(line) for line in tracks.geometry]
    axes.add_collection(
        LineCollection(parts, colors=colour, linewidths=width, alpha=0.8, zorder=3),
        autolim=False,
    )


def _ends(axes: Axes, night: Night) -> None:
    """Local times where the tracks that are set off begin, fall silent, are heard again and end."""
    for _, mine in night.its_tracks.groupby("target"):
        points = shapely.get_coordinates(mine.geometry.to_numpy(), include_m=True)
        points = points[points[:, 2].argsort()]
        silent = np.diff(points[:, 2]) > _SILENT_S
        begins, ends = np.r_[True, silent], np.r_[silent, True]
        for marked, above in ((points[begins], True), (points[ends], False)):
            for lon, lat, at_s in marked:
                _time(axes, lon, lat, f"{datetime.fromtimestamp(at_s, night.zone):%H:%M}", above)


def _time(axes: Axes, lon: float, lat: float, text: str, above: bool) -> None:
    axes.annotate(
        text, (lon, lat), xytext=(16, 14 if above else -14), textcoords="offset points",
        va="center", color=ITS_TRACK, fontsize=9, zorder=8, annotation_clip=True,
        arrowprops={"arrowstyle": "-", "color": ITS_TRACK, "lw": 0.8, "shrinkA": 0},
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.85},
    )  # fmt: skip


def _piers(axes: Axes, piers: gpd.GeoDataFrame) -> None:
    at = shapely.get_coordinates(shapely.centroid(piers.geometry.to_numpy()))
    for status, colour in reversed(PIERS.items()):  # the idle ones last, on top
        mine = (piers["status"] == status).to_numpy()
        size, edge = (26, "white") if status == "idle" else (14, "none")
        axes.scatter(at[mine, 0], at[mine, 1], s=size, c=colour, edgecolors=edge, lw=0.5, zorder=4)


def _alerts(axes: Axes, alerts: gpd.GeoDataFrame) -> None:
    for place, row in alerts.iterrows():
        number = int(place) + 1
        if row.geometry is None:
            continue
        fill, ink = _alert_colours(row)
        axes.annotate(
            str(number), (row.geometry.x, row.geometry.y), ha="center", va="center", color=ink,
            fontsize=9, fontweight="bold", zorder=6 + 1 / number, annotation_clip=True,
            bbox={"boxstyle": "circle,pad=0.28", "facecolor": fill, "edgecolor": ALERT, "lw": 1.6},
        )  # fmt: skip


def _alert_colours(row: pd.Series[Any]) -> tuple[str, str]:
    if row["status"] == "cancel":
        return "#dfe4e7", FAINT
    return (ALERT, "white") if row["level"] == "verify" else ("white", ALERT)


def _frame(axes: Axes, night: Night) -> None:
    west, south, east, north = night.box
    for axis, letter in ((axes.xaxis, "E"), (axes.yaxis, "N")):
        axis.set_major_locator(MaxNLocator(4))
        axis.set_major_formatter(FuncFormatter(lambda v, _, c=letter: _degrees(v, c)))
    axes.tick_params(labelsize=8, colors=FAINT)
    axes.set(xlabel="", ylabel="")
    width_km = (east - west) * _KM_PER_DEG * math.cos(math.radians((south + north) / 2))
    km = max(k for k in _ROUND_KM if k <= max(width_km / 4, _ROUND_KM[0]))
    x, y = west + 0.05 * (east - west), south + 0.04 * (north - south)
    end = x + (east - west) * km / width_km
    axes.plot([x, end], [y, y], color=INK, lw=2.5, solid_capstyle="butt", zorder=7)
    axes.annotate(
        f"{km:g} km", ((x + end) / 2, y), xytext=(0, 4), textcoords="offset points", ha="center",
        fontsize=8, color=INK, zorder=7, bbox={"facecolor": SEA, "edgecolor": "none", "pad": 0.8},
    )  # fmt: skip


def _degrees(value: float, letter: str) -> str:
    """A tick of the frame.

    >>> _degrees(121.9, "E"), _degrees(-29.25, "N")
    ('121.9°E', '29.25°S')
    """
    opposite = {"E": "W", "N": "S"}
    return f"{abs(round(value, 4)):g}°{letter if value >= 0 else opposite[letter]}"


def _beside(side: Axes, say: Lettering, night: Night, height_in: float) -> None:
    """The legend above, the alerts by number below it."""
    side.set_axis_off()
    keys = [
        Line2D([], [], ls="", marker="o", ms=6, mec="none", color=colour,
               label=f"{say('map.piers')} · {say(f'pier.{status}')} ({n})")
        for status, colour in PIERS.items()
        if (n := int((night.piers["status"] == status).sum()))
    ]  # fmt: skip
    keys.append(Line2D([], [], color=TRACK, lw=1.2, label=say("map.tracks")))
    if len(night.its_tracks):
        keys.append(Line2D([], [], color=ITS_TRACK, lw=2, label=say("map.its_track")))
    key = side.legend(handles=keys, loc="upper left", frameon=False, fontsize=9, borderpad=0)
    key.set_in_layout(False)
    below = 1.0 - (_KEY_IN * len(keys) + 0.35) / height_in
    side.text(0.0, below, _list(say, night), va="top", fontsize=9, linespacing=1.45, color=INK)
    side.set(xlim=(0, 1), ylim=(0, 1))


def _list(say: Lettering, night: Night) -> str:
    if night.alerts.empty:
        return say("map.no_alerts")
    names = dict(zip(night.piers["pier_id"], night.piers["name"], strict=True))
    rows = [say("map.alerts")]
    for index, row in night.alerts.head(_LISTED).iterrows():
        pier = row["pier_id"] if isinstance(row["pier_id"], str) else ""
        place = say.name(names.get(pier), pier) or say(f"kind.{row['kind']}")
        berth = row["berth_from"]
        at = "" if pd.isna(berth) else f" {berth.tz_convert(night.zone):%H:%M}"
        cancelled = row["status"] == "cancel"
        level = say("status.cancel") if cancelled else say(f"level.{row['level']}")
        share = "" if np.isnan(row["posterior"]) else f" {100 * row['posterior']:.0f}%"
        rows.append(f"{int(index) + 1}  {place}{at}\n     {level}{share}")
    if len(night.alerts) > _LISTED:
        rows.append(say("map.more", n=len(night.alerts) - _LISTED))
    return "\n".join(rows)


def _title(say: Lettering, night: Night) -> str:
    mark = f"【{say('page.simulated')}】" if say.language == "zh" else f"[{say('page.simulated')}] "
    if not night.tracks.empty:
        first = night.tracks["segment_from"].min().tz_convert(night.zone)
        last = night.tracks["segment_to"].max().tz_convert(night.zone)
        span = f"{first:%Y-%m-%d %H:%M} – {last:%m-%d %H:%M}"
    else:
        span = ""
    title = night.title_zh if say.language == "zh" else night.title_en
    return f"{mark if night.simulated else ''}{title}  {span}".strip()
