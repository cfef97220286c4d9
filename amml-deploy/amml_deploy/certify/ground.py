"""The sandbox: names that nobody else has, models of its own, and all of it removed again."""

import fcntl
import shutil
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGCONT, SIGKILL

from amml_deploy.certify.sandbox import trained_models
from amml_deploy.certify.strikes import brokers
from amml_deploy.control import Control
from amml_deploy.platform import processes
from amml_deploy.platform.home import Platform
from amml_runtime.admin import remove_prefix
from amml_runtime.spec import Plan

_NAME = "amml-certify-"
_LOCK = "lock"


@dataclass(frozen=True)
class Ground:
    """Where one certificate is made.

    Parameters:
        platform: its servers.
        control: its control API.
        name: what all topics, groups, transactional ids and models of the sandbox begin with.
    """

    platform: Platform
    control: Control
    name: str

    @property
    def workflow(self) -> str:
        """The workflow's name, the same in every round, as results may hold it."""
        return f"w{self.name.removeprefix(_NAME)}"

    @property
    def folder(self) -> Path:
        """For logs, pid files and specifications."""
        return _folder(self.platform) / self.name

    def prefix(self, number: int) -> str:
        """What the names of one round begin with."""
        return f"{self.name}-{number}"

    @contextmanager
    def models(self, made: Plan) -> Generator[None]:
        """Models of the sandbox for what the plan trains, as long as the round lasts."""
        names = trained_models(made)
        try:
            for (model, version), name in names.items():
                definition = self.control.get(f"/models/{model}/versions/{version}")["definition"]
                self.control.put(f"/models/{name}/versions/{version}", {"definition": definition})
            yield
        finally:
            self.remove_models(made.prefix)

    def completed_runs(self, name: str, version: str) -> int:
        """How many trainings of a model of the sandbox have come to their end."""
        runs = self.control.get(f"/models/{name}/versions/{version}")["runs"]
        return sum(run["status"] == "completed" for run in runs)

    def remove(self) -> None:
        """Leave no process, topic, group, model or file of it."""
        files = [*self.folder.glob("*/run/*.pid"), *self.folder.glob("*/copies/*/pid")]
        left = [process for file in files if (process := processes.find(file))]
        for process in left:
            process.signal(SIGKILL)
        processes.wait(left, 10)
        remove_prefix(self.platform.kafka, f"{self.name}-")
        self.remove_models(self.name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def remove_models(self, prefix: str) -> None:
        """Remove the sandbox's models whose names begin so."""
        for model in self.control.get("/models"):
            if model["name"].startswith(f"{prefix}-"):
                for version in model["versions"]:
                    self._remove_version(f"/models/{model['name']}/versions/{version}")

    def _remove_version(self, at: str) -> None:
        for run in self.control.get(at)["runs"]:
            if run["status"] == "running":  # it was cut off, and nobody goes on with it
                self.control.put(f"{at}/runs/{run['run']}", {"status": "failed"})
        self.control.delete(at)


@contextmanager
def sandbox(platform: Platform, control: Control) -> Generator[Ground]:
    """A sandbox as long as it is wanted; what killed ones left is removed first."""
    remove_leftovers(platform, control)
    ground = Ground(platform, control, f"{_NAME}{uuid.uuid4().hex[:6]}")
    ground.folder.mkdir(parents=True)
    with (ground.folder / "new").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the end of this process frees it, whatever ends it
        (ground.folder / "new").rename(ground.folder / _LOCK)
        try:
            yield ground
        finally:
            ground.remove()


def remove_leftovers(platform: Platform, control: Control) -> None:
    """Remove the sandboxes whose process was killed before it could."""
    for lock in _folder(platform).glob(f"*/{_LOCK}"):
        with lock.open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # somebody is at work in it
            for broker in brokers(platform.home):
                broker.signal(SIGCONT)
            Ground(platform, control, lock.parent.name).remove()


def _folder(platform: Platform) -> Path:
    return platform.home.path / "certify"
