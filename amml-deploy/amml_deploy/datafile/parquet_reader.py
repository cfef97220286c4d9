"""Parquet: the file says its types itself; it is read to the end to know that it can be."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from amml_deploy.datafile.block import Block
from amml_deploy.datafile.errors import DataFileRefused
from amml_deploy.datafile.hashed import HashedFile


class ParquetReader:
    """The rows of a Parquet file."""

    def __init__(self, file: HashedFile) -> None:
        try:
            self._file = pq.ParquetFile(file.path)
        except (pa.ArrowInvalid, OSError) as error:
            raise DataFileRefused(f"the file cannot be read as Parquet: {error}") from error

    @property
    def types(self) -> dict[str, str]:
        """Each column's type.

        Errors: DataFileRefused, for a column of lists, maps or other types without a word.
        """
        return {field.name: _word(field) for field in self._file.schema_arrow}

    def blocks(self) -> Iterator[Block]:
        """All rows, in order."""
        names, row = list(self.types), 1
        try:
            for batch in self._file.iter_batches():
                yield Block(row, batch.num_rows, dict(zip(names, batch.columns, strict=True)))
                row += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise DataFileRefused(f"after row {row - 1}: {error}") from error


def _word(field: "pa.Field[pa.DataType]") -> str:
    kind = field.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    for word, holds in _WORDS.items():
        if any(test(kind) for test in holds):
            return word
    raise DataFileRefused(
        f"column `{field.name}` is {field.type}; a column is int, float, bool, string or timestamp"
    )


_WORDS = {
    "int": (pa.types.is_integer,),
    "float": (pa.types.is_floating, pa.types.is_decimal),
    "bool": (pa.types.is_boolean,),
    "timestamp": (pa.types.is_timestamp, pa.types.is_date),
    "string": (pa.types.is_string, pa.types.is_large_string, pa.types.is_null),
}
