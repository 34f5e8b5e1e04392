"""A county with ground truth."""
