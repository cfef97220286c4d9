"""`to_lake`: rows into the data lake."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from amml_language.tree import Duration
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractEgress, Book, Origin, Place, handed


class Lake(Protocol):
    """The door to a data set of the lake; `_shared/lake_writer.py` is the real one."""

    @property
    def bytes(self) -> int:
        """How much is held."""
        ...

    @property
    def seconds(self) -> float:
        """For how long something has been held."""
        ...

    def open(self, lake: str, name: str, by: str, tz: str) -> None:
        """Say where the rows go."""
        ...

    def resume(self, place: Place) -> Book | None:
        """How far the data set is for a partition."""
        ...

    def take(self, batch: Batch, at: Origin) -> None:
        """Hold rows."""
        ...

    def keep(self, books: Mapping[Place, Book]) -> None:
        """Commit what is held."""
        ...

    def tell(self, documents: Any) -> None:
        """Bring the data set's document up to date."""
        ...


@dataclass(frozen=True)
class ToLake(AbstractEgress):
    """Keep rows in the data lake: Parquet files in folders of their time, each row exactly once.

    Parameters:
        name: the data set; it is made with its first rows.
        by: what one folder holds: a "year", "month", "day" or "hour" of `_time`. Rows without a
            time are in a folder of their own.
        tz: the zone whose calendar that is.
        roll: for how long rows may wait for their files to grow.
        size: after how many MiB, as they are encoded, files are written sooner.
        lake: another lake than the platform's, as `file:///FOLDER` or `webhdfs://HOST:PORT/FOLDER`.
    Adds: nothing; `_time` and `_key` are columns of the files, with the others.
    Errors: E214, no such `by`, `tz` or name. A column that gets another type, or is called as the
        folders are (`year`, ...), stops the step; a further column is taken. While HDFS does not
        answer the step waits, and goes on where it was.

    What is committed is a manifest, renamed into its place (`docs/lake.md`), and with the rows it
    holds the offset after them: a restart reads on from there, whatever Kafka knows.

    >>> run('to_lake name="co2", tz="Asia/Seoul"', co2=[412.0, 415.0])
    {}
    """

    keeps = True

    name: str
    by: str = "day"
    tz: str = "UTC"
    roll: Duration = Duration(600_000_000)
    size: float = 64.0
    lake: str = ""
    writer: Lake = handed("amml_egress._shared.lake_writer:LakeWriter")
    documents: Any = handed("datasets")

    def __post_init__(self) -> None:
        from amml_lake.errors import LakeError
        from amml_lake.layout import check_name
        from amml_lake.partitions import Partitions

        try:
            check_name(self.name)
            Partitions(self.by, self.tz)  # type: ignore[arg-type]
        except LakeError as error:
            raise ValueError(str(error)) from error
        if self.roll.microseconds <= 0 or self.size <= 0:
            raise ValueError("`roll` and `size` must be above 0")

    def write(self, batch: Batch, at: Origin) -> None:
        """Hold the rows until `keep`."""
        if batch.rows:
            self.writer.take(batch, at)

    def resume(self, place: Place) -> Book | None:
        """How far the data set is; what a dead writer has left half done is finished first."""
        self.writer.open(self.lake, self.name, self.by, self.tz)
        return self.writer.resume(place)

    def is_due(self) -> bool:
        """Whether files are large enough, or their rows have waited long enough."""
        enough = self.writer.bytes >= self.size * (1 << 20)
        return enough or self.writer.seconds * 1e6 >= self.roll.microseconds

    def keep(self, books: Mapping[Place, Book]) -> None:
        """Commit, a manifest for each partition; then say what the data set holds now."""
        self.writer.keep(books)
        self.writer.tell(self.documents)
