"""Pictures of docs/method.md: the worked landing in time, and what its evidence adds up to.

`python scripts/draw_method.py` writes docs/images/method-*.png in both languages, of the facts and
the tables that `scripts/method_numbers.py` works with. Each picture carries a digest of them: a
test sees by it whether the picture is behind.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from method_numbers import LAWFUL, NIGHT, weighed_night, worked

from core.settings import Settings
from desk.lettering import lettering
from models.risk.evidence import Weighed
from models.risk.landing_facts import LandingFacts
from models.risk.likelihood import posterior

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
PAPER, INK, FAINT, GRID = "#0b1622", "#dfe9f2", "#8ba0b3", "#26384a"
FOR, AGAINST, TOTAL, SEEN = "#ff8a5c", "#58c4a0", "#e8c468", "#6fb3e0"
LEVELS = Settings().alerts
WORDS = {
    "title": ("一次靠泊，两种读法：各项证据（奈特）", "One berth, two readings: evidence in nats"),
    "landing": ("上岸，靠泊后 25 分钟", "a landing, 25 minutes after berthing"),
    "lawful": ("合法停靠", "the same berth, lawfully"),
    "prior": ("先验", "prior"), "sum": ("合计", "sum"),
    "verify": ("核查", "verify"), "watch": ("关注", "watch"),
    "posterior": ("后验概率 {p:.3f}", "posterior {p:.3f}"),
    "chain": ("一起上岸的链条", "The chain of a landing"),
    "minutes": ("靠泊后分钟数", "minutes after berthing"),
    "boat": ("船", "boat"), "pier": ("码头", "pier"), "camera": ("摄像机", "camera"),
    "lorry": ("货车", "lorries"),
    "heard": ("AIS", "AIS heard"), "silent": ("静默，雷达仍见", "silent; radar goes on"),
    "berthed": ("靠泊", "berthed"), "sees": ("见到船", "sees a boat"),
    "first": ("第一辆等候", "the first waits"), "second": ("第二辆", "the second"),
    "now": ("此刻", "now"),
}  # fmt: skip


def say(language: str, key: str, **more: float) -> str:
    """The word of a picture."""
    return WORDS[key][0 if language == "zh" else 1].format(**more)


def digest() -> str:
    """Of all that the pictures show."""
    return hashlib.sha256(f"{NIGHT} {LAWFUL} {worked()}".encode()).hexdigest()[:16]


def _dressed(axes: Axes) -> None:
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=FAINT, length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def chain(language: str) -> None:
    """Who was where when, as the first worked night says."""
    silent, lag = NIGHT.silent_min or 0.0, NIGHT.truck_lag_min or 0.0
    now = NIGHT.dwell_min or 0.0
    rows = ("boat", "pier", "camera", "lorry")
    bars = [  # row, from, to, word, colour
        (0, -silent - 26, -silent, "heard", SEEN), (0, -silent, 0.0, "silent", FAINT),
        (1, 0.0, now, "berthed", FOR), (2, 2.0, now, "sees", SEEN),
        (3, lag, now, "first", TOTAL), (3, 9.0, now, "second", TOTAL),
    ]  # fmt: skip
    figure, axes = plt.subplots(figsize=(9.6, 2.9), facecolor=PAPER)
    _dressed(axes)
    for row, begin, end, word, colour in bars:
        low = row + (0.24 if word == "second" else -0.24 if word == "first" else 0.0)
        tall = 0.36 if row == 3 else 0.5
        dark = word == "silent"
        axes.barh(
            low, end - begin, tall, left=begin, color=PAPER if dark else colour, edgecolor=colour,
            linestyle="--" if dark else "-", linewidth=1.4,
        )  # fmt: skip
        axes.text(
            begin + 1.2, low, say(language, word), color=INK if dark else PAPER, fontsize=8.5,
            va="center",
        )  # fmt: skip
    axes.axvline(0.0, color=GRID, zorder=0)
    axes.axvline(now, color=INK, linewidth=1.0)
    axes.text(now + 1, -0.45, say(language, "now"), color=INK, fontsize=8.5, va="center")
    axes.set_yticks(range(4), [say(language, row) for row in rows], color=INK)
    axes.set_ylim(3.6, -0.7)
    axes.set_xlim(-silent - 28, now + 14)
    axes.set_xlabel(say(language, "minutes"), color=FAINT)
    axes.set_title(say(language, "chain"), color=INK, loc="left")
    _save(figure, f"method-chain-{language}.png")


def _falls(axes: Axes, weighed: Weighed, language: str, title: str) -> None:
    """From the prior to the sum, an entry a step."""
    steps = [(say(language, "prior"), weighed.prior_nats)]
    steps += [(entry.code, entry.nats) for entry in weighed.evidence]
    at = 0.0
    for row, (_, nats) in enumerate(steps):
        colour = FAINT if row == 0 else FOR if nats > 0 else AGAINST
        axes.barh(row, nats, 0.62, left=at, color=colour)
        at += nats
        right = nats > 0
        axes.text(
            at + (0.15 if right else -0.15), row, f"{nats:+.2f}", color=INK, fontsize=8,
            va="center", ha="left" if right else "right",
        )  # fmt: skip
        axes.plot([at, at], [row + 0.31, row + 0.69], color=GRID, linewidth=1)
    axes.barh(len(steps), at, 0.62, color=TOTAL)
    for level, p in (("watch", LEVELS.watch), ("verify", LEVELS.verify)):
        nats = math.log(p / (1 - p))
        axes.axvline(nats, color=GRID, linestyle=":")
        axes.text(nats, -0.85, say(language, level), color=FAINT, fontsize=8, ha="center")
    axes.axvline(0.0, color=GRID)
    names = [name for name, _ in steps]
    axes.set_yticks(range(len(steps) + 1), [*names, say(language, "sum")], color=INK, fontsize=8.5)
    axes.set_ylim(len(steps) + 0.6, -1.2)
    axes.set_xlim(-10.5, 5.0)
    told = say(language, "posterior", p=posterior(at))
    axes.set_title(f"{say(language, title)}\n{told}", color=INK, loc="left", fontsize=10)


def evidence(language: str) -> None:
    """The two worked nights beside each other."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.6), facecolor=PAPER)
    both: tuple[tuple[Axes, LandingFacts, str], ...] = (
        (left, NIGHT, "landing"), (right, LAWFUL, "lawful"),
    )  # fmt: skip
    for axes, facts, title in both:
        _dressed(axes)
        _falls(axes, weighed_night(facts)[0], language, title)
    figure.suptitle(say(language, "title"), color=INK, x=0.01, ha="left")
    _save(figure, f"method-evidence-{language}.png")


def _save(figure: Figure, name: str) -> None:
    figure.tight_layout()
    figure.savefig(
        IMAGES / name,
        dpi=150,
        facecolor=PAPER,
        metadata={"Description": digest(), "Software": None},
    )
    plt.close(figure)


def main() -> None:
    """Write the pictures."""
    for language in ("zh", "en"):
        with lettering(language).style():
            chain(language)
            evidence(language)


if __name__ == "__main__":
    main()
