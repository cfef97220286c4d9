"""PostgreSQL goes away and comes back: what runs goes on, what is new is refused whole."""

import signal
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from amml_deploy.control import Control
from amml_deploy.platform import processes
from amml_deploy.platform.home import Platform
from amml_deploy.platform.platform import up
from amml_runtime.examination import Cluster

TEXT = "normalsource | filter cond = value > 0 | print"


def silent(_part: str, _state: str) -> None:
    """Nobody watches."""


def until(holds: Callable[[], object]) -> None:
    """Wait until `holds()`."""
    end = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


@contextmanager
def without_postgres(platform: Platform) -> Generator[None]:
    """A block in which PostgreSQL is down."""
    process = processes.find(platform.home.pid_file("postgres"))
    assert process is not None
    processes.stop([process], 20, signal.SIGINT)
    try:
        yield
    finally:
        up(platform.home.path, silent)


@pytest.mark.long
def test_running_workflows_go_on_and_deploys_are_refused_whole(
    own_platform: Platform, amml_at: Callable[[Path], Callable[..., Any]]
) -> None:
    amml = amml_at(own_platform.home.path)
    live, new = (f"{word}{uuid.uuid4().hex[:8]}" for word in ("live", "new"))
    pid_file = own_platform.home.workflows / live / "run" / "filter.0.pid"

    def rows() -> int:
        """How far the workflow's filter has come."""
        cluster = Cluster(own_platform.kafka)
        wanted = [p for p in cluster.partitions if p.topic == f"amml.{live}.r1.filter"]
        return sum(end.stable for end in cluster.ends(wanted).values())

    def goes_on() -> None:
        before = rows()
        until(lambda: rows() > before)

    up(own_platform.home.path, silent)  # other tests may have stopped some of its servers
    deployed = amml("deploy", live, TEXT, "--wait")
    assert deployed.code == 0, deployed.err
    goes_on()
    with without_postgres(own_platform):
        goes_on()
        refused = amml("deploy", new, TEXT)
        assert refused.code == 1
        assert "PostgreSQL at" in refused.err and "does not answer" in refused.err
        step = processes.find(pid_file)
        assert step is not None
        step.signal(signal.SIGKILL)  # the supervisor knows what is wanted
        until(lambda: (found := processes.find(pid_file)) is not None and found != step)
        goes_on()
    with Control(own_platform.control, own_platform.token, "tests") as control:
        assert control.find(f"/workflows/{new}") is None
        assert control.find(f"/workflows/{new}/versions") is None
        assert control.get(f"/workflows/{live}")["version"] == 1
    assert not any(
        p.topic.startswith(f"amml.{new}.") for p in Cluster(own_platform.kafka).partitions
    )
    goes_on()
    assert amml("deploy", new, TEXT, "--wait").code == 0  # the same command again is all it takes
    for name in (live, new):
        assert amml("undeploy", name, "--yes").code == 0
