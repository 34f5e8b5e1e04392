"""One list of why frames are refused: no word is used that it lacks, and none stands in vain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ingest.reasons import REASONS

ROOT = Path(__file__).parents[2]
ROOMS = ("ingest", "pipeline", "engine")
WORD = re.compile(r"[a-z]+(_[a-z0-9]+)+|encrypted|fault|future|incomplete|retained|unauthorised")
REFUSE = {"Refused", "FrameError", "refuse", "_refused", "refused", "cut", "_count"}
ANSWERS = {"overdue"}  # functions that answer with the word


def words(node: ast.AST) -> Iterator[str]:
    """Constants in the node that look like reasons."""
    for each in ast.walk(node):
        value = each.value if isinstance(each, ast.Constant) else None
        if isinstance(value, str) and WORD.fullmatch(value):
            yield value


def reasons(tree: ast.AST) -> Iterator[str]:
    """The words that a module refuses with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in REFUSE:
                yield from (word for argument in node.args for word in words(argument))
            if name == "add" and len(node.args) >= 3:
                yield from words(node.args[1])
            yield from (w for k in node.keywords if k.arg == "refused" for w in words(k.value))
        elif isinstance(node, ast.For) and "reason" in ast.unparse(node.target):
            pairs = node.iter.elts if isinstance(node.iter, ast.Tuple) else []
            yield from (w for p in pairs if isinstance(p, ast.Tuple) for w in words(p.elts[0]))
        elif isinstance(node, ast.FunctionDef) and node.name in ANSWERS:
            answers = (n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value)
            yield from (word for answer in answers for word in words(answer))
        elif isinstance(node, ast.FunctionDef) and node.name == "faults":
            tables = (n for n in ast.walk(node) if isinstance(n, ast.Dict))
            yield from (w for table in tables for key in table.keys if key for w in words(key))
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            said = (v for k, v in pairs if isinstance(k, ast.Constant) and k.value == "reason")
            yield from (word for each in said for word in words(each))
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(getattr(each, "id", "") in ("FAULTS", "reason") for each in targets):
                yield from words(node.value)


def used() -> dict[str, set[str]]:
    """By reason: the modules that refuse with it."""
    found: dict[str, set[str]] = {}
    rooms = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    for path in sorted(rooms):
        if path.name == "passwords.py":  # speaks of settings, not of frames
            continue
        for word in reasons(ast.parse(path.read_text("utf-8"))):
            found.setdefault(word, set()).add(str(path.relative_to(ROOT)))
    return found


def test_no_frame_is_refused_with_a_word_that_is_not_listed() -> None:
    unlisted = {word: sorted(where) for word, where in used().items() if word not in REASONS}
    assert not unlisted
    assert len(used()) > 30  # the search finds what it is to find


def test_every_word_of_the_list_stands_somewhere_in_the_code() -> None:
    rooms = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    texts = [path.read_text("utf-8") for path in rooms if path.name != "reasons.py"]
    assert not {word for word in REASONS if not any(f'"{word}"' in text for text in texts)}
