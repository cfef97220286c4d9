"""What a model's YAML says, read and checked: the network's layers and how to train it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeAlias

from amml_progress._shared.features import FEATURES
from amml_runtime.errors import WorkflowFault

LayerSpec: TypeAlias = tuple[str, Mapping[str, Any]]

LOSSES = ("mae", "mse", "huber", "log_cosh")
OPTIMIZERS = ("adam", "adamw", "nadam", "rmsprop", "sgd")
TARGETS = ("value", "difference")

MAX_MEMORY = 800_000  # bytes a predictor keeps for a key: one changelog record must hold them


@dataclass(frozen=True)
class Definition:
    """A network of layers and how to train it.

    `window` rows of `inputs` and `features` are what the network sees; it answers with `label`
    `horizon` rows later or, for the target `difference`, with how far it moves until then.
    The last `holdout` of the data is never trained on. The learning rate of epoch e is
    `learning_rate * decay ** (e - 1)`. Training ends after `epoch` epochs, or before if
    the held-out loss has not fallen for `patience` of them (0: it never does).
    """

    layers: tuple[LayerSpec, ...]
    inputs: tuple[str, ...]
    label: str
    window: int = 24
    horizon: int = 1
    target: str = "value"
    features: tuple[str, ...] = ()
    holdout: float = 0.2
    loss: str = "mae"
    optimizer: str = "adam"
    learning_rate: float = 0.001
    decay: float = 1.0
    epoch: int = 20
    batch: int = 64
    patience: int = 0
    seed: int | None = None

    def __post_init__(self) -> None:
        if self.target == "difference" and self.label not in self.inputs:
            raise WorkflowFault(
                f"target `difference` starts from the last `{self.label}`: add it to `inputs`"
            )
        memory = self.reach * self.width * 4
        if memory > MAX_MEMORY:
            raise WorkflowFault(
                f"`window` and `horizon` span {self.reach} rows of {self.width} columns: "
                f"{memory} bytes a key, at most {MAX_MEMORY} can be kept"
            )

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns it reads: the inputs and the label."""
        return tuple(dict.fromkeys([*self.inputs, self.label]))

    @property
    def width(self) -> int:
        """How many numbers of a row the network sees: inputs, and two for each feature."""
        return len(self.inputs) + 2 * len(self.features)

    @property
    def reach(self) -> int:
        """How many rows before a row its forecast reads, the gap of the horizon included."""
        return self.window + self.horizon - 1


def parse(document: Mapping[str, Any]) -> Definition:
    """The definition that a parsed YAML document holds; raises `WorkflowFault` with a sentence.

    >>> parse({"model": [{"Dense": {"units": 1}}], "train": {"inputs": ["a"], "label": "a"}}).reach
    24
    """
    given = _mapping(document.get("train"), "`train`")
    train = {name: value for name, value in given.items() if value is not None}
    for name, value in train.items():
        if name not in SETTINGS:
            near = get_close_matches(name, SETTINGS, 1)
            known = ", ".join(SETTINGS)
            hint = f"; did you mean `{near[0]}`?" if near else f"; it may hold {known}"
            raise WorkflowFault(f"`train` has no setting `{name}`{hint}")
        wanted, holds = SETTINGS[name]
        if not holds(value):
            raise WorkflowFault(f"`train.{name}` is {value!r}, expected {wanted}")
    for name in ("inputs", "label"):
        if name not in train:
            raise WorkflowFault(f"`train` lacks `{name}`")
    return Definition(
        layers=_layers(document.get("model")),
        inputs=tuple(train.pop("inputs")),
        features=tuple(train.pop("features", ())),
        **train,
    )


def layer_spec(entry: Any, place: str) -> LayerSpec:
    """One layer from its YAML form, `{LSTM: {units: 32}}`."""
    named = _mapping(entry, place)
    if len(named) != 1:
        raise WorkflowFault(
            f"{place} is {entry!r}, expected one layer such as `Dense: {{units: 1}}`"
        )
    [(kind, arguments)] = named.items()
    return str(kind), _mapping({} if arguments is None else arguments, place)


def _layers(entries: Any) -> tuple[LayerSpec, ...]:
    if not isinstance(entries, list) or not entries:
        raise WorkflowFault("`model` has to be a list of layers, such as `- Dense: {units: 1}`")
    return tuple(layer_spec(entry, f"`model[{i}]`") for i, entry in enumerate(entries))


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise WorkflowFault(f"{place} is {value!r}, expected names with values")
    return value


def _whole(low: int, high: int) -> tuple[str, Callable[[Any], bool]]:
    wanted = f"a whole number from {low} to {high}"
    return wanted, lambda value: type(value) is int and low <= value <= high


def _between(low: float, high: float) -> tuple[str, Callable[[Any], bool]]:
    """Above `low`, at most `high`."""
    wanted = f"a number above {low}, at most {high}"
    return wanted, lambda value: type(value) in (int, float) and low < value <= high


def _one_of(names: Sequence[str]) -> tuple[str, Callable[[Any], bool]]:
    return f"one of {', '.join(names)}", lambda value: value in names


def _names_of(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


SETTINGS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "inputs": ("a list of columns", lambda value: _names_of(value) and len(value) > 0),
    "label": ("the name of a column", lambda value: isinstance(value, str)),
    "window": _whole(1, 10_000),
    "horizon": _whole(1, 10_000),
    "target": _one_of(TARGETS),
    "features": (
        f"a list of {', '.join(FEATURES)}",
        lambda value: _names_of(value) and set(value) <= set(FEATURES),
    ),
    "holdout": ("a share above 0, below 1", lambda v: isinstance(v, float) and 0 < v < 1),
    "loss": _one_of(LOSSES),
    "optimizer": _one_of(OPTIMIZERS),
    "learning_rate": _between(0, 1),
    "decay": _between(0, 1),
    "epoch": _whole(1, 10_000),
    "batch": _whole(1, 100_000),
    "patience": _whole(0, 10_000),
    "seed": _whole(0, 2**32 - 1),
}
