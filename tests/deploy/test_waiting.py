from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from amml_deploy import waiting
from amml_deploy.backends import Applied
from amml_deploy.errors import AmmlError
from amml_deploy.planner.settings import Settings
from amml_deploy.step_logs import Line
from amml_deploy.waiting import WorkflowFailed, wait_until_gone, wait_until_up
from amml_runtime.spec import Plan


@dataclass
class Script:
    """A backend that reports one thing after the other."""

    reports: Iterator[Mapping[str, Any] | None]
    watched: ClassVar[bool] = True

    def apply(self, plan: Plan, settings: Settings, expected_version: int | None) -> Applied:
        """Nothing is deployed here."""
        raise AssertionError

    def remove(self, workflow: str, keep_data: bool) -> None:
        """Nothing is removed here."""
        raise AssertionError

    def status(self, workflow: str) -> Mapping[str, Any] | None:
        """The next report."""
        return next(self.reports)

    def logs(
        self, workflow: str, label: str | None, last: int, follow: bool = False
    ) -> Iterator[Line]:
        """Its last words."""
        return (Line(label or "", 0, text) for text in ("Traceback", f"{label} fell over"))


def backend(*reports: Mapping[str, Any] | None) -> Script:
    return Script(iter(reports))


def report(state: str, version: int = 2, deployed: int = 2, **more: Any) -> dict[str, Any]:
    slot = {"slot": 0, "state": state, "reason": more.pop("reason", None)}
    status = {"state": state, "version": version, "steps": {"filter": [slot]}}
    document = {"name": "hot", "version": deployed, "desired": "running", "reported_at": None}
    return {**document, "status": status, **more}


def at_once(seconds: float) -> None:
    """No pause."""


def test_a_report_on_an_older_version_is_waited_out(capsys: pytest.CaptureFixture[str]) -> None:
    told = backend(report("running", version=1), report("starting"), report("running"))
    assert wait_until_up(told, "hot", 2, bounded=False, sleep=at_once) == "running"
    said = [line.split("s  ", 1)[1] for line in capsys.readouterr().err.splitlines()]
    assert said[1:] == ["filter: starting", "filter: running"]


def test_a_bounded_workflow_is_waited_for_until_it_has_completed() -> None:
    told = backend(report("running"), report("running"), report("completed"))
    assert wait_until_up(told, "hot", 2, bounded=True, sleep=at_once) == "completed"


def test_a_failure_ends_with_the_reason_and_the_last_lines_of_the_log() -> None:
    told = backend(report("failed", reason="exit 2: no column `x`"))
    with pytest.raises(WorkflowFailed) as error:
        wait_until_up(told, "hot", 2, bounded=True, sleep=at_once)
    assert str(error.value).splitlines() == [
        "`hot` failed",
        "filter: exit 2: no column `x`",
        "  Traceback",
        "  filter fell over",
    ]
    assert error.value.exit_code == 1


@pytest.mark.parametrize("after", [None, report("running", deployed=3)])
def test_waiting_ends_when_somebody_else_takes_over(after: Mapping[str, Any] | None) -> None:
    with pytest.raises(AmmlError, match="while this waited"):
        wait_until_up(backend(after), "hot", 2, bounded=False, sleep=at_once)


def test_gone_is_when_there_is_no_such_workflow_any_more() -> None:
    going = report("stopping", desired="removed")
    wait_until_gone(backend(going, going, None), "hot", sleep=at_once)


def test_a_broker_that_stays_silent_ends_the_waiting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(waiting, "_SILENCE", 0.0)
    told = backend(*[report("starting")] * 3)
    with pytest.raises(AmmlError, match="Kafka does not answer, for 0 s now.*`hot` is deployed"):
        wait_until_up(
            told, "hot", 2, bounded=False, sleep=at_once, hindrance=lambda: "Kafka does not answer"
        )
    assert "all: waiting: Kafka does not answer" in capsys.readouterr().err


def test_a_broker_that_comes_back_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(waiting, "_ASK_EVERY", 0.0)
    silent = iter(["Kafka does not answer", "", ""])
    told = backend(report("starting"), report("starting"), report("running"))
    state = wait_until_up(
        told, "hot", 2, bounded=False, sleep=at_once, hindrance=lambda: next(silent)
    )
    assert state == "running"
    assert "waiting: Kafka does not answer" in capsys.readouterr().err


def test_what_a_workflow_waits_for_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    waits = report("starting")
    waits["status"]["message"] = "its topics cannot be made: no room"
    told = backend(report("running", version=1), waits, report("running"))
    wait_until_up(told, "hot", 2, bounded=False, sleep=at_once)
    said = [line.split("s  ", 1)[1] for line in capsys.readouterr().err.splitlines()]
    assert said == [
        "all: waiting for the supervisor to take it up",
        "all: its topics cannot be made: no room",
        "filter: starting",
        "filter: running",
    ]
