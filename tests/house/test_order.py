"""The order of the house: docstrings, sizes, arrows, licences, nothing of one machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

NOT_TEXT = {".png", ".gz", ".parquet", ".woff2", ".pbf", ".ico", ".ipynb"}
# Put together so that this file does not name them itself.
MACHINE_PATHS = re.compile(  # at a path's beginning: `var/apt/root/` is ours
    "|".join(r"(?<!\w)/" + path for path in ("work/", "root/", "home/", "tmp/brief"))
)


def test_every_package_says_what_it_is_for(root: Path) -> None:
    rooms = [path.parent.name for path in root.glob("*/__init__.py")]
    packages = [init for room in rooms for init in sorted((root / room).rglob("__init__.py"))]
    silent = [str(p) for p in packages if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    assert silent == []


def test_no_file_and_no_function_is_too_long(
    root: Path, script: Callable[[str], ModuleType]
) -> None:
    sizes = script("check_sizes")
    assert [line for path in sizes.python_files(root) for line in sizes.too_long(path)] == []


def test_a_file_and_a_function_that_are_too_long_are_named(
    tmp_path: Path, script: Callable[[str], ModuleType]
) -> None:
    file = tmp_path / "long.py"
    file.write_text("def f():\n" + "    x = 1\n" * 60 + "y = 1\n" * 340)
    found = script("check_sizes").too_long(file)
    assert found == [
        f"{file}: 401 lines, at most 400",
        f"{file}:1: f has 61 lines, at most 60",
    ]


def test_the_arrows_point_inward(root: Path) -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    said = subprocess.run([linter, "--no-cache"], cwd=root, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout


def test_no_file_names_a_path_of_one_machine(
    root: Path, script: Callable[[str], ModuleType]
) -> None:
    named = []
    for path in own_files(root, script("check_sizes").NOT_OURS):
        text = path.read_text("utf-8", errors="replace")
        named += [
            f"{path}:{n}"
            for n, line in enumerate(text.splitlines(), 1)
            if MACHINE_PATHS.search(line)
        ]
    assert named == []


def test_all_that_runs_is_free_of_the_gpl(root: Path, script: Callable[[str], ModuleType]) -> None:
    licences = script("check_licences")
    names = licences.runtime_packages(tomllib.loads((root / "uv.lock").read_text("utf-8")))
    assert {"polars", "polars-runtime-32", "starlette", "psycopg-binary"} <= set(names)
    assert not {"pytest", "ahpy", "movingpandas", "pierwatch"} & set(names)
    said = {name: licences.licence(name) for name in names}
    assert [name for name, text in said.items() if text == ""] == []
    assert [name for name, text in said.items() if licences.REFUSED.search(text or "")] == []


def test_the_gpl_is_told_from_the_lesser_gpl(script: Callable[[str], ModuleType]) -> None:
    refused = script("check_licences").REFUSED
    for text in (
        "GPL-3.0-only",
        "AGPL-3.0",
        "GNU General Public License v3 (GPLv3)",
        "MIT AND GPLv2",
    ):
        assert refused.search(text), text
    for text in ("LGPL-3.0-only", "GNU Lesser General Public License v3 (LGPLv3)", "BSD-3-Clause"):
        assert not refused.search(text), text


def own_files(folder: Path, not_ours: set[str]) -> list[Path]:
    """List the project's own text files below a folder."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") and path.name != ".ci"
        if path.is_dir() and path.name not in not_ours and not hidden:
            found += own_files(path, not_ours)
        elif path.is_file() and path.suffix not in NOT_TEXT:
            found.append(path)
    return found
