"""What takes its time, and must not keep a crashed step waiting: topics made and removed."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from amml_deploy.backends import topics
from amml_deploy.control import Control, ControlError
from amml_deploy.supervisor.wish import Wish
from amml_runtime.spec import TopicSpec

_RETRY = 2.0


@dataclass
class _Job:
    version: int
    future: "Future[None]"
    retry_at: float | None = None


class Jobs:
    """One job at a time for each workflow; a failed one is tried again, and says why meanwhile."""

    def __init__(self, kafka: str, control: Control, woken: Callable[[], None]) -> None:
        self._kafka = kafka
        self._control = control
        self._woken = woken
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="job")
        self._topics: dict[str, _Job] = {}
        self._removals: dict[str, _Job] = {}

    def topics_made(self, wish: Wish) -> bool:
        """Whether the topics of this version are there."""
        job = self._topics.get(wish.name)
        return job is not None and job.version == wish.version and _succeeded(job)

    def make_topics(self, wish: Wish) -> None:
        """Make the topics of the plan, unless that is under way."""
        self._begin(self._topics, wish, lambda: _make_topics(self._kafka, wish))

    def removed(self, wish: Wish) -> bool:
        """Whether topics and groups are removed, and the control API knows it."""
        job = self._removals.get(wish.name)
        return job is not None and job.version == wish.version and _succeeded(job)

    def remove(self, wish: Wish) -> None:
        """Remove the workflow's topics and groups unless they are to stay, then say so."""
        self._begin(self._removals, wish, lambda: _remove(self._kafka, self._control, wish))

    def trouble(self, name: str) -> str:
        """Why the last job of a workflow failed."""
        jobs = [each.get(name) for each in (self._topics, self._removals)]
        errors = [job.future.exception() for job in jobs if job and job.future.done()]
        return "; ".join(str(error) for error in errors if error)

    def forget(self, name: str) -> None:
        """The workflow is gone; one of that name begins anew."""
        self._topics.pop(name, None)
        self._removals.pop(name, None)

    def _begin(self, jobs: dict[str, _Job], wish: Wish, work: Callable[[], None]) -> None:
        job = jobs.get(wish.name)
        if job is not None and not job.future.done():
            return
        if job is not None and job.version == wish.version and not _retry_now(job):
            return
        future = self._pool.submit(work)
        jobs[wish.name] = _Job(wish.version, future)
        future.add_done_callback(lambda _: self._woken())


def _succeeded(job: _Job) -> bool:
    return job.future.done() and job.future.exception() is None


def _retry_now(job: _Job) -> bool:
    if job.retry_at is None:
        job.retry_at = time.monotonic() + _RETRY
    return time.monotonic() >= job.retry_at


def _make_topics(kafka: str, wish: Wish) -> None:
    topics.make(kafka, [TopicSpec(**topic) for topic in wish.topics])


def _remove(kafka: str, control: Control, wish: Wish) -> None:
    if not wish.keep_data:
        topics.remove(kafka, wish.prefix, wish.name)
    try:
        control.delete(f"/workflows/{wish.name}")
    except ControlError as error:
        if error.status != 404:  # an earlier try got that far
            raise
