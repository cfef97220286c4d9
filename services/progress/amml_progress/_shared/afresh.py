"""What is remembered for other arguments than those of now is of no use."""

from amml_runtime.batch import Batch
from amml_runtime.state import State, Value

_ARGUMENTS = "arguments"


def begin_afresh(batch: Batch, state: State, *arguments: Value) -> None:
    """Forget everything at the first row after a changed workflow has given other arguments.

    >>> from amml_runtime.testing import batch_of
    >>> state, rows = State(), batch_of({"x": [1.0]})
    >>> begin_afresh(rows, state, "zscore", 50)
    >>> state["=a"] = 1.5
    >>> begin_afresh(rows, state, "zscore", 20)
    >>> dict(state)
    {'arguments': ['zscore', 20]}
    """
    if batch.rows and state.get(_ARGUMENTS) != list(arguments):
        for place in list(state):
            del state[place]
        state[_ARGUMENTS] = list(arguments)
