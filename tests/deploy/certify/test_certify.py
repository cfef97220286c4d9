"""The whole command on the real platform: green where it should be, and red where it must."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from amml_deploy.control import Control
from amml_deploy.platform.home import Platform
from amml_runtime.admin import list_topics

pytestmark = [pytest.mark.platform]

TALLY = '''
"""`tally`: a component that keeps its state where it must not."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress
from amml_runtime.state import State

_seen = [0]


@dataclass(frozen=True)
class Tally(AbstractProgress):
    """Number the rows."""

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch with numbers that a restart forgets."""
        first = _seen[0]
        _seen[0] += batch.rows
        return batch.with_column("number", pa.array(range(first, _seen[0]), pa.int64()))
'''
SEED = 9  # which kills `tally` half-way


def certify(platform: Platform, *words: str, path: str = "") -> "subprocess.CompletedProcess[str]":
    """Run `amml certify ...` as a process of its own."""
    environ = os.environ | {"AMML_HOME": str(platform.home.path), "PYTHONPATH": path}
    command = [sys.executable, "-m", "amml_deploy", "certify", *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300)


def nothing_is_left(platform: Platform) -> bool:
    topics = [topic.name for topic in list_topics(platform.kafka)]
    folder = platform.home.path / "certify"
    with Control(platform.control, platform.token, "test") as control:
        names = [each["name"] for each in [*control.get("/models"), *control.get("/workflows")]]
    return not [n for n in [*topics, *names] if n.startswith("amml-certify")] and not (
        folder.exists() and any(folder.iterdir())
    )


@pytest.fixture
def tally(tmp_path: Path) -> str:
    """The path of an installed package that offers `tally`."""
    package = tmp_path / "amml_planted"
    info = tmp_path / "amml_planted-1.dist-info"
    for folder in (package, info):
        folder.mkdir()
    (package / "__init__.py").touch()
    (package / "tally.py").write_text(TALLY, encoding="utf-8")
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: amml-planted\nVersion: 1\n", encoding="utf-8"
    )
    points = "[amml.components]\nplanted = amml_planted\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    return str(tmp_path)


@pytest.fixture
def source(platform: Platform, tmp_path: Path) -> str:
    """A file of the catalogue, two of whose rows have a cell that cannot be read."""
    rows = [f"{n % 60},{20 + n % 17}.5,{'abc'[n % 3]}" for n in range(1500)]
    rows[100] = rows[900] = "0,much,a"
    file = tmp_path / "small.csv"
    file.write_text("\n".join(["second,OT,site", *rows]), encoding="utf-8")
    entry = {
        "kind": "file", "format": "csv", "tz": "UTC", "time": None, "key": ["site"],
        "columns": [
            {"name": "second", "type": "int"},
            {"name": "OT", "type": "float"},
            {"name": "site", "type": "string"},
        ],
    }  # fmt: skip
    return _added(platform, f"certified{os.getpid()}", file, entry)


def _added(platform: Platform, name: str, file: Path, entry: dict[str, Any]) -> str:
    import hashlib

    data = file.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    with Control(platform.control, platform.token, "test") as control:
        control.put(f"/files/{sha256}", data)
        control.put(f"/sources/{name}", {**entry, "sha256": sha256, "rows": 1500})
    return name


@pytest.mark.long
def test_a_good_workflow_is_certified_and_nothing_of_it_stays(
    platform: Platform, source: str, tmp_path: Path
) -> None:
    report = tmp_path / "certificate.md"
    text = (
        f'source id="{source}" | filter cond = OT > 22 | eval twice = OT * 2 | '
        "mean_std of=OT | print"
    )
    done = certify(
        platform, text, "--rounds", "1", "--spread", "2s", "--report", str(report),
        "--output", "json",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    certificate = json.loads(done.stdout)
    assert (certificate["rounds"], certificate["anomalies"]) == (1, 0)
    rows = {edge["edge"]: edge["rows"] for edge in certificate["edges"]}
    assert rows["source"] == 1498 and 0 < rows["mean_std"] == rows["filter"] < 1498
    assert sum(certificate["faults"].values()) >= 3
    letters = next(
        v for v in certificate["each_round"][0]["verdicts"] if v["edge"] == "dead letters"
    )
    assert (letters["expected"], letters["found"]) == (2, 2)
    assert "1 round, 0 anomalies" in report.read_text(encoding="utf-8")
    assert nothing_is_left(platform)


@pytest.mark.long
def test_a_component_that_keeps_state_in_its_process_is_found_out(
    platform: Platform, tally: str
) -> None:
    text = "normalsource rows=1500 | tally | print"
    done = certify(
        platform, text, "--rounds", "1", "--seed", str(SEED), "--spread", "2s", path=tally
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "0 anomalies" not in done.stdout
    assert "tally: expected" in done.stdout, "an example names the step and both rows"
    assert nothing_is_left(platform)


def test_what_cannot_be_planned_is_said_as_plan_says_it(platform: Platform) -> None:
    done = certify(platform, 'source id="nowhere" | print')
    assert done.returncode == 2
    assert "no source `nowhere`" in done.stderr and "^^^^^^" in done.stderr


def test_a_wrong_text_needs_no_platform(tmp_path: Path) -> None:
    environ = os.environ | {"AMML_HOME": str(tmp_path / "none")}
    command = [sys.executable, "-m", "amml_deploy", "certify", "normalsource | filtr | print"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "did you mean `filter`?" in done.stderr
