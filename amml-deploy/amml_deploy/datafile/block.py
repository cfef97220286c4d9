"""What every reader of a data file gives: some rows as columns, and where they stand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from amml_deploy.datafile.column_types import Array


@dataclass(frozen=True)
class Block:
    """Rows of a file; `row` is the number of the first of them in the file."""

    row: int
    rows: int
    columns: Mapping[str, Array]


class Reader(Protocol):
    """One format's way through a file."""

    @property
    def types(self) -> dict[str, str]:
        """Each column's type; known when `blocks` has ended."""
        ...

    def blocks(self) -> Iterator[Block]:
        """All rows, in order."""
        ...
