"""Which language a figure can be lettered in: Chinese only where a font draws it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager

from desk.words import LANGUAGES, word

_LATIN = "DejaVu Sans"  # comes with matplotlib
_CHINESE = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Microsoft YaHei", "PingFang SC", "SimHei", "Noto Sans CJK JP",
)  # fmt: skip
#: Where the font may lie without matplotlib's knowing: installed since it last looked, or
#: unpacked by set-up for a user who may not install.
_UNLISTED = ("/usr/share/fonts", "var/apt/root/usr/share/fonts")


@dataclass(frozen=True)
class Lettering:
    """The words of one language and the fonts to set them in."""

    language: str
    families: tuple[str, ...]

    def __call__(self, key: str, **params: object) -> str:
        """The word for a key, its parameters filled in."""
        said = word(self.language, key)
        return said.format(**params) if params else said

    def name(self, text: str | None, otherwise: str) -> str:
        """A name of a place or vessel, or a number where no font draws the name.

        >>> latin = Lettering("en", (_LATIN,))
        >>> latin.name("下沈", "P012"), latin.name("Quay", "P012")
        ('P012', 'Quay')
        """
        if not text:
            return otherwise
        return text if text.isascii() or len(self.families) > 1 else otherwise

    def style(self) -> AbstractContextManager[None]:
        """A context within which matplotlib letters with these fonts."""
        return mpl.rc_context({"font.family": list(self.families), "font.size": 10.0})


def lettering(language: str = "zh") -> Lettering:
    """How to letter a figure in a language; in English where Chinese is asked and cannot be drawn.

    Parameters
    ----------
    language
        `zh` or `en`; anything else is taken for `en`.
    """
    chinese = _chinese_font()
    if chinese is None:
        return Lettering("en", (_LATIN,))
    known = language if language in LANGUAGES else "en"
    return Lettering(known, (chinese, _LATIN) if known == "zh" else (_LATIN, chinese))


@cache
def _chinese_font() -> str | None:
    listed = _listed()
    if listed is None:
        here = Path.cwd()
        for root in (here / folder for parent in (here, *here.parents) for folder in _UNLISTED):
            for path in sorted(root.glob("**/NotoSansCJK-Regular.*")):
                font_manager.fontManager.addfont(path)
                return _listed()
    return listed


def _listed() -> str | None:
    there = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _CHINESE if name in there), None)
