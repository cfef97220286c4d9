"""`topic`: the records of a named topic."""

import re
from dataclasses import dataclass
from datetime import datetime

from amml_runtime.batch import Batch
from amml_runtime.component import AbstractIngress
from amml_runtime.state import State


@dataclass(frozen=True)
class Topic(AbstractIngress):
    """Read a topic of JSON records, plain or in Connect's `schema` and `payload` envelope.

    Parameters:
        name: the topic, one that others write or that a `to_topic` does.
    Adds: a column for each field; `_time` is the record's `_time`, or else the message's
        time; `_key` is the message's key.
    Errors: E214, what cannot be a topic's name; a record that is no JSON goes to the dead
        letters.

    To have columns checked and time and key parsed, add the topic to the source catalogue.

    >>> run('topic name="co2.raw"', co2=[412.0, None])
    {'co2': [412.0, None]}
    """

    stateless = True

    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,249}", self.name) or self.name.startswith("__"):
            raise ValueError(f"`{self.name}` cannot be a topic's name")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The records as they were decoded."""
        return batch
