"""An alert as plain text, for a patrol's messages: short, masked, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.envelope import weighed
from dashboard.alert_list import also, percent, place_of, position, standing_word, withdrawn
from dashboard.beside import following, links, reading
from dashboard.catalogue import Words, parsed_at
from dashboard.chain import steps
from dashboard.reading import Run

Json = dict[str, Any]
MOST_LINES = 4  # of reasons and of links


def alert_text(words: Words, run: Run, alert: Json, names: Mapping[str, str]) -> str:
    """What stands, where and since when; why; what else it may be and how to tell; what is next.

    Parameters
    ----------
    alert
        The contract's envelope, masked.
    names
        Names of piers by number.
    """
    simulated = f"【{words('page.simulated')}】" if alert.get("exercise") else ""
    place = place_of(words, alert, dict(names))
    lines = [f"{simulated}{standing_word(words, alert)[0]} · {place}"]
    if alert.get("lon") is not None and alert.get("lat") is not None:
        lines.append(position(alert["lon"], alert["lat"]))
    if not weighed(alert):
        return "\n".join(lines)
    lines += [*withdrawn(words, run, alert), *also(words, run, alert)]
    lines.append(f"{words('alerts.posterior')} {percent(alert.get('posterior'))}")
    for at, said, _ in steps(words, alert):
        lines.append(f"{at.astimezone(run.zone):%m-%d %H:%M} {said}" if at else said)
    lines += _part(words("why.evidence"), _reasons(words, run, alert)[:MOST_LINES])
    lines += _part(words("beside.links"), links(words, run, alert, names)[:MOST_LINES])
    lines += _part(words("beside.reading"), reading(words, alert))
    lines += _part(words("beside.next"), following(words, run, alert, names))
    if alert.get("not_covered"):
        missing = " · ".join(words.of("sensor", code) for code in alert["not_covered"])
        lines.append(f"{words('why.not_covered')}: {missing}")
    issued = parsed_at(alert.get("issued_at"))
    said_at = f"{issued.astimezone(run.zone):%m-%d %H:%M:%S}" if issued else ""
    lines.append(f"{words('why.number')} {alert['alert_id']} · {alert['revision']} · {said_at}")
    return "\n".join([*lines, words("why.lead")])


def _part(title: str, lines: list[str]) -> list[str]:
    return [f"{title}:", *(f"- {line}" for line in lines)] if lines else []


def _reasons(words: Words, run: Run, alert: Json) -> list[str]:
    """The reasons for it, the weightiest first."""
    entries = [entry for entry in alert.get("evidence") or [] if float(entry["nats"]) > 0]
    return [
        words.sentence(entry["code"], entry.get("params") or {}, run.zone)
        for entry in sorted(entries, key=lambda entry: -float(entry["nats"]))
    ]
