"""The tide as a curve: six hours back, eighteen ahead, with the watch round each high water."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from dash import html
from numpy.typing import NDArray

from core.times import instant
from dashboard.catalogue import Words
from geo.tides import Tide

WIDTH, HEIGHT, FOOT = 352, 118, 20
BACK_H, AHEAD_H, STEP_MIN = 6, 18, 10
WINDOW_H = 2  # the joint patrol's window round high water
INK, FAINT, LINE, BAND = "#e6edf1", "#93a7b4", "#7fb7e6", "#21384a"
FONT = "'Noto Sans CJK SC','Noto Sans SC','Microsoft YaHei',sans-serif"


def tide_curve(words: Words, zone: ZoneInfo, tide: Tide, at: datetime) -> html.Img:
    """The curve as a picture; its text alternative says what the lines beside it say."""
    svg = base64.b64encode(tide_svg(words, zone, tide, at).encode()).decode()
    return html.Img(
        src=f"data:image/svg+xml;base64,{svg}", alt=words("conditions.tide"), className="tide-curve"
    )


def tide_svg(words: Words, zone: ZoneInfo, tide: Tide, at: datetime) -> str:
    """The curve as SVG: local time below, metres above chart datum at the high waters."""
    begins, ends = at - timedelta(hours=BACK_H), at + timedelta(hours=AHEAD_H)
    minutes = np.arange(0, (BACK_H + AHEAD_H) * 60 + 1, STEP_MIN)
    times = instant(begins) + minutes * np.timedelta64(1, "m")
    heights_m = tide.height_m(times)
    low_m, high_m = float(heights_m.min()), float(heights_m.max())

    def x(when: datetime) -> float:
        share = (when - begins) / (ends - begins)
        return round(share * WIDTH, 1)

    def y(metres: float) -> float:
        return round(16 + (high_m - metres) / max(high_m - low_m, 0.1) * (HEIGHT - FOOT - 22), 1)

    highs = tide.high_waters(begins - timedelta(hours=WINDOW_H), ends + timedelta(hours=WINDOW_H))
    parts = [_window(x, when) for when, _ in highs]
    parts += _hours(x, begins, ends, zone)
    parts.append(_curve(minutes / minutes[-1] * WIDTH, np.array([y(h) for h in heights_m])))
    parts += [
        _text(min(max(x(when), 14), WIDTH - 14), y(metres) - 5, f"{metres:.1f}", FAINT)
        for when, metres in highs
        if begins <= when <= ends
    ]
    now_m = float(tide.height_m(np.array([instant(at)]))[0])
    parts.append(
        f'<line x1="{x(at)}" x2="{x(at)}" y1="2" y2="{HEIGHT - FOOT}" stroke="{INK}" '
        f'stroke-width="1" stroke-dasharray="2 3"/>'
        f'<circle cx="{x(at)}" cy="{y(now_m)}" r="4" fill="{INK}"/>'
    )
    parts.append(_text(x(at) + 5, 10, words("conditions.now"), INK, "start"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="{FONT}" font-size="10.5">{"".join(parts)}</svg>'
    )


def _window(x: Callable[[datetime], float], when: datetime) -> str:
    left, right = x(when - timedelta(hours=WINDOW_H)), x(when + timedelta(hours=WINDOW_H))
    left, right = max(left, 0.0), min(right, float(WIDTH))
    if right <= left:
        return ""
    size = f'width="{right - left:.1f}" height="{HEIGHT - FOOT}"'
    return f'<rect x="{left}" y="0" {size} fill="{BAND}"/>'


def _hours(
    x: Callable[[datetime], float], begins: datetime, ends: datetime, zone: ZoneInfo
) -> list[str]:
    local = begins.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    local += timedelta(hours=6 - local.hour % 6)
    marks = []
    while local < ends:
        at = x(local)
        if 12 < at < WIDTH - 12:
            marks.append(_text(at, HEIGHT - 6, f"{local:%H:%M}", FAINT))
        local += timedelta(hours=6)
    axis = f'<line x1="0" x2="{WIDTH}" y1="{HEIGHT - FOOT}" y2="{HEIGHT - FOOT}" stroke="#31495a"/>'
    return [axis, *marks]


def _curve(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return f'<polyline points="{points}" fill="none" stroke="{LINE}" stroke-width="2"/>'


def _text(x: float, y: float, text: str, colour: str, anchor: str = "middle") -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}">{text}</text>'
