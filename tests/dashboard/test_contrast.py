"""Light enough to read at night: WCAG 2.2 contrast of the screen's colours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ASSETS = Path(__file__).parents[2] / "dashboard" / "assets"
TEXT, SIGN = 4.5, 3.0  # WCAG 1.4.3 and 1.4.11, level AA


def colours() -> dict[str, str]:
    css = (ASSETS / "screen.css").read_text("utf-8")
    script = (ASSETS / "app" / "icons.js").read_text("utf-8")
    named = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", css))
    return named | dict(re.findall(r"([a-z]+): \"(#[0-9a-f]{6})\"", script))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_black_and_white_have_the_greatest_contrast():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)


@pytest.mark.parametrize("ground", ["night", "panel", "raised"])
@pytest.mark.parametrize("ink", ["ink", "soft", "faint", "alert", "idle"])
def test_text_can_be_read_on_every_ground(ink: str, ground: str):
    assert contrast(colours()[ink], colours()[ground]) >= TEXT


@pytest.mark.parametrize("ground", ["sea", "land"])
@pytest.mark.parametrize(
    "sign",
    [
        "alert",
        "track",
        "idle",
        "low",
        "active",
        "unknown",
        "other",
        "fishing",
        "service",
        "beidou",
        "radar",
        "truck",
        "camera",
        "station",
        "sos",
    ],
)
def test_signs_stand_out_from_sea_and_land(sign: str, ground: str):
    assert contrast(colours()[sign], colours()[ground]) >= SIGN


def test_what_colour_says_shape_says_too():
    """Each status of a pier and each level of an alert has a drawing of its own."""
    script = (ASSETS / "app" / "icons.js").read_text("utf-8")
    drawn = dict(re.findall(r'"((?:pier|alert)-[a-z]+)": \(p\) => ([^\n]+),\n', script))
    shapes = [re.sub(r"COLOURS\.[a-z]+, ?", "", drawing) for drawing in drawn.values()]
    assert len(drawn) == 7
    assert len(set(shapes)) == 7
