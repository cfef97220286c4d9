"""The client of `to_lake`, which imports the lake when it is wanted."""

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from amml_runtime.batch import Batch
from amml_runtime.component import Book, Origin, Place, Secrets
from amml_runtime.errors import Fenced, StepError, Unavailable, WorkflowFault
from amml_runtime.failpoint import FailPoint
from amml_runtime.spec import StepSpec

if TYPE_CHECKING:
    from amml_lake.appender import Appender

_PATIENCE = 8.0  # seconds, after which the step tells that it waits


class LakeWriter:
    """Writes the rows of one task to a data set; a chain for each partition they come from."""

    def __init__(self, spec: StepSpec, _: Secrets) -> None:
        self._producer = (spec.workflow, spec.run, spec.label)
        self._reached = FailPoint(os.environ.get("AMML_FAIL_POINT", "")).reached
        self._appenders: dict[tuple[str, int], Appender] = {}
        self._chains: dict[tuple[str, int], str] = {}
        self._since: float | None = None
        self._opened = False

    def open(self, lake: str, name: str, by: str, tz: str) -> None:
        """Say where the rows go, once; an empty `lake` is the one that `AMML_LAKE` names."""
        if self._opened:
            return
        from amml_lake.data_set import DataSet
        from amml_lake.partitions import Partitions
        from amml_lake.stores import open_store

        address = lake or os.environ.get("AMML_LAKE", "")
        if not address:
            raise WorkflowFault("this process was told of no lake (AMML_LAKE)")
        self._partitions = _plainly(lambda: Partitions(by, tz))  # type: ignore[arg-type]
        store = _plainly(lambda: open_store(address, _PATIENCE))
        self._data_set: DataSet = _plainly(lambda: DataSet(store, name))
        self._opened = True

    def resume(self, place: Place) -> Book | None:
        """Where the data set's chain for a partition ends, if it has one."""
        appender = self._appenders[place.topic, place.partition] = self._appender(place)
        last = _plainly(appender.resume)
        if last is None or last.range is None:
            return None
        return Book(last.range.end, last.range.messages, last.book)

    def take(self, batch: Batch, at: Origin) -> None:
        """Hold rows until the next commit."""
        appender = self._appenders[at.topic, at.partition]
        _plainly(lambda: appender.add(batch.data, at.first))
        if self._since is None:
            self._since = time.monotonic()

    @property
    def bytes(self) -> int:
        """How much is held."""
        return sum(each.bytes for each in self._appenders.values())

    @property
    def seconds(self) -> float:
        """For how long something has been held."""
        return 0.0 if self._since is None else time.monotonic() - self._since

    def keep(self, books: Mapping[Place, Book]) -> None:
        """Commit what is held."""
        for place, book in books.items():
            appender = self._appenders[place.topic, place.partition]
            _plainly(lambda a=appender, b=book: a.commit(b.end, b.messages, b.entries))
        self._since = None

    def tell(self, documents: Any) -> None:
        """Bring the data set's document up to date; what fails now, the next commit makes good."""
        from amml_lake.errors import LakeError
        from amml_lake.synchroniser import synchronise

        try:
            synchronise(self._data_set, documents, self._chains.values())
        except (LakeError, StepError) as error:
            print(f"{error}; the data set's document is brought up to date later", flush=True)

    def _appender(self, place: Place) -> "Appender":
        from amml_lake.appender import Appender
        from amml_lake.layout import Chain
        from amml_lake.manifest import Producer

        chain = Chain(place.topic, place.partition, place.life)
        self._chains[place.topic, place.partition] = chain.name
        producer = Producer(*self._producer)
        return Appender(self._data_set, chain, self._partitions, producer, self._reached)


def _plainly(call: Callable[[], Any]) -> Any:
    """The lake's errors in the runtime's words: what passes, what does not, and who was faster."""
    from amml_lake import errors

    try:
        return call()
    except errors.Unavailable as error:
        raise Unavailable(str(error)) from error
    except errors.Overtaken as error:
        raise Fenced(str(error)) from error
    except errors.LakeError as error:
        raise WorkflowFault(str(error)) from error
