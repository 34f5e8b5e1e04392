"""Words on the desk's figures, by code, in Chinese and English; the same as on the screen.

A code that is not here is shown as it is.
"""

from __future__ import annotations

from typing import Final

LANGUAGES: Final = ("zh", "en")

#: By dotted key: Chinese, English. A key that the screen's catalogues have says what they say.
WORDS: Final[dict[str, tuple[str, str]]] = {
    "kind.night_landing": ("夜间靠泊", "Night landing"),
    "level.watch": ("关注", "Watch"),
    "level.verify": ("建议核查", "Verify"),
    "status.cancel": ("已撤销", "Cancelled"),
    "block.identity": ("身份", "Identity"),
    "block.rarity": ("码头少见", "Rarity of the pier"),
    "block.timing": ("时机", "Timing"),
    "block.land_side": ("陆侧", "Land side"),
    "block.recurrence": ("复现", "Recurrence"),
    "block.anomaly": ("异常度", "Anomaly"),
    "block.calibration": ("校准", "Calibration"),
    "pier.idle": ("闲置", "Idle"),
    "pier.low": ("低频", "Low use"),
    "pier.active": ("在用", "Active"),
    "pier.unknown": ("不明", "Unknown"),
    "alerts.posterior": ("登陆概率", "P(landing)"),
    "alerts.severity": ("后果", "Severity"),
    "page.simulated": ("模拟", "Simulated"),
    "map.notice": (
        "示意图：仅供研判参考，不得用于航行或执法。",
        "Illustrative: not for navigation or enforcement.",
    ),
    # What follows is the desk's own: a bar has room for a word where the screen has a sentence.
    "code.dark_approach": ("静默后靠近", "Approached dark"),
    "code.heard_all_the_way": ("全程有信号", "Heard all the way"),
    "code.beidou_alone": ("只收到北斗", "BeiDou alone"),
    "code.idle_pier": ("闲置码头", "Idle pier"),
    "code.night_hours": ("深夜", "Hour of the night"),
    "code.tide_window": ("潮时", "Tide window"),
    "code.dwell": ("停留", "Dwell"),
    "code.unregistered": ("不在登记中", "Not in the register"),
    "code.registered": ("在登记中", "In the register"),
    "code.register_says_fisherman_home": ("渔船停自家码头", "Fishing boat at home"),
    "code.known_service": ("有正当事由", "Has work here"),
    "code.announced": ("已报备", "Announced"),
    "code.block_cap": ("本组封顶", "Block's cap"),
    "code.block_floor": ("本组托底", "Block's floor"),
    "code.posterior_bound": ("上下限", "Bounds"),
    "code.calibration": ("校准", "Calibration"),
    "figure.prior": ("先验", "Prior"),
    "figure.posterior": ("后验", "Posterior"),
    "figure.nats": ("对数几率（奈特）", "Log-odds (nats)"),
    "figure.lead": ("线索，建议核查；不是证据", "A lead to verify, never evidence"),
    "figure.exercise": ("模拟或回放", "Simulated or replayed"),
    "map.piers": ("码头", "Piers"),
    "map.tracks": ("航迹", "Tracks"),
    "map.its_track": ("该预警船舶的航迹", "Track of the alert's vessel"),
    "map.alerts": ("预警", "Alerts"),
    "map.no_alerts": ("没有预警", "No alerts"),
    "map.more": ("另有 {n} 条", "and {n} more"),
}


def word(language: str, key: str) -> str:
    """The word for a dotted key, or its last part.

    >>> word("zh", "level.watch"), word("en", "code.new_detector")
    ('关注', 'new_detector')
    """
    said = WORDS.get(key)
    if said is None:
        return key.rpartition(".")[2]
    return said[LANGUAGES.index(language)]
