"""Attempts: a transaction's messages are there all together, or not at all.

Each process of the product appends a line to a file of its own when an attempt begins, just before
it asks to commit (with how many messages it wrote to each topic), when that was granted,
and when it has aborted. A process may die between any two lines.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from findings import Findings
from reading import Seen


@dataclass
class Attempt:
    """What is known of one: the last line, and what it wrote to each topic."""

    last: str
    wrote: dict[str, int] = field(default_factory=dict[str, int])


def read_attempts(folder: Path | None) -> dict[str, Attempt]:
    """Every attempt that was begun."""
    attempts: dict[str, Attempt] = {}
    for file in sorted(folder.iterdir()) if folder else ():
        for line in file.read_text(encoding="utf-8").splitlines():
            said = json.loads(line)
            attempt = attempts.setdefault(said["attempt"], Attempt(said["is"]))
            attempt.last = said["is"]
            attempt.wrote = said.get("wrote", attempt.wrote)
    return attempts


def must_be_invisible(attempt: Attempt | None) -> bool:
    """Whether it was aborted, or died before it asked to commit."""
    return attempt is not None and attempt.last in ("begun", "aborted")


def check_attempts(
    seen: Iterable[Seen], whole: set[str], attempts: dict[str, Attempt], findings: Findings
) -> None:
    """Nothing of an aborted attempt is visible, and nothing of a committed one is missing.

    Parameters:
        seen: every message of every topic that was looked at.
        whole: the topics among them that keep every message.
    """
    visible: dict[str, Counter[str]] = {name: Counter() for name in attempts}
    for message in seen:
        if message.attempt is None:
            continue
        visible.setdefault(message.attempt, Counter())[message.topic] += 1
        if must_be_invisible(attempts.get(message.attempt)):
            findings.add("aborted-visible", f"{message} of attempt {message.attempt}")
    for name, attempt in attempts.items():
        if not must_be_invisible(attempt):
            _check_committed(name, attempt, visible[name], whole, findings)


def _check_committed(
    name: str, attempt: Attempt, there: Counter[str], whole: set[str], findings: Findings
) -> None:
    wrote = {topic: count for topic, count in attempt.wrote.items() if topic in whole}
    if attempt.last == "committing" and not there:
        return  # it died while asking, and was aborted
    for topic, count in wrote.items():
        if there[topic] != count:
            findings.add("torn", f"{there[topic]} of {count} messages of attempt {name} in {topic}")
