"""`make fuzz`: the coverage-guided runs in their full length, and a report under docs/reports.

Ten minutes each for every decoder and every HTTP endpoint, two at a time; names as arguments run
those alone, `--seconds N` for another length.
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


def run(name: str, seconds: int) -> tuple[str, str, bool]:
    """One run: its command, what the fuzzer counted at its end, and whether it found nothing."""
    program = "fuzz_decoders.py" if name in DECODERS else "fuzz_endpoints.py"
    command = [sys.executable, f"tests/fuzz/{program}", name, "--seconds", str(seconds)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    said = done.stdout + done.stderr
    rounds = re.findall(r"#(\d+)\s+\w+\s+cov: (\d+)", said)
    counted = f"{rounds[-1][0]} inputs, {rounds[-1][1]} edges" if rounds else said[-200:]
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
    parser.add_argument("names", nargs="*", default=[*DECODERS, *ENDPOINTS])
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
    lines = [
        f"| `{command}` | {counted} | {'nothing' if ok else 'SOMETHING'} |"
        for command, counted, ok in results
    ]
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    head = (
        f"# Coverage-guided fuzzing\n\n{now}, commit {commit}, `make fuzz`\n\n"
        "| command | reached | found |\n| --- | --- | --- |\n"
    )
    report = ROOT / "docs" / "reports" / "fuzz.md"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(head + "\n".join(lines) + "\n", "utf-8")
    print(f"fuzz: {report.relative_to(ROOT)}")
    return 0 if all(ok for *_, ok in results) else 1


if __name__ == "__main__":
    sys.exit(main())
