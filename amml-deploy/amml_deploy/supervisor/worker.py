"""What is known of one slot's process: all that `decide` looks at, and all that is kept on disk."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, TypeAlias

from amml_deploy.platform.processes import Process
from amml_deploy.supervisor.wish import Slot

Phase: TypeAlias = Literal["running", "stopping", "ended"]

HEALTHY = 60.0  # seconds after which a crash is no longer one of a row
_LONGEST_WAIT = 30.0

# How a step's process ends, besides 0.
FAULT = 2
FENCED = 3


@dataclass(frozen=True)
class Worker:
    """One process of a step, running or ended.

    Parameters:
        run, version, digest: of the wish that it was started for.
        since: when its phase began, in seconds of the epoch.
        restarts: how often the slot was started anew since its step was as it is.
        failures: crashes in a row.
        exit_code, reason, log: of its last end; the code is None if nobody saw it.
        ready: its port answers.
        samples: the figures it gave with its last words.
        adopted: an earlier supervisor has started it, so no signal tells its end.
    """

    slot: Slot
    run: int
    version: int
    digest: str
    since: float
    phase: Phase = "running"
    restarts: int = 0
    failures: int = 0
    exit_code: int | None = None
    reason: str = ""
    log: tuple[str, ...] = ()
    port: int = 0
    samples: Mapping[str, float] = field(default_factory=dict[str, float])
    ready: bool = False
    process: Process | None = None
    adopted: bool = False

    @property
    def alive(self) -> bool:
        """Whether there is a process."""
        return self.phase != "ended"

    @property
    def settled(self) -> bool:
        """Whether nothing will happen to it soon, or its end will be told by a signal."""
        if self.alive:
            return self.ready and self.phase == "running" and not self.adopted
        return self.completed or self.failed or self.stopped

    @property
    def completed(self) -> bool:
        """Whether it came to the end of its input."""
        return self.phase == "ended" and self.exit_code == 0 and self.reason == "completed"

    @property
    def failed(self) -> bool:
        """Whether it ended by the workflow's own fault, so that another start would not help."""
        return self.phase == "ended" and self.exit_code == FAULT

    @property
    def stopped(self) -> bool:
        """Whether it ended because it was told to."""
        return self.phase == "ended" and self.exit_code == 0 and not self.completed

    def ended(self, code: int | None, reason: str, log: tuple[str, ...], now: float) -> "Worker":
        """The worker after its process has ended.

        A worker that was told to stop has stopped, however it took it.
        """
        end = replace(self, phase="ended", since=now, process=None, ready=False, log=())
        if code == 0 and reason != "stopped":
            return replace(end, exit_code=0, reason="completed", failures=0)
        if self.phase == "stopping":
            return replace(end, exit_code=0, reason="stopped", failures=0)
        return replace(end, exit_code=code, reason=reason, log=log, failures=self.failures + 1)

    def healthy(self, now: float) -> "Worker":
        """The worker, its crashes forgotten when it has run for long enough."""
        over = self.failures and now - self.since > HEALTHY
        return replace(self, failures=0, log=()) if over else self

    def due(self, now: float) -> bool:
        """Whether it should be started again by now: a first crash at once, then ever later."""
        if self.completed or self.failed:
            return False
        return now >= self.since + wait_after(self.failures)

    def to_json(self) -> dict[str, Any]:
        """What is kept on disk; the process is known by its pid file."""
        document = asdict(self)
        del document["process"], document["slot"], document["adopted"]
        return document

    @classmethod
    def from_json(cls, slot: Slot, document: Mapping[str, Any]) -> "Worker":
        """What `to_json` gave."""
        fields: dict[str, Any] = {**document, "log": tuple(document["log"])}
        return cls(slot=slot, **fields)


def wait_after(failures: int) -> float:
    """Seconds to wait after so many crashes in a row.

    >>> [wait_after(failures) for failures in (0, 1, 2, 3, 4, 12, 10_000)]
    [0.0, 0.0, 0.1, 0.2, 0.4, 30.0, 30.0]
    """
    if failures < 2:
        return 0.0
    return min(_LONGEST_WAIT, 0.1 * 2 ** min(failures - 2, 20))
