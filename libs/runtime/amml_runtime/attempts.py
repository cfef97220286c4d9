"""Where tests learn which transaction wrote a message, and how that transaction ended.

Each process writes a line to a file of its own when an attempt begins, just before it asks to
commit (with how many messages it wrote to each topic), when that was granted, and when it has
aborted; it may be killed between any two of them.
"""

import json
import os
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from amml_runtime.client import TransactionalProducer

HEADER = "amml-attempt"


class AttemptedProducer(TransactionalProducer):
    """A producer whose every message carries the id of its attempt: `<uuid>.<number>`."""

    def __init__(
        self, bootstrap: str, transactional_id: str, folder: Path, stop: Event | None = None
    ) -> None:
        super().__init__(bootstrap, transactional_id, stop)
        self._life = uuid.uuid4().hex
        self._number = 0
        self._wrote = Counter[str]()
        self._file = folder / f"{transactional_id}.{self._life}.jsonl"

    @property
    def attempt(self) -> str:
        """The id of the transaction that was begun last."""
        return f"{self._life}.{self._number}"

    def begin(self) -> None:
        """Begin a transaction, under a new id."""
        super().begin()
        self._number += 1
        self._wrote.clear()
        self._note("begun")

    def produce(
        self,
        topic: str,
        partition: int,
        value: bytes | None,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Send one message, with the attempt's id."""
        tagged = [*headers, (HEADER, self.attempt.encode())]
        super().produce(topic, partition, value, key, tagged)
        self._wrote[topic] += 1

    def commit(self) -> None:
        """Commit; what was asked for is written down before, what was granted after."""
        self._note("committing")
        super().commit()
        self._note("committed")

    def abort(self) -> None:
        """Abort, and write it down."""
        super().abort()
        self._note("aborted")

    def _note(self, what: str) -> None:
        said = {"attempt": self.attempt, "is": what, "wrote": dict(self._wrote)}
        file = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.write(file, json.dumps(said).encode() + b"\n")
        os.close(file)
