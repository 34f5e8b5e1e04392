"""Landings: the chain vessel → pier → camera → truck as one object."""
