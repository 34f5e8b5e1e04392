"""Pictures of registration for the documents: echoes before and after it, and what is learned.

`python scripts/draw_fusion.py RECORDING [HOURS]` writes docs/images/fusion-registration-*.png in
both languages. The recording is one of `pierwatch simulate --tracks`: the truth of its tracks, and
of whose each radar target is, is beside it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from numpy.typing import NDArray

from core.settings import Settings
from desk.lettering import lettering
from engine import feeds
from engine.fold import EngineState, positions
from models.fusion import fold as fusion
from models.fusion.fold import FusionState
from models.fusion.ground import RADARS_FROM, Ground, ground_of
from models.fusion.radar_bias import RegistrationState
from models.fusion.unbiased import unbiased
from models.tracks import fold as tracks
from models.tracks.positions import POSITION, ceil_s
from pipeline.arrivals import Arrivals
from pipeline.recording import read_recording
from pipeline.sites import make_place

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
PAPER, INK, FAINT, GRID = "#0b1622", "#dfe9f2", "#8ba0b3", "#26384a"
BEFORE, AFTER, TRUE = "#ff8a5c", "#58c4a0", "#e8e8e8"
STEP_S = 600
WORDS = {
    "title": ("雷达配准：一个模拟夜晚", "Registration of the radars: one simulated night"),
    "cloud": ("回波减真实位置 · {radar}", "echo minus true place · {radar}"),
    "before": ("配准前：误差中位数 {metres} m", "before: median error {metres} m"),
    "after": ("配准后：误差中位数 {metres} m", "after: median error {metres} m"),
    "east": ("向东 / m", "east / m"),
    "north": ("向北 / m", "north / m"),
    "range_m": ("距离偏差 / m", "range offset / m"),
    "bearing_deg": ("方位偏差 / °", "bearing offset / °"),
    "learned": ("估计值 ± 2σ", "learned ± 2σ"),
    "true": ("真值", "true"),
    "hours": ("收听小时数", "hours of hearing"),
}
Float = NDArray[np.float64]


def say(language: str, key: str, **more: str) -> str:
    """The word of a picture."""
    return WORDS[key][0 if language == "zh" else 1].format(**more)


class Heard:
    """What fusion learns of the radars of a recording's first hours."""

    def __init__(self, folder: Path, hours: float) -> None:
        recording = read_recording(folder)
        self.place = make_place(recording.site, Settings(), exercise=True)
        self.ground: Ground = ground_of(recording.site)
        assert recording.start is not None
        self.from_s = int(recording.start.timestamp())
        self.rows = self._rows(recording, self.from_s + int(hours * 3600))
        self.told, self.bias = self._fused()

    def _rows(self, recording: Any, until_s: int) -> pl.DataFrame:
        state, tick_s, found = EngineState.initial().feeds, 0, []
        for piece in Arrivals(recording, since_s=0):
            state, fed = feeds.advance(state, piece.batch(), tick_s, self.place)
            tick_s = piece.until_s
            found.append(positions(feeds.for_tracks(fed.observations)))
            if tick_s > until_s:
                break
        rows = pl.concat(found).with_columns(ceil_s(pl.col("t_us")).alias("clock_s"))
        return rows.filter(pl.col("clock_s") <= until_s).sort("clock_s")

    def _fused(self) -> tuple[pl.DataFrame, RegistrationState]:
        settings = self.place.settings
        followed, vessels, told = tracks.TrackState.initial(), FusionState.initial(), []
        for until_s in range(self.from_s, int(self.rows["clock_s"][-1]) + 1, STEP_S):
            due = pl.col("clock_s").is_between(until_s - STEP_S + 1, until_s)
            new = self.rows.filter(due).select(POSITION.names())
            followed, output = tracks.advance(followed, new, until_s, settings.tracks)
            vessels, fused = fusion.advance(
                vessels, output.linked, until_s, self.place.site, settings.fusion
            )
            told.append(fused.registrations)
        return pl.concat(told), vessels.registration

    def errors(self, folder: Path, radar: int) -> tuple[Float, Float]:
        """Echoes of a radar minus where their vessels were, (n, 2) in metres: as heard, and moved
        by what was learned in the end."""
        name = self.ground.radars[radar]
        seen = self._true(folder, name)
        xy = np.stack(self.ground.plane.to_m(seen["lon"], seen["lat"]), axis=1)
        true = np.stack(self.ground.plane.to_m(seen["lon_true"], seen["lat_true"]), axis=1)
        kind = np.full(len(xy), RADARS_FROM + radar)
        velocity = self.ground.velocity(
            seen["speed_kn"].cast(float).to_numpy(), seen["course_deg"].cast(float).to_numpy(), 0.5
        )
        moved, _ = unbiased(kind, np.ascontiguousarray(xy), velocity, self.bias, self.ground)
        return xy - true, moved - true

    def _true(self, folder: Path, name: str) -> pl.DataFrame:
        echoes = pl.read_parquet(sorted((folder / "truth").glob("echoes-*.parquet"))[0])
        vessels = pl.read_parquet(sorted((folder / "truth").glob("tracks-*.parquet"))[0])
        number = pl.col("target").str.extract(r":(\d+)$").cast(pl.Int32).alias("number")
        rows = self.rows.filter(pl.col("sensor") == "radar", pl.col("source") == name)
        rows = rows.with_columns(number, (pl.col("t_us") // 1_000_000).alias("t_s"))
        rows = rows.join(echoes.filter(pl.col("radar_id") == name), on="number")
        ms = pl.col("t_us") // 1000
        rows = rows.filter(ms.is_between("from_ms", "to_ms"), pl.col("object").is_not_null())
        true = vessels.select("object", "t_s", lon_true="lon", lat_true="lat").sort("t_s")
        found = rows.sort("t_s").join_asof(
            true, on="t_s", by="object", strategy="nearest", tolerance=5, check_sortedness=False
        )
        return found.drop_nulls(["lon_true"])


def cloud(axes: Axes, heard: Heard, folder: Path, radar: int, language: str) -> None:
    """Echo minus truth, as heard and moved."""
    before, after = heard.errors(folder, radar)
    some = np.random.default_rng(1).permutation(len(before))[:4000]
    for what, points, colour in (("before", before, BEFORE), ("after", after, AFTER)):
        middle_m = float(np.median(np.sqrt((points**2).sum(axis=1))))  # a swapped track is far off
        label = say(language, what, metres=f"{middle_m:.0f}")
        axes.plot(*points[some].T, ".", ms=2.2, alpha=0.35, color=colour, label=label)
    axes.axhline(0, color=FAINT, lw=0.6)
    axes.axvline(0, color=FAINT, lw=0.6)
    axes.set(xlim=(-300, 300), ylim=(-300, 300), aspect="equal")
    axes.set_xlabel(say(language, "east"))
    axes.set_ylabel(say(language, "north"))
    axes.set_title(say(language, "cloud", radar=heard.ground.radars[radar]), fontsize=11)
    axes.legend(loc="upper right", fontsize=8, markerscale=5)


def learned(axes: Axes, heard: Heard, name: str, column: str, true: float, language: str) -> None:
    """What was told of an offset over the hours, with two sigmas, and the truth."""
    told = heard.told.filter(pl.col("radar_id") == name).drop_nulls([column]).sort("clock_s")
    hours = (told["clock_s"] - heard.from_s).to_numpy() / 3600.0
    value = told[column].to_numpy()
    stem, _, unit = column.partition("_")
    sigma = told[f"{stem}_sigma_{unit}"].to_numpy()
    axes.errorbar(
        hours, value, 2 * sigma, fmt="o", ms=4, color=AFTER, lw=1.2, label=say(language, "learned")
    )
    axes.axhline(true, color=TRUE, lw=1.2, ls="--", label=say(language, "true"))
    axes.set_title(f"{name} · {say(language, column)}", fontsize=10)
    axes.set_xlabel(say(language, "hours"))
    axes.legend(fontsize=8)


def draw(heard: Heard, folder: Path, language: str) -> None:
    """One picture in one language."""
    biases = json.loads((folder / "truth.json").read_bytes())["biases"]
    figure, axes = plt.subplots(2, 3, figsize=(15, 9.2), layout="constrained")
    for k, name in enumerate(heard.ground.radars[:2]):
        cloud(axes[k][0], heard, folder, k, language)
        for j, column in enumerate(("range_m", "bearing_deg")):
            true = float(biases[f"radar:{name}"][column])
            learned(axes[k][1 + j], heard, name, column, true, language)
    figure.suptitle(say(language, "title"), fontsize=15)
    path = IMAGES / f"fusion-registration-{language}.png"
    figure.savefig(path, dpi=100)
    plt.close(figure)
    print(path)


def main() -> None:
    """Both languages."""
    folder, hours = Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 4.0
    mpl.rcParams.update(
        {
            "figure.facecolor": PAPER, "axes.facecolor": PAPER, "savefig.facecolor": PAPER,
            "text.color": INK, "axes.labelcolor": FAINT, "axes.edgecolor": GRID,
            "xtick.color": FAINT, "ytick.color": FAINT, "axes.grid": True, "grid.color": GRID,
            "legend.facecolor": PAPER, "legend.edgecolor": GRID,
        }
    )  # fmt: skip
    heard = Heard(folder, hours)
    for language in ("zh", "en"):
        with lettering(language).style():
            draw(heard, folder, language)


if __name__ == "__main__":
    main()
