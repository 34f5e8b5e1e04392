"""The contributions of an alert as a waterfall: from the prior, reason by reason, to the posterior.

The axis below counts nats, on which evidence adds up; the axis above says what probability that is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from desk.lettering import Lettering, lettering
from models.risk import likelihood
from models.risk.evidence import Evidence

FOR, AGAINST, STEADY, INK, FAINT = "#c8452f", "#2f74b5", "#6b7c88", "#1b2830", "#8a98a1"
_PROBABILITIES = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
_ROOM_NATS = 1.6  # beside the last bar, for its number


@dataclass(frozen=True)
class _Bar:
    label: str
    start: float
    end: float
    colour: str
    said: str


def waterfall(
    alert: Mapping[str, Any],
    evidence: Sequence[Evidence],
    zone: ZoneInfo,
    pier_name: str | None = None,
    language: str = "zh",
) -> Figure:
    """Draw the waterfall of an alert.

    Parameters
    ----------
    alert
        One revision in the contract's envelope.
    evidence
        Its contributions, in nats.
    zone
        For the berthing time in the title.
    pier_name
        The pier's name where it has one.
    language
        `zh` or `en`; English where no font draws Chinese.

    Returns
    -------
    A figure that no window holds: a notebook shows it once, `savefig` writes it.
    """
    say = lettering(language)
    bars = _bars(say, float(alert["prior_nats"]), evidence, float(alert["posterior"]))
    with say.style():
        figure, axes = plt.subplots(figsize=(9.0, 1.9 + 0.42 * len(bars)), layout="constrained")
        _draw(axes, bars)
        _scales(axes, say)
        _title(figure, say, alert, zone, pier_name)
        figure.canvas.draw()  # the fonts are looked up now, while they are set
        plt.close(figure)
    return figure


def _bars(
    say: Lettering, prior_nats: float, evidence: Sequence[Evidence], posterior: float
) -> list[_Bar]:
    at = prior_nats
    share = _percent(likelihood.posterior(prior_nats))
    bars = [_Bar(say("figure.prior"), 0.0, at, STEADY, f"{_signed(at)}  ({share})")]
    for entry in evidence:
        label = f"{say(f'block.{entry.block}')} · {say(f'code.{entry.code}')}"
        said = f"{_signed(entry.nats)}  {_times(entry.nats)}".rstrip()
        colour = FOR if entry.nats >= 0 else AGAINST
        bars.append(_Bar(label, at, at + entry.nats, colour, said))
        at += entry.nats
    bars.append(
        _Bar(say("figure.posterior"), 0.0, at, INK, f"{_signed(at)}  ({_percent(posterior)})")
    )
    return bars


def _draw(axes: Axes, bars: Sequence[_Bar]) -> None:
    low = min(min(b.start, b.end) for b in bars)
    high = max(max(b.start, b.end) for b in bars)
    for row, bar in enumerate(bars):
        axes.barh(row, bar.end - bar.start, left=bar.start, height=0.62, color=bar.colour)
        if row + 1 < len(bars):
            axes.plot([bar.end, bar.end], [row - 0.31, row + 1.31], color=FAINT, lw=0.8, zorder=0)
        right = max(bar.start, bar.end)
        axes.annotate(
            bar.said, (right, row), xytext=(5, 0), textcoords="offset points", va="center",
            color=INK, fontsize=9, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip
    axes.set_yticks(range(len(bars)), [bar.label for bar in bars])
    axes.set_xlim(low - 0.4, high + _ROOM_NATS)
    axes.invert_yaxis()


def _scales(axes: Axes, say: Lettering) -> None:
    axes.axvline(0.0, color=FAINT, lw=0.8, ls=(0, (4, 3)), zorder=0)
    axes.set_xlabel(say("figure.nats"))
    axes.tick_params(axis="y", length=0)
    for side in ("left", "right"):
        axes.spines[side].set_visible(False)
    above = axes.secondary_xaxis("top")
    low, high = axes.get_xlim()
    shown = [p for p in _PROBABILITIES if low < math.log(p / (1 - p)) < high]
    above.set_xticks([math.log(p / (1 - p)) for p in shown], [_percent(p) for p in shown])
    above.set_xlabel(say("alerts.posterior"))


def _title(
    figure: Figure,
    say: Lettering,
    alert: Mapping[str, Any],
    zone: ZoneInfo,
    pier_name: str | None,
) -> None:
    number = alert.get("pier_id") or ""
    named = say.name(pier_name, "")
    berth = alert.get("berth_from")
    at = f"{datetime.fromisoformat(berth).astimezone(zone):%m-%d %H:%M}" if berth else ""
    parts = [say(f"kind.{alert['kind']}"), f"{named} {number}".strip(), at]
    severity = alert.get("severity")
    below = [
        f"{say('alerts.posterior')} {_percent(float(alert['posterior']))}",
        f"{say('alerts.severity')} {'—' if severity is None else f'{severity:.2f}'}",
        say("figure.lead"),
    ]
    below += [say("figure.exercise")] if alert.get("exercise") else []
    figure.suptitle(
        " · ".join(part for part in parts if part) + "\n" + " · ".join(below),
        fontsize=11.5,
        linespacing=1.5,
    )


def _signed(nats: float) -> str:
    return f"{nats:+.2f}".replace("-", "−")


def _times(nats: float) -> str:
    factor = math.exp(abs(nats))
    if factor < 1.05:
        return ""
    shown = f"{factor:.1f}" if factor < 10 else f"{factor:,.0f}"
    return f"{'×' if nats > 0 else '÷'}{shown}"


def _percent(share: float) -> str:
    """A probability as a person reads it.

    >>> _percent(0.00068), _percent(0.5), _percent(0.999)
    ('0.07%', '50%', '99.9%')
    """
    percent = 100 * share
    if percent < 1:
        return f"{percent:.1g}%"
    return f"{percent:.1f}%" if percent > 99 else f"{percent:.0f}%"
