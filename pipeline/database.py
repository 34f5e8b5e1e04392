"""The database of a command, and the run of a recording in it.

Apart from `pipeline.serve` and `pipeline.demo`: a replay is stored without a screen, and to import
Dash takes a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.settings import Settings
from pipeline.recording import Recording
from store.cluster import Cluster
from store.engine import Store, connect


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """The store, running and with its tables; the private cluster is stopped if this started it."""
    cluster = None if settings.store.url else Cluster(settings.store.cluster_dir)
    started = cluster.start() if cluster else False
    store = connect(cluster.url if cluster else str(settings.store.url))
    try:
        store.migrate()
        yield store
    finally:
        store.close()
        if cluster and started:
            cluster.stop()


def open_run(store: Store, recording: Recording, digest: str) -> int:
    """The recording's run in the store."""
    site = recording.site
    return store.open_run(
        "replay", recording.name, site.name, recording.simulated, digest,
        site.title_zh, site.title_en, site.timezone,
    )  # fmt: skip
