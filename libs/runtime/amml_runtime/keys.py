"""What a row's `_key` is, from the columns that make it."""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from amml_runtime.batch import Array, Batch


def keys_of(batch: Batch, columns: Sequence[str]) -> Array:
    """One key a row: the text of one column, or a JSON array of the texts of several.

    A null in a single column is a null key; raises `KeyError` for an unknown column.

    >>> keys_of(Batch.from_rows([{"a": 1, "b": "x"}, {"a": 2}]), ["a", "b"]).to_pylist()
    ['["1","x"]', '["2",null]']
    """
    texts = [batch.column(name).cast(pa.string()) for name in columns]
    if len(texts) == 1:
        return texts[0]
    join: Any = pc.binary_join_element_wise  # the stubs know no scalars
    return join("[", join(*map(_as_json, texts), ","), "]", "")


def _as_json(texts: Array) -> Array:
    """Each distinct text is written once; a batch has few of them."""
    coded = texts.dictionary_encode("encode")
    words = [json.dumps(text, ensure_ascii=False) for text in coded.dictionary.to_pylist()]
    return pa.array(words, pa.string()).take(coded.indices)
