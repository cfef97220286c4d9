"""The sandbox: names that nobody else has, models of its own, and all of it removed again."""

import shutil
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from amml_deploy.certify.sandbox import trained_models
from amml_deploy.control import Control
from amml_deploy.platform.home import Platform
from amml_runtime.admin import remove_prefix
from amml_runtime.spec import Plan


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
        return f"w{self.name.rpartition('-')[2]}"

    @property
    def folder(self) -> Path:
        """For logs, pid files and specifications."""
        return self.platform.home.path / "certify" / self.name

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
            for (_, version), name in names.items():
                self._remove_model(name, version)

    def completed_runs(self, name: str, version: str) -> int:
        """How many trainings of a model of the sandbox have come to their end."""
        runs = self.control.get(f"/models/{name}/versions/{version}")["runs"]
        return sum(run["status"] == "completed" for run in runs)

    def _remove_model(self, name: str, version: str) -> None:
        at = f"/models/{name}/versions/{version}"
        found = self.control.find(at)
        if found is None:
            return
        for run in found["runs"]:
            if run["status"] == "running":  # it was cut off, and nobody goes on with it
                self.control.put(f"{at}/runs/{run['run']}", {"status": "failed"})
        self.control.delete(at)


@contextmanager
def sandbox(platform: Platform, control: Control) -> Generator[Ground]:
    """A sandbox as long as it is wanted; nothing of it stays."""
    ground = Ground(platform, control, f"amml-certify-{uuid.uuid4().hex[:6]}")
    ground.folder.mkdir(parents=True)
    try:
        yield ground
    finally:
        remove_prefix(platform.kafka, f"{ground.name}-")
        shutil.rmtree(ground.folder, ignore_errors=True)
