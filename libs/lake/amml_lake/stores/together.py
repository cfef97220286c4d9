"""Many calls of a store."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from amml_lake.stores.store import Store

T = TypeVar("T")
R = TypeVar("R")


def together(store: Store, do: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
    """`map(do, things)`, with as many calls under way as are worth it in this store."""
    if store.at_once == 1:
        yield from map(do, things)
        return
    with ThreadPoolExecutor(store.at_once) as pool:
        yield from pool.map(do, things)
