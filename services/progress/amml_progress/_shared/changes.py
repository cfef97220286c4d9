"""What the methods of `drift` have in common: values of many keys in, changes out."""

from typing import NamedTuple, Protocol

from amml_progress._shared.by_key import Grouped
from amml_runtime.packing import Floats
from amml_runtime.state import State


class Change(NamedTuple):
    """The row at which a change was noticed, and the figure that went past its threshold."""

    row: int
    statistic: float
    threshold: float


class Method(Protocol):
    """A way to notice changes; its fields are its parameters."""

    def changes(self, values: Floats, at: Grouped, state: State) -> list[Change]:
        """The changes in finite values, each of the group whose memory is at its place."""
        ...
