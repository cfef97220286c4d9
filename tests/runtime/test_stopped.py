"""How a process that was told to stop says so."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from amml_runtime.spec import OutputSpec, StepSpec


@pytest.mark.parametrize(("told", "code"), [({}, 0), ({"AMML_STOPPED_CODE": "143"}, 143)])
def test_one_that_was_told_to_stop_has_the_exit_code_for_it(
    tmp_path: Path, told: dict[str, str], code: int
) -> None:
    """A Job of Kubernetes that is moved to another node would count as completed otherwise."""
    spec = StepSpec(
        "amml", "hot", 1, "read", "read", "amml_ingress.normalsource:Normalsource", "i",
        output=OutputSpec("amml.hot.r1.read"),
    )  # fmt: skip
    (tmp_path / "spec.json").write_text(json.dumps(spec.to_json()), encoding="utf-8")
    last = tmp_path / "exit.json"
    with socket.create_server(("127.0.0.1", 0)) as silent:  # a broker that never says a word
        silent.settimeout(60)
        kafka = f"127.0.0.1:{silent.getsockname()[1]}"
        files = {"AMML_SPEC": str(tmp_path / "spec.json"), "AMML_EXIT_FILE": str(last)}
        environ = {**os.environ, **files, "AMML_KAFKA": kafka, **told}
        process = subprocess.Popen([sys.executable, "-m", "amml_runtime"], env=environ)
        silent.accept()[0].close()  # it asks: by now it listens to signals
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == code
    assert json.loads(last.read_text(encoding="utf-8"))["reason"] == "stopped"
