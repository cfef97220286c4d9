"""Opened envelopes as the rows of a batch."""

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from amml_runtime.batch import KEY, TIME, Batch
from amml_runtime.envelope.columns import columns_of
from amml_runtime.envelope.keys import texts_of
from amml_runtime.envelope.opener import Opened, Opener
from amml_runtime.envelope.types import kind_of

_STAMP = kind_of({"type": "int64", "name": "org.apache.kafka.connect.data.Timestamp"})


class Run(NamedTuple):
    """Neighbouring messages of a partition: values, keys, and when each was written."""

    values: Sequence[bytes | None]
    keys: Sequence[bytes | None]
    stamps_ms: Sequence[int]

    def only(self, places: Sequence[int]) -> "Run":
        """The messages at some places."""
        return Run(
            [self.values[at] for at in places],
            [self.keys[at] for at in places],
            [self.stamps_ms[at] for at in places],
        )


def rows_of(opened: Opened, run: Run, keys: Opener) -> tuple[Batch, dict[int, str]]:
    """The rows of one schema, and why each message that is none was refused, by its place.

    `_time` is when the message was written, `_key` its key; `keys` opens those.
    """
    if opened.fields is None:
        return Batch.empty(), opened.refused
    places = opened.places
    arrays, wrong = columns_of(opened.fields, opened.payloads)
    if len(places) < len(run.values):
        run = run.only(places)
    times, late = _STAMP.column(run.stamps_ms)
    texts, unread = texts_of(run.keys, keys)
    wrong |= {**unread, **dict.fromkeys(late, "its time is not between year 1 and 9999")}
    batch = Batch(pa.RecordBatch.from_pydict({TIME: times, KEY: texts, **arrays}))
    if wrong:
        good = [at for at in range(batch.rows) if at not in wrong]
        batch = batch.take(pa.array(good, pa.int64()))
    refused = opened.refused | {places[at]: reason for at, reason in wrong.items()}
    return batch, dict(sorted(refused.items()))


def read_alone(run: Run) -> tuple[Batch, dict[int, str]]:
    """What `rows_of` gives for a run of one message, about which nothing is known.

    >>> read_alone(Run([b'{"n": 1}'], [b"k"], [0]))[1]
    {0: "no envelope of Connect's: not an object of `schema` and `payload`"}
    """
    [opened] = Opener().open(run.values)
    return rows_of(opened, run, Opener())
