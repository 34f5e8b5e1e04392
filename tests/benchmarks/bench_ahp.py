"""Weights and consistency of pairwise matrices: pierwatch beside ahpy.

Three loads, seeded: single matrices as a person gives them, one batch as SMAA draws them, and
matrices with missing judgements. Both sides give weights and CR (Donegan & Dodd); the answers are
compared before the times are printed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import combinations

import ahpy
import numpy as np

from models.risk.ahp import completed, priorities
from models.risk.ahp.matrix import Matrix
from models.risk.ahp.priority import eigenvectors
from models.risk.ahp.repair import SCALE

SEED = 20_261_101


def random_matrices(rng: np.random.Generator, count: int, n: int) -> Matrix:
    """Reciprocal matrices near consistent ones, each judgement on Saaty's scale: (count, n, n)."""
    scale = np.array([float(s) for s in SCALE])
    out = np.ones((count, n, n))
    weights = rng.dirichlet(np.full(n, 2.0), count)
    for i, j in combinations(range(n), 2):
        meant = weights[:, i] / weights[:, j] * np.exp(rng.normal(0, 0.3, count))
        nearest = np.abs(np.log(meant[:, None] / scale)).argmin(axis=1)
        out[:, i, j] = scale[nearest]
        out[:, j, i] = 1 / out[:, i, j]
    return out


def peer(matrix: Matrix) -> ahpy.Compare:
    """What ahpy makes of a matrix; NaN is missing."""
    n = len(matrix)
    pairs = {
        (str(i), str(j)): float(matrix[i, j])
        for i, j in combinations(range(n), 2)
        if not np.isnan(matrix[i, j])
    }
    return ahpy.Compare("peer", pairs, precision=6, random_index="dd")


def peer_weights(compare: ahpy.Compare, n: int) -> list[float]:
    return [compare.local_weights[str(k)] for k in range(n)]


def best_of(times: int, run: Callable[[], object]) -> float:
    """Shortest of a few runs in seconds."""
    spans = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        spans.append(time.perf_counter() - start)
    return min(spans)


def report(load: str, count: int, theirs_s: float, ours_s: float, off: float) -> None:
    print(
        f"{load}: ahpy {theirs_s / count * 1e6:,.0f} µs, pierwatch {ours_s / count * 1e6:,.1f} µs "
        f"a matrix: {theirs_s / ours_s:.1f}×; weights differ by at most {off:.1e}"
    )


def main() -> None:
    """Run the three loads."""
    rng = np.random.default_rng(SEED)
    for n in (5, 9):
        some = random_matrices(rng, 200, n)
        theirs = [peer(m) for m in some]
        ours = [priorities(m, "donegan_dodd") for m in some]
        off = max(
            float(np.abs(np.array(peer_weights(t, n)) - o.weights).max())
            for t, o in zip(theirs, ours, strict=True)
        )
        off_cr = max(abs(t.consistency_ratio - o.cr) for t, o in zip(theirs, ours, strict=True))
        assert off < 5e-6, f"weights differ by {off}"
        assert off_cr < 5e-6, f"CR differs by {off_cr}"
        theirs_s = best_of(3, lambda some=some: [peer(m) for m in some])
        ours_s = best_of(3, lambda some=some: [priorities(m, "donegan_dodd") for m in some])
        report(f"200 single matrices, n = {n}", 200, theirs_s, ours_s, off)
        many = random_matrices(rng, 10_000, n)
        few = many[:200]
        ours_w = eigenvectors(many)[0]
        off = float(np.abs([peer_weights(peer(m), n) for m in few] - ours_w[:200]).max())
        assert off < 5e-6, f"weights differ by {off}"
        theirs_s = best_of(3, lambda few=few: [peer(m) for m in few]) * len(many) / len(few)
        ours_s = best_of(3, lambda many=many: eigenvectors(many))
        report(f"10,000 drawn matrices, n = {n} (ahpy timed on 200)", 10_000, theirs_s, ours_s, off)
    gaps = random_matrices(rng, 20, 6)
    gaps[:, 0, 3] = gaps[:, 3, 0] = gaps[:, 2, 5] = gaps[:, 5, 2] = np.nan
    off = max(
        float(np.abs(np.array(peer_weights(peer(m), 6)) - priorities(completed(m)).weights).max())
        for m in gaps
    )
    assert off < 2e-4, f"weights differ by {off}"  # ahpy stops at 1e-4
    theirs_s = best_of(2, lambda: [peer(m) for m in gaps])
    ours_s = best_of(2, lambda: [priorities(completed(m)) for m in gaps])
    report("20 matrices with 2 of 15 judgements missing, n = 6", 20, theirs_s, ours_s, off)


if __name__ == "__main__":
    main()
