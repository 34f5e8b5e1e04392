"""Words of the screen: codes from the data become sentences in Chinese and English here only.

Two catalogues, `words/zh.toml` and `words/en.toml`, with the same keys. A code that no catalogue
knows is shown as it is with its parameters: a new detector must never blank the screen.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

LANGUAGES = ("zh", "en")
_FOLDER = Path(__file__).parent / "words"


class Words:
    """One language's catalogue.

    >>> Words("en", {"alerts": {"title": "Alerts", "n": "{n} open"}})("alerts.n", n=3)
    '3 open'
    """

    def __init__(self, language: str, table: Mapping[str, Any]) -> None:
        self.language = language
        self._flat = dict(flattened(table))

    def __call__(self, key: str, **params: object) -> str:
        """The text of a key with its parameters filled in; KeyError where there is none."""
        return self._flat[key].format(**params)

    def of(self, group: str, code: str | None) -> str:
        """The word for a code of a group, or the code itself."""
        return self._flat.get(f"{group}.{code}", code or self._flat["none"])

    def listed(self, items: Iterable[str]) -> str:
        """Items as the language lists them.

        >>> Words("zh", {}).listed("AB"), Words("en", {}).listed("AB")
        ('A、B', 'A, B')
        """
        return ("、" if self.language == "zh" else ", ").join(items)

    def group(self, group: str) -> dict[str, str]:
        """All words of a group by code, for the page's own scripts."""
        start = f"{group}."
        return {k.removeprefix(start): v for k, v in self._flat.items() if k.startswith(start)}

    def sentence(self, code: str, params: Mapping[str, Any], zone: ZoneInfo) -> str:
        """The sentence of a piece of evidence: its code and parameters, times in local time.

        A code may have several sentences, each named after a parameter that it needs; the first
        in the catalogue that fits is taken: `evidence.tide_window.margin_m`.
        """
        params = eased(params)
        shown = {name: self._value(name, value, zone) for name, value in params.items()}
        by_parameter = f"evidence.{code}."
        for key, template in self._flat.items():
            needed = key.removeprefix(by_parameter)
            fits = needed in params if key.startswith(by_parameter) else key == f"evidence.{code}"
            if fits and _fields(template) <= shown.keys():
                return template.format(**shown)
        facts = " · ".join(f"{name} {value}" for name, value in shown.items())
        return f"{code} ({facts})" if facts else code

    def _value(self, name: str, value: object, zone: ZoneInfo) -> str:
        word = self._flat.get(f"value.{name}.{str(value).lower()}")
        if name.endswith("share") and isinstance(value, float) and 0 <= value <= 1:
            digits = 1 if 0 < value < 0.0995 else 0  # a small one is not none
            return f"{value:.{digits}%}"
        return spoken(value, zone) if word is None else word

    def keys(self) -> set[str]:
        """All keys, dotted."""
        return set(self._flat)


@cache
def words(language: str) -> Words:
    """The catalogue of a language; of the first where the language is unknown."""
    known = language if language in LANGUAGES else LANGUAGES[0]
    return Words(known, tomllib.loads((_FOLDER / f"{known}.toml").read_text("utf-8")))


def eased(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as a person says them: whole vehicles, and what came before as before.

    A number of vehicles is the sum of their probabilities; well under one it is the chance of one.

    >>> eased({"trucks": 2.6, "lag_min": -12}), eased({"trucks": 0.4})
    ({'trucks': 3, 'ahead_min': 12}, {'chance_share': 0.4})
    """
    told = dict(params)
    trucks, lag = told.get("trucks"), told.get("lag_min")
    if isinstance(trucks, float | int) and 0 < trucks < 0.75:
        told["chance_share"] = float(told.pop("trucks"))
    elif isinstance(trucks, float):
        told["trucks"] = round(trucks)
    if isinstance(lag, float | int) and lag < 0 and trucks is not None:
        told["ahead_min"] = -told.pop("lag_min")
    return told


def flattened(table: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Nested tables as dotted keys.

    >>> flattened({"a": {"b": "x"}, "c": "y"})
    [('a.b', 'x'), ('c', 'y')]
    """
    pairs: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            pairs += flattened(value, f"{before}{key}.")
        else:
            pairs.append((before + key, str(value)))
    return pairs


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def parsed_at(text: str | None) -> datetime | None:
    """The time of an envelope's field, aware; nothing where it has none."""
    return datetime.fromisoformat(text) if text else None


def spoken(value: object, zone: ZoneInfo) -> str:
    """A parameter as a person reads it: numbers short, times local, lists with commas.

    >>> spoken(74.0, ZoneInfo("Asia/Shanghai")), spoken(0.256, ZoneInfo("Asia/Shanghai"))
    ('74', '0.26')
    >>> spoken("2026-03-01T17:15:00Z", ZoneInfo("Asia/Shanghai"))
    '01:15'
    """
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 or value.is_integer() else f"{value:.2g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(spoken(item, zone) for item in value)
    if isinstance(value, str) and value.endswith("Z") and value[:2].isdigit() and "T" in value:
        try:
            return datetime.fromisoformat(value).astimezone(zone).strftime("%H:%M")
        except ValueError:
            return value
    return "—" if value is None else str(value)
