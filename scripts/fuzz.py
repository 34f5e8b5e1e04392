"""`make fuzz`: the coverage-guided runs in their full length, and a report under docs/reports.

Ten minutes each for every decoder, every HTTP endpoint and what a broker sends, two at a time;
names as arguments run those alone, `--seconds N` for another length. Of what is not run the report
keeps its last rows.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DECODERS = (
    "ais", "beidou", "radar", "jt808", "camera", "ais-catcher", "ais-csv", "asterix",
)  # fmt: skip
ENDPOINTS = (
    "register", "keepalive", "unregister", "motor-vehicles", "notifications", "refused",
    "barrier", "onvif",
)  # fmt: skip
PROGRAMS = {
    **dict.fromkeys(DECODERS, "fuzz_decoders.py"),
    **dict.fromkeys(ENDPOINTS, "fuzz_endpoints.py"),
    "broker": "fuzz_broker.py",
}
REPORT = ROOT / "docs" / "reports" / "fuzz.md"
HEAD = """# Coverage-guided fuzzing

`make fuzz`, or `python scripts/fuzz.py NAME …` for some

| command | run | reached | found |
| --- | --- | --- | --- |
"""


def run(name: str, seconds: int) -> tuple[str, str, bool]:
    """One run: its command, what the fuzzer counted at its end, and whether it found nothing."""
    command = [sys.executable, f"tests/fuzz/{PROGRAMS[name]}", name, "--seconds", str(seconds)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    said = done.stdout + done.stderr
    rounds = re.findall(r"#(\d+)\s+\w+\s+cov: (\d+)", said)
    executed = re.search(r"number_of_executed_units: (\d+)", said)
    inputs = executed[1] if executed else "?"
    counted = f"{inputs} inputs, {rounds[-1][1]} edges" if rounds else said[-200:]
    found = re.search(r"--merge (\S+)", said)
    if done.returncode == 0 and found:
        growth = [sys.executable, "tests/fuzz/memory_of_decoders.py", name, found[1]]
        done = subprocess.run(growth, cwd=ROOT, env=environ, capture_output=True, text=True)
        said = done.stdout + done.stderr
        counted += f"; {done.stdout.strip()}"
    print(
        f"fuzz: {name}: {counted}{'' if done.returncode == 0 else ' FOUND SOMETHING'}", flush=True
    )
    if done.returncode:
        print(said[-3000:], file=sys.stderr)
    return f"python {' '.join(command[1:])}", counted, done.returncode == 0


def main() -> int:
    """Run them and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(PROGRAMS))
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--at-once", type=int, default=2)
    args = parser.parse_args()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    with ThreadPoolExecutor(args.at_once) as pool:
        results = list(pool.map(lambda name: run(name, args.seconds), args.names))
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {commit}"
    rows = _rows() | {
        command: f"| `{command}` | {when} | {counted} | {'nothing' if ok else 'SOMETHING'} |"
        for command, counted, ok in results
    }
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(HEAD + "\n".join(rows.values()) + "\n", "utf-8")
    print(f"fuzz: {REPORT.relative_to(ROOT)}")
    return 0 if all(ok for *_, ok in results) else 1


def _rows() -> dict[str, str]:
    """The report's rows by their command."""
    said = REPORT.read_text("utf-8").splitlines() if REPORT.exists() else []
    return {row.split("`")[1]: row for row in said if row.startswith("| `python tests/fuzz/")}


if __name__ == "__main__":
    sys.exit(main())
