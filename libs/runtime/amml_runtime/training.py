"""The training of a model: read to the end, train with no transaction open, commit by epochs.

A restart reads the input again, checks that it is the same, and goes on after the last epoch.
"""

import hashlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pyarrow as pa

from amml_runtime import changelog
from amml_runtime.batch import Batch, describe_difference
from amml_runtime.component import Checkpoint, Dataset, Epoch, Origin
from amml_runtime.connections import Connections
from amml_runtime.control import Control
from amml_runtime.errors import BatchesDiffer, Fenced, WorkflowFault
from amml_runtime.failpoint import FailPoint
from amml_runtime.kafka_input import KafkaInput
from amml_runtime.metrics import Metrics
from amml_runtime.output import Outgoing, Output
from amml_runtime.pace import Pace
from amml_runtime.spec import StepSpec
from amml_runtime.state import State


class Training:
    """One run of one trainer."""

    def __init__(
        self,
        spec: StepSpec,
        component: Any,
        made: Connections,
        control: Control,
        metrics: Metrics,
        fail_point: FailPoint,
    ) -> None:
        self._spec = spec
        self._component = component
        self._made = made
        self._control = control
        self._metrics = metrics
        self._fail_point = fail_point
        self._run = f"{spec.workflow}.r{spec.run}.{spec.label}"
        model = spec.resources["model"]
        self._at = (str(model["model"]), str(model["version"]), self._run)
        assert spec.changelog is not None, spec.label
        book, state = changelog.restore(made.restorer, spec.changelog, 0)
        self._book, self._state = State(book), State(state)
        self._output = Output(spec, 0, self._book)

    def run(self, stop: Event) -> bool:
        """Train to the end; False when told to stop before."""
        if self._book.get("completed"):
            return True
        with tempfile.TemporaryDirectory(prefix="amml-train-") as folder:
            dataset = self._gathered(Path(folder) / "rows.arrow", stop)
            if dataset is None:
                return False
            registered = self._control.find_run(*self._at)
            if registered is not None and registered["status"] == "completed":
                self._commit_last(registered["epochs"][-1])
                self._control.drop_checkpoints(*self._at)
                return True
            self._control.put_run(*self._at, self._document("running", dataset))
            for epoch in self._component.train(dataset, self._resumed()):
                self._finished(epoch, dataset)
                if stop.is_set() and epoch.trained is None:
                    return False
        return True

    def _gathered(self, path: Path, stop: Event) -> Dataset | None:
        """Every row of the input, partition by partition, in a local Arrow file."""
        provenance: dict[str, list[int]] = {}
        rows = _Rows(path)
        for spec in self._spec.inputs:
            for partition in range(spec.partitions):
                input = KafkaInput(self._made.consumer, [(spec, partition)], State())
                while not input.ended:
                    if stop.is_set():
                        return None
                    if input.wait(0.1):
                        for chunk in input.drain(Pace(time.monotonic())):
                            rows.add(chunk.batch)
                            self._metrics.rows_in.inc(chunk.batch.rows)
                provenance[f"{spec.topic}[{partition}]"] = [0, input.last.next]
        rows.close()
        self._same_as_before(provenance)
        seed = int.from_bytes(hashlib.sha256(self._run.encode()).digest()[:4], "big") >> 1
        return Dataset(path, self._run, seed, provenance)

    def _same_as_before(self, provenance: dict[str, list[int]]) -> None:
        before = self._state.get("provenance", provenance)
        if before != provenance:
            raise WorkflowFault(
                f"{self._run}: the input is not what the training began with: {before} then, "
                f"{provenance} now. Start a new run"
            )
        self._state["provenance"] = provenance

    def _resumed(self) -> Checkpoint | None:
        epoch = self._state.get("epoch")
        if not epoch:
            return None
        print(f"{self._run}: going on after epoch {epoch}", flush=True)
        return Checkpoint(epoch, self._control.checkpoint(*self._at, epoch))

    def _finished(self, epoch: Epoch, dataset: Dataset) -> None:
        """Save what an epoch brought, then make it known; on the last, register the model first."""
        self._fail_point.reached("epoch")
        if epoch.trained is None:
            self._control.put_checkpoint(*self._at, epoch.number, epoch.checkpoint)
            self._state["epoch"] = epoch.number
            self._commit(self._recorded(epoch.number, epoch.record))
            return
        trained = epoch.trained
        kept = {
            name: self._control.put_artefact(*self._at, name, data)
            for name, data in trained.artefacts.items()
        }
        document = self._document("completed", dataset) | {
            "epochs": [*self._state.get("epochs", []), epoch.record],
            "metrics": trained.metrics,
            "signature": trained.signature,
            "libraries": trained.libraries,
            "artefacts": kept,
        }
        self._control.put_run(*self._at, document)
        self._commit_last(epoch.record)
        self._control.drop_checkpoints(*self._at)

    def _document(self, status: str, dataset: Dataset) -> dict[str, Any]:
        return {
            "status": status,
            "epochs": self._state.get("epochs", []),
            "provenance": {**dataset.provenance, **self._history()},
            "seed": dataset.seed,
        }

    def _history(self) -> dict[str, Any]:
        """The rows of the lake among them, by the snapshots that the sources began with."""
        spec = self._spec
        found = [
            {**each, "snapshot": f"{spec.workflow}.r{spec.run}.{each['step']}"}
            for each in spec.resources.get("lake", ())
        ]
        return {"lake": found} if found else {}

    def _commit_last(self, record: dict[str, Any]) -> None:
        """The final record and the end marks, together."""
        self._book["completed"] = True
        self._commit(self._recorded(int(record["epoch"]), record))

    def _recorded(self, number: int, record: dict[str, Any]) -> Iterator[Outgoing]:
        self._state["epochs"] = [*self._state.get("epochs", []), record]
        origin = Origin(self._spec.label, 0, number - 1, number)
        yield from self._output.rows(Batch.from_rows([record]), origin)
        self._metrics.rows_out.inc()
        if self._book.get("completed"):
            yield from self._output.ends()

    def _commit(self, messages: Iterator[Outgoing]) -> None:
        producer, topic = self._made.producer, str(self._spec.changelog)
        if producer.renew() and not changelog.agrees(self._made.restorer, topic, 0, self._book):
            raise Fenced(f"{self._run}: a newer process trained on while this one was away")
        producer.begin()
        for each in messages:
            producer.produce(each.topic, each.partition, each.value, each.key, each.headers)
        for key, value in changelog.records(self._book, self._state):
            producer.produce(topic, 0, value, key)
        self._fail_point.reached("before_commit")
        producer.commit()
        self._fail_point.reached("after_commit")
        self._book.keep()
        self._state.keep()


class _Rows:
    """An Arrow file that grows; every batch must have the first one's schema."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._schema: pa.Schema | None = None
        self._writer: Any = None

    def add(self, batch: Batch) -> None:
        schema = self._schema or batch.schema
        if self._writer is None:
            self._schema = schema
            self._writer = pa.ipc.new_file(str(self._path), schema)
        if not batch.schema.equals(schema, check_metadata=True):
            raise BatchesDiffer(describe_difference(schema, batch.schema))
        self._writer.write_batch(batch.data)

    def close(self) -> None:
        if self._writer is None:
            raise WorkflowFault("no row came to train on")
        self._writer.close()
