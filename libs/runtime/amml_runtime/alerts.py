"""The words that alerts are told in, by those that raise them and those that pass them on."""

from typing import Protocol

SEVERITIES = ("info", "warning", "critical")
STATES = ("pending", "firing", "resolved")
_SHORT = {"warn": "warning", "crit": "critical"}


class At(Protocol):
    """Which step this is (`handed("step")`)."""

    @property
    def workflow(self) -> str:
        """The workflow's name."""
        ...

    @property
    def label(self) -> str:
        """The step's label."""
        ...

    @property
    def run(self) -> int:
        """The number of the workflow's run."""
        ...


def severity_of(word: str) -> str:
    """A severity by its name, or by its short one; raises `ValueError`.

    >>> severity_of("warn")
    'warning'
    """
    found = _SHORT.get(word, word)
    if found not in SEVERITIES:
        raise ValueError(f"`severity` is {word!r}, one of {', '.join(SEVERITIES)}")
    return found
