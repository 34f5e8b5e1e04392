"""Where vessels were and what belonged to them, as settled: files beside the alerts.

`vessels.parquet` has the columns of `models.fusion.schema.FIX`, `links.parquet` those of `LINK`,
in the order in which they settled. The bytes depend on the rows alone, not on how they came.
`open_events.jsonl` has the dark vessels of the end, in the form of `events.jsonl`: `to` is null.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Final, Self

import polars as pl
import pyarrow.parquet as pq

from models.fusion.schema import FIX, LINK, FusionOutput

GROUP_ROWS: Final = 1 << 18
VESSELS, LINKED = "vessels.parquet", "links.parquet"
NAMES: Final = {VESSELS: FIX, LINKED: LINK}
OPEN: Final = "open_events.jsonl"


class VesselFiles:
    """The files of a run while it runs; they are whole once it is closed."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._files = {name: _File(folder / name, frame) for name, frame in NAMES.items()}

    def take(self, vessels: FusionOutput) -> None:
        """Add what settled."""
        for name, frame in ((VESSELS, vessels.fixes), (LINKED, vessels.links)):
            self._files[name].take(frame)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in self._files.values():
            file.close()

    def end(self, lines: list[str]) -> None:
        """Say what goes on at the end of the run."""
        (self._folder / OPEN).write_text("".join(f"{line}\n" for line in lines), "utf-8")


class _File:
    """Rows are held until a group of a fixed size is full, so that cuts do not show."""

    def __init__(self, path: Path, schema: pl.Schema) -> None:
        self._held = pl.DataFrame(schema=schema)
        self._writer = pq.ParquetWriter(path, self._held.to_arrow().schema, compression="zstd")

    def take(self, frame: pl.DataFrame) -> None:
        if frame.is_empty():
            return
        self._held = pl.concat([self._held, frame.select(self._held.columns)])
        while len(self._held) >= GROUP_ROWS:
            self._write(self._held[:GROUP_ROWS])
            self._held = self._held[GROUP_ROWS:]

    def close(self) -> None:
        if len(self._held):
            self._write(self._held)
        self._writer.close()

    def _write(self, frame: pl.DataFrame) -> None:
        self._writer.write_table(frame.rechunk().to_arrow(), row_group_size=GROUP_ROWS)
