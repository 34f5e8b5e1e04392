"""Hold the sizes of the house: no Python file over 400 lines, no function over 60.

Nothing is left out but what others wrote (vendored assets) and what is generated.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_FILE_LINES = 400
MOST_FUNCTION_LINES = 60
OURS = 120  # the median to stay under; reported, not enforced
NOT_OURS = {"__pycache__", "var", "vendor", "dist", "build", "node_modules"}


def python_files(root: Path) -> Iterator[Path]:
    """Yield every Python file below a folder that is the project's own."""
    for path in sorted(root.iterdir()):
        if path.is_dir() and path.name not in NOT_OURS and not path.name.startswith("."):
            yield from python_files(path)
        elif path.suffix == ".py":
            yield path


def too_long(path: Path) -> list[str]:
    """Say what is too long in a file: the file itself, and functions with their lines."""
    text = path.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    found = [f"{path}: {lines} lines, at most {MOST_FILE_LINES}"] * (lines > MOST_FILE_LINES)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MOST_FUNCTION_LINES:
                where = f"{path}:{node.lineno}: {node.name}"
                found.append(f"{where} has {length} lines, at most {MOST_FUNCTION_LINES}")
    return found


def main() -> int:
    """Print what is too long and the median; exit code 1 where something is."""
    files = list(python_files(ROOT))
    found = [line for path in files for line in too_long(path)]
    for line in found:
        print(line.removeprefix(f"{ROOT}/"))
    sizes = [size for path in files if (size := len(path.read_bytes().splitlines())) > 0]
    median = statistics.median(sizes)
    print(
        f"sizes: {len(sizes)} files, median {median:.0f} lines (to stay under {OURS}), "
        f"longest {max(sizes)} (at most {MOST_FILE_LINES}), {len(found)} too long"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
