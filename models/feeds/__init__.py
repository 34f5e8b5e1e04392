"""How the feeds themselves do: clocks, silences, plausibility, reception. Pure."""
