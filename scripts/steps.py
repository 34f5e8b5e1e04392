"""Steps of a set-up: each done once, each one line on the screen, its output in a log."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
STATE = VAR / "setup"


class Refusal(Exception):
    """A step cannot be done here; the text says why."""


@dataclass(frozen=True)
class Step:
    """One thing to be there.

    Parameters
    ----------
    name
        Names its log and its stamp under `var/setup`.
    title
        What a person reads.
    made_from
        What it is made from (versions, hashes): another text means it must be done again.
        Empty where it is enough that the result is there, whoever put it there.
    there
        Says whether the result still stands.
    make
        Does it, with a log to write to.
    advice
        What a person can do where it fails.
    also
        Names of steps whose stamps serve as well, because they do more of the same.
    """

    name: str
    title: str
    made_from: str
    there: Callable[[], bool]
    make: Callable[[IO[str]], None]
    advice: str
    also: tuple[str, ...] = ()

    def is_done(self) -> bool:
        """Say whether it was done from what it would be made from now, and still stands."""
        if not self.made_from:
            return self.there()
        stamps = (STATE / f"{name}.stamp" for name in (self.name, *self.also))
        fresh = (s.exists() and s.read_text(encoding="utf-8") == self.made_from for s in stamps)
        return any(fresh) and self.there()


def run(log: IO[str], command: Sequence[str | Path], **environment: str) -> None:
    """Run a command from the checkout, output to the log; raise `Refusal` where it fails."""
    words = [str(part) for part in command]
    print("$", *words, file=log, flush=True)
    result = subprocess.run(
        words,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if result.returncode:
        raise Refusal(f"{Path(words[0]).name} ended with exit code {result.returncode}.")


def do(steps: Sequence[Step]) -> bool:
    """Do what is not done; stop at the first failure with the log's end and what to do."""
    STATE.mkdir(parents=True, exist_ok=True)
    for number, step in enumerate(steps, 1):
        print(f"[{number}/{len(steps)}] {step.title} … ", end="", flush=True)
        if step.is_done():
            print("there")
            continue
        started = time.monotonic()
        log_path = STATE / f"{step.name}.log"
        try:
            with log_path.open("w", encoding="utf-8") as log:
                step.make(log)
            if not step.there():
                raise Refusal("It ran, but the result is not there.")
        except (Refusal, OSError) as error:
            print(f"failed ({time.monotonic() - started:.0f} s)", flush=True)
            tail = log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
            print(*(f"    {line}" for line in tail), sep="\n", file=sys.stderr)
            print(f"{error} {step.advice}\nThe whole output: {log_path}", file=sys.stderr)
            return False
        (STATE / f"{step.name}.stamp").write_text(step.made_from, encoding="utf-8")
        print(f"ok ({time.monotonic() - started:.0f} s)")
    return True
