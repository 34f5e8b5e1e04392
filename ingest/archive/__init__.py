"""The raw archive: appended as it comes, closed by the hour, checked, and deleted by key."""

from ingest.archive.archive import Archive, Kept

__all__ = ["Archive", "Kept"]
