"""One vessel, its path: cleaning, segments, stops, silences."""
