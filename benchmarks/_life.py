"""One step process: how soon it works, how soon it is back when killed, its memory."""

import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from _delay import Watch, load, placed
from _steps import Measured
from _systems import System

RATE = 200
SETTLE_SECONDS = 2.0


@dataclass(frozen=True)
class Life:
    """Seconds and megabytes of one process that adds a column to rows.

    `start` is from its start to its first committed row, `recovery` from kill -9 to the first
    committed row that was sent after it, the process being started again at once.
    """

    start: float
    recovery: float
    rss: float
    pss: float


def life(system: System, kafka: str, folder: Path) -> Life:
    """Start the one hop of a system under a small load, kill it, start it again, and weigh it."""
    with placed(kafka, folder, "hop") as work:
        running = system.start(work)
        last = running.processes[-1]
        watch = Watch(kafka, running.target)
        try:
            with load(kafka, work.source, RATE, 600):
                start = watch.first_after(0) - last.started
                time.sleep(SETTLE_SECONDS)
                moment = time.time()
                last.kill()
                last = _again(last)
                recovery = watch.first_after(moment) - moment
            time.sleep(SETTLE_SECONDS)
            memory = psutil.Process(last.process.pid).memory_full_info()
            return Life(start, recovery, memory.rss / 1e6, memory.pss / 1e6)
        finally:
            watch.close()
            for process in [*running.processes, last]:
                process.kill()


def _again(process: Measured) -> Measured:
    """The same program once more."""
    return Measured(process.command, process.environ, process.log, pin=False)
