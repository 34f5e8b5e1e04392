"""Alert revisions as Server-Sent Events that a reader can resume."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from core.errors import PierwatchError
from dashboard.reading import Reading, as_text, feature

INTERVAL_S = 0.5
Position = tuple[int, int]  # run, serial


def last_serial(text: str | None) -> Position | None:
    """Where a reader stopped; (0, 0) from the beginning; nothing where the text is nonsense.

    >>> last_serial("3-118"), last_serial(None), last_serial("yesterday")
    ((3, 118), (0, 0), None)
    """
    if not text:
        return (0, 0)
    run, dash, serial = text.partition("-")
    if not (dash and run.isascii() and run.isdecimal() and serial.isascii() and serial.isdecimal()):
        return None
    position = int(run[:19]), int(serial[:19])
    return position if max(position) < 2**31 else None


async def alert_events(
    reading: Reading, start: Position, gone: Callable[[], Awaitable[bool]]
) -> AsyncIterator[dict[str, str]]:
    """Events of the current run behind `start`, for ever; a new run begins at its first.

    Each has `id` <run>-<serial>, `event` "alert" and a GeoJSON feature as `data`. While the store
    does not answer nothing is sent; nothing is lost by that.
    """
    run_id, serial = start
    while not await gone():
        try:
            run = await asyncio.to_thread(reading.run)
            if run is not None:
                if run.run_id != run_id:
                    run_id, serial = run.run_id, 0
                fresh = await asyncio.to_thread(reading.revisions_after, run, serial)
                for number, alert in fresh:
                    serial, data = number, as_text(feature(alert))
                    yield {"id": f"{run_id}-{serial}", "event": "alert", "data": data}
        except PierwatchError:
            await asyncio.sleep(INTERVAL_S)
        await asyncio.sleep(INTERVAL_S)
