"""Random rows in the columns of a source, for when it is empty or not to be read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from amml_ingress.source import Source
from amml_language.numpy_column import from_numpy
from amml_runtime.batch import TIME, TIME_TYPE, Array, Batch
from amml_runtime.component import Portion
from amml_runtime.state import Value

REFERENCE = f"{__name__}:Generated"
_BLOCK = 1000  # rows drawn at once: they depend on the block's number alone
_SECOND = 1_000_000
_WORDS = ("a", "b", "c", "d", "e")


@dataclass(frozen=True)
class Generated(Source):
    """Make rows in the columns of a catalogue's entry, the same ones every time, without end.

    Numbers are spread over all magnitudes from 0.1 to 10,000, of either sign, so that most
    conditions hold for some of them; texts, and so keys, are five; times are a second apart.
    """

    def read(self, position: Value) -> Iterator[Portion]:
        """A block at a time."""
        row = position or 0
        while True:
            block, into = divmod(row, _BLOCK)
            batch, refused = self._shape.apply(_drawn(self._shape.columns, block).slice(into))
            row += _BLOCK - into
            yield Portion(batch, row, tuple(refused))


def entry_like(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of the same columns, for a file that is nowhere; a plan with it reads no file."""
    kept = {name: entry[name] for name in ("name", "columns", "time", "tz", "key") if name in entry}
    return {**kept, "kind": "file", "format": "csv", "sha256": "0" * 64, "generated": True}


def _drawn(columns: Mapping[str, str], block: int) -> Batch:
    chance = np.random.Generator(np.random.Philox(key=1, counter=[0, 0, block, 0]))
    times = from_numpy((np.arange(_BLOCK, dtype=np.int64) + block * _BLOCK) * _SECOND)
    drawn = {name: _column(type_, chance, times) for name, type_ in columns.items()}
    return Batch(pa.RecordBatch.from_pydict({TIME: times.cast(TIME_TYPE), **drawn}))


def _column(type_: str, chance: np.random.Generator, times: Array) -> Array:
    numbers = chance.choice([-1.0, 1.0], _BLOCK) * 10 ** chance.uniform(-1, 4, _BLOCK)
    match type_:
        case "float":
            return from_numpy(numbers)
        case "int":
            return from_numpy(numbers.astype(np.int64))
        case "bool":
            return pa.array((numbers > 0).tolist())
        case "duration":
            return from_numpy(numbers.astype(np.int64)).cast(pa.duration("us"))
        case "timestamp":
            return times.cast(TIME_TYPE)
        case _:
            return pa.array([_WORDS[n] for n in chance.integers(0, len(_WORDS), _BLOCK)])
