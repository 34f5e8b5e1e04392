"""Height-limit bars on the wire: changes as they happen, and the state a few times a night."""

from __future__ import annotations

from collections import defaultdict

from simulate.dice import Dice
from simulate.night import Night
from simulate.scene import Gate, Scene
from simulate.sensors import camera_lines
from simulate.sensors.plan import SensorPlan
from simulate.sensors.written import Written, written

STEM = "cameras/bars"
_ONLINE_PERCENT = 60  # of the bars have a sensor that reports
_REPEAT_S = 6 * 3600
_LATENCY_MS = (400, 6_000)


def frames(scene: Scene, night: Night, plan: SensorPlan, dice: Dice) -> list[Written]:
    """The bars' file. `at` is by the bar's clock, the receipt by the platform's."""
    changes: dict[str, list[Gate]] = defaultdict(list)
    for gate in scene.gates:
        changes[gate.bar_id].append(gate)
    at_ms: list[int] = []
    lines: list[bytes] = []
    for bar_id in night.place.site.bars["bar_id"].to_list():
        if not online(night, bar_id):
            continue
        throw = dice.child(f"bar {bar_id}")
        told = sorted(changes.get(bar_id, []), key=lambda gate: gate.at_s)
        off = [o for o in scene.outages if o.sensor == "cameras" and o.source in (None, bar_id)]
        clock_ms = plan.clock("cameras", bar_id)
        reports = [(gate.at_s, str(gate.state)) for gate in told]
        for repeat_s in range(throw.between(0, _REPEAT_S - 1), night.end_s, _REPEAT_S):
            before = [str(gate.state) for gate in told if gate.at_s <= repeat_s]
            reports.append((float(repeat_s), before[-1] if before else "lowered"))
        for at_s, state in sorted(reports):
            late_ms = throw.between(*_LATENCY_MS)
            if not 0.0 <= at_s < night.end_s or any(o.from_s <= at_s < o.to_s for o in off):
                continue
            true_ms = night.start_ms + int(at_s * 1000)
            at_ms.append(true_ms + late_ms)
            lines.append(camera_lines.bar(true_ms + late_ms, bar_id, state, true_ms + clock_ms))
    return [written(STEM, ".jsonl", at_ms, lines)]


def online(night: Night, bar_id: str) -> bool:
    """Whether a bar has a sensor; the same every night of a seed."""
    lasting = Dice(night.dice.seed, "bars online", bar_id)
    return lasting.chance(_ONLINE_PERCENT)
