"""The rows at one edge of a workflow: as they arrive, or all there are."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from amml_runtime.tail import follow

Row: TypeAlias = Mapping[str, Any]

_ALL = 1_000_000


class Arriving:
    """The rows of a topic of a few rows, each told once.

    Parameters:
        bootstrap: where Kafka listens.
        topic: the topic.
        tell: called with each new row.
    """

    def __init__(self, bootstrap: str, topic: str, tell: Callable[[Row], None]) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._tell = tell
        self.rows: list[Row] = []

    def look(self) -> None:
        """Tell what has arrived since the last look."""
        there = list(follow(self._bootstrap, self._topic, _ALL, follow=False))
        for row in there[len(self.rows) :]:
            self._tell(row)
        self.rows = [*there]

    def look_and_sleep(self, seconds: float) -> None:
        """Look, then wait: what a wait for something else does meanwhile."""
        self.look()
        time.sleep(seconds)


def all_rows(bootstrap: str, topic: str) -> list[Row]:
    """Every row a topic holds, by time."""
    return sorted(follow(bootstrap, topic, _ALL, follow=False), key=lambda row: row["_time"])
