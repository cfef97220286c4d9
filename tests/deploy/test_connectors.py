"""How a connector is, from what Connect says, and what is done when it has failed."""

import time
from collections.abc import Callable
from typing import Any, cast

import pytest

from amml_deploy.connectors import Seen, cause, restarts, seen, wait, wait_until_gone, with_worker
from amml_deploy.control import Control, ControlError
from amml_deploy.platform import platform

TRACE = """org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask
\tat org.apache.kafka.connect.runtime.WorkerTask.run(WorkerTask.java:1)
Caused by: java.lang.RuntimeException: outer
\tat a.B.c(B.java:1)
Caused by: org.postgresql.util.PSQLException: ERROR: relation "hall" does not exist
  Position: 15
\tat org.postgresql.core.v3.QueryExecutorImpl.receive(QueryExecutorImpl.java:2)
\t... 7 more
"""


def status(*tasks: str, connector: str = "RUNNING") -> dict[str, Any]:
    """What Connect says of a connector whose tasks are in these states."""
    return {
        "name": "hall",
        "connector": {"state": connector, "trace": "x.Y: bad"},
        "tasks": [{"id": n, "state": state, "trace": TRACE} for n, state in enumerate(tasks)],
    }


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (status("RUNNING", "RUNNING"), "RUNNING"),
        (status(), "STARTING"),
        (status("RUNNING", "UNASSIGNED"), "UNASSIGNED"),
        (status("RUNNING", "FAILED"), "FAILED"),
        (status("PAUSED", connector="PAUSED"), "PAUSED"),
        (status(connector="FAILED"), "FAILED"),
        (status("RUNNING", "RESTARTING"), "RESTARTING"),
    ],
)
def test_a_connector_is_as_its_tasks_are(said: dict[str, Any], state: str) -> None:
    assert seen(said).state == state


def test_running_tasks_are_counted_and_a_cause_is_told_only_of_a_failure() -> None:
    assert str(seen(status("RUNNING", "UNASSIGNED"))) == "UNASSIGNED, 1 of 2 tasks"
    assert seen(status("FAILED", "RUNNING")).cause.startswith("PSQLException: ERROR: relation")
    assert seen(status(connector="FAILED")).cause == "Y: bad"


def test_the_innermost_cause_is_one_line() -> None:
    assert cause(TRACE) == 'PSQLException: ERROR: relation "hall" does not exist Position: 15'
    assert cause("java.lang.NullPointerException\n\tat a.B") == "NullPointerException"
    assert cause("org.x.Y: see org.x.Z: no") == "Y: see org.x.Z: no"
    assert cause("") == ""


class Answers:
    """A control API whose connector is in these states, one after the other."""

    def __init__(self, *said: dict[str, Any] | None) -> None:
        self.left = list(said)
        self.asked: list[str] = []

    def find(self, path: str) -> dict[str, Any] | None:
        return self.left[0] if len(self.left) == 1 else self.left.pop(0)

    def post(self, path: str) -> None:
        self.asked.append(path)


def control(*said: dict[str, Any] | None) -> tuple[Control, Answers]:
    answers = Answers(*said)
    return cast(Control, answers), answers


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, in a time that passes only by them."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "monotonic", lambda: sum(pauses))
    return pauses


def test_it_runs_when_it_has_run_for_a_while(slept: list[float]) -> None:
    api, _ = control(None, status(), status("RUNNING"), status("FAILED"), status("RUNNING"))
    assert wait(api, "hall", slept.append).state == "FAILED"
    assert wait(api, "hall", slept.append).state == "RUNNING"
    assert sum(slept) >= 2


def test_a_connector_that_rests_is_not_waited_for_unless_it_was_just_resumed(
    slept: list[float],
) -> None:
    paused = status("PAUSED", connector="PAUSED")
    api, _ = control(paused, paused, status("RUNNING"))
    assert wait(api, "hall", slept.append).state == "PAUSED" and not slept
    assert wait(api, "hall", slept.append, resting=()).state == "RUNNING"


def test_waiting_has_an_end(slept: list[float]) -> None:
    api, _ = control(status())
    assert wait(api, "hall", slept.append) == Seen("hall", "STARTING", 0, 0)
    assert 60 <= sum(slept) < 61


def test_a_removed_connector_is_gone_when_nothing_of_it_is_left(slept: list[float]) -> None:
    api, _ = control(status("RUNNING"), status("UNASSIGNED"), None)
    wait_until_gone(api, "hall", slept.append)
    assert len(slept) == 2


def test_what_has_failed_is_restarted_ever_later_and_a_few_times_only(slept: list[float]) -> None:
    api, answers = control(status("FAILED"))
    assert [each.state for each in restarts(api, "hall", slept.append)] == ["FAILED"] * 5
    assert answers.asked == ["/connectors/hall/restart?includeTasks=true&onlyFailed=true"] * 5
    assert [each for each in slept if each >= 1] == [1, 2, 4, 8]


def test_restarting_ends_when_it_runs(slept: list[float]) -> None:
    api, answers = control(status("FAILED"), status("RUNNING"))
    assert [each.state for each in restarts(api, "hall", slept.append)] == ["FAILED", "RUNNING"]
    assert len(answers.asked) == 2


def failing(code: str) -> Callable[[], str]:
    """An answer that comes at the second time of asking."""
    errors = [ControlError(409, code, "no")]

    def ask() -> str:
        if errors:
            raise errors.pop()
        return "answer"

    return ask


@pytest.fixture
def ups(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """How the platform was told to come up."""
    told: list[object] = []

    def up(_home: object, _report: object, connect: bool) -> None:
        told.append(connect)

    monkeypatch.setattr(platform, "up", up)
    monkeypatch.delenv("AMML_CONTROL", raising=False)
    return told


@pytest.mark.parametrize("code", ["no_worker", "worker_unavailable"])
def test_the_first_connector_brings_the_worker_up(
    ups: list[object], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert with_worker(failing(code)) == "answer"
    assert ups == [True]
    assert "starting one" in capsys.readouterr().err


def test_other_errors_start_nothing(ups: list[object]) -> None:
    with pytest.raises(ControlError):
        with_worker(failing("wrong_config"))
    assert ups == []


def test_nor_is_a_worker_of_ones_own_ours_to_start(
    ups: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMML_CONTROL", "http://elsewhere")
    with pytest.raises(ControlError):
        with_worker(failing("worker_unavailable"))
    assert ups == []
