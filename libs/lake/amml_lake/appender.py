"""The writer of one chain: rows in, and a commit of all of them now and then."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pyarrow as pa

from amml_lake.buffer import Buffer, Made, columns_of, merged, without_nulls
from amml_lake.commit import Commit, clean, roll_forward
from amml_lake.data_set import DataSet
from amml_lake.errors import Unsuitable
from amml_lake.layout import Chain
from amml_lake.manifest import Column, DataFile, Manifest, Producer, Range
from amml_lake.partitions import LEVELS, Partitions


class Appender:
    """Keeps the rows of one partition of a topic, and where it has got to, as one.

    Parameters:
        data_set: where they go.
        chain: whose rows they are.
        partitions: which folder a row belongs to.
        producer: which step writes them.
        reached: told of the places of a commit, for tests that die there.
    """

    def __init__(
        self,
        data_set: DataSet,
        chain: Chain,
        partitions: Partitions,
        producer: Producer,
        reached: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._data_set = data_set
        self._chain = chain
        self._partitions = partitions
        self._producer = producer
        self._reached = reached
        self._buffer = Buffer(partitions)
        self._columns: tuple[Column, ...] = ()
        self._agreed: tuple[Column, ...] = ()  # when the others were looked at last
        self._rows = 0
        self._start: int | None = None
        self._commit: Commit | None = None

    def resume(self) -> Manifest | None:
        """Finish what the one before left, and say how far it came; None: it came nowhere.

        Errors: Unsuitable, the data set's folders hold something else.
        """
        last = self._look()
        if last is not None and last.range is not None:
            roll_forward(self._data_set, last)
            clean(self._data_set, self._chain.name, last.range.end)
            self._start = last.range.end
        return last

    @property
    def bytes(self) -> int:
        """How much the rows take that are not committed yet."""
        return self._buffer.bytes

    def add(self, batch: pa.RecordBatch, first: int) -> None:
        """Take rows that were read from offset `first` on; none while a commit is under way.

        Errors: Unsuitable, a column has another type than in the data set.
        """
        assert self._commit is None, "a commit that is repeated would not have these rows"
        if self._start is None:
            self._start = first
        self._columns = self._checked(without_nulls(batch).schema)
        self._buffer.add(batch)
        self._rows += batch.num_rows

    def commit(
        self, end: int, messages: Mapping[str, int], book: Mapping[str, Any]
    ) -> Manifest | None:
        """Keep the rows up to the offset `end`, and the writer's book there; None: nothing is new.

        After `Unavailable` call it again, with the same: it goes on with the same commit.

        Errors: Overtaken, another writer of the chain has committed; Unavailable; Refused.
        """
        if self._commit is None:
            if self._start is None or end == self._start:
                return None
            self._commit = self._prepared(end, messages, book)
        self._commit.carry_out()
        done = self._commit.manifest
        assert done.range is not None and done.range.end == end, "it is repeated with the same"
        clean(self._data_set, self._chain.name, end)
        self._start, self._rows, self._commit = end, 0, None
        return done

    def _look(self) -> Manifest | None:
        """What all writers have written last; gives this chain's own.

        Errors: Unsuitable, it does not go with what this one writes.
        """
        own: Manifest | None = None
        for name in self._data_set.chains():
            newest = self._data_set.last(name)
            if newest is None or newest.kind != "append":
                continue
            self._check_folders(newest)
            self._columns = self._compared(newest.columns)
            if name == self._chain.name:
                own = newest
        self._agreed = self._columns
        return own

    def _prepared(self, end: int, messages: Mapping[str, int], book: Mapping[str, Any]) -> Commit:
        start = self._start
        assert start is not None
        if self._columns != self._agreed:  # others may have begun since, with other types
            self._look()
        made = {self._path(each, start, end): each for each in self._buffer.files()}
        chain = self._chain
        manifest = Manifest(
            kind="append",
            dataset=self._data_set.name,
            chain=chain.name,
            number=start,
            uuid=uuid4().hex,
            written=datetime.now(UTC).isoformat(timespec="milliseconds"),
            adds=tuple(
                DataFile(path, each.rows, each.data.size, each.first, each.last)
                for path, each in made.items()
            ),
            range=Range(chain.topic, chain.partition, start, end, self._rows, messages),
            columns=self._columns,
            producer=self._producer,
            book=book,
            by=self._partitions.by,
            tz=self._partitions.tz,
        )
        files = {path: memoryview(each.data) for path, each in made.items()}
        return Commit(self._data_set, manifest, files, self._reached)

    def _path(self, made: Made, start: int, end: int) -> str:
        chain = self._chain
        name = f"{chain.topic}+{chain.partition}+{start}+{end}+{chain.life}"
        more = f"+{made.number}" if made.number else ""
        return f"{made.folder}/{name}{more}.parquet"

    def _checked(self, schema: pa.Schema) -> tuple[Column, ...]:
        """The data set's columns with these: what is new is added, what differs is refused."""
        new = columns_of(schema)
        for each in new:
            if each.name in LEVELS:
                raise Unsuitable(
                    f"column `{each.name}` has the name of the lake's folders; give it another "
                    f"before, as with `eval {each.name}_ = {each.name} | drop {each.name}`"
                )
        return self._compared(new)

    def _compared(self, new: Sequence[Column]) -> tuple[Column, ...]:
        known = {each.name: each for each in self._columns}
        for each in new:
            before = known.get(each.name, each).type
            if before != each.type:
                raise Unsuitable(
                    f"column `{each.name}` is {each.type}, and {before} in data set "
                    f"`{self._data_set.name}`: only further columns may come"
                )
        return merged(self._columns, new)

    def _check_folders(self, newest: Manifest) -> None:
        if (newest.by, newest.tz) != (self._partitions.by, self._partitions.tz):
            raise Unsuitable(
                f"data set `{self._data_set.name}` has folders by={newest.by!r}, "
                f"tz={newest.tz!r}: go on with these, or name another data set"
            )
