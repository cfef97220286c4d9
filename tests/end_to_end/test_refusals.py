"""What cannot work is refused with one message, and leaves nothing half-done."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from amml_deploy.control import Control
from amml_deploy.platform import ports
from amml_deploy.platform.home import Platform

pytestmark = [pytest.mark.platform, pytest.mark.train]

Amml = Callable[..., Any]  # what the fixtures of conftest.py give, which tests do not import
Trained = Any
Names = Any

WRONG = {
    "source": ('source id="nobody" | print', "no source `nobody`"),
    "model": ('source id="SOURCE" | lstm model="nobody:0.1" | print', "no model `nobody:0.1`"),
    "version": ('source id="SOURCE" | lstm model="MODEL2" | print', "no model `MODEL2`"),
    "column": ('source id="SOURCE" | filter cond = OTT > 40 | print', "did you mean `OT`?"),
    "columns of the model": (
        'source id="SOURCE" | select date, OT | minmax_scaler | lstm model="MODEL" | print',
        "no column `HUFL`",
    ),
    "kind of scale": (
        'source id="SOURCE" | zscore_scaler | lstm model="MODEL" | print',
        "column `HUFL` is zscore, but MODEL was trained on it minmax",
    ),
    "no scale": (
        'source id="SOURCE" | lstm model="MODEL" | print',
        "column `HUFL` is not scaled, but MODEL was trained on it minmax",
    ),
    "other limits": (
        'source id="SOURCE" | minmax_scaler min=0, max=1 | lstm model="MODEL" | print',
        "column `HUFL` is minmax max=1.0 min=0.0",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_input_is_refused(
    trained: Trained, amml: Amml, control: Control, name: str, wrong: str
) -> None:
    text, message = (_named(each, trained.names) for each in WRONG[wrong])
    ran = amml("deploy", name, text)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error") and ran.err.count("error") == 1
    assert message in ran.err and "^" in ran.err
    assert control.find(f"/workflows/{name}") is None


@pytest.mark.parametrize("command", ["deploy", "run", "undeploy"])
def test_a_broker_that_is_down_leaves_everything_as_it_was(
    without: Callable[..., Amml], amml: Amml, control: Control, name: str, command: str
) -> None:
    text = "normalsource rows=10 | print"
    assert command == "deploy" or amml("deploy", name, text, "--wait").code == 0
    before = control.find(f"/workflows/{name}/versions")
    ran = without("kafka")(command, name, *([text, "--wait"] if command == "deploy" else []))
    assert ran.code == 1
    [said] = [line for line in ran.err.splitlines() if line.startswith("error")]
    assert "Kafka at 127.0.0.1:" in said and "does not answer" in said
    assert control.find(f"/workflows/{name}/versions") == before
    if before is not None:
        assert control.get(f"/workflows/{name}")["desired"] == "running"


@pytest.mark.parametrize("command", ["plan", "deploy", "run", "status", "undeploy"])
def test_a_control_api_that_is_down_is_one_message(
    without: Callable[..., Amml], name: str, command: str
) -> None:
    text = ["normalsource rows=10 | print"] if command in ("plan", "deploy") else []
    ran = without("control")(command, name, *text)
    assert (ran.code, ran.out) == (1, "")
    [said] = ran.err.splitlines()
    assert said.startswith("error: the control API at http://127.0.0.1:")
    assert "does not answer" in said and "amml up" in said


@pytest.fixture
def without(platform: Platform, amml_at: Callable[[Path], Amml], tmp_path: Path) -> Any:
    """Commands that find nobody where a server should be, and the others where they are."""

    def at(server: str) -> Amml:
        document = json.loads(platform.home.platform_file.read_text(encoding="utf-8"))
        found = f"127.0.0.1:{ports.choose(1)[0]}"
        document[server] = f"http://{found}" if server == "control" else found
        (tmp_path / "platform.json").write_text(json.dumps(document), encoding="utf-8")
        return amml_at(tmp_path)

    return at


def _named(text: str, names: Names) -> str:
    other = names.model.replace(":0.1", ":0.2")
    return (
        text.replace("SOURCE", names.source).replace("MODEL2", other).replace("MODEL", names.model)
    )
