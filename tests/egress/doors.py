"""The doors of the egress components."""

import sys
from typing import Any, NamedTuple


class Place(NamedTuple):
    """A step as its component sees it."""

    workflow: str = "hot"
    label: str = "alert"
    run: int = 1


def doors() -> dict[str, Any]:
    return {"out": sys.stdout, "step": Place()}
