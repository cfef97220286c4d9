"""Values as every reader of JSON gives them back, a database among them."""

import math
from collections.abc import Mapping
from typing import Any

_EXACT = 1e16  # from here on a float is spelled with an exponent, which a database writes out


def plain(value: Any) -> Any:
    """`value` in the one form that survives being stored as JSON.

    A database keeps numbers as decimals: `1e16` comes back as a whole number, `-0.0` without its
    sign; NaN and the infinities JSON does not know.

    >>> plain({"min": -0.0, "max": 1e16, "at": (1.5, float("nan"))})
    {'min': 0.0, 'max': 10000000000000000, 'at': [1.5, None]}
    """
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return _number(value) if isinstance(value, float) else value


def _number(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    return int(value) if abs(value) >= _EXACT else value + 0.0
