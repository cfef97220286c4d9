"""A package of components as a user writes one: found by the entry point beside it."""
