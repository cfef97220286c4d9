"""Type `amml ...` as a user does, in this process: exit code, stdout and stderr."""

import json
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from amml_deploy.__main__ import main
from amml_deploy.platform.home import Platform


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


Amml: TypeAlias = Callable[..., Ran]


@pytest.fixture
def amml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Amml:
    """Run a command where no platform has ever been."""
    for name in ("AMML_CONTROL", "AMML_TOKEN_FILE", "AMML_KAFKA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AMML_HOME", str(tmp_path / "home"))

    def run(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["amml", *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def on_platform(amml: Amml, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Amml:
    """Run a command on the real platform."""
    monkeypatch.setenv("AMML_HOME", str(platform.home.path))
    return amml


@pytest.fixture
def own() -> str:
    """A name that no other test uses."""
    return f"t{uuid.uuid4().hex[:12]}"
