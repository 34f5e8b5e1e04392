"""What the report says, in English and in Chinese; figures and names stand between."""

from __future__ import annotations

from typing import Final

from simulate.scoring.tracking.words import TRACKING

LANGUAGES: Final = ("en", "zh")

#: code: (English, Chinese)
WORDS: Final[dict[str, tuple[str, str]]] = {
    **TRACKING,
    "title": ("Alerts scored against the truth", "告警对照真值评分"),
    "simulated": (
        "Simulation figures: no labelled record of real night landings exists.",
        "均为模拟数据上的结果：尚无带标注的真实夜间靠泊记录。",
    ),
    "how": (
        "Rules: the recording contract, “How alerts are scored”. Intervals are 95 %: Wilson for "
        "shares, exact Poisson for counts; in brackets the bootstrap over nights.",
        "规则见数据契约“告警如何评分”。区间均为 95 %：比例用 Wilson，计数用精确 Poisson；"
        "方括号内为按夜自助法。",
    ),
    "own_rate": ("At the source's own rate", "按来源地自身发生率"),
    "own_rate_says": (
        "{a_year:g} landings a year in a county of {county:g} piers ({a_night:.2f} a night; this "
        "set has {recorded:.2f} at {piers:g} piers). False alarms are those of the whole county; "
        "true ones get rare.",
        "全县 {county:g} 座码头每年 {a_year:g} 起（每夜 {a_night:.2f} 起；本数据集 {piers:g} 座码头"
        "每夜 {recorded:.2f} 起）。误报按全县计，真实事件变少。",
    ),
    "view": ("What is shown", "显示哪些告警"),
    "any": ("every alert", "全部告警"),
    "verify": ("level verify", "“核查”级"),
    "rebased_watch": ("posterior at that rate ≥ 0.2", "按该发生率的后验 ≥ 0.2"),
    "rebased_verify": ("posterior at that rate ≥ 0.6", "按该发生率的后验 ≥ 0.6"),
    "admitting_one": ("threshold that admits one", "允许一次误报的阈值"),
    "recall": ("recall", "召回率"),
    "false_a_night": ("false a night, county", "全县每夜误报"),
    "false_a_night_shift": ("false a 12 h night shift", "每个 12 小时夜班误报"),
    "alerts_a_true_landing": ("alerts a true landing", "每起真实靠泊的告警数"),
    "nights_without_false_alarm": ("nights free of false alarm", "无误报之夜"),
    "counts": ("What the figures rest on", "数据规模"),
    "recordings": ("recordings", "录制数"),
    "nights": ("nights", "夜数"),
    "pier_nights": ("pier-nights", "码头·夜"),
    "landings": ("true landings", "真实靠泊"),
    "alerts": ("alerts", "告警"),
    "true": ("matched", "匹配"),
    "false": ("false alarms", "误报"),
    "duplicate": ("duplicates", "重复"),
    "brief": ("cancelled within 10 min", "10 分钟内撤销"),
    "duplicates_surer_than_their_match": (
        "duplicates surer than their match",
        "后验高于所匹配者的重复",
    ),
    "evidence_does_not_add_up": (
        "posterior is not prior plus evidence",
        "后验不等于先验加证据",
    ),
    "stood_min": ("minutes stood", "显示时长（分）"),
    "landings_per_100_pier_nights": ("landings per 100 pier-nights", "每百码头·夜靠泊数"),
    "main": ("Found and raised falsely", "发现与误报"),
    "precision": ("precision", "精确率"),
    "false_alarms": ("false alarms / night / 100 piers", "误报 / 夜 / 百码头"),
    "average_precision": ("average precision", "平均精确率"),
    "r_precision": ("R-precision per night", "每夜 R-精确率"),
    "recall_admitting": (
        "Recall where the threshold admits so many false alarms",
        "按允许误报数设定阈值时的召回率",
    ),
    "threshold": ("threshold", "阈值"),
    "delay": ("Delay from berthing", "靠泊后的延迟"),
    "delay_says": (
        "To the first revision at or above the threshold that admits one false alarm per night per "
        "100 piers, after the last cancel; shares are of all landings.",
        "至首个不低于阈值（每夜每百码头允许一次误报）且在最后一次撤销之后的修订；比例以全部靠泊为分母。",
    ),
    "alerted": ("alerted at that threshold", "达到该阈值"),
    "median_min": ("median, min", "中位数（分）"),
    "p90_min": ("90 %, min", "90 % 分位（分）"),
    "within_30_min": ("within 30 min", "30 分钟内"),
    "within_30_min_of_alerted": ("within 30 min, of those alerted", "30 分钟内（占已告警）"),
    "before_berthing": ("before berthing", "靠泊之前"),
    "before_berthing_of_alerted": ("before berthing, of those alerted", "靠泊之前（占已告警）"),
    "minutes_stood": (
        "Minutes that unmatched alerts stood / night / 100 piers",
        "未匹配告警的显示时长（分 / 夜 / 百码头）",
    ),
    "all": ("all (to stay ≤ {bar:g})", "合计（应 ≤ {bar:g}）"),
    "calibration": ("Calibration", "校准"),
    "calibration_says": (
        "Posteriors moved to the recordings' own rate of {rate:.5f} landings a pier-night.",
        "后验已换算到录制自身的发生率：每码头·夜 {rate:.5f} 起。",
    ),
    "calibration_none": (
        "Not known: without a landing there is no rate to set the prior to.",
        "未知：没有靠泊，无法设定先验。",
    ),
    "brier": ("Brier score", "Brier 分数"),
    "ece": ("calibration error (10 bins)", "校准误差（10 组）"),
    "ece_if_right": (
        "what it would be by chance alone, were every posterior exactly right",
        "若每个后验都完全正确，仅因偶然的校准误差",
    ),
    "conformal": ("Conformal check", "共形检验"),
    "conformal_none": (
        "– This replay wrote no report on its nights: p-values of pier-nights are not known.",
        "– 本次回放未写出夜间小结：码头·夜的 p 值未知。",
    ),
    "conformal_says": (
        "How often p ≤ α came among pier-nights without a true landing, alert or not. Of "
        "{pier_nights:,} pier-nights in {reported_nights:,} nights that a report ended: "
        "{nobody_came:,} that nobody came in by night, so that there is no p-value; {not_judged:,} "
        "before enough were learned to give one; {with_landing:,} with a true landing, not "
        "counted; {judged:,} counted. Strata are those that the engine took as one in that night; "
        "{smaller_strata:,} with fewer than 200 pier-nights each ({smaller_pier_nights:,} in all) "
        "are counted together only. Reachable: what p can promise with so many pier-nights that "
        "calibrate, for it is never below 1 / (n + 1); where that is nothing, there is no answer. "
        "The answer is by the interval over nights "
        "[in brackets], or Wilson's (in parentheses) where all nights are alike; the aim is for "
        "strata of 1,000 pier-nights or more. Nights of one seed share what calibrates them: the "
        "interval does not have that part of the chance.",
        "无真实靠泊的码头·夜中（无论是否告警）p ≤ α 的实际比例。"
        "有小结的 {reported_nights:,} 夜共 {pier_nights:,} 个码头·夜："
        "{nobody_came:,} 个夜间无船到访，没有 p 值；{not_judged:,} 个在积累足够之前；"
        "{with_landing:,} 个有真实靠泊，不计；{judged:,} 个计入。分层为当夜引擎实际合并所得；"
        "另有 {smaller_strata:,} 层各不足 200 个码头·夜"
        "（共 {smaller_pier_nights:,} 个），只计入合计。"
        "可及：以如此多校准码头·夜，p 值所能承诺者（p 不会低于 1 / (n + 1)），为零则不作答。"
        "答案依按夜区间（方括号），各夜全同时依 Wilson 区间（圆括号）；"
        "指标针对 1,000 个以上码头·夜的分层。同一种子各夜共用校准数据，这部分偶然性不在区间之内。",
    ),
    "stratum": ("stratum", "分层"),
    "together": ("together", "合计"),
    "of_pier_nights": ("pier-nights", "码头·夜"),
    "promised": ("promised", "承诺"),
    "realised": ("realised", "实际"),
    "reachable": ("reachable", "可及"),
    "promise_inside": ("promise inside", "承诺在区间内"),
    "inside": ("yes", "是"),
    "below": ("no: fewer than promised", "否：低于承诺"),
    "above": ("no: more than promised", "否：高于承诺"),
    "by_variant": ("By variant of landing", "按靠泊方式"),
    "by_coverage": ("By sensor coverage", "按传感器覆盖"),
    "by_township": ("By township", "按乡镇"),
    "by_cause": ("False alarms by cause", "误报原因"),
    "recall_admitting_so_many": (
        "recall where the threshold admits {n:g} false alarms / night / 100 piers",
        "阈值允许每夜每百码头误报 {n:g} 次时的召回率",
    ),
    "recall_weighed": (
        "recall of all that was weighed, whatever came out: no level finds more",
        "凡经研判者（不论结果）的召回率：任何等级都不会更高",
    ),
    "admitting_one_median_min": (
        "median delay from berthing, min, where the threshold admits 1 false alarm",
        "阈值允许 1 次误报时，自靠泊起延迟中位数（分）",
    ),
    "admitting_one_within_30_min": (
        "alerted within 30 min of berthing, of all landings, there",
        "同上，靠泊后 30 分钟内报出（占全部靠泊）",
    ),
    "admitting_one_within_30_min_of_alerted": (
        "the same, of those alerted there",
        "同上（占已告警）",
    ),
    "admitting_one_before_berthing": (
        "alerted before berthing, of all landings, there",
        "同上，靠泊之前报出（占全部靠泊）",
    ),
    "admitting_one_before_berthing_of_alerted": (
        "the same, of those alerted there",
        "同上（占已告警）",
    ),
    "whole": ("On all nights that were scored", "全部计分夜"),
    "recall_admitting_one": ("recall admitting one", "允许一次误报时召回率"),
    "false_alarms_admitting_one": ("of which above that threshold", "其中高于该阈值"),
    "name": ("", ""),
    "unexplained": ("no nuisance at the pier", "该码头无已知干扰"),
    "posterior": ("posterior at the recordings' rate", "按录制发生率的后验"),
    "was": ("share that was true", "实际为真的比例"),
    "minutes": ("minutes after berthing", "靠泊后分钟"),
    "share": ("share of landings", "靠泊占比"),
    "compared": ("Side by side", "对照"),
    "side_by_side": ("The product and its rivals", "本产品与对照方法"),
    "side_by_side_says": (
        "{nights:g} nights, {landings:g} landings. "
        "Thresholds were found on the tuning seeds alone, by one search of {budget:g} thresholds "
        "for each, to admit at most {admitted:g} false alarm per night per 100 piers; a dash is "
        "one that finds nothing so. The last two columns need no threshold of the tuning seeds.",
        "{nights:g} 夜，{landings:g} 起靠泊。"
        "阈值仅在调参种子上求得：每种方法用同一搜索、各试 {budget:g} 个阈值，"
        "使每夜每百码头误报至多 {admitted:g} 次；横线表示没有这样的阈值。"
        "最后两列不依赖调参种子的阈值。",
    ),
    "rivals_own_rate": ("The same, at the source's own rate", "同上，按来源地自身发生率"),
    "ablations": ("With a sensor removed or spoilt", "去掉或劣化某一传感器"),
    "ablations_says": (
        "{nights:g} nights, {landings:g} landings; recall and false alarms at the level that the "
        "product ships with.",
        "{nights:g} 夜，{landings:g} 起靠泊；召回率与误报按产品出厂等级计。",
    ),
    "unseen": (
        "A kind of nuisance that was off when the threshold was chosen",
        "选定阈值时不曾出现的一类干扰",
    ),
    "unseen_says": (
        "The threshold here is the lowest that admits {admitted:g} false alarm per night per 100 "
        "piers on the tuning seeds ({threshold:.3f}). For each kind it is chosen once more, false "
        "alarms caused by that kind left out as though it had been off; its false alarms on the "
        "scored seeds at either threshold stand side by side. Wanted: at most {bar:g} times as "
        "many. What this tests is the choice of a threshold, and no more: likelihoods rest on "
        "tuning seeds on which every kind was on, the forest learns each night as it comes, and "
        "what a kind does by hiding a landing or a sensor is not counted. The level that the "
        "product ships with is not chosen so.",
        "此处阈值为调参种子上允许每夜每百码头误报 {admitted:g} 次的最低值（{threshold:.3f}）。"
        "对每一类干扰重选一次，不计该类引起的误报，如同该类从未出现；"
        "再并列计分种子上该类在两个阈值下的误报。要求：至多 {bar:g} 倍。"
        "所检验者仅为阈值的选取：似然取自各类干扰俱在的调参种子，孤立森林逐夜学习，"
        "而某类干扰遮蔽靠泊或传感器的影响未计入。产品出厂等级并非如此选定。",
    ),
    "patrols": (
        "The patrol plan beside the fixed rule",
        "巡逻计划与固定做法相比",
    ),
    "patrols_says": (
        "True landings met at equal team-hours: a team is at the pier, or within 300 m, while the "
        "boat lies there. The plan is made at the noon before of the outlook that the engine "
        "wrote then, one window in five of it drawn by lot; ways between piers count. The rule "
        "goes round all piers about high water, two hours before to two hours after, and its ways "
        "take no time. Means of {draws:g} draws of the lots, and of as many beginnings of the "
        "round. In brackets the interval over nights.",
        "同样的组时内遇上的真实靠泊：船停靠时，有一组在该码头或其 300 米内。计划在前一天正午按引擎"
        "当时写出的展望制成，五分之一的时段抽签决定，计入码头之间的路程。固定做法在高潮前后各两小时"
        "轮流走遍所有码头，路程不计时间。取 {draws:g} 次抽签与同样多个起点的平均；"
        "方括号为按夜的区间。",
    ),
    "teams": ("teams", "组数"),
    "team_hours": ("team-hours a night", "每夜组时"),
    "met_by_plan": ("met by the plan", "计划遇上"),
    "met_by_rule": ("met by the rule", "固定做法遇上"),
    "together_alone": ("all kinds, each off alone", "各类合计（每次只去一类）"),
    "threshold_without": ("threshold without it", "不含该类的阈值"),
    "false_known": ("false alarms of it, known", "该类误报（已知）"),
    "false_unseen": ("false alarms of it, unseen", "该类误报（未见）"),
    "times_as_many": ("times as many", "倍数"),
    "times_kept": ("kept", "达标"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "tuned": ("threshold found", "求得的阈值"),
    "shipped": ("product, at the level it ships with", "本产品（出厂等级）"),
    "product": ("product", "本产品"),
    "b0": ("B0 any stop at a listed pier, 22:00–05:00", "B0 22:00–05:00 在册码头任何停靠"),
    "b1": ("B1 AIS and BeiDou alone", "B1 仅 AIS 与北斗"),
    "b2": ("B2 isolation forest alone", "B2 仅孤立森林"),
    "b3": ("B3 AHP over the evidence (the source paper)", "B3 以 AHP 加权证据（原论文做法）"),
    "b4": ("B4 chain of evidence alone", "B4 仅证据链"),
    "recording": ("recording", "录制"),
    "seed": ("seed", "种子"),
    "piers": ("piers", "码头"),
}


def printable(text: str) -> str:
    """A foreign name without its control characters, which a terminal would obey."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def word(code: str, language: str, **values: float) -> str:
    """What a code says; a name from the data, which has no entry, stands for itself."""
    if code not in WORDS:
        return printable(code)
    return WORDS[code][LANGUAGES.index(language)].format(**values)
