"""`tides.toml` of a site folder as a `Tide`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.errors import SiteError
from geo.site_cells import number, shown, text
from geo.site_files import toml
from geo.tides import Constituent, Tide, known_constituent


def read_tide(file: str, data: bytes) -> Tide:
    """The tide of the site's station, from the bytes of its file.

    Raises
    ------
    SiteError
        Naming the key, or the number of the constituent, that is wrong.
    """
    tables = toml(file, data)
    listed = tables.get("constituent")
    if not isinstance(listed, list) or not listed:
        raise SiteError(file, expected="a [[constituent]] or more", came=shown(listed))
    return Tide(
        station=_value(file, tables, "station", text),
        lon=_value(file, tables, "lon", number(-180, 180)),
        lat=_value(file, tables, "lat", number(-90, 90)),
        z0_m=_value(file, tables, "z0_m", number(-50, 50)),
        time_offset_min=_value(file, tables, "time_offset_min", number(-1440, 1440), 0.0),
        range_factor=_value(file, tables, "range_factor", number(0, 10, above=True), 1.0),
        constituents=_constituents(file, listed),
    )


def _constituents(file: str, listed: list[Any]) -> tuple[Constituent, ...]:
    found: dict[str, Constituent] = {}
    for i, item in enumerate(listed, start=1):
        where = f"{file}, constituent {i}"
        if not isinstance(item, dict):
            raise SiteError(where, expected="a table", came=shown(item))
        name = _value(where, item, "name", text).upper()
        if not known_constituent(name):
            raise SiteError(
                f"{where}, name", expected="a constituent such as M2", came=shown(item["name"])
            )
        if name in found:
            raise SiteError(
                f"{where}, name", expected="each constituent once", came=f"{name} again"
            )
        found[name] = Constituent(
            name,
            amplitude_m=_value(where, item, "amplitude_m", number(0, 20)),
            phase_deg=_value(where, item, "phase_deg", number(-360, 720)),
        )
    return tuple(found.values())


def _value(
    where: str,
    table: dict[str, Any],
    key: str,
    read: Callable[[object], Any],
    otherwise: object = None,
) -> Any:
    if key not in table and otherwise is not None:
        return otherwise
    try:
        return read(table.get(key))
    except ValueError as error:
        came = shown(table[key]) if key in table else "nothing"
        raise SiteError(f"{where}, {key}", expected=str(error), came=came) from None
