"""What is said of pods, from what Kubernetes tells of them."""

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from amml_deploy.backends.kubernetes_report import hindrance, workers
from amml_deploy.backends.kubernetes_values import spec_digest
from amml_deploy.supervisor.report import report
from amml_deploy.supervisor.wish import Wish
from amml_runtime.spec import Plan

Object: TypeAlias = dict[str, Any]
Planned: TypeAlias = Callable[..., Plan]

EARLY, LATE = "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"
TEXT = 'topic name="co2.raw" | filter co2 > 0 | print'


@pytest.fixture
def plan(planned: Planned) -> Plan:
    return planned(TEXT)


def running(ready: bool = True, restarts: int = 0, last: Object | None = None) -> Object:
    """The status of a container."""
    state = {"running": {"startedAt": LATE}}
    before = {"terminated": last} if last else {}
    return {"ready": ready, "restartCount": restarts, "state": state, "lastState": before}


def end(code: int, reason: str | None = None, kind: str = "Error") -> Object:
    """How a container ended; the message is what its process wrote as its last words."""
    words = {} if reason is None else {"code": code, "reason": reason, "samples": {"a": 1.0}}
    told = {"message": json.dumps(words)} if words else {}
    return {"exitCode": code, "reason": kind, "finishedAt": LATE, **told}


def waiting(reason: str, message: str = "", last: Object | None = None) -> Object:
    state = {"waiting": {"reason": reason, "message": message}}
    before = {"terminated": last} if last else {}
    return {"ready": False, "restartCount": 3, "state": state, "lastState": before}


def pod(plan: Plan, label: str, container: Object | None = None, **more: Any) -> Object:
    """As `kubectl get pod -o json` tells of it."""
    [step] = [step for step in plan.steps if step.label == label]
    slot, created = more.get("slot", 0), more.get("created", EARLY)
    gone = {"deletionTimestamp": LATE} if more.get("deleted") else {}
    return {
        "metadata": {
            "name": more.get("name", f"hot-r1-{label}-{slot}"),
            "creationTimestamp": created,
            "labels": {"apps.kubernetes.io/pod-index": str(slot)},
            "annotations": {"amml/label": label, "amml/spec": more.get("spec", spec_digest(step))},
            **gone,
        },
        "spec": {},
        "status": {
            "containerStatuses": [container] if container else [],
            "conditions": more.get("conditions", []),
        },
    }


def told(plan: Plan, pods: list[Object], jobs: list[Object] | None = None) -> Any:
    """What is reported of the workflow."""
    wanted = {"name": "hot", "version": 3, "run": 1, "desired": "running", "keep_data": False}
    wish = Wish.of(wanted | {"plan": plan.to_json()})
    specs = {step.label: spec_digest(step) for step in plan.steps}
    figures = {each["metadata"]["name"]: {"amml_rows_in_total": 5.0} for each in pods}
    known = workers(pods, jobs or [], wish, specs, figures, lambda pod: [f"end of {pod}"])
    return report(wish, list(known), hindrance(pods))


def of_filter(plan: Plan, container: Object | None, **more: Any) -> Any:
    """The report's slot of `filter`, whose pod has that container."""
    others = [pod(plan, label, running()) for label in ("topic", "print")]
    [slot] = told(plan, [*others, pod(plan, "filter", container, **more)])["steps"]["filter"]
    return slot


def test_a_workflow_whose_pods_are_ready_runs(plan: Plan) -> None:
    document = told(plan, [pod(plan, step.label, running()) for step in plan.steps])
    assert (document["state"], document["version"], document["message"]) == ("running", 3, "")
    [slot] = document["steps"]["filter"]
    assert slot["state"] == "running"
    assert slot["since"] == "2026-01-01T00:01:00+00:00"
    assert slot["samples"] == {"amml_rows_in_total": 5.0}
    assert slot["pid"] is None and slot["metrics_port"] is None  # they are of another machine


def test_a_pod_that_restores_is_starting(plan: Plan) -> None:
    assert of_filter(plan, running(ready=False))["state"] == "starting"
    assert of_filter(plan, None)["state"] == "starting"


def test_a_step_without_a_pod_is_starting(plan: Plan) -> None:
    document = told(plan, [pod(plan, label, running()) for label in ("topic", "print")])
    assert document["state"] == "starting"


def test_a_pod_of_another_version_does_not_count(plan: Plan) -> None:
    others = [pod(plan, label, running()) for label in ("topic", "print")]
    old = pod(plan, "filter", running(), spec="0" * 64)
    document = told(plan, [*others, old])
    assert document["state"] == "starting"
    assert document["steps"]["filter"] == []


def test_a_pod_that_is_being_deleted_is_stopping(plan: Plan) -> None:
    assert of_filter(plan, running(), deleted=True)["state"] == "stopping"


def test_a_crash_is_told_with_its_last_words(plan: Plan) -> None:
    slot = of_filter(plan, waiting("CrashLoopBackOff", last=end(1, "Kafka does not answer")))
    assert slot["state"] == "restarting"
    assert (slot["exit_code"], slot["reason"]) == (1, "Kafka does not answer")
    assert slot["restarts"] == 3
    assert slot["samples"] == {"a": 1.0}
    assert slot["log"] == ["end of hot-r1-filter-0"]


def test_the_workflows_own_fault_is_a_failure(plan: Plan) -> None:
    slot = of_filter(plan, waiting("CrashLoopBackOff", last=end(2, "no column `nope`")))
    assert (slot["state"], slot["reason"]) == ("failed", "no column `nope`")


def test_a_process_that_was_killed_has_a_reason_too(plan: Plan) -> None:
    wanted_more = of_filter(plan, waiting("CrashLoopBackOff", last=end(137, kind="OOMKilled")))
    assert "memory" in wanted_more["reason"]
    killed = of_filter(plan, running(restarts=1, last=end(137)))
    assert (killed["state"], killed["reason"]) == ("running", "ended with exit code 137")


def test_last_words_that_cannot_be_read_are_none(plan: Plan) -> None:
    last = end(1) | {"message": "Traceback (most recent call last):"}
    slot = of_filter(plan, waiting("CrashLoopBackOff", last=last))
    assert slot["reason"] == "ended with exit code 1"


@pytest.mark.parametrize(
    ("pod_has", "said"),
    [
        ({"container": waiting("ImagePullBackOff", "no such image")}, "ImagePullBackOff: no such"),
        (
            {
                "container": None,
                "conditions": [
                    {"type": "PodScheduled", "status": "False", "message": "0/1 nodes: memory"}
                ],
            },
            "0/1 nodes: memory",
        ),
    ],
)
def test_what_keeps_a_pod_from_starting_is_said(plan: Plan, pod_has: Any, said: str) -> None:
    document = told(plan, [pod(plan, "filter", **pod_has)])
    assert document["message"].startswith("filter: ")
    assert said in document["message"]


def test_a_job_that_completed_is_known_without_its_pods(planned: Planned) -> None:
    plan = planned('source id="ett" | filter OT > 1 | print')
    jobs = [
        {
            "spec": {
                "template": {
                    "metadata": {
                        "annotations": {"amml/label": step.label, "amml/spec": spec_digest(step)}
                    }
                }
            },
            "status": {"completedIndexes": "0"},
        }
        for step in plan.steps
    ]
    assert told(plan, [], jobs)["state"] == "completed"
    assert told(plan, [], jobs[1:])["state"] == "starting"


def test_the_newest_pod_of_a_job_speaks_for_its_slot(planned: Planned) -> None:
    plan = planned('source id="ett" | print')
    crashed = {"ready": False, "restartCount": 0, "state": {"terminated": end(1, "crashed")}}
    pods = [
        pod(plan, "print", running(), name="print-b", created=LATE),
        pod(plan, "print", crashed, name="print-a", created=EARLY),
    ]
    [slot] = told(plan, pods)["steps"]["print"]
    assert (slot["state"], slot["restarts"]) == ("running", 1)
