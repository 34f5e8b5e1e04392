"""Fail where a test was skipped: `check_skips.py junit.xml`. A skipped proof proves nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree


def skipped(report: Path) -> list[str]:
    """List the skipped tests of a JUnit report with their reasons (expected failures are none)."""
    return [
        f"{case.get('classname')}::{case.get('name')}: {skip.get('message')}"
        for case in ElementTree.parse(report).iter("testcase")
        for skip in case.iter("skipped")
        if skip.get("type") != "pytest.xfail"
    ]


def main() -> int:
    """Print what was skipped; exit code 1 where there is any."""
    found = skipped(Path(sys.argv[1]))
    for line in found:
        print(f"skipped, and must not be: {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
