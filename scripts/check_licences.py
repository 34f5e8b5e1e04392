"""Hold the licences: what pierwatch runs on must be free of the GPL, and say its licence.

Read from the lock: the packages that the project needs when it runs, with all they need. Tools
of development may be under any licence, for they are not handed on.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parent.parent / "uv.lock"
PROJECT = "pierwatch"
# The Lesser GPL is fine for a library that is imported and not changed (psycopg).
REFUSED = re.compile(r"\bA?GPL|(?<!Lesser )General Public License", re.IGNORECASE)


def runtime_packages(lock: dict[str, Any]) -> list[str]:
    """Name the packages that the project needs when it runs, itself left out."""
    packages = {package["name"]: package for package in lock["package"]}
    found: set[str] = set()
    waiting: list[tuple[str, tuple[str, ...]]] = [(PROJECT, ())]
    while waiting:
        name, extras = waiting.pop()
        package = packages[name]
        needs = list(package.get("dependencies", []))
        for extra in extras:
            needs += package.get("optional-dependencies", {}).get(extra, [])
        if name not in found or extras:
            found.add(name)
            waiting += [
                (need["name"], tuple(need.get("extra", ())))
                for need in needs
                if need["name"] not in found or need.get("extra")
            ]
    return sorted(found - {PROJECT})


def licence(name: str) -> str | None:
    """Return what an installed package says of its licence ("" if nothing); None if absent."""
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    if "License-Expression" in said:
        return said["License-Expression"]
    classifiers = [c for c in said.get_all("Classifier") or [] if c.startswith("License ::")]
    if classifiers or "License" not in said:
        return "; ".join(classifiers)
    return said["License"].strip().split("\n")[0]


def main() -> int:
    """Print what may not be run on; exit code 1 where there is any."""
    said = {n: licence(n) for n in runtime_packages(tomllib.loads(LOCK.read_text("utf-8")))}
    bad = {n: text for n, text in said.items() if text is not None and REFUSED.search(text)}
    silent = [name for name, text in said.items() if text == ""]
    for name, text in bad.items():
        print(f"{name}: {text}: not under the GPL may be what pierwatch runs on")
    for name in silent:
        print(f"{name}: says no licence; look it up, and take another package or add a rule here")
    here = sum(text is not None for text in said.values())
    print(f"licences: {here} packages at run time, {len(bad)} refused, {len(silent)} silent")
    return 1 if bad or silent else 0


if __name__ == "__main__":
    sys.exit(main())
