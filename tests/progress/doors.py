"""The doors of the progress components: a model that is held in memory."""

from amml_progress._shared.example import doors

__all__ = ["doors"]
