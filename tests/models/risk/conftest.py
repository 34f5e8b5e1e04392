"""Hypothesis without a deadline: the machine is shared, and a slow example is no wrong one."""

from hypothesis import settings

settings.register_profile("risk", deadline=None)
settings.load_profile("risk")
