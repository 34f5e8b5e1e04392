"""Small charts as SVG text: lines, steps, bars with intervals; words in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from simulate.scoring.words import WORDS, printable

WIDTH: Final = 460
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 40
BAR_LEFT: Final = 190
ROW: Final = 24

Point = tuple[float, float]


def both(code: str, tag: str = "span", values: Mapping[str, float] | None = None) -> str:
    """A code's words in both languages, of which the page shows one; a name stands for itself."""
    if code not in WORDS:
        return escape(printable(code))
    en, zh = (text.format(**(values or {})) for text in WORDS[code])
    return f'<{tag} class="en">{escape(en)}</{tag}><{tag} class="zh">{escape(zh)}</{tag}>'


def _n(value: float) -> str:
    return f"{value:.1f}"


@dataclass
class Plot:
    """A chart with two linear axes.

    Parameters
    ----------
    x_range, y_range
        What the axes span.
    x_ticks, y_ticks
        Where they are marked.
    x_code, y_code
        Words of the axes.
    """

    x_range: Point
    y_range: Point
    x_ticks: Sequence[float]
    y_ticks: Sequence[float]
    x_code: str
    y_code: str
    height: int = 260
    parts: list[str] = field(default_factory=list)

    def x(self, value: float) -> float:
        """Pixels from the left."""
        low, high = self.x_range
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Pixels from the top."""
        low, high = self.y_range
        return self.height - BOTTOM - (value - low) / (high - low) * (self.height - TOP - BOTTOM)

    def line(self, points: Sequence[Point], name: str = "mark", *, steps: bool = False) -> None:
        """A line through points, or steps from each level to the next."""
        path: list[Point] = []
        for here in points:
            if steps and path:
                path.append((here[0], path[-1][1]))
            path.append(here)
        placed = " ".join(f"{_n(self.x(a))},{_n(self.y(b))}" for a, b in path)
        self.parts.append(f'<polyline class="{name}" points="{placed}"/>')

    def dot(self, at: Point, low: float | None, high: float | None, radius: float = 3.5) -> None:
        """A point with its interval upright."""
        if low is not None and high is not None:
            self.line([(at[0], low), (at[0], high)], "span")
        cx, cy = _n(self.x(at[0])), _n(self.y(at[1]))
        self.parts.append(f'<circle class="dot" cx="{cx}" cy="{cy}" r="{radius}"/>')

    def svg(self) -> str:
        """The chart."""
        axes = [f'<text class="axis" x="{(LEFT + WIDTH - RIGHT) // 2}" y="{self.height - 6}"'
                f' text-anchor="middle">{both(self.x_code, "tspan")}</text>',
                f'<text class="axis" x="14" y="{self.height // 2}" text-anchor="middle"'
                f' transform="rotate(-90 14 {self.height // 2})">'
                f'{both(self.y_code, "tspan")}</text>']  # fmt: skip
        for tick in self.x_ticks:
            at = _n(self.x(tick))
            axes.append(
                f'<text class="tick" x="{at}" y="{self.height - BOTTOM + 15}"'
                f' text-anchor="middle">{tick:g}</text>'
            )
        for tick in self.y_ticks:
            at = _n(self.y(tick))
            axes.append(f'<path class="grid" d="M{LEFT} {at}H{WIDTH - RIGHT}"/>')
            axes.append(
                f'<text class="tick" x="{LEFT - 6}" y="{at}" dy="0.35em"'
                f' text-anchor="end">{tick:g}</text>'
            )
        return _svg(self.height, [*axes, *self.parts])


def bars(rows: Sequence[tuple[str, float, float | None, float | None]], most: float) -> str:
    """Horizontal bars: name, value, low and high of each."""

    def scale(value: float) -> float:
        return BAR_LEFT + min(value / most, 1.0) * (WIDTH - BAR_LEFT - 56)

    parts = []
    for i, (name, value, low, high) in enumerate(rows):
        known = name == "unexplained"
        label = both(name, "tspan") if known else escape(printable(name[:28]))
        y = TOP + i * ROW
        parts.append(
            f'<text class="name" x="{BAR_LEFT - 8}" y="{y + 12}" text-anchor="end">'
            f"{label}</text>"
            f'<rect class="bar" x="{BAR_LEFT}" y="{y + 3}" height="12" rx="2"'
            f' width="{_n(scale(value) - BAR_LEFT)}"/>'
        )
        end = scale(value)
        if low is not None and high is not None:
            parts.append(f'<path class="span" d="M{_n(scale(low))} {y + 9}H{_n(scale(high))}"/>')
            end = max(end, scale(high))
        parts.append(f'<text class="tick" x="{_n(end + 6)}" y="{y + 13}">{value:.2f}</text>')
    return _svg(TOP + len(rows) * ROW + 8, parts)


def _svg(height: int, parts: Sequence[str]) -> str:
    body = "\n".join(parts)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img">\n{body}\n</svg>'
