"""Ages and sizes, as people write them."""

import re
from collections.abc import Mapping
from typing import Any

from amml_deploy.errors import UserError

_SIZES = {"": 1, "B": 1} | {
    f"{letter}{i}B": (1024 if i else 1000) ** (n + 1)
    for n, letter in enumerate("kMGT")
    for i in ("", "i")
}
_AGES = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}


def size(text: str) -> int:
    """Bytes.

    >>> size("10GB"), size("1.5 MiB"), size("300")
    (10000000000, 1572864, 300)
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kKMGT]?i?B?)", text.strip())
    unit = "" if match is None else match[2].replace("K", "k")
    if match is None or unit not in _SIZES:
        raise UserError(f"expected a size such as 500MB, 10GB or 2TiB, found {text[:80]!r}")
    return int(float(match[1]) * _SIZES[unit]) if "." in match[1] else int(match[1]) * _SIZES[unit]


def rule_text(rule: Mapping[str, Any]) -> str:
    """A rule in one line.

    >>> rule_text({"max_age_ms": 90 * 86_400_000, "max_bytes": 10**10, "hold": None})
    'max-age 90d, max-size 10GB'
    """
    parts = [
        f"max-age {age_text(rule['max_age_ms'])}" if rule["max_age_ms"] else "",
        f"max-size {size_text(rule['max_bytes'])}" if rule["max_bytes"] is not None else "",
        f"hold: {rule['hold']}" if rule["hold"] else "",
    ]
    return ", ".join(filter(None, parts)) or "kept for ever"


def age_text(milliseconds: int) -> str:
    """In the greatest unit that leaves no rest.

    >>> age_text(90 * 86_400_000), age_text(5_400_000)
    ('90d', '90m')
    """
    return next(f"{milliseconds // n}{unit}" for unit, n in _AGES.items() if milliseconds % n == 0)


def size_text(count: int) -> str:
    """In the greatest unit that leaves no rest.

    >>> size_text(10**10), size_text(2 << 40), size_text(1536), size_text(0)
    ('10GB', '2TiB', '1536B', '0B')
    """
    units = sorted(_SIZES.items(), key=lambda each: -each[1])
    fits = (f"{count // n}{unit}" for unit, n in units if unit and count >= n and count % n == 0)
    return next(fits, f"{count}B")
