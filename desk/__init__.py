"""What analysts import in notebooks: runs as GeoDataFrames, maps, and alerts taken apart.

    import desk

    night = desk.open()
    night.alerts()
    night.explain(alert_id).figure()

Everything is read only. Frames are GeoPandas' own: EPSG:4326, longitude first, times aware and in
UTC. An alert is a lead to verify, never evidence; goods vehicles are not followed and plates are
masked.
"""

from __future__ import annotations

from desk.door import open  # noqa: A004 (read as `desk.open`)
from desk.explanation import Explanation
from desk.nights import Desk

__all__ = ["Desk", "Explanation", "open"]
