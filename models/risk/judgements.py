"""Judgements as data: criteria, value functions and pairwise matrices from a `judgements.toml`.

Criteria may form a tree of any depth (`parent`); every parent with two children or more has one
matrix (`of`) a judge. Inconsistent judgements are refused, naming the one to look at.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.errors import JudgementError
from models.risk.ahp.group import GroupPriorities, group_priorities
from models.risk.ahp.incomplete import completed
from models.risk.ahp.matrix import Matrix, from_upper
from models.risk.ahp.random_index import DEFAULT_TABLE, random_index
from models.risk.ahp.repair import require_consistent
from models.risk.value_function import ValueFunction, parse_value_function

GOAL: Final = "severity"
_TOP: Final = {"version", "random_index", "combine", "criterion", "matrix"}
_VALUE: Final = {"points", "values", "amounts", "unknown", "other"}
_CRITERION: Final = {"code", "parent", "title_zh", "title_en", "unit"} | _VALUE
_MATRIX: Final = {"of", "judge", "weight", "upper"}


@dataclass(frozen=True)
class Criterion:
    """One criterion; `value` is None where it only groups others."""

    code: str
    parent: str
    title_zh: str
    title_en: str
    unit: str
    value: ValueFunction | None


@dataclass(frozen=True)
class Judgements:
    """Judgements that may be used.

    `weights` are the global weights of the leaves and sum to one; `cr` is the worst consistency
    ratio of all matrices (each judge's and the group's); `groups` holds by parent what the judges
    said together and how far they disagree; `filled` names judgements that nobody gave and the
    completion filled in.
    """

    version: str
    random_index: str
    criteria: tuple[Criterion, ...]
    weights: Mapping[str, float]
    cr: float
    groups: Mapping[str, GroupPriorities]
    filled: tuple[str, ...]

    @property
    def leaves(self) -> tuple[Criterion, ...]:
        """The criteria that have a value function, in the order of the file."""
        return tuple(c for c in self.criteria if c.value is not None)


def parse_judgements(toml: bytes, where: str = "judgements.toml") -> Judgements:
    """Judgements from the bytes of their file.

    Raises
    ------
    JudgementError
        Not TOML, unknown keys, missing matrices, values off the scale, CR ≥ 0.10; the sentence
        names the place, and for an inconsistency the judgement to look at.
    """
    try:
        raw = tomllib.loads(toml.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _refusal(where, "a TOML file in UTF-8", str(error)) from error
    _known_keys(raw, _TOP, where)
    version = _text(raw, "version", where)
    table = str(raw.get("random_index", DEFAULT_TABLE))
    random_index(3, table)
    criteria = _criteria(raw.get("criterion"), where)
    children = _children(criteria, where)
    matrices = _matrices(raw.get("matrix", []), children, where)
    groups: dict[str, GroupPriorities] = {}
    filled: list[str] = []
    for parent, codes in children.items():
        if len(codes) > 1:
            groups[parent], gaps = _group(
                matrices.get(parent, []),
                codes,
                table,
                str(raw.get("combine", "judgements")),
                f"{where}, matrix of {parent}",
            )
            filled += gaps
    weights = _global_weights(criteria, children, groups)
    ratios = [p.cr for g in groups.values() for p in (g.together, *g.members)]
    return Judgements(
        version, table, criteria, weights, max(ratios, default=0.0), groups, tuple(filled)
    )


def _criteria(raw: object, where: str) -> tuple[Criterion, ...]:
    if not isinstance(raw, list) or not raw:
        raise _refusal(where, "at least one [[criterion]]", repr(raw))
    out: list[Criterion] = []
    parents = {str(row["parent"]) for row in raw if isinstance(row, dict) and "parent" in row}
    for k, row in enumerate(raw):
        here = f"{where}, criterion {k + 1}"
        if not isinstance(row, dict):
            raise _refusal(here, "a table", repr(row))
        _known_keys(row, _CRITERION, here)
        code = _text(row, "code", here)
        here = f"{where}, criterion {code}"
        if code == GOAL or any(c.code == code for c in out):
            raise _refusal(here, "a code of its own", "one that is taken")
        if code in parents and _VALUE & set(row):
            raise _refusal(here, "no value function where it groups others", "one")
        value = None if code in parents else parse_value_function(row, here)
        titles = _text(row, "title_zh", here), _text(row, "title_en", here)
        out.append(
            Criterion(code, str(row.get("parent", GOAL)), *titles, str(row.get("unit", "")), value)
        )
    return tuple(out)


def _children(criteria: Sequence[Criterion], where: str) -> dict[str, list[str]]:
    parent_of = {c.code: c.parent for c in criteria}
    children: dict[str, list[str]] = {GOAL: []}
    for c in criteria:
        seen, up = {c.code}, c.parent
        while up != GOAL:
            if up not in parent_of or up in seen:
                raise _refusal(
                    f"{where}, criterion {c.code}",
                    f"a parent that is a criterion and leads up to {GOAL}",
                    up,
                )
            seen.add(up)
            up = parent_of[up]
        children.setdefault(c.parent, []).append(c.code)
    return children


def _matrices(
    raw: object, children: Mapping[str, list[str]], where: str
) -> dict[str, list[tuple[str, float, Matrix]]]:
    if not isinstance(raw, list):
        raise _refusal(where, "[[matrix]] tables", repr(raw)[:80])
    out: dict[str, list[tuple[str, float, Matrix]]] = {}
    for k, row in enumerate(raw):
        here = f"{where}, matrix {k + 1}"
        if not isinstance(row, dict):
            raise _refusal(here, "a table", repr(row)[:80])
        _known_keys(row, _MATRIX, here)
        of, judge = str(row.get("of", GOAL)), str(row.get("judge", f"judge {k + 1}"))
        here = f"{where}, matrix of {of} by {judge}"
        weight = row.get("weight", 1.0)
        if (
            isinstance(weight, bool)
            or not isinstance(weight, int | float)
            or not (math.isfinite(weight) and weight > 0)
        ):
            raise _refusal(f"{here}, weight", "a positive number", repr(weight))
        upper = row.get("upper")
        n = len(children.get(of, []))
        if not isinstance(upper, list) or n < 2 or len(upper) != n - 1:
            came = f"{len(upper)} rows" if isinstance(upper, list) else repr(upper)
            raise _refusal(f"{here}, upper", f"{max(n - 1, 0)} rows for {n} criteria", came)
        out.setdefault(of, []).append((judge, float(weight), from_upper(upper, here)))
    return out


def _group(
    given: Sequence[tuple[str, float, Matrix]],
    codes: Sequence[str],
    table: str,
    method: str,
    where: str,
) -> tuple[GroupPriorities, list[str]]:
    """What all judges say of one parent's children; each must be consistent alone."""
    if not given:
        raise _refusal(where, f"judgements on {', '.join(codes)}", "none")
    full: list[Matrix] = []
    gaps: list[str] = []
    for judge, _, matrix in given:
        here = f"{where} by {judge}"
        for i, j in zip(*np.nonzero(np.isnan(np.triu(matrix))), strict=True):
            gaps.append(f"{judge}: {codes[int(i)]} : {codes[int(j)]}")
        full.append(completed(matrix, here))
        require_consistent(full[-1], codes, table, here)
    group = group_priorities(full, [weight for _, weight, _ in given], method, table)
    require_consistent(group.matrix, codes, table, f"{where}, all judges together")
    return group, gaps


def _global_weights(
    criteria: Sequence[Criterion],
    children: Mapping[str, list[str]],
    groups: Mapping[str, GroupPriorities],
) -> dict[str, float]:
    local: dict[str, float] = {}
    for parent, codes in children.items():
        shares = groups[parent].weights.tolist() if parent in groups else [1.0]
        local.update(zip(codes, shares, strict=True))
    parent_of = {c.code: c.parent for c in criteria}
    out: dict[str, float] = {}
    for c in criteria:
        if c.value is not None:
            weight, up = local[c.code], c.parent
            while up != GOAL:
                weight, up = weight * local[up], parent_of[up]
            out[c.code] = round(weight, 12)
    return out


def _known_keys(raw: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in raw:
        if key not in known:
            raise _refusal(where, f"only {', '.join(sorted(known))}", f"`{key}`")


def _text(raw: Mapping[str, Any], key: str, where: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise _refusal(where, f"`{key}` as text", repr(value))
    return value


def _refusal(where: str, expected: str, came: str) -> JudgementError:
    return JudgementError(where, expected=expected, came=came, act="Correct the judgements.")
