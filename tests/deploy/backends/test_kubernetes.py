"""The kubernetes backend without a cluster: programs of the test speak for kubectl and helm."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from amml_deploy.backends.kubernetes import Kubernetes
from amml_deploy.backends.kubernetes_commands import Cluster
from amml_deploy.backends.kubernetes_values import object_of
from amml_deploy.backends.kubernetes_way import make_way
from amml_deploy.backends.programs import ProgramError
from amml_deploy.control import Control
from amml_deploy.errors import UserError
from amml_deploy.planner.settings import Settings
from amml_runtime.spec import Plan

Known: TypeAlias = Callable[[Plan], Control]

Says: TypeAlias = Callable[[str], Cluster]

TEXT = 'topic name="co2.raw" | filter co2 > 0 | print'


@pytest.fixture
def says(tmp_path: Path) -> Says:
    """Two programs that do as the script tells, and write down what they were asked."""

    def make(script: str) -> Cluster:
        for name in ("kubectl", "helm"):
            program = tmp_path / name
            asked = f'echo "{name} $*" >> {tmp_path}/asked'
            program.write_text(f"#!/bin/sh\n{asked}\n{script}\n", encoding="utf-8")
            program.chmod(0o755)
        return Cluster("amml", str(tmp_path / "kubectl"), str(tmp_path / "helm"))

    return make


def asked(folder: Path) -> list[str]:
    """What the programs were asked, without the namespace that every call names."""
    lines = (folder / "asked").read_text(encoding="utf-8").splitlines()
    assert all("--namespace amml " in line for line in lines)
    return [line.replace("--namespace amml ", "") for line in lines]


def test_without_the_programs_nothing_is_recorded_and_status_says_why(
    known: Known, planned: Any
) -> None:
    plan = planned(TEXT)
    target = Kubernetes(known(plan), {}, Cluster(kubectl="no-such-program"))
    with pytest.raises(ProgramError, match="--target kubernetes needs `kubectl` and `helm`"):
        target.apply(plan, Settings("hot"), None)
    status = target.status("hot")
    assert status is not None
    assert "no-such-program" in status["status"]["message"]


def test_a_cluster_that_does_not_answer_is_told_in_kubectls_own_words(
    known: Known, planned: Any, says: Says
) -> None:
    plan = planned(TEXT)
    cluster = says('echo "The connection to the server was refused" >&2; exit 1')
    with pytest.raises(ProgramError, match=r"failed\n  The connection to the server was refused"):
        Kubernetes(known(plan), {}, cluster).apply(plan, Settings("hot"), None)


def test_a_namespace_without_a_platform_is_the_users_mistake(
    known: Known, planned: Any, says: Says
) -> None:
    plan = planned(TEXT)
    with pytest.raises(UserError, match="no ConfigMap `amml-platform`.*AMML_NAMESPACE"):
        Kubernetes(known(plan), {}, says("")).apply(plan, Settings("hot"), None)


def test_charts_that_are_not_there_are_the_users_mistake(
    known: Known, planned: Any, says: Says, tmp_path: Path
) -> None:
    plan = planned(TEXT)
    cluster = says("""echo '{"data": {}}'""")
    target = Kubernetes(known(plan), {"AMML_CHARTS": str(tmp_path)}, cluster)
    with pytest.raises(UserError, match="AMML_CHARTS"):
        target.apply(plan, Settings("hot"), None)


def test_what_must_not_go_on_is_deleted_before_its_successor_starts(
    planned: Any, says: Says, tmp_path: Path
) -> None:
    """Another run's, another layout's and what has failed; what stays as it is stays."""
    plan = planned('source id="co2" | zscore_scaler | print')
    names = {step.label: object_of(step) for step in plan.steps}
    sets = [
        {"metadata": {"name": "hot-r0-print"}, "spec": {"replicas": 1}},
        {"metadata": {"name": names["source"]}, "spec": {"replicas": 2}},
        {"metadata": {"name": names["print"]}, "spec": {"replicas": 1}},
    ]
    failed = {"conditions": [{"type": "Failed", "status": "True"}]}
    jobs = [{"metadata": {"name": names["zscore_scaler.fit"]}, "status": failed}]
    for kind, items in (("StatefulSet", sets), ("Job", jobs)):
        (tmp_path / kind).write_text(json.dumps({"items": items}), encoding="utf-8")
    cluster = says(f"""case "$*" in *" get "*) cat {tmp_path}/$4 ;; esac""")
    make_way(cluster, plan)
    deleted = [line.split(" --")[0] for line in asked(tmp_path) if " delete " in line]
    assert deleted == [
        "kubectl delete StatefulSet hot-r0-print",
        f"kubectl delete StatefulSet {names['source']}",
        f"kubectl delete Job {names['zscore_scaler.fit']}",
    ]


def test_the_words_of_a_cluster_and_its_absence_keep_nothing_back(says: Says) -> None:
    cluster = says("echo no such pod >&2; exit 1")
    assert cluster.log("hot-r1-print-0", 10) == []
    assert cluster.figures({"metadata": {"name": "p", "namespace": "n"}}, 9400) == ""
    with pytest.raises(ProgramError, match="no such pod"):
        cluster.find("pod", "hot-r1-print-0")


def test_further_values_come_after_those_of_the_plan(says: Says, tmp_path: Path) -> None:
    says("").upgrade("amml-hot", "helm/workflow", "version 1, run 1", "plan.json", "mine.yaml")
    *_, upgrade = asked(tmp_path)
    assert upgrade.startswith("helm upgrade amml-hot helm/workflow --install")
    assert upgrade.endswith("--values plan.json --values mine.yaml")
