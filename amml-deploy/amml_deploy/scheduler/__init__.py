"""Periodic work: when it is due, and who does it."""
