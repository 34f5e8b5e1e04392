"""Recordings with something taken away or spoilt: what each sensor is worth, and what is borne.

Each is a pure function on the lines of one feed file; the site stays as it is, for nobody tells the
engine that a sensor will fail. Levels after methods.md 7.1.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from core.errors import SettingsError
from simulate.scoring.sentences import biased, skewed
from simulate.scoring.terminals import camera_skewed, terminal_skewed

FEEDS: Final = ("ais", "beidou", "radar", "vehicles", "cameras")
THINNED_PERCENT: Final = (10, 30, 50, 70)
SKEWS_S: Final = (30, 120)
RADAR_BIAS: Final = ((30.0, 0.3), (60.0, 0.6), (120.0, 1.2))
_TOGETHER_S: Final = 30  # stations that hear one message hear it within this
_AIS: Final = (b"VDM", b"VDO")
_RECEIVED: Final = re.compile(rb"[\\,]c:(\d{10,13})")  # seconds are the first ten digits


@dataclass(frozen=True)
class Ablation:
    """What is done to a recording.

    `without` are feed folders left out; `thinned_percent` of the AIS transmissions are heard by no
    station; `ahead_s` by folder is by how much its clocks are ahead; `range_m`, `bearing_deg` are
    added to every radar target. `title_zh` is its name in Chinese.
    """

    name: str
    title_zh: str = field(default="", kw_only=True)
    without: frozenset[str] = frozenset()
    thinned_percent: int = 0
    ahead_s: Mapping[str, int] = field(default_factory=dict)
    range_m: float = 0.0
    bearing_deg: float = 0.0

    def lines(self, folder: str, lines: Iterable[bytes]) -> Iterator[bytes] | None:
        """The lines of one feed file, with their ends, as they are then; None: no such file.

        Parameters
        ----------
        folder
            The feed's: `ais`, `beidou`, `radar`, `vehicles`, `cameras`; others stay as they are.
        lines
            Whole lines, in order.
        """
        if folder in self.without:
            return None
        out = iter(lines)
        if folder == "ais" and self.thinned_percent:
            out = thinned(out, self.thinned_percent)
        if folder == "radar" and (self.range_m or self.bearing_deg):
            out = map(partial(biased, range_m=self.range_m, bearing_deg=self.bearing_deg), out)
        if self.ahead_s.get(folder):
            out = map(_clock(folder, self.ahead_s[folder]), out)
        return out


def _clock(folder: str, ahead_s: int) -> Callable[[bytes], bytes]:
    if folder == "vehicles":
        return partial(terminal_skewed, ahead_s=ahead_s)
    if folder == "cameras":
        return partial(camera_skewed, ahead_s=ahead_s)
    return partial(skewed, ahead_s=ahead_s)


_ZH: Final = {
    "ais": " AIS", "beidou": "北斗", "radar": "雷达", "vehicles": "车辆终端", "cameras": "摄像机",
}  # fmt: skip
AS_RECORDED: Final = Ablation("as recorded", title_zh="原样")
AIS_AND_BEIDOU: Final = Ablation(
    "AIS and BeiDou alone", without=frozenset({"radar", "vehicles", "cameras"}),
    title_zh="仅 AIS 与北斗",
)  # fmt: skip


NO_LAND_SIDE: Final = Ablation(
    "without cameras and vehicles", without=frozenset({"vehicles", "cameras"}),
    title_zh="去掉摄像机与车辆终端",
)  # fmt: skip


def ablations() -> tuple[Ablation, ...]:
    """Every ablation of the evaluation, the untouched recording first."""
    return (
        AS_RECORDED,
        *(
            Ablation(f"without {feed}", without=frozenset({feed}), title_zh=f"去掉{_ZH[feed]}")
            for feed in FEEDS
        ),
        NO_LAND_SIDE,
        AIS_AND_BEIDOU,
        *(
            Ablation(f"AIS thinned by {p} %", thinned_percent=p, title_zh=f"AIS 丢失 {p} %")
            for p in THINNED_PERCENT
        ),
        *(
            Ablation(
                f"{feed} clock {s:+} s", ahead_s={feed: s}, title_zh=f"{_ZH[feed]}时钟 {s:+} s"
            )
            for feed in FEEDS
            for s in SKEWS_S
        ),
        *(
            Ablation(
                f"radar bias {m:g} m, {deg:g}°", range_m=m, bearing_deg=deg,
                title_zh=f"雷达偏差 {m:g} m、{deg:g}°",
            )
            for m, deg in RADAR_BIAS
        ),
    )  # fmt: skip


def chosen(names: Collection[str] = ()) -> tuple[Ablation, ...]:
    """Ablations by name, the untouched recording first; all where none is named.

    Raises
    ------
    SettingsError
        A name that none has.
    """
    known = [each.name for each in ablations()]
    for name in names:
        if name not in known:
            raise SettingsError("--only", expected=f"one of: {'; '.join(known)}", came=name)
    return tuple(
        each for each in ablations() if not names or each.name in (*names, AS_RECORDED.name)
    )


def thinned(lines: Iterable[bytes], percent: int) -> Iterator[bytes]:
    """AIS lines without so many per cent of the transmissions.

    A transmission is lost to all stations at once, with all its parts: its payload and the time
    decide, not a throw, so that files of several stations can be thinned one by one and what is
    lost at 10 % is lost at 30 % too. Lines that are no AIS stay.
    """
    parts: dict[bytes, bool] = {}
    for line in lines:
        begin = line.find(b"!")
        fields = line[begin:].split(b",", 6) if begin >= 0 else []
        if len(fields) < 7 or fields[0][-3:] not in _AIS:
            yield line
            continue
        _, total, number, sequence, channel, payload, _ = fields
        group = sequence + b"," + channel
        if total == b"1" or number == b"1" or group not in parts:
            lost = _lost(payload, line[:begin], percent)
        else:
            lost = parts[group]
        if total != b"1":
            parts[group] = lost
        if not lost:
            yield line


def _lost(payload: bytes, tags: bytes, percent: int) -> bool:
    """Two stations may put one transmission into different half minutes: one in hundreds does."""
    found = _RECEIVED.search(tags)
    seconds = int(found[1][:10]) if found else 0
    mixed = zlib.crc32(payload + b"@%d" % (seconds // _TOGETHER_S)) * 2_654_435_761
    return (mixed >> 12 & 0xFFFFF) * 100 < percent << 20
