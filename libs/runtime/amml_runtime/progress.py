"""How far in event time each input of a task has come; written in its book, with its position."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from amml_runtime.state import State

Place: TypeAlias = tuple[str, int]  # a topic and one of its partitions
END = 2**62  # how far a writer has come that has ended


class Progress:
    """The newest time seen of each writer of each place, in microseconds.

    >>> book = State()
    >>> progress = Progress(book, {("a", 0): 1, ("b", 0): 2})
    >>> progress.note(("a", 0), 0, 50)
    >>> progress.note(("b", 0), 0, 40)
    >>> progress.least([("a", 0)]), progress.least([("b", 0)])  # the other writer is silent
    (50, None)
    >>> progress.note(("b", 0), 1, 30)
    >>> progress.least([("a", 0), ("b", 0)])
    30
    """

    def __init__(self, book: State, writers: Mapping[Place, int]) -> None:
        self._book = book
        self._writers = writers

    def note(self, place: Place, writer: int, time: int) -> None:
        """A writer's rows have come up to `time`; it never goes back."""
        known = self.of(place)
        if time > known.get(writer, time - 1):
            told = {**known, writer: time}
            self._book[_key(place)] = {str(number): told[number] for number in sorted(told)}

    def of(self, place: Place) -> dict[int, int]:
        """What is known of each writer of a place."""
        return {int(number): time for number, time in (self._book.get(_key(place)) or {}).items()}

    def least(self, places: Iterable[Place]) -> int | None:
        """How far all writers of all the places have come; None where one was not heard of yet."""
        times: list[int] = []
        for place in places:
            known = self.of(place)
            if len(known) < self._writers[place]:
                return None
            times += known.values()
        return min(times, default=None)


def _key(place: Place) -> str:
    return f"time:{place[0]}:{place[1]}"
