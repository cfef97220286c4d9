"""Reading the logs of several pods at once; a program of the test speaks for kubectl."""

from pathlib import Path
from typing import Any

from amml_deploy.backends.kubernetes_commands import Cluster
from amml_deploy.backends.kubernetes_logs import followed
from amml_deploy.step_logs import Line


def pod(label: str, slot: int) -> dict[str, Any]:
    return {
        "metadata": {
            "name": f"hot-r1-{label}-{slot}",
            "labels": {"apps.kubernetes.io/pod-index": str(slot)},
            "annotations": {"amml/label": label},
        }
    }


def test_following_ends_when_all_pods_have_and_every_line_knows_its_slot(tmp_path: Path) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text('#!/bin/sh\necho "first of $5"\necho "last of $5"\n', encoding="utf-8")
    kubectl.chmod(0o755)
    pods = [pod("filter", 0), pod("filter", 1)]
    lines = list(followed(Cluster("amml", str(kubectl)), pods, last=10))
    for slot in (0, 1):
        assert [line for line in lines if line.slot == slot] == [
            Line("filter", slot, f"{which} of hot-r1-filter-{slot}") for which in ("first", "last")
        ]
