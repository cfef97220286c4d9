"""What a user may decide about a workflow beside its text."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from amml_deploy.errors import UserError
from amml_deploy.names import check

DAY_MS = 86_400_000
MOST_PARTITIONS = 256
TARGETS = ("local", "compose", "kubernetes")

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": DAY_MS, "w": 7 * DAY_MS}


@dataclass(frozen=True)
class Settings:
    """How a workflow is to be planned.

    Parameters:
        workflow: its name.
        prefix: what all our topics begin with.
        partitions: how many partitions each of its topics has.
        retention_ms: how long the topics of an unbounded run keep their data.
        options: for each label what was set for that step: `count`, `on_error`, ...
        fuse: whether neighbouring stateless steps share a process.
        target: where it runs, one of `TARGETS`.
        autoscale: the fewest and the most processes of each step that can have several; None if
            they stay as many as they are.
        new_run: start a new run even if nothing changed.
    """

    workflow: str
    prefix: str = "amml"
    partitions: int = 1
    retention_ms: int = 7 * DAY_MS
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    fuse: bool = False
    target: str = "local"
    autoscale: tuple[int, int] | None = None
    new_run: bool = False

    def __post_init__(self) -> None:
        check("workflow", self.workflow)
        check("prefix", self.prefix)
        if not 1 <= self.partitions <= MOST_PARTITIONS:
            raise UserError(f"partitions: expected 1..{MOST_PARTITIONS}, found {self.partitions}")
        if self.retention_ms < 1:
            raise UserError("retention: expected a duration longer than 0, such as 7d")
        if self.autoscale is not None:
            _check_autoscale(*self.autoscale, self.partitions)

    def document(self) -> dict[str, Any]:
        """What the control API keeps, so that a later `amml run` plans alike.

        >>> Settings("hot", partitions=2).document()["partitions"]
        2
        """
        return {
            "partitions": self.partitions,
            "retention_ms": self.retention_ms,
            "fuse": self.fuse,
            "target": self.target,
            "autoscale": dict(zip(("min", "max"), self.autoscale or (), strict=False)) or None,
            "options": {label: dict(options) for label, options in self.options.items()},
        }


def parse_autoscale(words: Iterable[str]) -> tuple[int, int]:
    """The bounds in `min=0 max=4`, in either order.

    >>> parse_autoscale(["min=0", "max=4"])
    (0, 4)
    """
    found = dict(word.split("=", 1) for word in words if re.fullmatch(r"(min|max)=\d{1,3}", word))
    if found.keys() != {"min", "max"}:
        said = " ".join(words)[:80]
        raise UserError(f"--autoscale: expected min=N max=N, such as min=0 max=4; found {said!r}")
    return int(found["min"]), int(found["max"])


def _check_autoscale(least: int, most: int, partitions: int) -> None:
    if not 0 <= least <= most or most == 0:
        raise UserError(f"--autoscale min={least} max={most}: expected 0 <= min <= max, max from 1")
    if most > partitions:
        raise UserError(
            f"--autoscale max={most}: a step has at most as many processes as partitions, here "
            f"{partitions}; `--partitions {most}` at a first deploy, or with --fresh"
        )


def parse_sets(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The options of each step in `--set label.option=value`.

    Errors: UserError, naming the setting, what it may be and what was found.

    >>> parse_sets(["filter.count=2", "filter.on_error=stop", "print.linger=1s"])
    {'filter': {'count': 2, 'on_error': 'stop'}, 'print': {'linger': 1.0}}
    """
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        match = re.fullmatch(r"([a-z][a-z0-9_]*)\.([a-z_]+)=(.+)", text)
        if match is None:
            raise UserError(f"--set: expected step.option=value, found {text[:80]!r}")
        label, option, value = match.groups()
        found.setdefault(label, {})[option] = _value(text, option, value)
    return found


def milliseconds(text: str) -> int:
    """A duration as the language writes it: `500ms`, `1h30m`, `7d`.

    >>> milliseconds("1h30m")
    5400000
    """
    if not re.fullmatch(r"(\d+(ms|[smhdw]))+", text):
        raise UserError(f"expected a duration such as 500ms, 1h30m or 7d, found {text[:80]!r}")
    return sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"(\d+)(ms|[smhdw])", text))


def _value(text: str, option: str, value: str) -> Any:
    if option not in _OPTIONS:
        known = ", ".join(_OPTIONS)
        raise UserError(f"--set {text}: no option `{option}`; there are {known}")
    try:
        return _OPTIONS[option](value)
    except (ValueError, UserError) as error:
        raise UserError(f"--set {text}: {error}") from error


def _count(text: str) -> int:
    if not re.fullmatch(r"0|[1-9]\d{0,3}", text):
        raise ValueError(f"expected a whole number from 0 on, found {text!r}")
    return int(text)


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"expected one of {', '.join(words)}, found {text!r}")
        return text

    return read


def _seconds(text: str) -> float:
    return milliseconds(text) / 1000


_OPTIONS: dict[str, Callable[[str], Any]] = {
    "count": _count,  # processes; 0 pauses the step
    "from": _one_of("now", "start"),  # where a named topic or a tap is read from at first
    "on_error": _one_of("dlq", "stop", "skip"),  # what becomes of a record that cannot be processed
    "linger": _seconds,  # how long a batch may wait to grow
    "lateness": _seconds,  # how far the watermark stays behind
    "wait": _seconds,  # how long a flow waits for another that is silent
}
