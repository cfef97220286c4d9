"""What a step process does about memory: garbage is collected seldom, and pandas stays out."""

import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

ALLOCATIONS = 100_000  # more than a batch of 10,000 messages and their records makes


def leave_pandas_out() -> None:
    """Keep pyarrow from importing pandas, which it looks for once, when it makes its first array.

    Where pandas is installed, as statsmodels wants it, that takes 65 MB and a second in every step.
    A component that does need it imports it as usual.
    """
    if "pandas" not in sys.modules:
        with without_pandas():
            import pyarrow as pa  # late: a command may never need it

            pa.array([0])


@contextmanager
def without_pandas() -> Generator[None]:
    """Inside there is no pandas to import."""
    finder = _WithoutPandas()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _WithoutPandas:
    """To the import system: there is no pandas."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Nothing is found here; of pandas it is said that there is none."""
        if name == "pandas":
            raise ModuleNotFoundError("pandas is left out", name=name)


def settle() -> None:
    """Collect what the start left, and keep what is there now out of every later collection.

    Rows and messages hold no cycles, so nothing waits for a collection; but by default one comes
    with every 700 new objects, and took a third of the time of reading JSON.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, 10, 10)
