"""Plates are shown masked: the rule is the alerts' own, for every reader keeps it."""

from __future__ import annotations

from alerts.masking import masked

__all__ = ["masked"]
