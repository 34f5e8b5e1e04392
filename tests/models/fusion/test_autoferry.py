"""Radar and lidar of the autoferry recordings: our tracker beside Stone Soup's, scored alike."""

from __future__ import annotations

from pathlib import Path

import autoferry
import pytest
from example_counts import SOAK, TIMEOUT_S

pytestmark = [pytest.mark.shared, pytest.mark.timeout(TIMEOUT_S)]

#: Means over scenarios 2 to 6 of Stone Soup 1.9.1 on the same scans, targets given up after 6 s:
#: GOSPA (c = 50 m), completeness, share of the longest segments. From `bench_scan_tracker.py
#: --autoferry`; with 10 s its GNN holds on longer (0.432) and is farther off (63.1 m).
STONE_SOUP = {"gnn": (60.62, 0.472, 0.383), "jpda": (59.12, 0.469, 0.421)}
#: GOSPA by scenario, the better of the two, and of scenario 5 the better continuity.
BEST_M = {2: 52.87, 3: 58.17, 4: 68.63, 5: 57.48, 6: 58.23}
LONGEST_IN_5 = 0.456


def test_gospa_and_continuity_are_no_worse_than_what_stone_soup_reached(shared_data: Path) -> None:
    """In scenario 5 GOSPA alone is worse: something without truth goes 290 m at 3 m/s, 80 m off
    the nearer boat. All three hold it for 200 scans and more; ours finds it 70 scans earlier, and
    it counts as false for as long as it is held."""
    scores = {}
    for scenario in autoferry.SCENARIOS:
        scene = autoferry.instants(shared_data, scenario)
        scores[scenario] = autoferry.score(scene, autoferry.ours(scene, autoferry.SETTINGS))
    gospa_m, _, longest = autoferry.mean(list(scores.values()))
    assert gospa_m <= min(figures[0] for figures in STONE_SOUP.values())
    assert longest >= max(figures[2] for figures in STONE_SOUP.values())
    worse = {n: found[0] / BEST_M[n] for n, found in scores.items() if found[0] > BEST_M[n]}
    assert set(worse) <= {5}
    assert worse.get(5, 1.0) < 1.07
    assert scores[5][1].longest_segment >= LONGEST_IN_5


if SOAK:  # it takes minutes

    @pytest.mark.parametrize("kind", ["gnn", "jpda"])
    def test_stone_soup_reaches_what_is_written_here(shared_data: Path, kind: str) -> None:
        from stone_soup import run

        scores = []
        for scenario in autoferry.SCENARIOS:
            scene = autoferry.instants(shared_data, scenario)
            found = run([each.scan for each in scene], autoferry.SETTINGS, kind, 6.0)
            picture = autoferry.Picture([n for n, _ in found], [xy for _, xy in found])
            scores.append(autoferry.score(scene, picture))
        assert autoferry.mean(scores) == pytest.approx(STONE_SOUP[kind], rel=0.01)
