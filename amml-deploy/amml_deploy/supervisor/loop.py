"""The supervisor: look, decide, act, report; woken by wishes, by dead children and by time."""

import os
import queue
import select
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType

from amml_deploy.autoscale.autoscaler import Autoscaler
from amml_deploy.control import Control
from amml_deploy.platform.home import Platform
from amml_deploy.scheduler.scheduler import Scheduler
from amml_deploy.supervisor.decide import (
    Action,
    CleanUp,
    Forget,
    Kill,
    MakeTopics,
    Start,
    Stop,
    decide,
)
from amml_deploy.supervisor.jobs import Jobs
from amml_deploy.supervisor.link import Document, Reports, Wishes
from amml_deploy.supervisor.report import report
from amml_deploy.supervisor.wish import Wish
from amml_deploy.supervisor.workers import RUNTIME, Launcher, Workers

_SOON = 0.05  # seconds between two looks while something is about to happen
_LATER = 0.5
_READY = "supervisor.ready"


class Supervisor:
    """All local workflows of one platform."""

    def __init__(self, platform: Platform, command: Sequence[str] = RUNTIME) -> None:
        home = platform.home
        self._platform = platform
        self._folder = home.workflows
        self._folder.mkdir(exist_ok=True)
        self._ready_file = home.path / "run" / _READY
        self._launcher = Launcher(platform, command)
        self._arrived: queue.SimpleQueue[Sequence[Document]] = queue.SimpleQueue()
        self._wake_read, self._wake_write = os.pipe()
        for end in (self._wake_read, self._wake_write):
            os.set_blocking(end, False)
        self._told_to_stop = False
        self._wishes: dict[str, Wish] | None = None
        self._wanted = Wishes(_control(platform), self._folder / "wishes.json", self._arrive)
        self._reports = Reports(_control(platform))
        self._jobs = Jobs(platform.kafka, _control(platform), self._wake)
        self._workers = {
            folder.name: Workers(folder, self._launcher)
            for folder in self._folder.iterdir()
            if folder.is_dir()
        }

    def run(self) -> None:
        """Until told to stop; then every worker is stopped too."""
        self._listen()
        self._wanted.start()
        self._reports.start()
        Autoscaler(_control(self._platform), os.environ, ("local",), _say, _say).start()
        scheduler = Scheduler(_control(self._platform), _environ(self._platform), _say)
        scheduler.start()
        while not self._told_to_stop:
            self._take_wishes()
            if self._wishes is not None:
                self.step(self._wishes, time.time())
            self._sleep()
        scheduler.ask_to_stop()
        self._stop_all()
        scheduler.join()

    def step(self, wishes: dict[str, Wish], now: float) -> None:
        """Look at everything once, and do what is to be done next."""
        for name in [*wishes, *(name for name in self._workers if name not in wishes)]:
            if name not in self._workers:
                self._workers[name] = Workers(self._folder / name, self._launcher)
            workers = self._workers[name]
            workers.look(now)
            wish = wishes.get(name)
            made = wish is not None and self._jobs.topics_made(wish)
            for action in decide(wish, workers.all(), made, now):
                self._carry_out(action, name, wish, workers, now)
            self._tell(name, wish)

    def _carry_out(
        self, action: Action, name: str, wish: Wish | None, workers: Workers, now: float
    ) -> None:
        match action:
            case Start() if wish:
                print(f"{name}: starting {action.slot}", flush=True)
                workers.start(action, wish, now)
            case Stop(slot):
                print(f"{name}: stopping {slot}", flush=True)
                workers.stop(slot, now)
            case Kill(slot):
                print(f"{name}: killing {slot}, which did not stop", flush=True)
                workers.kill(slot)
            case Forget(slot):
                workers.forget(slot)
            case MakeTopics() if wish:
                self._jobs.make_topics(wish)
            case CleanUp():
                self._clean_up(name, wish, workers)
            case _:
                raise AssertionError(f"{action} without a wish")

    def _clean_up(self, name: str, wish: Wish | None, workers: Workers) -> None:
        if wish is not None and not self._jobs.removed(wish):
            self._jobs.remove(wish)
            return
        workers.remove()
        if wish is None:
            del self._workers[name]
            self._jobs.forget(name)

    def _tell(self, name: str, wish: Wish | None) -> None:
        workers = self._workers.get(name)
        gone = wish is None or workers is None or self._jobs.removed(wish)
        if gone or wish is None or workers is None:
            self._reports.tell(name, None)
        else:
            self._reports.tell(name, report(wish, workers.all(), self._jobs.trouble(name)))

    def _listen(self) -> None:
        """Signals and threads wake the loop through one pipe."""
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _nothing)  # without a handler it would not wake
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop_asked)

    def _stop_asked(self, _number: int, _frame: FrameType | None) -> None:
        self._told_to_stop = True

    def _arrive(self, documents: Sequence[Document]) -> None:
        self._arrived.put(documents)
        self._wake()

    def _wake(self) -> None:
        try:
            os.write(self._wake_write, b"w")
        except BlockingIOError:
            pass  # a full pipe wakes as well

    def _take_wishes(self) -> None:
        first = self._wishes is None
        while not self._arrived.empty():
            before = self._wishes or {}
            self._wishes = {
                wish.name: wish
                for document in self._arrived.get()
                if (wish := _wish(document, before))
            }
        if first and self._wishes is not None:
            self._ready_file.write_text(str(os.getpid()), encoding="utf-8")

    def _sleep(self) -> None:
        settled = all(
            worker.settled for workers in self._workers.values() for worker in workers.all()
        )
        select.select([self._wake_read], [], [], _LATER if settled else _SOON)
        try:
            os.read(self._wake_read, 4096)
        except BlockingIOError:
            pass

    def _stop_all(self) -> None:
        stopped = dict.fromkeys(self._workers)
        while any(worker.alive for each in self._workers.values() for worker in each.all()):
            now = time.time()
            for name, workers in self._workers.items():
                workers.look(now)
                for action in decide(stopped[name], workers.all(), False, now):
                    if isinstance(action, Stop | Kill):
                        self._carry_out(action, name, None, workers, now)
            time.sleep(_SOON)


def _say(what: object) -> None:
    print(what, flush=True)


def _control(platform: Platform) -> Control:
    """Each thread has a session of its own."""
    return Control(platform.control, platform.token, "supervisor")


def _environ(platform: Platform) -> dict[str, str]:
    """What a command finds this platform with, whichever others our own environment names."""
    return os.environ | {
        "AMML_HOME": str(platform.home.path),
        "AMML_CONTROL": platform.control,
        "AMML_TOKEN_FILE": str(platform.home.token_file),
        "AMML_KAFKA": platform.kafka,
    }


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """The signal has done its work by waking the loop."""


def _wish(document: Document, before: dict[str, Wish]) -> Wish | None:
    """The wish in a document; one that cannot be read changes nothing, and is no reason to die."""
    try:
        return Wish.of(document)
    except (KeyError, TypeError) as error:
        print(f"{document.get('name')}: its plan cannot be read: {error!r}", file=sys.stderr)
        return before.get(str(document.get("name")))
