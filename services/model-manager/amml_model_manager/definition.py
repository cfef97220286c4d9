"""What a model's definition may say: the layers, their arguments and how it is trained.

This file and the two it uses import nothing of a server.
"""

import difflib
from dataclasses import dataclass
from typing import Any

from amml_model_manager.checks import (
    Check,
    choice,
    column,
    columns,
    flag,
    layer,
    number,
    shape,
    whole,
    words,
)
from amml_model_manager.limited_yaml import YamlRefused, load

MAX_LAYERS = 32
_GATE = choice("tanh", "sigmoid", "relu")
_ACTIVATION = choice("linear", "relu", "tanh", "sigmoid", "elu", "softplus")
_UNITS = whole(1, 1024, required=True)
_RATE = number(0, 0.95)
_RECURRENT = {
    "units": _UNITS,
    "activation": _GATE,
    "recurrent_activation": _GATE,
    "return_sequences": flag(),
    "dropout": _RATE,
    "recurrent_dropout": _RATE,
}

# The layers and settings that a trainer knows, no others; a test holds the two lists together.
LAYERS: dict[str, dict[str, Check]] = {
    "Input": {"shape": shape()},
    "LSTM": _RECURRENT,
    "GRU": _RECURRENT,
    "Bidirectional": {"layer": layer("LSTM", "GRU")},
    "Dense": {"units": _UNITS, "activation": _ACTIVATION},
    "Conv1D": {
        "filters": whole(1, 512, required=True),
        "kernel_size": whole(1, 64, required=True),
        "strides": whole(1, 16),
        "dilation_rate": whole(1, 64),
        "padding": choice("valid", "same", "causal"),
        "activation": _ACTIVATION,
    },
    "GlobalMaxPooling1D": {},
    "GlobalAveragePooling1D": {},
    "Flatten": {},
    "Dropout": {"rate": number(0, 0.95, required=True)},
    "LayerNormalization": {},
}

TRAIN: dict[str, Check] = {
    "inputs": columns(256),
    "label": column(),
    "window": whole(1, 10_000, required=True),
    "horizon": whole(1, 1000, default=1),
    "target": choice("value", "difference", default="value"),
    "features": words("hour", "day_of_week", "month"),
    "loss": choice("mae", "mse", "huber", "log_cosh", default="mae"),
    "optimizer": choice("adam", "adamw", "nadam", "rmsprop", "sgd", default="adam"),
    "learning_rate": number(1e-7, 1, default=0.001),
    "decay": number(1e-3, 1, default=1.0),  # of the learning rate, after each epoch
    "epoch": whole(1, 10_000, default=20),
    "batch": whole(1, 65_536, default=64),
    "holdout": number(0.01, 0.9, default=0.2),
    "patience": whole(0, 10_000, default=0),  # 0: never stops early
    "seed": whole(0, 2**31 - 1),  # None: follows from the run's id
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a definition; `path` is where, as `model[1].LSTM.units`."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class DefinitionRefused(ValueError):
    """A definition breaks the rules; `problems` has them all."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(str(problems[0]))
        self.problems = problems


def parse_definition(text: str) -> dict[str, Any]:
    """The document a definition stands for, with the defaults of `train` filled in.

    Parameters:
        text: YAML with the two blocks `model` and `train`.
    Errors: DefinitionRefused, with every problem found.

    >>> parse_definition("model: [Flatten: {}]\\ntrain: {window: 0, inputs: [a], label: a}")
    Traceback (most recent call last):
    amml_model_manager.definition.DefinitionRefused: train.window: expected 1..10000, found 0
    """
    try:
        raw = load(text)
    except YamlRefused as error:
        raise DefinitionRefused([Problem("", str(error))]) from error
    problems = _block_problems(raw)
    if not problems:
        problems = _model_problems(raw["model"]) + _map_problems("train", raw["train"], TRAIN)
    if problems:
        raise DefinitionRefused(problems)
    return {"model": [_layer(entry) for entry in raw["model"]], "train": _train(raw["train"])}


def _block_problems(raw: Any) -> list[Problem]:
    if not isinstance(raw, dict):
        return [Problem("", f"expected the blocks `model` and `train`, found {_short(raw)}")]
    problems = [Problem(str(key), "expected only `model` and `train`") for key in raw]
    problems = [problem for problem in problems if problem.path not in ("model", "train")]
    if not isinstance(raw.get("model"), list):
        found = _short(raw.get("model"))
        problems.append(Problem("model", f"expected a list of layers, found {found}"))
    if not isinstance(raw.get("train"), dict):
        problems.append(Problem("train", f"expected a map, found {_short(raw.get('train'))}"))
    return problems


def _model_problems(entries: list[Any]) -> list[Problem]:
    problems: list[Problem] = []
    for index, entry in enumerate(entries[:MAX_LAYERS]):
        problems += _layer_problems(f"model[{index}]", entry, first=index == 0)
    if len(entries) > MAX_LAYERS:
        found = f"expected at most {MAX_LAYERS} layers, found {len(entries)}"
        problems.append(Problem("model", found))
    if not problems and not any("Input" not in entry for entry in entries):
        problems.append(Problem("model", "expected a layer beside Input, found none"))
    return problems


def _layer_problems(path: str, entry: Any, first: bool) -> list[Problem]:
    if not isinstance(entry, dict) or len(entry) != 1:
        return [
            Problem(path, f"expected one layer, as `Dense: {{units: 1}}`, found {_short(entry)}")
        ]
    name, arguments = next(iter(entry.items()))
    if name not in LAYERS:
        return [Problem(path, f"unknown layer {_short(name)}{_nearest(name, LAYERS)}")]
    if name == "Input" and not first:
        return [Problem(path, "expected Input as the first layer only")]
    arguments = {} if arguments is None else arguments
    problems = _map_problems(f"{path}.{name}", arguments, LAYERS[name])
    if name == "Bidirectional" and not problems:
        return _layer_problems(f"{path}.{name}.layer", arguments["layer"], first=False)
    return problems


def _map_problems(path: str, given: Any, allowed: dict[str, Check]) -> list[Problem]:
    """What is wrong with a map of arguments: unknown ones, missing ones, wrong values."""
    if not isinstance(given, dict):
        return [Problem(path, f"expected a map of arguments, found {_short(given)}")]
    problems = [
        Problem(f"{path}.{_plain(key)}", f"unknown{_nearest(key, allowed)}")
        for key in given
        if key not in allowed
    ]
    for key, check in allowed.items():
        if key in given and not check.accepts(given[key]):
            found = f"expected {check.expected}, found {_short(given[key])}"
            problems.append(Problem(f"{path}.{key}", found))
        elif check.required and key not in given:
            problems.append(Problem(f"{path}.{key}", f"expected {check.expected}, found nothing"))
    return problems


def _layer(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: arguments or {} for name, arguments in entry.items()}


def _train(given: dict[str, Any]) -> dict[str, Any]:
    return {key: given.get(key, check.default) for key, check in TRAIN.items()}


def _nearest(word: Any, known: dict[str, Any]) -> str:
    lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(str(word)[:60].lower(), lower, n=1)
    if close:
        return f"; did you mean `{lower[close[0]]}`?"
    return f"; known are {', '.join(known)}" if known else "; it takes no arguments"


def _plain(key: Any) -> str:
    return key[:40] if isinstance(key, str) else repr(key)[:40]


def _short(value: Any) -> str:
    if isinstance(value, dict | list):
        return f"a {'map' if isinstance(value, dict) else 'list'} of {len(value)}"
    return "nothing" if value is None else repr(value)[:60]
