"""What a task remembers: a keyed store in memory whose changes leave in the transaction."""

from collections.abc import Generator, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias, cast

import msgpack

from amml_runtime import packing
from amml_runtime.batch import Batch, Refusal
from amml_runtime.packing import Floats

Value: TypeAlias = Any  # None, bool, int, float, str, bytes, and lists and dicts of them

_DELETED = object()


class State(MutableMapping[str, Value]):
    """A keyed store, rolled back with its transaction.

    Changes stay in an overlay until `keep` merges them, or `roll_back` forgets them.
    `changes` gives them for the changelog. A value is plain data (what msgpack can
    carry); change it by assigning it anew, never in place.

    In memory a value is kept as it was given, or encoded: bytes are always an encoded value. So
    the numbers of many keys are read and written together, with no object for each of them.

    `params` are a component's parameters that hold for the whole run, such as a scaler's limits;
    `lateness` is how far the watermark stays behind the newest event, in microseconds; `reached`
    how far all writers of an aligned step's rows have come, if that is known.

    >>> state = State({"a": 1})
    >>> state["b"] = 2
    >>> del state["a"]
    >>> sorted(state.items()), sorted(state.changes())
    ([('b', 2)], [('a', None), ('b', b'\\x02')])
    >>> state.roll_back()
    >>> dict(state)
    {'a': 1}
    """

    def __init__(
        self, kept: Mapping[str, Value] | None = None, params: Mapping[str, Any] | None = None
    ) -> None:
        self._kept = {key: _shut(value) for key, value in (kept or {}).items()}
        self._layers: list[dict[str, Value]] = [{}]
        self._refused: list[Refusal] = []
        self._nulled = 0
        self.params: Mapping[str, Any] = params or {}
        self.lateness = 0
        self.reached: int | None = None

    def __getitem__(self, key: str) -> Value:
        for layer in reversed(self._layers):
            if key in layer:
                value = layer[key]
                if value is _DELETED:
                    raise KeyError(key)
                return _opened(value)
        return _opened(self._kept[key])

    def __setitem__(self, key: str, value: Value) -> None:
        self._layers[-1][key] = _shut(value)

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._layers[-1][key] = _DELETED

    def __contains__(self, key: object) -> bool:
        for layer in reversed(self._layers):
            if key in layer:
                return layer[key] is not _DELETED  # type: ignore[index]
        return key in self._kept

    def __iter__(self) -> Iterator[str]:
        return iter(self._merged())

    def __len__(self) -> int:
        return len(self._merged())

    def numbers(self, keys: Sequence[str], fresh: Floats) -> Floats:
        """The values of many keys, each rows x numbers floats like `fresh`, which is the default.

        >>> state = State()
        >>> state.set_numbers(["a"], packing.np.array([[[1.0, 2.0]]]))
        >>> state.numbers(["a", "b"], packing.np.zeros((1, 2))).tolist(), state["a"]
        ([[[1.0, 2.0]], [[0.0, 0.0]]], [[1.0, 2.0]])
        """
        cells: list[Any] = list(map(self._kept.get, keys))
        for layer in filter(None, self._layers):
            cells = list(map(layer.get, keys, cells))
        if set(map(type, cells)) != {bytes}:
            default = encode(fresh.tolist())
            cells = [default if c is None or c is _DELETED else _encoded(c) for c in cells]
        return packing.unpack(cells, *fresh.shape)

    def set_numbers(self, keys: Sequence[str], values: Floats) -> None:
        """Put the values of many keys: an array of keys x rows x numbers."""
        self._layers[-1].update(zip(keys, packing.pack(values), strict=True))

    def refuse(self, rows: Batch, reason: str) -> None:
        """Send rows to the dead letters, in the transaction that they would have been part of."""
        if rows.rows:
            self._refused.append(Refusal(rows, reason))

    def take_refused(self) -> list[Refusal]:
        """The rows refused since the last call."""
        taken, self._refused = self._refused, []
        return taken

    def count_nulled(self, values: int) -> None:
        """Count values that became null because an operation failed on them, as in 1 // 0."""
        self._nulled += values

    def take_nulled(self) -> int:
        """How many were counted since the last call."""
        taken, self._nulled = self._nulled, 0
        return taken

    def changes(self) -> list[tuple[str, bytes | None]]:
        """What changed since the last `keep`, encoded; None for a deleted key."""
        changed = self._flattened()
        return [(key, None if v is _DELETED else _encoded(v)) for key, v in changed.items()]

    @property
    def kept(self) -> Mapping[str, Value]:
        """What was committed last."""
        return {key: _opened(value) for key, value in self._kept.items()}

    def keep(self) -> None:
        """Merge the changes: their transaction is committed."""
        _merge(self._flattened(), self._kept)
        self._layers = [{}]

    def roll_back(self) -> None:
        """Forget the changes: their transaction is aborted."""
        self._layers = [{}]
        self._refused = []

    @contextmanager
    def savepoint(self) -> Generator[None]:
        """Forget only what was changed or refused inside, if it raises."""
        self._layers.append({})
        refused = len(self._refused)
        try:
            yield
        except BaseException:
            self._layers.pop()
            del self._refused[refused:]
            raise
        inner = self._layers.pop()
        self._layers[-1].update(inner)

    def _flattened(self) -> dict[str, Value]:
        if len(self._layers) == 1:
            return self._layers[0]
        return {key: value for layer in self._layers for key, value in layer.items()}

    def _merged(self) -> dict[str, Value]:
        changed = self._flattened()
        if not changed:
            return self._kept
        merged = dict(self._kept)
        _merge(changed, merged)
        return merged


def _merge(changed: Mapping[str, Value], into: dict[str, Value]) -> None:
    into.update(changed)
    for key in [key for key, value in changed.items() if value is _DELETED]:
        del into[key]


def _shut(value: Value) -> Value:
    """As it is kept: bytes would be taken for an encoded value."""
    return encode(value) if type(value) is bytes else value


def _opened(value: Value) -> Value:
    return decode(value) if type(value) is bytes else value


def _encoded(value: Value) -> bytes:
    return value if type(value) is bytes else encode(value)


def encode(value: Value) -> bytes:
    """A value as the changelog keeps it; the same value gives the same bytes."""
    packed = msgpack.packb(value, use_bin_type=True)
    return cast(bytes, packed)


def decode(data: bytes) -> Value:
    """The value `encode` was given; tuples come back as lists."""
    return msgpack.unpackb(data, strict_map_key=False)
