"""The auditor is a program of plain modules in this folder: they find each other by name."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from amml_deploy.platform.home import Platform

sys.path.insert(0, str(Path(__file__).parent))

import auditor
from planted_loop import Loop

QUIET = ["--quiet-seconds", "0.5", "--patience", "2"]


@pytest.fixture
def loop(platform: Platform, tmp_path: Path) -> Iterator[Loop]:
    """A loop on topics of its own."""
    made = Loop(platform.kafka, tmp_path)
    yield made
    made.remove()


@pytest.fixture
def found(loop: Loop) -> Callable[[], set[str]]:
    """Audit the loop; the classes that were found, as the exit code and the report agree."""

    def run() -> set[str]:
        case, report = loop.folder / "case.json", loop.folder / "report.json"
        case.write_text(json.dumps(loop.case()), encoding="utf-8")
        code = auditor.main([str(case), *QUIET, "--json", str(report)])
        counts = json.loads(report.read_text(encoding="utf-8"))["counts"]
        classes = {name for name, count in counts.items() if count}
        assert code == bool(classes)
        return classes

    return run
