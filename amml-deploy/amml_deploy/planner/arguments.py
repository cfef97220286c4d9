"""Arguments in JSON form, written as a person would."""

from collections.abc import Mapping
from typing import Any

from amml_language.instruction import written as constant
from amml_language.tree import Duration


def written(value: Any) -> str:
    """An argument as a workflow's text has it.

    >>> written(["a", "b"]), written("ett"), written(0.5), written({"duration_us": 90_000_000})
    ('[a, b]', '"ett"', '0.5', '1m30s')
    >>> written({"secret": "broker"})
    'secret("broker")'
    """
    if isinstance(value, Mapping):
        if "code" in value:
            return _script(value)
        if "secret" in value:
            return f"secret({constant(value['secret'])})"
        if "duration_us" in value:
            return constant(Duration(value["duration_us"]))
        return ", ".join(f"{key} {each}" for key, each in value.items())
    if is_assignments(value):
        return ", ".join(f"{name} = {written(script)}" for name, script in value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(str, value))}]"
    return constant(value)


def is_assignments(value: Any) -> bool:
    """Whether an argument is a list of new columns with their scripts."""
    return isinstance(value, list | tuple) and any(isinstance(pair, list | tuple) for pair in value)


def _script(document: Mapping[str, Any]) -> str:
    """The part of the text that its instructions were compiled from."""
    spans = [each[3] for each in document["code"]]
    start, end = min(s for s, _ in spans), max(e for _, e in spans)
    return " ".join(document["text"][start:end].split())
