"""What the coming night may bring at each pier, and where a few teams would meet most of it."""
