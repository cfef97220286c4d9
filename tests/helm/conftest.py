"""Charts rendered by the real helm, without a cluster; `AMML_HELM` may name it."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

Object: TypeAlias = dict[str, Any]
Render: TypeAlias = Callable[[str, str, Mapping[str, Any]], list[Object]]

CHARTS = Path(__file__).parents[2] / "helm"


@pytest.fixture(scope="session")
def helm() -> str:
    """The program; where it is missing the test is skipped, and says so."""
    found = shutil.which(os.environ.get("AMML_HELM") or "helm")
    if found is None:
        pytest.skip("helm is neither on PATH nor named by AMML_HELM")
    return found


@pytest.fixture
def render(helm: str, tmp_path: Path) -> Render:
    """The objects of a chart with a release's name and values."""

    def make(chart: str, release: str, values: Mapping[str, Any]) -> list[Object]:
        file = tmp_path / "values.json"
        file.write_text(json.dumps(values), encoding="utf-8")
        command = [helm, "template", release, str(CHARTS / chart), "-f", str(file)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise ValueError(done.stderr)
        return [each for each in yaml.safe_load_all(done.stdout) if each]

    return make


@pytest.fixture
def restricted() -> Callable[[str, Object], None]:
    """Check that a pod, named for messages, meets the level *restricted* and bounds its memory."""

    def check(name: str, spec: Object) -> None:
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec), name
        for container in spec["containers"]:
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False, name
            assert security["readOnlyRootFilesystem"] is True, name
            assert security["capabilities"] == {"drop": ["ALL"]}, name
            assert container["resources"]["limits"]["memory"], name
            assert container["resources"]["requests"]["cpu"], name
        kinds = {kind for volume in spec["volumes"] for kind in volume if kind != "name"}
        assert kinds <= {"configMap", "emptyDir", "secret"}, name

    return check
