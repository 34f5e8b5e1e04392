"""Everything that `pierwatch evaluate` reports, of one recording or of several together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np

from geo.site import Site
from simulate.scoring import calibration, delays
from simulate.scoring.alerts import parse_alerts
from simulate.scoring.curves import (
    average_precision,
    curve,
    r_precision,
    ranking,
    recall_admitting,
    threshold_admitting,
)
from simulate.scoring.ground import Ground
from simulate.scoring.intervals import Estimate
from simulate.scoring.judging import Judged, judge
from simulate.scoring.own_rate import COUNTY_PIERS, own_rate
from simulate.scoring.pool import (
    FALSE,
    TRUE,
    VERDICTS,
    Bools,
    Pool,
    by_night,
    groups,
    over_nights,
    pool,
    rate,
    share,
)
from simulate.scoring.truth import parse_truth

ADMITTED: Final = (0.5, 1.0, 2.0)
MINUTES_BAR: Final = 60.0


def judge_bytes(
    alerts: bytes,
    truth: bytes,
    site: Site,
    start: datetime | None,
    end: datetime | None,
    name: str,
    reports: bytes | None = None,
) -> Judged:
    """One recording: `alerts.jsonl` and `truth.json` as bytes, its site, its start and end; and
    `night_reports.jsonl`, where the replay wrote one.

    Raises
    ------
    RecordingError, SiteError
        Naming file, row, field and what was expected.
    """
    ground = Ground(site)
    said, known = parse_alerts(alerts, ground), parse_truth(truth, ground)
    return judge(said, known, ground, start, end, name, reports)


def scores(judged: Sequence[Judged], county_piers: float = COUNTY_PIERS) -> dict[str, Any]:
    """All figures; the order is that of the report. Leaves are `Estimate`, numbers and text.

    Parameters
    ----------
    county_piers
        Of the county that the figures at the source's own rate are for.
    """
    of = pool(judged)
    return {
        "own_rate": own_rate(of, county_piers),
        "counts": counts(of),
        "recall": _recall(of, np.ones(len(of.l_night), np.bool_)),
        "precision": _precision(of, None),
        "false_alarms": rate(of, by_night(of, of.a_night, of.is_(FALSE))),
        **ranked(of),
        "r_precision": over_nights(of, r_precision(of)),
        "delay": delays.delays(of),
        "minutes_stood": {"bar": MINUTES_BAR, **delays.minutes_stood(of)},
        "calibration": _calibration(of),
        "conformal": calibration.conformal(of),
        "by_variant": _recalls(of, of.l_variant),
        "by_coverage": _recalls(of, of.l_covered),
        "by_township": _townships(of),
        "by_cause": _false_alarms(of, of.a_cause),
        "curve": _curve(of),
    }


def counts(of: Pool) -> dict[str, Any]:
    """What the figures rest on."""
    verdicts: dict[str, Any] = {
        str(name): int((of.a_verdict == i).sum()) for i, name in enumerate(VERDICTS)
    }
    return {
        "recordings": [{"name": j.name, "seed": j.seed, "nights": len(j.nights),
                        "piers": j.piers, "landings": len(j.landings)} for j in of.judged],
        "nights": of.nights,
        "pier_nights": int(of.night_piers.sum()),
        "landings": len(of.l_night),
        "alerts": len(of.alerts),
        **verdicts,
        "duplicates_surer_than_their_match": of.outranking,
        "evidence_does_not_add_up": sum(not a.judged.adds_up for a in of.alerts),
        "landings_per_100_pier_nights": of.rate * 100.0,
    }  # fmt: skip


def ranked(of: Pool) -> dict[str, Any]:
    """What depends on the order of the posteriors."""
    order = ranking(of)
    cells = max(1, len(order.night))
    admitting = []
    for per_night in ADMITTED:
        threshold = threshold_admitting(of, per_night)
        recall = over_nights(of, recall_admitting(order, per_night), cells)
        admitting.append({
            "false_alarms": per_night,
            "threshold": threshold,
            "recall": _with_wilson(of, recall, threshold),
            "precision": _precision(of, 2.0 if threshold is None else threshold),
        })  # fmt: skip
    return {
        "average_precision": over_nights(of, average_precision(order), cells),
        "recall_admitting": admitting,
    }


def overall(of: Pool) -> dict[str, Any]:
    """What asks for no level: how all is ranked, and what was weighed at all."""
    return {
        "recall": _recall(of, np.ones(len(of.l_night), np.bool_)),
        **ranked(of),
        "r_precision": over_nights(of, r_precision(of)),
        "delay": delays.delays(of),
    }


def at_threshold(of: Pool, threshold: float) -> dict[str, Any]:
    """Recall, precision and false alarms at a threshold chosen elsewhere, on tuning seeds."""
    shown = of.a_score >= threshold
    false = by_night(of, of.a_night, of.is_(FALSE) & shown)
    return {
        "threshold": threshold,
        "recall": _recall(of, np.ones(len(of.l_night), np.bool_), threshold),
        "precision": _precision(of, threshold),
        "false_alarms": rate(of, false),
    }


def plain(value: Any) -> Any:
    """Figures as JSON has them: estimates become objects, numbers get six decimals."""
    if isinstance(value, Estimate):
        return value.json()
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return round(value, 6) if isinstance(value, float) else value


def _recall(of: Pool, rows: Bools, threshold: float = 0.0) -> Estimate:
    found = rows & (np.nan_to_num(of.l_score, nan=-1.0) >= threshold)
    return share(of, by_night(of, of.l_night, found), by_night(of, of.l_night, rows))


def _with_wilson(of: Pool, recall: Estimate, threshold: float | None) -> Estimate:
    """A recall whose threshold moves with the draws has Wilson's interval where it stands."""
    fixed = _recall(of, np.ones(len(of.l_night), np.bool_), 2.0 if threshold is None else threshold)
    return Estimate(
        fixed.value, fixed.low, fixed.high, "wilson", fixed.count, fixed.of,
        recall.nights_low, recall.nights_high,
    )  # fmt: skip


def _precision(of: Pool, threshold: float | None) -> Estimate:
    shown = np.ones(len(of.alerts), np.bool_) if threshold is None else of.a_score >= threshold
    true = by_night(of, of.a_night, of.is_(TRUE) & shown)
    return share(of, true, true + by_night(of, of.a_night, of.is_(FALSE) & shown))


def _recalls(of: Pool, labels: Any) -> list[dict[str, Any]]:
    """Recall of each kind of landing, of all alerts and at the threshold that admits one; and in
    how many an alert came within 30 minutes."""
    one = threshold_admitting(of, 1.0)
    minutes = delays.delays_min(of, one)
    soon = np.isfinite(minutes) & (np.nan_to_num(minutes) <= delays.SOON_MIN)
    return [
        {
            "name": name,
            "recall": _recall(of, rows),
            "recall_admitting_one": _recall(of, rows, 2.0 if one is None else one),
            "within_30_min": share(
                of, by_night(of, of.l_night, rows & soon), by_night(of, of.l_night, rows)
            ),
        }
        for name, rows in groups(labels)
    ]


def _false_alarms(of: Pool, labels: Any, *, every: bool = False) -> list[dict[str, Any]]:
    """False alarms of each kind and the minutes that they stood, per night per 100 piers, the most
    frequent first."""
    one = threshold_admitting(of, 1.0)
    surer = of.a_score >= (2.0 if one is None else one)
    rows = [
        {
            "name": name,
            "false_alarms": rate(of, by_night(of, of.a_night, here & of.is_(FALSE))),
            "false_alarms_admitting_one": rate(
                of, by_night(of, of.a_night, here & of.is_(FALSE) & surer)
            ),
            "stood_min": delays.stood(of, here & of.is_(FALSE)),
        }
        for name, here in groups(labels)
        if (here & of.is_(FALSE)).any() or every
    ]
    return sorted(rows, key=lambda row: (-(row["false_alarms"].count or 0), row["name"]))


def _townships(of: Pool) -> list[dict[str, Any]]:
    recalls = {row["name"]: row for row in _recalls(of, of.l_township)}
    alarms = {row["name"]: row for row in _false_alarms(of, of.a_township, every=True)}
    return [
        {"name": name, **recalls.get(name, {}), **alarms.get(name, {})}
        for name in sorted({*recalls, *alarms})
    ]


def _calibration(of: Pool) -> dict[str, Any]:
    """Not known of a recording without a landing: it has no rate to set the prior to."""
    if not 0.0 < of.rate < 1.0:
        return {"known": False, "rate_per_pier_night": of.rate}
    return {
        "known": True,
        "rate_per_pier_night": of.rate,
        "prior_nats": calibration.log_odds(of.rate),
        "brier": over_nights(of, calibration.brier(of)),
        "ece": over_nights(of, calibration.calibration_error(of)),
        "ece_if_right": calibration.error_if_right(of),
        "reliability": calibration.reliability(of),
    }


def _curve(of: Pool) -> list[dict[str, Any]]:
    """Recall, precision and false alarms at every threshold; at most 400 of them."""
    order = ranking(of)
    true, false = curve(order, np.ones((1, of.nights)))
    picks = np.unique(np.linspace(0, len(order.last) - 1, min(400, len(order.last))).astype(int))
    total = max(1, len(of.l_night))
    return [
        {
            "threshold": float(order.threshold[k]),
            "recall": float(true[0, k]) / total,
            "precision": float(true[0, k] / (true[0, k] + false[0, k])),
            "false_alarms": float(false[0, k]) / of.hundreds,
        }
        for k in picks
    ] if len(order.last) else []  # fmt: skip
