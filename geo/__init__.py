"""The place and its time: plane, datums, land, piers, tides, daylight, calendar. Pure."""
