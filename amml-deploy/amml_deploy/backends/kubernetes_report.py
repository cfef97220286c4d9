"""How a workflow's pods are, told as the supervisor tells of its processes."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from amml_deploy.backends.kubernetes_commands import Object
from amml_deploy.scrape import Samples
from amml_deploy.supervisor.wish import Slot, Wish
from amml_deploy.supervisor.worker import Worker

LogEnd: TypeAlias = Callable[[str], Sequence[str]]

_INDEXES = ("apps.kubernetes.io/pod-index", "batch.kubernetes.io/job-completion-index")
_JUST_STARTING = ("ContainerCreating", "PodInitializing")


def slot_of(pod: Object) -> Slot:
    """Which slot a pod is."""
    labels, annotations = pod["metadata"]["labels"], pod["metadata"]["annotations"]
    index = next(labels[name] for name in _INDEXES if name in labels)
    return Slot(annotations["amml/label"], int(index))


def spec_of(thing: Object) -> str:
    """The digest of the specification that a pod, or a pod's owner, was made with."""
    template = thing["spec"].get("template", thing)
    return str(template["metadata"]["annotations"]["amml/spec"])


def is_ready(pod: Object) -> bool:
    """Whether a pod's process is at work, and so answers at its port."""
    return bool(_status(pod).get("ready"))


def workers(
    pods: Iterable[Object],
    jobs: Iterable[Object],
    wish: Wish,
    specs: Mapping[str, str],
    figures: Mapping[str, Samples],
    log_end: LogEnd,
) -> Iterator[Worker]:
    """What is known of each slot; a pod of another version is not one of them.

    Parameters:
        jobs: they still know who has completed when the pods are gone.
        specs: the digest of each step's specification, by its label.
        figures: what each pod that answered tells Prometheus, by its name.
        log_end: the last lines that a pod wrote.
    """
    slots = wish.slots()
    lives: dict[Slot, list[Object]] = defaultdict(list)
    for pod in sorted(pods, key=_created):
        if slot_of(pod) in slots and spec_of(pod) == specs.get(slot_of(pod).label):
            lives[slot_of(pod)].append(pod)
    for slot in _completed(jobs, specs):
        if slot in slots and slot not in lives:
            yield _new(wish, slot, phase="ended", since=0, exit_code=0, reason="completed")
    for found in lives.values():
        yield _worker(found[-1], len(found) - 1, wish, figures, log_end)


def hindrance(pods: Iterable[Object]) -> str:
    """Why a pod cannot start, such as an image that is not there; empty if each can."""
    for pod in pods:
        if said := _waits_for(pod):
            return f"{slot_of(pod).label}: {said}"
    return ""


def _worker(
    pod: Object, others: int, wish: Wish, figures: Mapping[str, Samples], log_end: LogEnd
) -> Worker:
    """The slot of a pod. Parameters: others: how many pods a Job had for it before."""
    slot, name = slot_of(pod), pod["metadata"]["name"]
    status = _status(pod)
    state, last = status.get("state", {}), status.get("lastState", {}).get("terminated")
    known: dict[str, Any] = {"restarts": status.get("restartCount", 0) + others}
    if pod["metadata"].get("deletionTimestamp"):
        return _new(wish, slot, phase="stopping", since=_created(pod), **known)
    if "running" in state:
        since = _seconds(state["running"]["startedAt"])
        known |= {"ready": is_ready(pod), "samples": figures.get(name, {})}
        return _new(wish, slot, since=since, **known, **_told(last))
    if ended := state.get("terminated") or (last if _crashes(state) else None):
        code = ended["exitCode"]
        log = tuple(log_end(name)) if code else ()
        told = {"samples": _words(ended).get("samples", {}), "failures": int(code != 0)}
        since = _seconds(ended["finishedAt"])
        return _new(
            wish, slot, phase="ended", since=since, log=log, **known, **told, **_told(ended)
        )
    return _new(wish, slot, since=_created(pod), **known)


def _new(wish: Wish, slot: Slot, **fields: Any) -> Worker:
    """A worker as the wish wants it."""
    return Worker(slot, wish.run, wish.version, wish.slots()[slot].digest, **fields)


def _told(ended: Object | None) -> dict[str, Any]:
    """The exit code and the reason of a container's end."""
    if ended is None:
        return {}
    code = ended["exitCode"]
    reason = _words(ended).get("reason") or _reason(ended)
    return {"exit_code": code, "reason": reason}


def _reason(ended: Object) -> str:
    """Why a container ended whose process could not say so itself."""
    if ended.get("reason") == "OOMKilled":
        return "killed: it wanted more memory than it may have"
    return f"ended with exit code {ended['exitCode']}"


def _words(ended: Object) -> Mapping[str, Any]:
    """The last words of a process, which Kubernetes keeps as the container's message."""
    try:
        words = json.loads(ended.get("message", ""))
    except ValueError:
        return {}
    return words if isinstance(words, Mapping) else {}


def _crashes(state: Object) -> bool:
    return state.get("waiting", {}).get("reason") == "CrashLoopBackOff"


def _waits_for(pod: Object) -> str:
    waiting = _status(pod).get("state", {}).get("waiting", {})
    reason = waiting.get("reason", "")
    if reason and reason not in _JUST_STARTING and not _crashes({"waiting": waiting}):
        return f"{reason}: {waiting.get('message', '')}".removesuffix(": ")
    for condition in pod["status"].get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return str(condition.get("message", "no node takes it"))
    return ""


def _status(pod: Object) -> Mapping[str, Any]:
    """The status of a pod's one container; empty before it has any."""
    return next(iter(pod["status"].get("containerStatuses", ())), {})


def _completed(jobs: Iterable[Object], specs: Mapping[str, str]) -> Iterator[Slot]:
    for job in jobs:
        label = job["spec"]["template"]["metadata"]["annotations"]["amml/label"]
        if spec_of(job) == specs.get(label):
            for number in indexes(job["status"].get("completedIndexes", "")):
                yield Slot(label, number)


def indexes(text: str) -> list[int]:
    """The numbers in a Job's short form of them.

    >>> indexes("0,2-4"), indexes("")
    ([0, 2, 3, 4], [])
    """
    parts = [part.partition("-") for part in text.split(",") if part]
    return [n for first, _, last in parts for n in range(int(first), int(last or first) + 1)]


def _created(thing: Object) -> float:
    return _seconds(thing["metadata"]["creationTimestamp"])


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
