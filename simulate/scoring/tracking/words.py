"""What the report says of a fusion, in English and in Chinese; `simulate.scoring.words` has the
rest."""

from __future__ import annotations

from typing import Final

TRACKING: Final[dict[str, tuple[str, str]]] = {
    "tracking": ("One track per vessel", "一船一迹"),
    "tracking_says": (
        "Object-time in which a working sensor sees the vessel ({nights:g} nights); in the last "
        "column, all in which one has it within nominal range and line of sight. In brackets the "
        "bootstrap over nights.",
        "以有在用传感器能看到该船的船时计（{nights:g} 夜）；末列为在其标称距离与视距内的全部船时。"
        "方括号内为按夜自助法。",
    ),
    "wanted": ("wanted", "应达"),
    "in_sight": ("in sight", "可见"),
    "in_reach": ("in nominal reach", "标称覆盖"),
    "associated": ("correct association", "正确关联"),
    "associated_paired": (
        "correct, where several sensors have tracks", "正确（多传感器均有航迹时）",
    ),
    "associated_radar": (
        "correct, where radar and another sensor have tracks", "正确（雷达与另一传感器均有航迹时）",
    ),
    "associated_radar_apart": (
        "of which no other boat within 50 m", "其中 50 米内无他船",
    ),
    "completeness": ("SIAP completeness", "SIAP 完整性"),
    "ambiguity": ("SIAP ambiguity", "SIAP 歧义"),
    "spuriousness": ("SIAP spuriousness", "SIAP 虚假"),
    "accuracy_m": ("SIAP position accuracy, m", "SIAP 位置精度（米）"),
    "rmse_m": ("position RMSE, m", "位置均方根误差（米）"),
    "rmse_10_km_m": ("RMSE at 10 km, m", "10 公里处均方根误差（米）"),
    "rmse_10_km_radar_alone_m": (
        "RMSE at 10 km by radar alone, m", "10 公里处仅雷达均方根误差（米）",
    ),
    "switches_an_hour": ("identifier switches a vessel-hour", "每船时标识切换"),
    "changes_an_hour": ("track number changes a tracked hour", "每跟踪小时航迹号变更"),
    "longest_segment": ("longest track segment", "最长航迹段占比"),
    "dark_precision": (
        "dark precision by time (radar alone, not ambiguous)",
        "暗船精确率（按时间，仅雷达且不存疑）",
    ),
    "dark_precision_alone": ("the same, ambiguous or not", "同上（不论是否存疑）"),
    "dark_precision_of_vessels": (
        "dark precision by time, clutter apart", "暗船精确率（按时间，除杂波）",
    ),
    "dark_precision_of_vessels_alone": ("the same, ambiguous or not", "同上（不论是否存疑）"),
    "dark_precision_apart": (
        "dark precision by time, no other boat within 50 m", "暗船精确率（按时间，50 米内无他船）",
    ),
    "dark_precision_apart_alone": ("the same, ambiguous or not", "同上（不论是否存疑）"),
    "dark_recall_apart": (
        "dark recall by time, no other boat within 50 m", "暗船召回率（按时间，50 米内无他船）",
    ),
    "dark_recall_apart_alone": ("the same, ambiguous or not", "同上（不论是否存疑）"),
    "dark_recall": ("dark recall by time", "暗船召回率（按时间）"),
    "dark_recall_alone": ("the same, ambiguous or not", "同上（不论是否存疑）"),
    "dark_event_precision": ("dark vessels told: precision", "暗船事件精确率"),
    "dark_event_precision_anywhere": (
        "dark vessels told: precision, AIS covering or not",
        "暗船事件精确率（不论 AIS 是否覆盖）",
    ),
    "dark_event_recall": ("dark vessels told: recall", "暗船事件召回率"),
    "dark_event_time_precision": (
        "dark vessels told: precision, object-time under way", "暗船事件精确率（按航行船时）",
    ),
    "dark_event_time_recall": (
        "dark vessels told: recall, object-time under way", "暗船事件召回率（按航行船时）",
    ),
    "gospa_m": ("GOSPA (200 m), root mean square a vessel, m", "GOSPA（200 米），每船均方根（米）"),
    "gospa_localisation_m": ("of which localisation", "其中：定位"),
    "gospa_missed_m": ("of which missed", "其中：漏失"),
    "gospa_false_m": ("of which false", "其中：虚假"),
}  # fmt: skip
