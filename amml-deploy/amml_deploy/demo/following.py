"""Watching a bounded workflow until it is done, with what arrives at one edge meanwhile."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from amml_deploy.control import Control
from amml_deploy.errors import AmmlError
from amml_runtime.tail import follow

_ALL = 1_000_000
_LOOK_EVERY = 0.4


def completed(control: Control, workflow: str, version: int) -> bool:
    """Whether the deployed version has run to its end.

    Errors: AmmlError, a step failed for good.
    """
    document = control.get(f"/workflows/{workflow}")
    status = document.get("status") or {}
    if document["version"] != version:
        raise AmmlError(f"somebody else deployed `{workflow}` meanwhile")
    if status.get("state") == "failed":
        reasons = [
            f"{label}: {slot['reason']}"
            for label, slots in (status.get("steps") or {}).items()
            for slot in slots
            if slot.get("state") == "failed"
        ]
        raise AmmlError("\n".join([f"`{workflow}` failed: see `amml logs {workflow}`", *reasons]))
    return status.get("state") == "completed"


def rows_until(done: Callable[[], bool], bootstrap: str, topic: str) -> Iterator[Mapping[str, Any]]:
    """The rows of a topic as they arrive, each once, until `done`; for topics of a few rows."""
    seen = 0
    while True:
        finished = done()  # asked before the look, so that the last look sees everything
        rows = list(follow(bootstrap, topic, _ALL, follow=False))
        yield from rows[seen:]
        seen = len(rows)
        if finished:
            return
        time.sleep(_LOOK_EVERY)


def all_rows(bootstrap: str, topic: str) -> list[Mapping[str, Any]]:
    """Every row a topic holds, by time."""
    rows = follow(bootstrap, topic, _ALL, follow=False)
    return sorted(rows, key=lambda row: row["_time"])
