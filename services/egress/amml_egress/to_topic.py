"""`to_topic`: rows into a named topic."""

import re
from dataclasses import dataclass
from datetime import datetime

from amml_runtime.batch import Batch
from amml_runtime.component import AbstractEgress
from amml_runtime.state import State


@dataclass(frozen=True)
class ToTopic(AbstractEgress):
    """Write rows to a topic for others to read, one JSON record each, exactly once.

    Parameters:
        name: the topic; it is made if it is not there.
    Adds: nothing; a record's key is `_key`, its fields are `_time`, where it is known, and the
        columns.
    Errors: E214, what cannot be a topic's name, or is one of the platform's own: they begin
        with `__` or the prefix of the installation.

    >>> run('to_topic name="co2.clean"', co2=[412.0, None])
    {'co2': [412.0, None]}
    """

    stateless = True

    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,249}", self.name) or self.name.startswith("__"):
            raise ValueError(f"`{self.name}` cannot be a topic's name")

    def topic(self, prefix: str) -> str:
        """The topic's name; raises `ValueError` for one of the platform's own."""
        if self.name.startswith(f"{prefix}."):
            raise ValueError(f"`{self.name}` is the platform's own: it begins with `{prefix}.`")
        return self.name

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows as they are."""
        return batch
