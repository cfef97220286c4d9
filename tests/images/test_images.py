"""What is in the images, and what must not be."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from amml_deploy.backends.images import NAMES, reference

Run: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]

MB = 1_000_000
LOOK = (Path(__file__).parent / "look.py").read_text(encoding="utf-8")

pytestmark = pytest.mark.docker


@pytest.mark.parametrize("image", NAMES)
def test_an_image_runs_locked_down_and_holds_nothing_it_does_not_need(run: Run, image: str) -> None:
    answer = run(image, "-c", LOOK, entrypoint="python3")
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    assert (found["uid"], found["writable"], found["temporary"]) == (10001, [], True)
    assert (found["unwanted"], found["setuid"], found["settings"]) == ([], [], [])
    assert found["broken"] == []
    assert ("tensorflow-cpu" in found["installed"]) == (image == "train")
    _check_bill(found["sbom"], found["installed"])


def _check_bill(bill: dict[str, Any], installed: dict[str, str]) -> None:
    """Every package that is installed is listed, with its version; and what Debian gave is, too."""
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    listed = {each["purl"] for each in bill["components"]}
    assert {f"pkg:pypi/{name}@{version}" for name, version in installed.items()} <= listed
    assert any(purl.startswith("pkg:deb/debian/libc6@") for purl in listed)


@pytest.mark.parametrize("image", ["ingress", "egress", "progress", "train"])
def test_a_step_without_a_specification_says_what_is_missing(run: Run, image: str) -> None:
    answer = run(image)
    assert answer.returncode == 1
    assert "AMML_SPEC" in answer.stderr


def test_the_command_answers_in_its_image(run: Run) -> None:
    assert "source" in run("amml", "compile", 'source id="ett" | print').stdout
    assert run("amml", "--version").stdout.startswith("amml ")


def test_the_health_check_fails_where_nobody_answers(run: Run) -> None:
    arguments = ("-S", "/usr/share/amml/healthy.py", "9400", "/metrics")
    assert run("progress", *arguments, entrypoint="python3").returncode == 1


@pytest.mark.parametrize("image", NAMES)
def test_an_image_says_what_it_is(docker: str, run: Run, image: str) -> None:
    run(image, "--version", entrypoint="python3")  # skips where it is not built
    asked = [docker, "image", "inspect", reference(image, {})]
    about = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)[0]
    labels = about["Config"]["Labels"]
    assert labels["org.opencontainers.image.version"]
    assert len(labels["org.opencontainers.image.revision"].removesuffix("-changed")) == 40
    assert about["Config"]["User"] == "10001:10001"
    if image in ("progress", "ingress", "egress"):
        assert about["Size"] < 400 * MB
