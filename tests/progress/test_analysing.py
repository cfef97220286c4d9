"""docs/analysing.md: its workflows compile, and its figures are those of a run."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from amml_language.compiler import compile_text
from amml_progress.drift import Drift
from amml_runtime.batch import Batch
from amml_runtime.event_time import from_micros, micros
from amml_runtime.packing import Floats
from amml_runtime.registry import signatures
from amml_runtime.state import State
from amml_runtime.testing import NOW

PAGE = (Path(__file__).parents[2] / "docs" / "analysing.md").read_text(encoding="utf-8")
WORKFLOWS = re.findall(r"^    ((?:source|topic) .*)$", PAGE, re.M)
METHODS = ("page_hinkley", "adwin", "kswin", "psi")
STEP_AT = 1500


@pytest.mark.parametrize("text", WORKFLOWS)
def test_each_workflow_compiles(text: str) -> None:
    assert compile_text(text, signatures()).instructions


def test_workflows_are_shown_for_every_analysis() -> None:
    shown = " ".join(WORKFLOWS)
    for word in ("describe", "correlate", "acf", "decompose", "pivot", "drift"):
        assert f"| {word} " in shown


@pytest.mark.long
@pytest.mark.parametrize("method", METHODS)
def test_the_table_of_methods_is_what_a_run_gives(method: str) -> None:
    alarms = len(changes(method, normal(1, 100, 10_000))) / 100
    cells = [delay(method, size) for size in (0.5, 1.0, 2.0)]
    row = " | ".join([f"`{method}`", f"{alarms:.2f}", *cells])
    assert f"| {row} |" in PAGE


def normal(seed: int, keys: int, rows: int) -> Floats:
    return np.random.Generator(np.random.Philox(seed)).normal(0, 1, (keys, rows))


def changes(method: str, values: Floats) -> list[tuple[str | None, int]]:
    """The key and the number of the row of each change, in series of normal numbers."""
    keys, rows = values.shape
    batch = Batch(
        pa.RecordBatch.from_pydict(
            {
                "_time": from_micros(np.repeat(np.arange(rows), keys)),
                "_key": pa.array([str(key) for key in range(keys)] * rows),
                "x": pa.array(values.T.ravel()),
            }
        )
    )
    found = Drift(of=("x",), method=method).process(batch, State(), NOW)  # type: ignore[arg-type]
    return list(zip(found.keys.to_pylist(), micros(found.times).tolist(), strict=True))


def delay(method: str, size: float) -> str:
    """How many rows after a step it was noticed, the middle one of 200, and how many of them."""
    values = normal(2, 200, 2 * STEP_AT)
    values[:, STEP_AT:] += size
    first: dict[str | None, int] = {}
    for key, row in changes(method, values):
        if row >= STEP_AT:
            first.setdefault(key, row - STEP_AT)
    return f"{np.median(list(first.values())):.0f} ({len(first) / 2:.0f} %)"
