"""A site as `amml doctor` sees it, fresh for each look."""

import uuid
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeAlias

import pytest

from amml_deploy.control import Control
from amml_deploy.doctor.examine import examine
from amml_deploy.doctor.finding import Finding
from amml_deploy.doctor.site import Site
from amml_deploy.platform.home import Platform

Look: TypeAlias = Callable[[str], list[Finding]]


@pytest.fixture
def site(platform: Platform) -> Site:
    """The platform that all tests share."""
    return Site(platform.home.path, {})


@pytest.fixture
def look(platform: Platform) -> Look:
    """What a check finds on the shared platform now."""
    return lambda name: [
        each.finding for each in examine(Site(platform.home.path, {}), wanted=[name])
    ]


@pytest.fixture
def look_at_own(own_platform: Platform) -> Look:
    """What a check finds on the platform whose servers may be stopped."""
    return lambda name: [
        each.finding for each in examine(Site(own_platform.home.path, {}), wanted=[name])
    ]


@pytest.fixture
def control(platform: Platform) -> Generator[Control]:
    """The control API of the shared platform."""
    with Control(platform.control, platform.token, "tests") as control:
        yield control


@pytest.fixture
def own() -> str:
    """A name that no other test uses."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def look_nowhere(tmp_path: Path) -> Look:
    """What a check finds where no platform has ever been."""
    return lambda name: [
        each.finding for each in examine(Site(tmp_path / "none", {}), wanted=[name])
    ]
