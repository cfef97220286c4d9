"""A secured broker for all tests here; a new workflow, its users and their rules for each."""

import shutil
import tempfile
import uuid
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeAlias

import pytest

from amml_deploy.catalogue import Catalogue
from amml_deploy.planner.plan import plan
from amml_deploy.planner.settings import Settings
from amml_deploy.workflow_text import compiled
from amml_runtime.spec import Plan

from .flow import Flow
from .secured import Secured

Flows: TypeAlias = Callable[[Plan], Flow]
Planned: TypeAlias = Callable[..., Plan]


@pytest.fixture(scope="session")
def running() -> Generator[Secured]:
    """The broker, started when first wanted; in a folder that is removed."""
    folder = Path(tempfile.mkdtemp(prefix="amml-secured-"))
    broker = Secured.made(folder)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
        shutil.rmtree(folder)


@pytest.fixture
def secured(running: Secured) -> Generator[Secured]:
    """The broker, on which nobody but the administrator may do anything."""
    running.revoke_all()
    yield running
    running.revoke_all()


@pytest.fixture
def planned() -> Planned:
    """Plan a text under a name of its own; `topics` are those that others have made."""

    def make(text: str, **topics: int) -> Plan:
        name = f"t{uuid.uuid4().hex[:10]}"
        return plan(compiled(text), Catalogue(topics=topics), Settings(name))

    return make


@pytest.fixture
def flows(tmp_path: Path) -> Generator[Flows]:
    """The processes of a plan, ended with the test."""
    made: list[Flow] = []

    def make(plan: Plan) -> Flow:
        made.append(Flow(plan, tmp_path))
        return made[-1]

    yield make
    for flow in made:
        flow.stop()
