"""Numbers as the changelog keeps them, for many keys at once: the same bytes as `msgpack` gives.

A value that is `rows` lists of `numbers` floats takes the same number of bytes whatever the floats
are, so NumPy writes and reads the values of all keys in one go.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias, cast

import msgpack
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

_FLOAT = 0xCB  # msgpack's mark of a float64, which follows big-endian


def pack(values: Floats) -> list[bytes]:
    """Each value of an array of values x rows x numbers, encoded.

    >>> msgpack.unpackb(pack(np.array([[[1.0, 2.5]], [[3.0, 4.0]]]))[1])
    [[3.0, 4.0]]
    """
    count, rows, numbers = values.shape
    layout = _layout(rows, numbers)
    cells = np.empty(count, layout)
    cells[:] = np.frombuffer(_packed(_zeros(rows, numbers)), layout)[0]
    cells["rows"]["numbers"]["value"] = values
    blob, size = cells.tobytes(), layout.itemsize
    return [blob[at : at + size] for at in range(0, len(blob), size)]


def unpack(cells: Sequence[bytes], rows: int, numbers: int) -> Floats:
    """What `pack` was given; a cell that was encoded from whole numbers is read as well."""
    layout = _layout(rows, numbers)
    blob = b"".join(cells)
    if set(map(len, cells)) <= {layout.itemsize}:
        found: NDArray[Any] = np.frombuffer(blob, layout)["rows"]["numbers"]
        if (found["mark"] == _FLOAT).all():
            return found["value"].astype(np.float64)
    plain = [msgpack.unpackb(cell) for cell in cells]
    return np.array(plain, np.float64).reshape(len(cells), rows, numbers)


def _layout(rows: int, numbers: int) -> "np.dtype[np.void]":
    """Where the numbers are among the marks that say how long each list is."""
    inner = len(_packed([0.0] * numbers))
    outer = len(_packed(_zeros(rows, numbers))) - rows * inner
    number = np.dtype([("mark", "u1"), ("value", ">f8")])
    row = np.dtype([("head", f"V{inner - 9 * numbers}"), ("numbers", number, (numbers,))])
    return np.dtype([("head", f"V{outer}"), ("rows", row, (rows,))])


def _zeros(rows: int, numbers: int) -> list[list[float]]:
    return [[0.0] * numbers] * rows


def _packed(value: Any) -> bytes:
    return cast(bytes, msgpack.packb(value))
