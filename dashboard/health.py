"""The feeds: what came, what was refused and why, and when each station was last heard.

Counters of a feed are kinds of frames (`position`, `identity`, ...), `refused_<reason>`, `late`
(stored, but too late for the engine) and `heard_<station>`: the Unix seconds of the last frame.
"""

from __future__ import annotations

from datetime import datetime

from dash import html
from dash.development.base_component import Component

from dashboard.catalogue import Words

REFUSED, HEARD, LATE = "refused_", "heard_", "late"
SHOWN_STATIONS = 4
KINDS = ("position", "sighting", "identity", "other")


def health(words: Words, feeds: dict[str, dict[str, int]], at: datetime | None) -> Component:
    """One line for every feed; ages are counted from the data's clock."""
    if not feeds:
        return html.P(words("health.empty"), className="empty faint")
    lines = [_feed(words, name, counts, at) for name, counts in feeds.items()]
    return html.Div(lines, className="feeds")


def refusals_of(counts: dict[str, int]) -> dict[str, int]:
    """Refused frames by reason, most first.

    >>> refusals_of({"position": 9, "refused_no_time": 2, "refused_future": 3})
    {'future': 3, 'no_time': 2}
    """
    refused = {
        name.removeprefix(REFUSED): n
        for name, n in counts.items()
        if n and name.startswith(REFUSED)
    }
    return dict(sorted(refused.items(), key=lambda item: (-item[1], item[0])))


def frames_of(counts: dict[str, int]) -> int:
    """How many frames a feed brought: its own total, else the sum of its kinds.

    >>> frames_of({"position": 9, "identity": 2, "refused_no_time": 2, "type_1": 9})
    11
    """
    return counts.get("frames") or sum(counts.get(kind, 0) for kind in KINDS)


def ago(words: Words, seconds: float) -> str:
    """An age in the largest unit that fits."""
    if seconds < 120:
        return words("vessels.ago_s", n=round(max(seconds, 0)))
    if seconds < 7200:
        return words("vessels.ago_min", n=round(seconds / 60))
    return words("vessels.ago_h", n=round(seconds / 3600))


def _stations(words: Words, ages_s: dict[str, float]) -> list[str]:
    """When each station was last heard; of many only how many they are, and the longest silence."""
    if len(ages_s) <= SHOWN_STATIONS:
        return [f"{station} {ago(words, age_s)}" for station, age_s in ages_s.items()]
    longest = ago(words, max(ages_s.values()))
    return [words("health.stations", n=f"{len(ages_s):,}", longest=longest)]


def _feed(words: Words, name: str, counts: dict[str, int], at: datetime | None) -> Component:
    refused = refusals_of(counts)
    total = sum(refused.values())
    said = f"{words('health.refused')} {total:,}" if total else words("health.none_refused")
    notes = [f"{words.of('refusal', reason)} {n:,}" for reason, n in refused.items()]
    if counts.get(LATE):
        notes.append(words("health.late", n=f"{counts[LATE]:,}"))
    heard = {key.removeprefix(HEARD): n for key, n in counts.items() if key.startswith(HEARD)}
    if at is not None:
        notes += _stations(words, {name: at.timestamp() - n for name, n in heard.items()})
    return html.Div(
        [
            html.Div(
                [
                    html.B(words.of("feed", name)),
                    html.Span(f"{frames_of(counts):,} {words('health.frames')}"),
                    html.Span(said, className="warn" if total else "faint"),
                ],
                className="feed-line",
            ),
            html.Div([html.Span(note) for note in notes], className="notes faint")
            if notes
            else None,
        ],
        className="feed",
    )
