"""A source that is read slowly and not without end, so that faults meet it at work.

A step loads it as any component, by a name that says how: `slowly:RATE/ROWS/module:Class`.
"""

from collections.abc import Iterator
from typing import cast

from amml_runtime.component import AbstractIngress, Portion
from amml_runtime.registry import load
from amml_runtime.state import Value

_PORTIONS_A_SECOND = 20


def reference(component: str, rate: float | None, rows: int) -> str:
    """How a specification names a source that is read slowly.

    Parameters:
        component: the source itself, as `module:Class`.
        rate: rows a second at the most; None as it comes.
        rows: how many of them.

    >>> reference("amml_ingress.source:Source", 2000, 10_000)
    'amml_deploy.certify.slowly:2000/10000/amml_ingress.source:Source'
    """
    return f"{__name__}:{rate or 0:.6g}/{rows}/{component}"


def __getattr__(name: str) -> type[AbstractIngress]:
    """The class behind such a name; the registry asks the module for it."""
    rate, slash, rest = name.partition("/")
    rows, slash, component = rest.partition("/")
    if not slash:
        raise AttributeError(name)
    return slowly(cast(type[AbstractIngress], load(component)), float(rate) or None, int(rows))


def slowly(source: type[AbstractIngress], rate: float | None, rows: int) -> type[AbstractIngress]:
    """A source of the same rows and parameters, up to `rows` of them, at most `rate` a second.

    >>> from amml_ingress.normalsource import Normalsource
    >>> few = slowly(Normalsource, rate=100, rows=7)()
    >>> [(portion.batch.rows, portion.position) for portion in few.read(None)]
    [(5, [5, 0, 5]), (2, [5, 2, 7])]
    """
    most = max(1, round(rate / _PORTIONS_A_SECOND)) if rate else rows

    class Slowly(source):
        __doc__ = source.__doc__

        def ends(self) -> bool:
            return True

        def pace(self) -> float | None:
            return min((each for each in (rate, super().pace()) if each), default=None)

        def read(self, position: Value) -> Iterator[Portion]:
            """Slices of the portions; a position is the portion's, rows into it, rows in all."""
            at, into, done = position or (None, 0, 0)
            for portion in super().read(at):
                while done < rows and into < portion.batch.rows:
                    part = portion.batch.slice(into, min(most, rows - done))
                    into, done = into + part.rows, done + part.rows
                    if into < portion.batch.rows:
                        yield Portion(part, [at, into, done])
                    else:  # rows that were refused go with the last of their portion
                        yield Portion(part, [portion.position, 0, done], portion.refused)
                if done >= rows:
                    return
                if not portion.batch.rows:
                    yield Portion(portion.batch, [portion.position, 0, done], portion.refused)
                at, into = portion.position, 0

    return Slowly
