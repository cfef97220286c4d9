"""Free JSON that comes from outside: how deep it may be, and what PostgreSQL cannot store."""

import hashlib
import json
import math
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator

MAX_DEPTH = 40


def checked(value: Any, depth: int = 0) -> Any:
    """`value`, if it can be stored and read back as it is.

    Errors: ValueError, for NaN, infinity, NUL, half surrogates and nesting beyond 40.

    >>> checked({"loss": [1.5, float("nan")]})
    Traceback (most recent call last):
    ValueError: expected a finite number, found nan; write null
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"expected JSON nested at most {MAX_DEPTH} deep")
    if isinstance(value, str):
        return checked_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"expected a finite number, found {value}; write null")
    for child in _children(value):
        checked(child, depth + 1)
    return value


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return list(value) if isinstance(value, list) else []


def checked_text(text: str) -> str:
    """`text`, if it holds no NUL and no half surrogate."""
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError(f"expected text without NUL and half surrogates, found {text[:40]!a}")
    return text


def storable(value: Any) -> Any:
    """`value` with what cannot be stored written as an escape, for data that must not be refused.

    >>> storable("a\\0b"), storable(float("inf"))
    ('a\\\\x00b', None)
    """
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {storable(key): storable(child) for key, child in value.items()}
    return [storable(child) for child in value] if isinstance(value, list) else value


def canonical(value: Any) -> str:
    """The one spelling of a document: keys sorted, no blanks."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def revision(value: Any) -> str:
    """The hash of a document, whatever the order of its keys.

    >>> revision({"a": 1, "b": 2}) == revision({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(canonical(value).encode()).hexdigest()


Document: TypeAlias = Annotated[dict[str, Any], AfterValidator(checked)]
Text: TypeAlias = Annotated[str, AfterValidator(checked_text)]
