"""How a workflow's containers are, told as the supervisor tells of its processes."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from amml_deploy.backends.compose_file import DIGEST, LABEL, METRICS_PORT, SLOT, SLOTS
from amml_deploy.backends.docker import Container
from amml_deploy.platform.processes import Process
from amml_deploy.scrape import Samples
from amml_deploy.supervisor.folder import Folder, LastWords
from amml_deploy.supervisor.wish import Slot, Wish
from amml_deploy.supervisor.worker import Worker

LogEnd: TypeAlias = Callable[[str], tuple[str, ...]]

_NANOSECONDS = re.compile(r"(\.\d{6})\d+")


def is_of(container: Container, wish: Wish) -> bool:
    """Whether a container is as the wish wants it, not of an earlier version."""
    step = wish.slots().get(slot_of(container))
    return step is not None and labels_of(container) == (step.digest, str(step.slots))


def labels_of(container: Container) -> tuple[str, str]:
    """Which plan a container is of: its step's digest, and how many slots that has."""
    labels = container["Config"]["Labels"]
    return labels.get(DIGEST, ""), labels.get(SLOTS, "")


def slot_of(container: Container) -> Slot:
    """Which slot a container is."""
    labels = container["Config"]["Labels"]
    return Slot(labels.get(LABEL, ""), int(labels.get(SLOT, "0")))


def port_of(container: Container) -> int:
    """Where its figures are published on this machine; 0 while it does not run."""
    published = container["NetworkSettings"]["Ports"].get(f"{METRICS_PORT}/tcp") or ()
    return next((int(each["HostPort"]) for each in published), 0)


def workers(
    containers: list[Container],
    wish: Wish,
    folder: Folder,
    scraped: Mapping[int, Samples],
    log_end: LogEnd,
) -> Iterator[Worker]:
    """What is known of each slot; a container of another version is not one of them.

    Parameters:
        folder: where the processes write their last words.
        scraped: the figures at each port that answered.
        log_end: the last lines that a container, named by its id, wrote.
    """
    for container in containers:
        if is_of(container, wish) and container["State"]["Status"] != "created":
            yield _worker(container, wish, folder, scraped, log_end)


def _worker(
    container: Container,
    wish: Wish,
    folder: Folder,
    scraped: Mapping[int, Samples],
    log_end: LogEnd,
) -> Worker:
    state, slot, port = container["State"], slot_of(container), port_of(container)
    restarts = int(container["RestartCount"])
    digest, _ = labels_of(container)
    if state["Status"] in ("running", "paused"):
        return Worker(
            slot, wish.run, wish.version, digest, _seconds(state["StartedAt"]),
            restarts=restarts, port=port, ready=port in scraped,
            process=Process(state["Pid"], ""),
        )  # fmt: skip
    words = _last_words(folder, slot, state)
    code = words.code if words else int(state["ExitCode"])
    return Worker(
        slot, wish.run, wish.version, digest, _seconds(state["FinishedAt"]),
        phase="ended", restarts=restarts, failures=int(code != 0), exit_code=code,
        reason=words.reason if words else _reason(state),
        log=log_end(container["Id"]) if code else (),
        samples=words.samples if words else {},
    )  # fmt: skip


def _last_words(folder: Folder, slot: Slot, state: Mapping[str, Any]) -> LastWords | None:
    """What the process said of its end; a killed one leaves the words of the one before it."""
    words = folder.last_words(slot)
    if words is None or folder.exit(slot).stat().st_mtime < _seconds(state["StartedAt"]):
        return None
    return words


def _reason(state: Mapping[str, Any]) -> str:
    """Why a container ended whose process could not say so itself."""
    if state.get("OOMKilled"):
        return "killed: it wanted more memory than it may have"
    if state.get("Error"):
        return str(state["Error"])
    # Docker starts again what crashed; what has stayed down was stopped from outside, as is all
    # that ran when the engine was stopped.
    by_hand = state["Status"] == "exited"
    said = ", stopped from outside: `amml deploy` again starts it" if by_hand else ""
    return f"ended with exit code {state['ExitCode']}{said}"


def _seconds(text: str) -> float:
    """Docker's time, which has nanoseconds, in seconds of the epoch.

    >>> _seconds("2026-01-01T00:00:00.123456789Z")
    1767225600.123456
    """
    return datetime.fromisoformat(_NANOSECONDS.sub(r"\1", text)).timestamp()
