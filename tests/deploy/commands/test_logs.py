from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """The logs of a workflow `hot` under the home of `amml`."""
    folder = tmp_path / "home" / "workflows" / "hot" / "logs"
    folder.mkdir(parents=True)
    (folder / "filter.0.log").write_text("one\ntwo\x1b[2J\n", encoding="utf-8")
    (folder / "print.0.log").write_text("three\n", encoding="utf-8")
    return folder


def test_lines_come_with_their_step_and_without_control_characters(
    amml: Callable[..., Any], logs: Path
) -> None:
    assert amml("logs", "hot").out == "filter | one\nfilter | two\\x1b[2J\nprint | three\n"
    assert amml("logs", "hot.filter", "--tail", "1").out == "filter | two\\x1b[2J\n"


def test_json_is_a_line_for_each_line(amml: Callable[..., Any], logs: Path) -> None:
    ran = amml("logs", "hot.print", "--output", "json")
    assert ran.document == {"label": "print", "slot": 0, "text": "three"}


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("hod", "`hod` has written no logs here; did you mean `hot`?"),
        ("hot.filtre", "`hot` has no step `filtre`; did you mean `filter`?"),
        ("../etc", "a workflow name matches"),
        ("hot.a/b", "a label name matches"),
    ],
)
def test_a_name_without_logs_is_refused(
    amml: Callable[..., Any], logs: Path, step: str, message: str
) -> None:
    ran = amml("logs", step)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
