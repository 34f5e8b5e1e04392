"""Rivals that the product must beat, in the same frame: each gives envelopes as `alerts.jsonl` has
them, from what one replay wrote, and is scored by the same rules.
"""
