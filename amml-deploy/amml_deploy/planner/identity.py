"""What makes a step's results what they are, as one hash; nothing upstream of it is in."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from amml_language.script import Script


def identity(
    component: str, state_version: int, arguments: Mapping[str, Any], resources: Mapping[str, Any]
) -> str:
    """The hash of a component, its arguments and what was resolved for it.

    >>> identity("m:A", 1, {"a": 1}, {}) == identity("m:A", 2, {"a": 1}, {})
    False
    """
    document = [component, state_version, meaning(arguments), resources]
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def meaning(value: Any) -> Any:
    """Arguments without the place of their scripts in the text: moving a script changes nothing."""
    if isinstance(value, Mapping):
        if set(value) == {"code", "text"}:
            return Script.from_json(value).fingerprint
        return {key: meaning(each) for key, each in value.items()}
    return [meaning(each) for each in value] if isinstance(value, list | tuple) else value
