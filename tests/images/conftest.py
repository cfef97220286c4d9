"""Containers as they are meant to run: nothing can be written, nobody has a right."""

import shutil
import subprocess
from collections.abc import Callable
from typing import TypeAlias

import pytest

from amml_deploy.backends.images import reference

Run: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]

LOCKED = ("--read-only", "--tmpfs=/tmp", "--user=10001:10001", "--cap-drop=ALL", "--network=none",
          "--security-opt=no-new-privileges")  # fmt: skip


@pytest.fixture(scope="session")
def docker() -> str:
    """The docker command, where an engine answers."""
    command = shutil.which("docker")
    if command is None or subprocess.run([command, "info"], capture_output=True).returncode:
        pytest.skip("no Docker engine answers here")
    return command


@pytest.fixture
def run(docker: str) -> Run:
    """Run an image as it is meant to run; what it said, and its exit code."""

    def container(
        image: str, *arguments: str, entrypoint: str | None = None
    ) -> "subprocess.CompletedProcess[str]":
        name = reference(image, {})
        if subprocess.run([docker, "image", "inspect", name], capture_output=True).returncode:
            pytest.skip(f"{name} is not built: scripts/images")
        first = [] if entrypoint is None else [f"--entrypoint={entrypoint}"]
        command = [docker, "run", "--rm", *LOCKED, *first, name, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    return container
