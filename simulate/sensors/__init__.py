"""Sensors: what they make of a night, as the lines of their feeds."""
