"""`to_lake` in its loop: what could not be kept comes before further rows."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from amml_egress._shared.lake_writer import LakeWriter
from amml_egress.to_lake import ToLake
from amml_lake import stores
from amml_lake.data_set import DataSet
from amml_lake.errors import Unavailable
from amml_lake.stores.local import LocalStore
from amml_runtime import delivery
from amml_runtime.batch import TIME_TYPE, Batch
from amml_runtime.chunk import Chunk
from amml_runtime.component import Book, Origin, Place
from amml_runtime.delivery import Delivery
from amml_runtime.state import State

HERE: Any = SimpleNamespace(workflow="w", run=1, label="to_lake")
NOTHING: Any = None
PORTIONS = [100, 7, 40]


class Away(LocalStore):
    """A store that does not answer for so many writes."""

    def __init__(self, root: Path, away: int) -> None:
        super().__init__(root)
        self.away = away

    def write(self, path: str, data: bytes | memoryview) -> None:
        """As it should, once it is back."""
        if self.away:
            self.away -= 1
            raise Unavailable("the store is away")
        super().write(path, data)


class Rows:
    """The input: portions of rows, each as many offsets as rows; it notes when it is asked."""

    def __init__(self, book: State, egress: ToLake) -> None:
        self._book = book
        self._egress = egress
        self._given = 0
        self.held: list[int] = []

    @property
    def ended(self) -> bool:
        return self._given == len(PORTIONS)

    @property
    def at(self) -> int:
        return sum(PORTIONS[: self._given])

    def wait(self, _seconds: float) -> bool:
        return not self.ended

    def drain(self, _pace: Any) -> Iterator[Chunk]:
        self.held.append(self._egress.writer.bytes)
        first, self._given = self.at, self._given + 1
        times = pa.array(range(first * 1_000_000, self.at * 1_000_000, 1_000_000), TIME_TYPE)
        self._book["at:t:0"] = self.at
        yield Chunk(Batch(pa.record_batch({"_time": times})), Origin("t", 0, first, self.at))

    def books(self) -> Iterator[tuple[str, int, Book]]:
        yield "t", 0, Book(self.at, {}, {"at:t:0": self.at})


class Documents:
    """Nobody keeps the data set's document."""

    def dataset(self, _name: str) -> None:
        return None

    def put_dataset(self, *_: Any) -> bool:
        return True


def test_rows_wait_until_what_could_not_be_kept_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Away(tmp_path, 3)

    def open_store(_url: str, _patience: float) -> Away:
        return away

    monkeypatch.setattr(stores, "open_store", open_store)
    monkeypatch.setattr(delivery, "LONGEST_PAUSE", 0.01)
    book = State()
    egress = ToLake("co2", size=1e-6, writer=LakeWriter(HERE, NOTHING), documents=Documents(),
                    lake=f"file://{tmp_path}")  # fmt: skip
    egress.resume(Place("t", 0, "ab"))
    rows: Any = Rows(book, egress)
    timed = SimpleNamespace(time=nullcontext)
    metrics: Any = SimpleNamespace(process=timed, commit=timed, rows_in=SimpleNamespace(inc=len_of))
    notes: Any = SimpleNamespace(life="ab", note=len_of)
    mirror: Any = SimpleNamespace(show=lambda at_once=False: at_once)
    made: Any = SimpleNamespace(producer=None)
    loop = Delivery(
        egress, input=rows, output=NOTHING, made=made, notes=notes, book=book, metrics=metrics,
        mirror=mirror,
    )  # fmt: skip
    assert loop.run(Event())
    kept = list(DataSet(LocalStore(tmp_path), "co2").manifests())
    assert [each.range and each.range[2:5] for each in kept] == [
        (0, 100, 100),
        (100, 107, 7),
        (107, 147, 40),
    ]
    assert rows.held == [0, 0, 0], "nothing was taken while something was held"


def len_of(_: Any) -> None:
    """Takes what it is told."""
