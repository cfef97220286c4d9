"""Step processes that nobody wants."""

import subprocess
import sys
from collections.abc import Callable

from amml_deploy.doctor.checks.processes import StepProcess, judge
from amml_deploy.doctor.finding import Finding
from amml_deploy.platform.home import Platform


def test_a_process_without_a_workflow_is_named(
    platform: Platform, look: Callable[[str], list[Finding]], own: str
) -> None:
    spec = platform.home.workflows / own / "specs" / "filter.json"
    waits = "import sys, time; print('up', flush=True); time.sleep(60)"
    process = subprocess.Popen(
        [sys.executable, "-c", waits, "amml_runtime"],
        env={"AMML_SPEC": str(spec), "AMML_SLOT": "1"},
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == b"up\n"
        [found] = [each for each in look("processes") if own in each.message]
        assert f"process {process.pid} runs `filter.1` of `{own}`" in found.message
        assert found.level == "warning"
    finally:
        process.kill()
        process.communicate()
    assert [each for each in look("processes") if own in each.message] == []


def test_two_processes_of_one_slot_are_a_problem() -> None:
    twice = [StepProcess("hot", "filter.0", 7), StepProcess("hot", "filter.0", 8)]
    [found] = judge([*twice, StepProcess("hot", "filter.1", 9)], {"hot"})
    assert (found.level, "processes 7, 8 all run" in found.message) == ("problem", True)
