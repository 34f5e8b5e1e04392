"""The land behind the piers: roads, vehicles, and what they do in a night."""
