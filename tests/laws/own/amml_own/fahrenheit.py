"""`fahrenheit`: a beginner's component, one row at a time."""

from dataclasses import dataclass
from typing import Any

from amml_runtime.component import AbstractProgress


@dataclass(frozen=True)
class Fahrenheit(AbstractProgress):
    """Add the temperature in degrees Fahrenheit; leave rows without one out.

    Parameters:
        digits: how many decimals.
    Adds: `fahrenheit`, float64.

    >>> run("fahrenheit digits=1", OT=[30.5, None], room=["a", "b"])
    {'OT': [30.5], 'room': ['a'], 'fahrenheit': [86.9]}
    """

    digits: int = 2

    def process_record(self, record: dict[str, Any]) -> dict[str, Any] | None:
        if record["OT"] is None:
            return None
        return {**record, "fahrenheit": round(record["OT"] * 1.8 + 32, self.digits)}
