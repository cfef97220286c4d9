"""Components on trial: every one that is found, and one that a user wrote."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import strategies as st

from amml_runtime import registry
from amml_runtime.batch import KEY, TIME, TIME_TYPE, Batch
from amml_runtime.component import AbstractComponent
from amml_runtime.laws import Trial, example_of
from amml_runtime.testing import batch_of, feed, make_flow

collect_ignore = ["own"]
OWN = Path(__file__).parent / "own"
NUMBERS = st.floats(-1e6, 1e6, width=32) | st.sampled_from([float("nan"), 0.0, 1e9 + 0.25])
VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.float64(): NUMBERS,
    pa.int64(): st.integers(-1000, 1000),
    pa.string(): st.sampled_from(["", "a", "ü\n", '"]']) | st.text(max_size=3),
    pa.bool_(): st.booleans(),
    TIME_TYPE: st.datetimes(timezones=st.just(UTC)),
}


class Candidate:
    """A component with the rows that its docstring's example shows."""

    def __init__(self, word: str, doors: Callable[[], dict[str, Any]]) -> None:
        self.component: type[AbstractComponent] = registry.component(word)
        text, self._columns, beside = example_of(self.component)
        self._beside = {label: batch_of(columns) for label, columns in beside.items()}
        *self._before, self._step = make_flow(text, doors())

    def make(self) -> Any:
        """The component of the example, the last of its flow, anew."""
        return dataclasses.replace(self._step)

    def trials(self) -> st.SearchStrategy[Trial]:
        """Rows like the example's, cut anywhere, after what stands before the component."""
        return self._batches().map(self._as_input).flatmap(self._cut)

    def _batches(self) -> st.SearchStrategy[Batch]:
        types = {name: pa.array(values).type for name, values in self._columns.items()}
        types |= {TIME: TIME_TYPE, KEY: pa.string()}
        row = {name: st.none() | VALUES.get(type_, NUMBERS) for name, type_ in types.items()}
        row[KEY] = st.sampled_from([None, "", "a", "b"])
        schema = pa.schema([(n, t if t in VALUES else pa.float64()) for n, t in types.items()])
        rows = st.lists(st.fixed_dictionaries(row), max_size=12)
        return rows.map(lambda made: Batch.from_rows(made, schema))

    def _as_input(self, batch: Batch) -> Batch:
        batches = [batch]
        for step in self._before:
            batches = feed(step, batches) or [batch.slice(0, 0)]
        return Batch.concat(batches)

    def _cut(self, batch: Batch) -> st.SearchStrategy[Trial]:
        cuts = st.lists(st.integers(0, batch.rows), max_size=4)
        return cuts.map(lambda places: Trial(self.make, batch, places, self._beside))


@pytest.fixture(scope="module", params=[*registry.modules(), "fahrenheit"])
def candidate(
    request: pytest.FixtureRequest, doors: Callable[[], dict[str, Any]]
) -> Iterator[Candidate]:
    """Each component; the user's package is installed as long as it is its turn."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param not in registry.modules():
            patch.syspath_prepend(OWN)
            _forget()
        yield Candidate(request.param, doors)
    _forget()


def _forget() -> None:
    registry.modules.cache_clear()
    registry.signatures.cache_clear()
