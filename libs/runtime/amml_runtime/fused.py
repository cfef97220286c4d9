"""Several stateless steps in one process: each takes the rows of the one before, with no topic."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from amml_runtime.batch import Refusal
from amml_runtime.chunk import Chunk
from amml_runtime.step import Result

Doing: TypeAlias = Callable[[Chunk, datetime], Result]  # a `Step`'s `process` or `write`


class Fused:
    """What `--fuse` makes of a chain; to the task it is one step.

    A dead letter names the step that refused the row.
    """

    ticks = aligned = False

    def __init__(self, stages: Sequence[tuple[str, Doing]]) -> None:
        self._stages = stages

    def process(self, chunk: Chunk, now: datetime) -> Result:
        """What the last step makes of what the others made of a chunk."""
        batches, refused, nulled = [chunk.batch], list[Refusal](), 0
        labels = [label for label, _ in self._stages]
        first = labels.index(chunk.label) if chunk.label else 0
        for label, do in self._stages[first:]:
            results = [do(replace(chunk, batch=each), now) for each in batches]
            batches = [batch for result in results for batch in result.batches]
            refused += [each._replace(label=label) for result in results for each in result.refused]
            nulled += sum(result.nulled for result in results)
        return Result(batches, refused, nulled)

    write = process  # of a chain that ends outside Kafka: its last step gives no rows

    def finish(self, now: datetime) -> Result:
        """Nothing: they are stateless."""
        return Result([], [])

    tick = finish
