"""A reader of msgpack, as far as plain data goes; the auditor shares no code with the product."""

import struct
from typing import Any

_NUMBERS = {
    0xCA: ">f",
    0xCB: ">d",
    0xCC: ">B",
    0xCD: ">H",
    0xCE: ">I",
    0xCF: ">Q",
    0xD0: ">b",
    0xD1: ">h",
    0xD2: ">i",
    0xD3: ">q",
}
_SIZED = {
    0xC4: ("bytes", ">B"),
    0xC5: ("bytes", ">H"),
    0xC6: ("bytes", ">I"),
    0xD9: ("text", ">B"),
    0xDA: ("text", ">H"),
    0xDB: ("text", ">I"),
    0xDC: ("list", ">H"),
    0xDD: ("list", ">I"),
    0xDE: ("map", ">H"),
    0xDF: ("map", ">I"),
}
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


def unpack(data: bytes) -> Any:
    """The value that the bytes hold; raises `ValueError` for anything else than plain data.

    >>> unpack(bytes.fromhex("82a161930102cb4004000000000000a162c0"))
    {'a': [1, 2, 2.5], 'b': None}
    """
    value, end = _value(data, 0)
    if end != len(data):
        raise ValueError(f"{len(data) - end} bytes too many")
    return value


def _value(data: bytes, at: int) -> tuple[Any, int]:
    tag, at = data[at], at + 1
    if tag in _CONSTANTS:
        return _CONSTANTS[tag], at
    if tag in _NUMBERS:
        return _number(data, at, _NUMBERS[tag])
    if tag in _SIZED:
        kind, size = _SIZED[tag]
        count, at = _number(data, at, size)
        return _many(kind, count, data, at)
    if tag <= 0x7F:
        return tag, at
    if tag >= 0xE0:
        return tag - 256, at
    if tag <= 0x8F:
        return _many("map", tag & 0x0F, data, at)
    if tag <= 0x9F:
        return _many("list", tag & 0x0F, data, at)
    if tag <= 0xBF:
        return _many("text", tag & 0x1F, data, at)
    raise ValueError(f"no plain data: tag {tag:#x}")


def _number(data: bytes, at: int, form: str) -> tuple[Any, int]:
    [value] = struct.unpack_from(form, data, at)
    return value, at + struct.calcsize(form)


def _many(kind: str, count: int, data: bytes, at: int) -> tuple[Any, int]:
    if kind in ("bytes", "text"):
        piece = data[at : at + count]
        return (piece if kind == "bytes" else piece.decode()), at + count
    values: list[Any] = []
    for _ in range(count * (2 if kind == "map" else 1)):
        value, at = _value(data, at)
        values.append(value)
    if kind == "list":
        return values, at
    return dict(zip(values[::2], values[1::2], strict=True)), at
