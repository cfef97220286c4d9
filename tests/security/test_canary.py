"""A password is in its file and nowhere else, whatever a run leaves behind."""

import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import psutil
import pytest

from amml_deploy.control import connect
from amml_deploy.planner.acls import acls, deployer_acls
from amml_deploy.platform.home import Platform
from amml_runtime.spec import Plan

from .flow import Flow
from .secured import Secured

pytestmark = pytest.mark.platform

Planned: TypeAlias = Callable[..., Plan]
Flows: TypeAlias = Callable[[Plan], Flow]

TEXT = "normalsource mean=5, std=2, rate=100 | key value | mean_std value | print"
# Kafka's indexes are ten megabytes of zeros each, and hold numbers.
INDEXES = (".index", ".timeindex", ".snapshot")


def holders(folder: Path, canary: str) -> Iterator[Path]:
    """The files below a folder in which the password stands."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.suffix not in INDEXES:
            try:
                if canary.encode() in path.read_bytes():
                    yield path
            except FileNotFoundError:
                continue  # a server has removed it meanwhile


def said_of(process: psutil.Process) -> str:
    """What everybody who runs as us sees of a process."""
    return json.dumps([process.cmdline(), process.environ()])


def amml(environ: dict[str, str], *words: str) -> str:
    """All that a command says."""
    done = subprocess.run(
        [sys.executable, "-m", "amml_deploy", *words], env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_a_run_leaves_its_password_nowhere(
    secured: Secured, planned: Planned, flows: Flows, tmp_path: Path
) -> None:
    canary = secrets.token_hex(16)
    plan = planned(TEXT)
    secured.make_topics(*plan.topics)
    secured.user("runner", canary)
    secured.grant(acls(plan, "User:runner"))
    flow = flows(plan)

    flow.start(secured.environ("runner"))
    flow.wait_until(lambda: len(flow.printed()) > 20)
    for process in flow.running.values():
        seen = said_of(psutil.Process(process.pid))
        assert "AMML_KAFKA_PASSWORD_FILE" in seen and canary not in seen
    flow.end()

    left = [*holders(secured.folder, canary), *holders(tmp_path, canary)]
    assert left == [secured.folder / "passwords" / "runner"]


@pytest.mark.long
def test_a_deploy_tells_its_password_to_nobody(
    secured: Secured, planned: Planned, platform: Platform
) -> None:
    canary = secrets.token_hex(16)
    plan = planned("normalsource rows=5 | print")
    secured.user("deployer", canary)
    secured.grant(deployer_acls(plan, "User:deployer"))
    environ = secured.environ("deployer") | {"AMML_HOME": str(platform.home.path)}

    said = [amml(environ, "plan", plan.workflow, plan.text, *more) for more in plan_options()]
    said.append(amml(environ, "deploy", plan.workflow, plan.text))
    try:
        with connect(platform.home.path, {}) as control:
            documents = ["/workflows", f"/workflows/{plan.workflow}", "/audit"]
            said += [json.dumps(control.get(path)) for path in documents]
            said.append(json.dumps(control.get("/desired", wait=0)))
    finally:
        amml(environ, "undeploy", plan.workflow, "--yes")

    assert plan.workflow in said[-1]
    assert not [text for text in said if canary in text]
    kept = ("logs", "config", "run", "workflows", "data/postgres")
    assert not [file for each in kept for file in holders(platform.home.path / each, canary)]


def plan_options() -> Sequence[Sequence[str]]:
    return [(), ("--output", "json"), ("--acls", "--deployer", "User:deployer")]
