"""`make soak`: the full counts, and a report of them under docs/reports.

The properties of every detector, of the policy and of the whole engine on at least 500 examples
each, the pipeline's kills in their full number, the demonstration in both languages; other folders
may be named as arguments.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (
    "tests/engine", "tests/models", "tests/alerts", "tests/ingest", "tests/pipeline",
    "tests/dashboard/test_demonstration.py",  # in both languages
)  # fmt: skip


def run(folder: str) -> tuple[str, str, bool]:
    """One folder: its command, pytest's closing line, and whether it passed."""
    command = [str(ROOT / ".venv" / "bin" / "pytest"), "-q", "--timeout=21600", folder]
    environ = {**os.environ, "PIERWATCH_TEST_SOAK": "1", "PIERWATCH_TEST_KILLS": "50"}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    lines = done.stdout.strip().splitlines() or [done.stderr.strip()]
    if done.returncode:
        print(done.stdout[-4000:], file=sys.stderr)
    return f"PIERWATCH_TEST_SOAK=1 pytest -q {folder}", lines[-1].strip("= "), done.returncode == 0


def main(folders: list[str]) -> int:
    """Run the folders one after the other and write the report."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    rows, passed = [], True
    for folder in folders or FOLDERS:
        print(f"soak: {folder} …", flush=True)
        command, closing, ok = run(folder)
        print(f"soak: {closing}", flush=True)
        rows.append(f"| `{command}` | {closing} |")
        passed = passed and ok
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    head = f"# Soak\n\n{now}, commit {commit}, `make soak`\n\n| command | result |\n| --- | --- |\n"
    report = ROOT / "docs" / "reports" / "soak.md"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(head + "\n".join(rows) + "\n", "utf-8")
    print(f"soak: {report.relative_to(ROOT)}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
