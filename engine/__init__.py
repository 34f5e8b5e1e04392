"""The fold: observations in, events and alert revisions out. Pure."""
