"""Workflows as pods, on the platform of helm/amml: run with `pytest -m kubernetes`."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Generator
from typing import Any

import pytest

from amml_deploy.platform.home import Platform
from amml_runtime.admin import list_topics

pytestmark = [pytest.mark.kubernetes, pytest.mark.long]

Site = Any  # what the fixture of conftest.py gives, which tests do not import
BOUNDED = "normalsource mean=0, std=1, rows=8000, rate=1000 | filter value > 1 | mean_std | print"
ENDLESS = "normalsource mean=0, std=1, rate=100 | filter value > {limit} | print"
WAIT = 120.0


@pytest.fixture
def name(site: Site) -> Generator[str]:
    """A workflow's name; nothing of it is left after the test."""
    name = f"w{time.monotonic_ns()}"[:20]
    yield name
    if site.amml("status", name).code == 0:
        site.amml("undeploy", name, "--yes")


def deploy(site: Site, name: str, text: str, *options: str) -> None:
    done = site.amml("deploy", name, text, "--target", "kubernetes", *options)
    assert done.code == 0, done.err


def status(site: Site, name: str) -> Any:
    return json.loads(site.amml("status", name, "--output", "json").out)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it does."""
    end = time.monotonic() + WAIT
    while not holds():
        assert time.monotonic() < end, "it never did"
        time.sleep(0.5)


def pods(site: Site, name: str, label: str = "") -> list[dict[str, Any]]:
    """The pods of a workflow or of one of its steps that are not on their way out."""
    found = json.loads(site.kubectl("get", "pods", "-l", f"amml/workflow={name}", "-o", "json"))
    return [
        pod
        for pod in found["items"]
        if "deletionTimestamp" not in pod["metadata"]
        and label in ("", pod["metadata"]["annotations"]["amml/label"])
    ]


def rows_in(site: Site, name: str, label: str) -> int:
    [step] = [step for step in status(site, name)["steps"] if step["label"] == label]
    return step["rows_in"] or 0


def printed(site: Site, name: str) -> list[str]:
    """The rows that were printed, without where they came from, which has transactions in it."""
    logs = site.amml("logs", f"{name}.print", "--tail", "100000").out
    lines = re.findall(r"^print \| (\{.*\})$", logs, re.MULTILINE)
    return [re.sub(r',"_src":"[^"]*"', "", line) for line in lines]


def smallest(site: Site, name: str, last: int = 20) -> float:
    """The smallest of the values that were printed last."""
    return min(json.loads(line)["value"] for line in printed(site, name)[-last:])


@pytest.mark.platform
def test_the_same_text_gives_the_same_rows_here_and_in_pods_that_are_killed(
    site: Site, name: str, platform: Platform
) -> None:
    deploy(site, name, BOUNDED)
    for label in ("filter", "mean_std"):
        eventually(lambda label=label: rows_in(site, name, label) > 0)
        [pod] = pods(site, name, label)
        site.kubectl("delete", "pod", pod["metadata"]["name"], "--force", "--grace-period=0")
    deploy(site, name, BOUNDED, "--wait")
    there = printed(site, name)

    here = {name: text for name, text in site.environ.items() if not name.startswith("AMML_")}
    local = type(site)("", here | {"AMML_HOME": str(platform.home.path)})
    try:
        done = local.amml("deploy", name, BOUNDED, "--wait")
        assert done.code == 0, done.err
        rows = printed(local, name)
    finally:
        local.amml("undeploy", name, "--yes")
    assert len(rows) > 1000
    assert there == rows


def test_a_step_that_is_told_to_stop_before_its_end_goes_on_elsewhere(
    site: Site, name: str
) -> None:
    deploy(site, name, BOUNDED)
    eventually(lambda: rows_in(site, name, "filter") > 0)
    [pod] = pods(site, name, "normalsource")
    site.kubectl("delete", "pod", pod["metadata"]["name"])  # as a drained node would
    deploy(site, name, BOUNDED, "--wait")
    [step] = [s for s in status(site, name)["steps"] if s["label"] == "filter"]
    assert (step["state"], step["rows_in"]) == ("completed", 8000)


def test_a_pod_that_was_killed_comes_back(site: Site, name: str) -> None:
    deploy(site, name, ENDLESS.format(limit=0), "--wait")
    [before] = pods(site, name, "filter")
    site.kubectl("delete", "pod", before["metadata"]["name"], "--force", "--grace-period=0")

    def is_back() -> bool:
        found = [pod["metadata"]["uid"] for pod in pods(site, name, "filter")]
        return len(found) == 1 and found != [before["metadata"]["uid"]]

    eventually(is_back)
    eventually(lambda: status(site, name)["state"] == "running")
    assert rows_in(site, name, "filter") > 0


def test_helm_knows_every_version_and_brings_one_back(site: Site, name: str) -> None:
    deploy(site, name, ENDLESS.format(limit=0), "--wait")
    [source] = pods(site, name, "normalsource")
    deploy(site, name, ENDLESS.format(limit=1), "--wait")
    eventually(lambda: len(printed(site, name)) > 20 and smallest(site, name) > 1)
    release = f"amml-{name}"
    history = json.loads(site.helm("history", release, "-o", "json"))
    assert [each["description"] for each in history] == ["version 1, run 1", "version 2, run 1"]

    site.helm("rollback", release, "1", "--wait")
    eventually(lambda: smallest(site, name) < 1)
    reason = status(site, name)["reason"]
    assert "another version" in reason and "amml deploy" in reason

    deploy(site, name, ENDLESS.format(limit=1), "--wait")  # what the control API says wins again
    eventually(lambda: smallest(site, name) > 1)
    [same] = pods(site, name, "normalsource")
    assert same["metadata"]["uid"] == source["metadata"]["uid"]  # it never changed


def test_scaling_changes_the_pods_of_the_step_alone(site: Site, name: str) -> None:
    deploy(site, name, ENDLESS.format(limit=0), "--partitions", "3", "--wait")
    [source] = pods(site, name, "normalsource")
    done = site.amml("scale", f"{name}.filter=3", "--wait")
    assert done.code == 0, done.err
    assert len(pods(site, name, "filter")) == 3
    [same] = pods(site, name, "normalsource")
    assert same["metadata"]["uid"] == source["metadata"]["uid"]
    before = rows_in(site, name, "filter")
    eventually(lambda: rows_in(site, name, "filter") > before)


def test_a_fault_of_the_workflow_is_told_with_its_reason(site: Site, name: str) -> None:
    other = f"{name}x"
    deploy(site, name, ENDLESS.format(limit=0), "--wait")
    try:
        text = f'tap of="{name}.normalsource" | filter nowhere > 1 | print'
        deploy(site, other, text)
        eventually(lambda: status(site, other)["state"] == "failed")
        assert "nowhere" in status(site, other)["reason"]
        deploy(site, other, text.replace("nowhere", "value"), "--wait")
    finally:
        site.amml("undeploy", other, "--yes")


def test_a_release_that_a_killed_helm_left_half_done_is_finished(site: Site, name: str) -> None:
    deploy(site, name, ENDLESS.format(limit=0), "--wait")
    leave_half_done(site, f"amml-{name}")
    site.kubectl("delete", "statefulset", f"{name}-r1-print")
    assert status(site, name)["state"] == "starting"
    deploy(site, name, ENDLESS.format(limit=0), "--wait")
    history = json.loads(site.helm("history", f"amml-{name}", "-o", "json"))
    assert history[-1]["status"] == "deployed"


def leave_half_done(site: Site, release: str) -> None:
    """Kill a `helm upgrade` after it has begun; one that was quicker is simply done again."""
    values = json.loads(site.helm("get", "values", release, "-o", "json"))
    command = ["helm", "-n", site.namespace, "upgrade", release, "helm/workflow", "-f", "-"]
    for _ in range(20):
        process = subprocess.Popen(command, env=site.environ, stdin=subprocess.PIPE, text=True)
        assert process.stdin is not None
        process.stdin.write(json.dumps(values))
        process.stdin.close()
        pending = f"owner=helm,name={release},status=pending-upgrade"
        while process.poll() is None:
            if site.kubectl("get", "secret", "-l", pending, "-o", "name"):
                process.kill()
        if process.returncode:
            return
    raise AssertionError("helm was always quicker")


def test_nothing_is_left_of_what_was_undeployed(site: Site, name: str) -> None:
    deploy(site, name, ENDLESS.format(limit=0), "--wait")
    assert site.amml("undeploy", name, "--yes").code == 0
    kinds = "pod,statefulset,job,configmap,networkpolicy,serviceaccount,poddisruptionbudget"
    assert site.kubectl("get", kinds, "-l", f"amml/workflow={name}", "-o", "name") == ""
    kafka = site.environ["AMML_KAFKA"]
    assert not [t.name for t in list_topics(kafka) if t.name.startswith(f"amml.{name}.")]


def test_a_namespace_without_a_platform_is_named_and_nothing_recorded(
    site: Site, name: str
) -> None:
    elsewhere = type(site)("default", {**site.environ, "AMML_NAMESPACE": "default"})
    done = elsewhere.amml("deploy", name, ENDLESS.format(limit=0), "--target", "kubernetes")
    assert (done.code, "amml-platform" in done.err) == (2, True)
    assert site.amml("status", name).code == 2
