"""The files that a run writes: alerts, events, what is made at noon; and at its end two more."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

GROWING = ("alerts.jsonl", "events.jsonl", "outlooks.jsonl", "night_reports.jsonl")


class Outputs:
    """The folder of a run's files, or None for a run without.

    Parameters
    ----------
    folder
        Made where it is not there.
    continued
        Lines go behind those that are there, where the folder is one that was written to before;
        else the files begin empty.
    lengths
        With `continued`: what `lengths` gave when the state was saved from which the run goes on.
        What was written after it is cut off, for it is said again.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        continued: bool = False,
        lengths: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        known = lengths if lengths and lengths.get("folder") == str(folder.resolve()) else {}
        for name in GROWING:
            with (folder / name).open("ab") as file:
                file.truncate(min(known.get(name, file.tell()), file.tell()) if continued else 0)

    def append(self, name: str, lines: list[str]) -> None:
        """Write lines, given without their ends."""
        if self.folder is not None and lines:
            with (self.folder / name).open("a", encoding="utf-8") as file:
                file.writelines(text + "\n" for text in lines)

    def finish(self, summary: Mapping[str, Any], refused: list[Any]) -> None:
        """Write `summary.json` and the sample of refused frames, `refused.jsonl`."""
        if self.folder is None:
            return
        text = json.dumps(summary, ensure_ascii=False, indent=2)
        (self.folder / "summary.json").write_text(text + "\n", "utf-8")
        samples = sorted(refused, key=lambda s: json.dumps(s, sort_keys=True))
        lines = "".join(json.dumps(s, ensure_ascii=False) + "\n" for s in samples)
        (self.folder / "refused.jsonl").write_text(lines, "utf-8")

    def lengths(self) -> dict[str, Any]:
        """How far the growing files go, once this is on the disk."""
        if self.folder is None:
            return {}
        found: dict[str, Any] = {"folder": str(self.folder.resolve())}
        for name in GROWING:
            with (self.folder / name).open("ab") as file:
                os.fsync(file.fileno())
                found[name] = file.tell()
        return found


def put_aside(folder: Path) -> None:
    """Rename the growing files of a run that begins anew; what was put aside before stays."""
    for name in GROWING:
        path = folder / name
        if path.is_file() and path.stat().st_size:
            stem, ending = name.split(".")
            number = 1
            while (aside := folder / f"{stem}.before-{number}.{ending}").exists():
                number += 1
            path.rename(aside)
