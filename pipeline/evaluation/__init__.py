"""The evaluation: the standard set, replays of it, rivals beside the product, and their report."""
