"""What may run by itself."""

import pytest

from amml_deploy.errors import UserError
from amml_deploy.scheduler.allowed import ALLOWED, check, words_of


@pytest.mark.parametrize(
    "line",
    [
        "run ett-train --wait",
        "lake compact co2",
        "lake verify co2 --deep",
        "retention apply --yes",
        "datasets rebuild",
        "doctor --output json",
    ],
)
def test_a_command_for_unattended_work_is_taken(line: str) -> None:
    assert check(line) == line


@pytest.mark.parametrize(
    "line",
    ["", " ", "down", "undeploy hot", "lake", "lake ls", "amml doctor", "DOCTOR", "secret set x"],
)
def test_any_other_is_refused_with_those_there_are(line: str) -> None:
    with pytest.raises(UserError, match="may not run by itself.* lake compact, .*doctor"):
        check(line)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("run 'x", "cannot be read: no closing quotation"),
        ("run", "Missing argument"),
        ("run x --fast", "No such option"),
        ("run x; rm -rf /", "No such option|unexpected extra argument"),
        ("doctor --help", "only shows help"),
        ("retention apply co2", "asks before it deletes, and nobody answers: add --yes"),
    ],
)
def test_a_line_that_the_command_would_refuse_is_refused_at_once(line: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        check(line)


def test_no_shell_reads_a_line() -> None:
    assert words_of("run $(id) `id` ~ * | a && b > c") == [
        *("run", "$(id)", "`id`", "~", "*", "|", "a", "&&", "b", ">", "c")
    ]


def test_what_stops_the_platform_or_asks_is_not_allowed() -> None:
    first = {words[0] for words in ALLOWED}
    assert not first & {"down", "up", "undeploy", "secret", "deploy", "schedule", "scheduler"}
