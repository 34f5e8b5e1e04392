"""Composition root: decode, replay, live, serve, the command line. Loads settings, reads files."""
