"""The logs of several pods read together, line by line as they come."""

from collections.abc import Iterator, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import TypeAlias

from amml_deploy.backends.kubernetes_commands import Cluster, Object
from amml_deploy.backends.kubernetes_report import slot_of
from amml_deploy.step_logs import Line

_Lines: TypeAlias = "SimpleQueue[Line | None]"  # None: a pod has ended


def followed(cluster: Cluster, pods: Sequence[Object], last: int) -> Iterator[Line]:
    """The last lines of each pod and those that come, until all of them have ended."""
    lines: _Lines = SimpleQueue()
    for pod in pods:
        Thread(target=_pump, args=(cluster, pod, last, lines), daemon=True).start()
    left = len(pods)
    while left:
        line = lines.get()
        if line is None:
            left -= 1
        else:
            yield line


def _pump(cluster: Cluster, pod: Object, last: int, lines: _Lines) -> None:
    try:
        for text in cluster.follow(pod["metadata"]["name"], last):
            lines.put(Line(*slot_of(pod), text))
    finally:
        lines.put(None)
