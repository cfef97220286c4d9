"""Putting data into the source catalogue: files, topics, what a connector fills, tables."""
