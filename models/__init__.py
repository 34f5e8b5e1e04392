"""Analytics in the order of the flow. Pure."""
